// What clocks said stands beside the page, in timing.js: the page itself is the same whenever it is made.
if (globalThis.chaconneClocks) {
  const table = globalThis.chaconneClocks;
  const digits = (value, count) => Number(value.toPrecision(count)).toLocaleString("en", { maximumSignificantDigits: count });
  const duration = (seconds) => {
    if (seconds < 60) return digits(seconds, seconds < 10 ? 2 : 3) + " s";
    const minutes = Math.floor(Math.round(seconds) / 60), rest = Math.round(seconds) % 60;
    return minutes < 60 ? minutes + " min" + (rest ? " " + rest + " s" : "") : Math.floor(minutes / 60) + " h " + minutes % 60 + " min";
  };
  const known = (path) => path.split(".").reduce((tree, key) => tree?.[key], table);
  for (const place of document.querySelectorAll("[data-clock]")) {
    const value = known(place.dataset.clock);
    if (typeof value !== "number") continue;
    place.textContent = place.dataset.clock.endsWith("factor") ? digits(value, 3) + "×" : duration(value);
    place.closest("[data-known]")?.removeAttribute("hidden");
  }
  const stages = Object.entries(table.stages ?? {}).filter(([name]) => !name.includes("/"))
    .map(([name, clock]) => [name, clock.wall_seconds]).sort((a, b) => b[1] - a[1]);
  const list = document.querySelector("#timing .bars");
  for (const [name, seconds] of stages) {
    const [row, label, bar, value] = ["li", "span", "span", "data"].map((tag) => document.createElement(tag));
    bar.className = "bar";
    bar.appendChild(document.createElement("i")).style.width = 100 * seconds / (stages[0][1] || 1) + "%";
    label.textContent = name; value.value = seconds; value.textContent = duration(seconds);
    row.append(label, bar, value);
    list.appendChild(row);
  }
  document.querySelector("#timing .total").textContent = duration(stages.reduce((sum, [, seconds]) => sum + seconds, 0));
  for (const place of document.querySelectorAll(".clocked")) place.hidden = false;
  document.querySelector(".unclocked").hidden = true;
}
