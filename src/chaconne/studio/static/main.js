// The studio begins: what can be played, then every part of the page.
import { careful, find, get } from "./api.js";
import * as endless from "./endless.js";
import * as experiments from "./experiments.js";
import * as generate from "./generate.js";
import * as melody from "./melody.js";
import { restore } from "./pieces.js";
import * as recording from "./recording.js";

const found = await careful(() => get("/api/models"));
const models = (found?.models ?? []).filter((m) => !m.error);
const broken = (found?.models ?? []).filter((m) => m.error);
if (found && (broken.length || !models.length)) {
  find("notice").hidden = false;
  find("notice").textContent = broken.map((m) => `${m.name}: ${m.error}`).join(" ") || "No model is trained here: `make repro` trains them, or start the studio with --model PACK.";
}
generate.start(models);
endless.start(models);
recording.start(models, found?.accompanist);
melody.start();
experiments.start();
await restore();
document.body.dataset.ready = "";
