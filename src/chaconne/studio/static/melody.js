// A melody, typed note by note or dropped, and the chorale below it.
import { find, make } from "./api.js";
import { begin } from "./pieces.js";
import { dropZone } from "./recording.js";
import { audio, output } from "./sound.js";

const LENGTHS = { 0.5: "eighth", 1: "quarter", 1.5: "dotted quarter", 2: "half", 4: "whole" };
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const KEYS = "awsedftgyhujk";   // a row of a typewriter as an octave and one note
const LOWEST = 60, HIGHEST = 84;
let notes = [], dropped = null;

export function start() {
  find("lengths").replaceChildren(...Object.entries(LENGTHS).map(([quarters, name]) => make("label", {}, make("input", { type: "radio", name: "length", value: quarters, checked: quarters === "1" }), name)));
  piano();
  find("rest").addEventListener("click", () => add(null));
  find("undo").addEventListener("click", () => { notes.pop(); told(); });
  find("clear").addEventListener("click", () => { notes = []; dropped = null; told(); });
  find("hear").addEventListener("click", hear);
  find("harmonize").addEventListener("click", harmonize);
  dropZone("melody", "melody", (found) => { dropped = found; notes = []; told(); choices(found.parts ?? []); find("melody-status").textContent = `${found.name}: ready to be harmonised`; });
  told();
}

// Of a fuller score one part is the melody: those that it has are offered.
function choices(parts) {
  find("part").value = "";
  find("parts").replaceChildren(...parts.map((name) => make("option", { value: name })));
}

const nameOf = (pitch) => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

function piano() {
  const keys = [];
  for (let pitch = LOWEST; pitch <= HIGHEST; pitch++) {
    const black = NAMES[pitch % 12].length > 1, key = make("button", { type: "button", class: black ? "black" : "white", "data-pitch": pitch, "aria-label": nameOf(pitch), tabindex: pitch === LOWEST ? 0 : -1 }, black ? "" : nameOf(pitch));
    key.addEventListener("click", () => add(pitch));
    keys.push(key);
  }
  find("piano").replaceChildren(...keys);
  find("piano").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = KEYS.indexOf(event.key.toLowerCase()), at = Number(document.activeElement.dataset.pitch || LOWEST);
    const moved = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: LOWEST, End: HIGHEST }[event.key];
    if (place >= 0 && !event.repeat) add(LOWEST + place + (event.shiftKey ? 12 : 0));
    else if (event.key === "Backspace") { notes.pop(); told(); }
    else if (moved >= LOWEST && moved <= HIGHEST) find("piano").querySelector(`[data-pitch="${moved}"]`).focus();
    else return;
    event.preventDefault();
  });
}

function add(pitch) {
  dropped = null;
  notes.push({ pitch, quarters: Number(document.querySelector("[name=length]:checked").value) });
  if (pitch !== null) {
    tone(pitch, audio().currentTime, 0.4);
    const key = find("piano").querySelector(`[data-pitch="${pitch}"]`);
    key?.classList.add("down");
    setTimeout(() => key?.classList.remove("down"), 180);
  }
  told();
}

function told() {
  find("typed").textContent = notes.map(({ pitch, quarters }) => `${pitch === null ? "rest" : nameOf(pitch)} ${LENGTHS[quarters]}`).join(", ");
  find("harmonize").disabled = !(dropped || notes.length > 1);
  find("hear").disabled = !notes.length;
}

function tone(pitch, when, seconds) {
  const source = new OscillatorNode(audio(), { type: "triangle", frequency: 440 * 2 ** ((pitch - 69) / 12) });
  const gain = new GainNode(audio(), { gain: 0 });
  gain.gain.linearRampToValueAtTime(0.2, when + 0.01);
  gain.gain.setTargetAtTime(0, when + seconds * 0.8, 0.05);
  source.connect(gain).connect(output());
  source.start(when);
  source.stop(when + seconds + 0.2);
}

function hear() {
  let when = audio().currentTime + 0.05;
  for (const { pitch, quarters } of notes) {
    if (pitch !== null) tone(pitch, when, quarters * 0.6);
    when += quarters * 0.6;
  }
}

function harmonize() {
  const source = dropped ? { recording: dropped.id, snap: true, part: find("part").value.trim() } : { notes, metre: find("metre").value };
  begin([{ kind: "harmonize", ...source, key: find("key").value.trim(), seed: Number(find("seed").value) }], dropped ? dropped.name : "Typed melody");
}
