// Endless music: int16 samples arrive faster than they are heard, and wait in the audio clock's future.
import { careful, find, make } from "./api.js";
import { address, onKnobs } from "./generate.js";
import { audio, output } from "./sound.js";

const AHEAD_S = 20;     // of music that waits here
const LEAD_S = 0.25;    // between the first samples and the first sound
const PIECE_S = 0.5;    // of music in one buffer
let stop = null;

export function start(models) {
  find("endless-model").replaceChildren(...models.map((m) => make("option", {}, m.name)));
  find("endless-play").addEventListener("click", () => (stop ? end("Silent.") : play()));
  for (const change of [(f) => find("endless-model").addEventListener("change", f), onKnobs]) change(() => stop && play());
}

function end(said) {
  stop?.();
  stop = null;
  find("endless-play").textContent = "Play";
  find("endless-play").setAttribute("aria-pressed", "false");
  find("endless-status").textContent = said;
}

async function play() {
  end("");
  for (const other of document.querySelectorAll("audio")) other.pause();
  const cancel = new AbortController(), gain = new GainNode(audio());
  gain.connect(output());
  stop = () => { cancel.abort(); gain.disconnect(); };
  const mine = stop;
  find("endless-play").textContent = "Stop";
  find("endless-play").setAttribute("aria-pressed", "true");
  find("endless-status").textContent = "Composing…";
  await careful(() => run(cancel.signal, gain).catch((error) => { if (error.name !== "AbortError") throw error; }));
  if (stop === mine) end("The music stopped.");
}

async function run(signal, gain) {
  const response = await fetch(`/stream?${address(find("endless-model").value)}`, { signal });
  if (!response.ok) throw new Error((await response.json()).error);
  const rate = Number(response.headers.get("X-Rate")), reader = response.body.getReader(), began = performance.now();
  const status = find("endless-status");
  let due = 0, held = [], count = 0, odd = new Uint8Array(0), made = 0, gaps = 0, spent = 0;
  for (;;) {
    const asked = performance.now();
    const { done, value } = await reader.read();
    spent += performance.now() - asked;
    if (done) return;
    const bytes = new Uint8Array(odd.length + value.length);
    bytes.set(odd); bytes.set(value, odd.length);
    const whole = bytes.length - (bytes.length % 2), view = new DataView(bytes.buffer, 0, whole);
    odd = bytes.slice(whole);
    for (let i = 0; i < whole; i += 2) held.push(view.getInt16(i, true) / 32767);
    while (held.length >= PIECE_S * rate) {
      const size = Math.round(PIECE_S * rate), buffer = new AudioBuffer({ length: size, sampleRate: rate, numberOfChannels: 1 });
      buffer.copyToChannel(Float32Array.from(held.splice(0, size)), 0);
      const now = audio().currentTime;
      if (due < now) { gaps += count > 0; due = now + LEAD_S; }
      const source = new AudioBufferSourceNode(audio(), { buffer });
      source.connect(gain);
      source.start(due);
      due += size / rate;
      made += size / rate;
      count += 1;
    }
    const ahead = due - audio().currentTime;
    tell(status, { made, ahead, gaps, heard: (performance.now() - began) / 1000, speed: made / Math.max(0.001, spent / 1000) });
    while (due - audio().currentTime > AHEAD_S && !signal.aborted) {
      await new Promise((go) => setTimeout(go, 200));
      tell(status, { made, ahead: due - audio().currentTime, gaps, heard: (performance.now() - began) / 1000, speed: made / Math.max(0.001, spent / 1000) });
    }
    if (signal.aborted) return;
  }
}

function tell(status, { made, ahead, gaps, heard, speed }) {
  status.textContent = `${Math.max(0, ahead).toFixed(0)} s ahead of you${gaps ? `, ${gaps} gaps` : ""}`;
  Object.assign(status.dataset, { made: made.toFixed(1), ahead: ahead.toFixed(1), gaps, heard: heard.toFixed(1), speed: speed.toFixed(1) });
}
