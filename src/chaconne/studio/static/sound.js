// One audio graph for all that is heard, and the live pictures of it.
import { find } from "./api.js";

let context, analyser;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export function audio() {
  if (!context) {
    context = new AudioContext();
    analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0.2, minDecibels: -95, maxDecibels: -25 });
    analyser.connect(context.destination);
    requestAnimationFrame(draw);
  }
  if (context.state === "suspended") context.resume();
  return context;
}

export function output() { audio(); return analyser; }

// Send an <audio> element through the graph, once, when it first plays; others stop.
const routed = new WeakSet();
export function route(element) {
  element.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== element) other.pause();
    if (!routed.has(element)) {
      routed.add(element);
      audio().createMediaElementSource(element).connect(analyser);
    } else audio();
  });
}

const RAMP = ["#0b0a14", "#1d1740", "#45226b", "#7a2c76", "#b43d66", "#e2604d", "#f4964a", "#f9cc78", "#fff6dc"];
const colours = Array.from({ length: 256 }, (_, i) => {
  const at = (i / 255) * (RAMP.length - 1), low = Math.floor(at), high = Math.min(low + 1, RAMP.length - 1);
  const part = (c, k) => parseInt(c.slice(1 + 2 * k, 3 + 2 * k), 16);
  return [0, 1, 2].map((k) => part(RAMP[low], k) + (at - low) * (part(RAMP[high], k) - part(RAMP[low], k)));
});

function draw() {
  requestAnimationFrame(draw);
  if (document.hidden) return;
  const levels = new Uint8Array(analyser.frequencyBinCount);
  analyser.getByteFrequencyData(levels);
  if (!levels.some((level) => level)) return;
  spectrogram(levels);
  wave();
}

// A new column at the right edge; pitches on a logarithmic axis from 55 Hz to 7 kHz.
function spectrogram(levels) {
  const canvas = find("spectrogram"), brush = canvas.getContext("2d");
  const { width, height } = canvas, step = still.matches ? 1 : 2;
  brush.drawImage(canvas, -step, 0);
  const column = brush.createImageData(step, height);
  for (let y = 0; y < height; y++) {
    const hertz = 55 * 2 ** (7 * (1 - (y + 0.5) / height));
    const [r, g, b] = colours[levels[Math.round(hertz * 4096 / context.sampleRate)] || 0];
    for (let x = 0; x < step; x++) column.data.set([r, g, b, 255], 4 * (y * step + x));
  }
  brush.putImageData(column, width - step, 0);
}

function wave() {
  const canvas = find("wave"), brush = canvas.getContext("2d"), samples = new Float32Array(2048);
  analyser.getFloatTimeDomainData(samples);
  brush.fillStyle = "#0b0a14";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.strokeStyle = "#f9cc78";
  brush.beginPath();
  samples.forEach((s, i) => brush.lineTo((i / 2048) * canvas.width, canvas.height * (0.5 - 0.45 * s)));
  brush.stroke();
}

// The peaks of a whole piece, drawn once.
export async function overview(canvas, address) {
  const content = await (await fetch(address)).arrayBuffer();
  const samples = (await new OfflineAudioContext(1, 1, 22050).decodeAudioData(content)).getChannelData(0);
  const brush = canvas.getContext("2d"), { width, height } = canvas, size = Math.max(1, Math.floor(samples.length / width));
  brush.fillStyle = getComputedStyle(canvas).color;
  for (let x = 0; x < width; x++) {
    let low = 0, high = 0;
    for (let i = x * size; i < (x + 1) * size; i++) { low = Math.min(low, samples[i]); high = Math.max(high, samples[i]); }
    brush.fillRect(x, height * (0.5 - high / 2), 1, Math.max(1, (height * (high - low)) / 2));
  }
}
