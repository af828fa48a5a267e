// Jobs become cards: first with their progress, then with a player.
import { careful, find, get, make, post } from "./api.js";
import { overview, route } from "./sound.js";

const POLL_MS = 300;
const cards = new Map();        // job id -> card
const groups = new Map();       // name -> element
let polling = false;

// Ask for several pieces at once; they stand side by side.
export async function begin(asked, group) {
  for (const one of asked) {
    const job = await careful(() => post("/api/jobs", { ...one, group }));
    if (job) show(job);
  }
  find("pieces").scrollIntoView({ behavior: "smooth" });
}

// After a reload everything is there again, the running ones too.
export async function restore() {
  const found = await careful(() => get("/api/jobs"));
  for (const job of found?.jobs ?? []) show(job);
}

function groupOf(name) {
  if (!groups.has(name)) {
    const box = make("div", { class: "group" });
    find("groups").prepend(make("div", {}, make("h3", {}, name || "A piece"), box));
    groups.set(name, box);
  }
  return groups.get(name);
}

function show(job) {
  find("none").hidden = true;
  let card = cards.get(job.id);
  if (!card) {
    card = make("article", { class: "card", "data-job": job.id });
    cards.set(job.id, card);
    groupOf(job.group).append(card);
  }
  if (card.dataset.state === job.state && job.state !== "running") return;
  card.dataset.state = job.state;
  if (job.state === "done") finish(card, job.result);
  else if (job.state === "failed") card.replaceChildren(make("h4", {}, job.title), make("p", { class: "bad" }, job.error));
  else if (job.state === "stopped") card.replaceChildren(make("h4", {}, job.title), make("p", { class: "quiet" }, "Stopped."));
  else wait(card, job);
}

function wait(card, job) {
  if (!card.querySelector("progress")) {
    const stop = make("button", { type: "button" }, "Stop");
    stop.addEventListener("click", () => careful(() => post(`/api/jobs/${job.id}/stop`)));
    card.replaceChildren(make("h4", {}, job.title), make("progress", { max: 1, "aria-label": `Progress of ${job.title}` }),
      make("span", { class: "quiet" }), stop);
  }
  if (job.state === "running" && job.what) card.querySelector("progress").value = job.share;
  card.querySelector("span").textContent = job.state === "waiting" ? "waiting" : job.what;
  poll();
}

async function poll() {
  if (polling) return;
  polling = true;
  let open = true;
  while (open) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    const found = await careful(() => get("/api/jobs"));
    if (!found) break;
    found.jobs.forEach(show);
    open = found.jobs.some((job) => ["waiting", "running"].includes(job.state));
  }
  polling = false;
}

function finish(card, piece) {
  const address = `/pieces/${piece.id}`, player = make("audio", { controls: true, preload: "none", src: `${address}.wav`, "aria-label": piece.title });
  route(player);
  const canvas = make("canvas", { width: 600, height: 96, role: "img", "aria-label": `Waveform of ${piece.title}` });
  const endings = [...new Set(["wav", "flac", "ogg", ...piece.files])];
  const links = endings.map((ending) => make("a", { href: `${address}.${ending}?save`, download: true }, `Save ${ending}`));
  const again = make("button", { type: "button" }, "Use as a recording");
  again.addEventListener("click", () => document.dispatchEvent(new CustomEvent("recording", { detail: { id: piece.id, name: piece.title, seconds: piece.seconds } })));
  card.replaceChildren(make("h4", {}, piece.title), canvas, player, ...score(piece, address, player),
    make("div", { class: "links" }, ...links), facts(piece), again);
  if (piece.about.violations) card.classList.add("wide");
  find("all").hidden = false;
  overview(canvas, `${address}.wav`).catch(() => canvas.remove());
}

// A harmonised melody has its score with the broken rules in red, which follows the player, and their list.
function score(piece, address, player) {
  const { violations, remarks } = piece.about;
  if (!violations) return [];
  const count = `${violations.length} broken ${violations.length === 1 ? "rule" : "rules"}`;
  const items = violations.map((v) => make("li", {}, `bar ${v.bar}, beat ${v.beat}: ${v.rule.replaceAll("_", " ")} (${v.voices.join(", ")}): ${v.text}`));
  const sheet = make("div", { class: "sheet", tabindex: 0, role: "region", "aria-label": `Score of ${piece.title}, ${count}` });
  engraved(sheet, `${address}.svg`, player).catch(() => sheet.remove());
  return [sheet,
    make("p", { class: "quiet" }, [`${piece.about.key}, ${piece.about.metre}`, ...remarks].join("; ")),
    make("p", { class: "violations" }, items.length ? `${count}:` : "No rule is broken."), make("ul", {}, ...items)];
}

async function engraved(sheet, address, player) {
  const svg = new DOMParser().parseFromString(await (await fetch(address)).text(), "image/svg+xml").documentElement;
  svg.querySelector("style")?.remove();     // the page has the same rules
  sheet.append(document.importNode(svg, true));
  follow(sheet, player);
}

function facts(piece) {
  const { model, seed, rev, knobs, conditions } = piece.about, list = make("dl");
  const told = { model, rev, seed, ...knobs, ...conditions, seconds: piece.seconds };
  for (const [name, value] of Object.entries(told)) if (value !== "" && value != null) list.append(make("dt", {}, name), make("dd", {}, String(value)));
  return make("details", {}, make("summary", {}, "How it was made"), list);
}
