// The form at the top: models, seed, length, conditions, sliders. Others read their knobs from here.
import { find, make } from "./api.js";
import { begin } from "./pieces.js";

// Sliders that matter: of which knob, from, to, step, in words.
const SLIDERS = {
  truncation: { min: 0.1, max: 1, step: 0.05, text: "Truncation (GAN): less is more typical" },
  steps: { min: 1, max: 64, step: 1, text: "Steps (diffusion, distilled): more are finer and slower" },
  guidance: { min: 1, max: 4, step: 0.25, text: "Guidance (diffusion) towards the condition" },
};
let listeners = [];
export const onKnobs = (listener) => listeners.push(listener);

export function start(models) {
  const boxes = models.map((m, i) => make("label", {}, make("input", { type: "checkbox", name: "model", value: m.name, checked: i < 2 || ["gan", "diffusion"].includes(m.name) }),
    make("span", {}, m.name, " ", make("small", {}, `${m.kind}, ${(m.parameters / 1e6).toFixed(1)} M`))));
  find("generate-models").replaceChildren(...boxes);
  if (models.some((m) => ["gan", "diffusion"].includes(m.name))) for (const box of find("generate-models").querySelectorAll("input")) box.checked = ["gan", "diffusion"].includes(box.value);
  conditions(models);
  numbers(models);
  sliders(models);
  find("dice").addEventListener("click", () => { find("seed").value = crypto.getRandomValues(new Uint32Array(1))[0] % 100000; });
  find("generate-form").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
}

function conditions(models) {
  const known = {};
  for (const m of models) for (const [name, values] of Object.entries(m.vocabulary)) known[name] = [...new Set([...(known[name] ?? []), ...values])];
  find("generate-conditions").replaceChildren(...Object.entries(known).filter(([, values]) => values.length > 1).map(([name, values]) => make("label", {}, name[0].toUpperCase() + name.slice(1),
    make("select", { "data-condition": name }, make("option", { value: "" }, "any"), ...values.map((v) => make("option", {}, v))))));
}

// Numbers that steered models can be asked for: a box to ask at all, and a slider.
function numbers(models) {
  const known = {};
  for (const m of models) for (const [name, [low, high, unit]] of Object.entries(m.numbers ?? {})) {
    const other = known[name];
    known[name] = { low: Math.max(low, other?.low ?? low), high: Math.min(high, other?.high ?? high), unit };
  }
  find("generate-numbers").replaceChildren(...Object.entries(known).map(([name, { low, high, unit }]) => {
    const value = make("output", {}, "any"), box = make("input", { type: "checkbox" });
    const slider = make("input", { type: "range", min: low, max: high, step: (high - low) / 100, value: (low + high) / 2, disabled: true, "aria-label": `${name}, ${unit}`, "data-number": name });
    const show = () => { slider.disabled = !box.checked; value.textContent = box.checked ? `${Number(slider.value).toPrecision(3)} ${unit}` : "any"; };
    box.addEventListener("change", show);
    slider.addEventListener("input", show);
    for (const part of [box, slider]) part.addEventListener("change", () => listeners.forEach((listener) => listener()));
    return make("div", { class: "pick" }, make("label", {}, box, `${name[0].toUpperCase()}${name.slice(1)} (steered models):`, value), slider);
  }));
}

function sliders(models) {
  const there = Object.keys(SLIDERS).filter((name) => models.some((m) => name in m.knobs));
  find("knobs").replaceChildren(...there.map((name) => {
    const { min, max, step, text } = SLIDERS[name], own = models.find((m) => name in m.knobs).knobs[name];
    const value = make("output", {}, String(own)), slider = make("input", { type: "range", min, max, step, value: own, "data-knob": name });
    slider.addEventListener("input", () => { value.textContent = slider.value; slider.dataset.moved = ""; });
    slider.addEventListener("change", () => listeners.forEach((listener) => listener()));
    return make("label", {}, make("span", {}, text, " ", value), slider);
  }));
}

// What is set above, for a job.
export function settings() {
  const asked = { seed: Number(find("seed").value), conditions: {} };
  // One that nobody moved asks for nothing: kinds of models have their own steps.
  for (const slider of document.querySelectorAll("[data-knob][data-moved]")) asked[slider.dataset.knob] = Number(slider.value);
  for (const choice of document.querySelectorAll("[data-condition]")) if (choice.value) asked.conditions[choice.dataset.condition] = choice.value;
  for (const slider of document.querySelectorAll("[data-number]:not(:disabled)")) asked.conditions[slider.dataset.number] = Number(slider.value);
  return asked;
}

// The same as a query, for a stream.
export function address(model) {
  const { conditions: chosen, ...plain } = settings(), query = new URLSearchParams({ model, ...plain });
  for (const [name, value] of Object.entries(chosen)) query.set(`${typeof value === "number" ? "number" : "condition"}.${name}`, value);
  return query;
}

function submit() {
  const chosen = [...document.querySelectorAll("[name=model]:checked")].map((box) => box.value);
  const asked = settings(), seconds = Number(find("seconds").value), other = find("other").value;
  const kind = other === "" ? { kind: "generate" } : { kind: "morph", other: Number(other) };
  begin(chosen.map((model) => ({ ...kind, ...asked, model, seconds })), `Seed ${asked.seed}${other === "" ? "" : ` to ${other}`}, ${seconds} s`);
}
