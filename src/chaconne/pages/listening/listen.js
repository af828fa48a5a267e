"use strict";
const settings = JSON.parse(document.getElementById("settings").textContent);
const by = (id) => document.getElementById(id), kept = "chaconne-listening-" + settings.test;
const pairs = [...document.querySelectorAll(".pair")], choices = [...document.querySelectorAll("[data-choice]")];
const sounds = pairs.map((pair) => [...pair.querySelectorAll(".sound")]);
const answers = settings.pairs.map((pair) => ({ pair, choice: null, heard_s: {} }));
let at = 0, selected = 0, remembered = "";

// A page that is closed by mistake goes on where it was, in browsers that let a file remember.
try {
  const before = JSON.parse(localStorage.getItem(kept));
  if (before) {
    by("listener").value = remembered = before.listener;
    for (const answer of before.answers) Object.assign(answers.find((a) => a.pair === answer.pair), answer);
  }
} catch { /* nothing is remembered: begin anew */ }
const remember = () => { try { localStorage.setItem(kept, JSON.stringify(told())); } catch { /* so be it */ } };

// What tally.py reads; pairs without an answer are left out.
function told() {
  const given = answers.filter((answer) => answer.choice);
  return { format: settings.format, test: settings.test, listener: by("listener").value.trim(), pairs: settings.pairs.length,
    saved: new Date().toISOString(), answers: given };
}

const pause = () => document.querySelectorAll("audio").forEach((audio) => audio.pause());
function select(index, play) {
  const here = sounds[at];
  selected = (index + here.length) % here.length;
  here.forEach((sound, i) => sound.classList.toggle("selected", i === selected));
  if (play) { const audio = here[selected].querySelector("audio"); pause(); audio.currentTime = 0; audio.play(); }
}
function toggle() {
  const audio = sounds[at][selected].querySelector("audio");
  if (audio.paused) { pause(); audio.play(); } else audio.pause();
}
const ready = () => ["A", "B"].every((letter) => (answers[at].heard_s[letter] || 0) >= settings.heard_s);
function choose(choice) {
  if (!choices.some((button) => button.dataset.choice === choice)) return; // where one must choose there is no tie
  if (!ready()) { by("hint").textContent = "Listen to A and to B first."; return; }
  answers[at].choice = choice; remember(); show();
}
function go(to) {
  if (to > at && !answers[at].choice) { by("hint").textContent = ready() ? "Choose first." : "Listen to A and to B first."; return; }
  if (to < 0) return;
  pause();
  if (to === pairs.length) return finish();
  at = to; selected = 0; show(); select(0, false);
}
function show() {
  by("end").hidden = true; by("trial").hidden = false;
  pairs.forEach((pair, i) => { pair.hidden = i !== at; });
  const given = told().answers.length;
  by("where").textContent = "Pair " + (at + 1) + " of " + pairs.length + ", " + given + " answered";
  by("bar").style.width = 100 * given / pairs.length + "%";
  by("back").disabled = at === 0; by("hint").textContent = "";
  choices.forEach((button) => {
    button.setAttribute("aria-pressed", button.dataset.choice === answers[at].choice);
    button.disabled = !ready();
  });
}
function finish() {
  by("trial").hidden = true; by("end").hidden = false;
  by("counted").textContent = told().answers.length + " of " + pairs.length + " pairs answered.";
  by("text").value = JSON.stringify(told(), null, 1); by("done").textContent = "";
  document.querySelector("#end h1").focus();
}
async function copy() {
  // Where a browser keeps its clipboard from a file, what is selected can be copied all the same.
  try { await navigator.clipboard.writeText(by("text").value); } catch {
    by("text").focus(); by("text").select();
    if (!document.execCommand("copy")) { by("done").textContent = "Your browser does not copy: the text below is selected."; return; }
  }
  by("done").textContent = "Copied.";
}
function save() {
  const link = document.createElement("a"), name = by("listener").value.trim().replace(/[^\p{L}\p{N}]+/gu, "-");
  link.href = URL.createObjectURL(new Blob([by("text").value + "\n"], { type: "application/json" }));
  link.download = "answers-" + name + "-" + settings.test + ".json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

sounds.forEach((here, p) => here.forEach((sound, i) => {
  const audio = sound.querySelector("audio"), line = sound.querySelector(".line i"), letter = sound.dataset.letter;
  let last = 0;
  sound.querySelector(".play").addEventListener("click", () => { if (i === selected) toggle(); else select(i, true); });
  audio.addEventListener("play", () => { last = audio.currentTime; sound.classList.add("playing"); });
  audio.addEventListener("pause", () => sound.classList.remove("playing"));
  audio.addEventListener("timeupdate", () => {
    const heard = answers[p].heard_s, step = audio.currentTime - last, before = ready();
    if (step > 0 && step < 1) heard[letter] = Number(((heard[letter] || 0) + step).toFixed(2));
    last = audio.currentTime; line.style.width = 100 * audio.currentTime / audio.duration + "%";
    sound.classList.toggle("heard", heard[letter] >= settings.heard_s);
    if (p === at && ready() !== before) show();
  });
}));
choices.forEach((button) => button.addEventListener("click", () => choose(button.dataset.choice)));
by("begin").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!by("listener").value.trim()) return;
  // Another name at the same browser is another listener.
  if (remembered && told().listener !== remembered) for (const answer of answers) Object.assign(answer, { choice: null, heard_s: {} });
  by("welcome").hidden = true; remember();
  const open = answers.findIndex((answer) => !answer.choice);
  at = open < 0 ? 0 : open; show(); select(0, false);
});
by("next").addEventListener("click", () => go(at + 1));
by("back").addEventListener("click", () => go(at - 1));
by("save").addEventListener("click", save);
by("copy").addEventListener("click", copy);
by("again").addEventListener("click", show);
document.addEventListener("keydown", (event) => {
  if (by("trial").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = { " ": toggle, ArrowLeft: () => select(selected - 1, true), ArrowRight: () => select(selected + 1, true),
    1: () => choose("A"), a: () => choose("A"), 2: () => choose("B"), b: () => choose("B"), 0: () => choose("tie"),
    x: () => { if (sounds[at][0].dataset.letter === "X") select(0, true); },
    ArrowUp: () => go(at - 1), ArrowDown: () => go(at + 1), Enter: () => go(at + 1) }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || (" Enter".includes(event.key) && event.target.matches("button:focus-visible"))) return;
  event.preventDefault();
  if (!event.repeat) act();
});
