"use strict";
// A score follows the sound beside it: what sounds is marked and in sight; a click on a note plays from there.
function follow(sheet, audio) {
  const svg = sheet.querySelector("svg"), quarter = 60 / Number(svg.dataset.tempo), notes = [...svg.querySelectorAll("[data-at]")];
  const begin = (note) => Number(note.dataset.at) * quarter, times = [...new Set(notes.map(begin))].sort((a, b) => a - b);
  let shown = null;
  const walk = () => {
    const now = audio.paused && !audio.currentTime ? null : times.findLast((time) => time <= audio.currentTime + 0.02);
    if (now !== shown) {
      for (const note of notes) note.classList.toggle("now", now != null && begin(note) === now);
      const first = notes.find((note) => note.classList.contains("now"));
      if (first && !audio.paused) {
        const place = first.getBoundingClientRect(), area = sheet.getBoundingClientRect();
        if (place.bottom > area.bottom || place.top < area.top) sheet.scrollTop += place.top - area.top - area.height / 4;
      }
      shown = now;
    }
    if (!audio.paused) requestAnimationFrame(walk);
  };
  for (const event of ["play", "seeked", "pause"]) audio.addEventListener(event, walk);
  svg.addEventListener("click", (event) => {
    const note = event.target.closest("[data-at]");
    if (note) { audio.currentTime = begin(note); audio.play(); }
  });
}
