"use strict";
// One sound at a time, a line that walks through the picture, a click that plays from there.
for (const figure of document.querySelectorAll(".player")) {
  const audio = figure.querySelector("audio"), box = figure.querySelector(".spectrogram"), head = figure.querySelector(".head");
  const seconds = Number(box.dataset.seconds);
  const place = () => { head.style.left = 100 * Math.min(1, audio.currentTime / seconds) + "%"; };
  const walk = () => { place(); if (!audio.paused) requestAnimationFrame(walk); };
  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    figure.classList.add("playing", "started");
    walk();
  });
  for (const event of ["pause", "ended"]) audio.addEventListener(event, () => figure.classList.remove("playing"));
  audio.addEventListener("seeked", () => { figure.classList.add("started"); place(); });
  box.addEventListener("click", (event) => {
    const area = box.getBoundingClientRect(), at = seconds * (event.clientX - area.left) / area.width;
    const go = () => { audio.currentTime = at; audio.play(); };
    if (audio.readyState > 0) return go();
    audio.addEventListener("loadedmetadata", go, { once: true });
    audio.load();
    audio.preload = "auto";
  });
}
for (const sheet of document.querySelectorAll(".sheet")) follow(sheet, sheet.parentNode.querySelector("audio"));
// Values of the curves under the pointer.
for (const chart of document.querySelectorAll("svg.curves")) {
  const lines = JSON.parse(chart.dataset.lines), view = chart.viewBox.baseVal;
  const left = Number(chart.dataset.left), right = view.width - Number(chart.dataset.right), most = Number(chart.dataset.most);
  const cursor = chart.appendChild(document.createElementNS(chart.namespaceURI, "line"));
  const reading = chart.parentNode.appendChild(document.createElement("output"));
  cursor.setAttribute("class", "cursor"); cursor.setAttribute("y1", 10); cursor.setAttribute("y2", view.height - 34);
  reading.className = "reading"; reading.hidden = true; cursor.style.display = "none";
  chart.addEventListener("pointermove", (event) => {
    const area = chart.getBoundingClientRect(), x = (event.clientX - area.left) / area.width * view.width;
    const step = Math.max(0, Math.min(1, (x - left) / (right - left))) * most;
    const nearest = (xs) => xs.reduce((best, v, i) => Math.abs(v - step) < Math.abs(xs[best] - step) ? i : best, 0);
    const at = lines.map((line) => nearest(line.x));
    const place = left + (right - left) * lines[0].x[at[0]] / most;
    cursor.setAttribute("x1", place); cursor.setAttribute("x2", place);
    reading.textContent = "step " + lines[0].x[at[0]] + ": " + lines.map((line, i) =>
      (lines.length > 1 ? line.name + " " : "") + Number(line.y[at[i]].toPrecision(4))).join(", ");
    cursor.style.display = ""; reading.hidden = false;
  });
  chart.addEventListener("pointerleave", () => { cursor.style.display = "none"; reading.hidden = true; });
}
