// What was tried: params that differ, numbers, and a button that plays it.
import { careful, find, get, make } from "./api.js";
import { settings } from "./generate.js";
import { begin } from "./pieces.js";

export function start() {
  find("experiments-again").addEventListener("click", load);
  load();
}

async function load() {
  const found = await careful(() => get("/api/experiments"));
  if (!found) return;
  const table = find("experiments-table");
  const heads = ["", "model", "differs from the workspace in", ...found.columns, ""];
  table.tHead.replaceChildren(make("tr", {}, ...heads.map((head) => make(head ? "th" : "td", head ? { scope: "col" } : {}, head))));
  table.tBodies[0].replaceChildren(...found.rows.map((one) => row(one, found.columns)));
  if (!found.rows.length) table.tBodies[0].append(make("tr", {}, make("td", { colspan: heads.length }, "No project here: the studio plays packs alone.")));
}

function row({ name, rev, commit, model, params, numbers }, columns) {
  const changed = Object.entries(params).map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(", ");
  const play = make("button", { type: "button", "aria-label": `Make a piece with ${model} of ${name}` }, "Make a piece");
  const told = numbers.map((n, i) => (n == null ? "" : `${columns[i]} ${n.toPrecision(3)}`)).filter(Boolean).join(", ");
  play.addEventListener("click", () => begin([{ ...settings(), kind: "generate", model, rev, seconds: Number(find("seconds").value) }], `${name}, seed ${find("seed").value}: ${told}`));
  return make("tr", {}, make("th", { scope: "row" }, name, commit ? ` (${commit})` : ""), make("td", {}, model), make("td", {}, changed),
    ...numbers.map((n) => make("td", { class: "number" }, n == null ? "" : n.toPrecision(3))), make("td", {}, play));
}
