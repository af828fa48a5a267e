// Drop in a recording: through the codec, go on, vary, mend, accompany.
import { careful, find, make, post } from "./api.js";
import { begin } from "./pieces.js";
import { settings } from "./generate.js";

let current = null, flows = [], hearing = [];

export function start(models, accompanist) {
  flows = models.filter((m) => m.flows);
  hearing = accompanist ? [{ name: "accompaniment" }] : [];
  dropZone("recording", "sound", take);
  document.addEventListener("recording", (event) => { take(event.detail); find("recording").scrollIntoView(); });
  const kind = find("recording-kind");
  const change = () => {
    for (const label of document.querySelectorAll("[data-of]")) label.hidden = !label.dataset.of.split(" ").includes(kind.value);
    const able = { reconstruct: models, accompany: hearing }[kind.value] ?? flows;
    const lacking = kind.value === "accompany" ? "none yet: dvc repro stages/accompaniment/dvc.yaml" : "no diffusion model here";
    find("recording-model").replaceChildren(...able.map((m) => make("option", {}, m.name)));
    if (!able.length) find("recording-model").append(make("option", { value: "" }, lacking));
  };
  kind.addEventListener("change", change);
  change();
  find("strength").addEventListener("input", () => { find("strength-value").textContent = find("strength").value; });
  find("recording-form").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
}

// A place for files: dropped, or chosen with the keyboard. `what` the server must take it for.
export function dropZone(name, what, taken) {
  const zone = find(`${name}-drop`), input = find(`${name}-file`), status = find(`${name}-status`);
  const send = async (file) => {
    if (!file) return;
    status.classList.remove("bad");
    status.textContent = `Reading ${file.name}…`;
    const found = await careful(() => post(`/api/uploads?name=${encodeURIComponent(file.name)}`, file), status);
    if (!found) return;
    if (found.what !== what) {
      status.textContent = `${file.name}: expected a ${what === "sound" ? "recording" : "score"}; drop it into the part ${found.what === "sound" ? "Recording" : "Melody"}.`;
      status.classList.add("bad");
      return;
    }
    taken(found);
  };
  input.addEventListener("change", () => send(input.files[0]));
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); zone.classList.remove("over"); send(event.dataTransfer.files[0]); });
}

function take(found) {
  current = found;
  find("recording-status").classList.remove("bad");
  find("recording-status").textContent = `${found.name}: ${found.seconds.toFixed(1)} s`;
  find("to").max = find("from").max = found.seconds;
  find("from").value = Math.min(2, found.seconds / 4).toFixed(1);
  find("to").value = Math.min(4, found.seconds / 2).toFixed(1);
  find("recording-form").hidden = false;
}

function submit() {
  const kind = find("recording-kind").value, value = (id) => Number(find(id).value);
  begin([{ ...settings(), kind, recording: current.id, model: find("recording-model").value, seed: value("recording-seed"), seconds: value("recording-seconds"),
    strength: value("strength"), from: value("from"), to: value("to"), task: find("task").value, balance: value("balance") }], `${current.name}`);
}
