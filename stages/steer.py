"""Go on with a trained generator, so that it can be steered: `steer gan`, `steer diffusion`."""

import sys

from chaconne.controls.steering.learning import source_of, untrained
from chaconne.controls.wishes.described import open_described, read_facts
from chaconne.running.models import load_generator, load_variation
from chaconne.running.params.reading import read_params
from chaconne.running.processes import spread_out
from chaconne.running.stage import stage
from chaconne.training.engine.trainer import Trainer
from chaconne.training.fitting import fit

LATENTS = "data/controls/latents"


def main(name):
    """Write data/models/steered_<name> and data/previews/steered_<name>."""
    params = read_params()
    base, knobs = f"data/models/{name}", params["controls"]
    with stage(f"controls/steer_{name}", params["seed"], params["threads"]) as clock:
        spread_out(params["trainer"])
        settings, plain = {**knobs["train"], **knobs[name]}, load_generator(base)
        kind = load_variation("controls", f"steered_{name}").Model
        facts = read_facts(LATENTS)
        latents, curves = open_described(LATENTS, "train", kind.crop(plain, facts), kind.on_beats)
        model = untrained(kind, latents, curves, facts, plain, settings, knobs["names"], params["seed"])
        trainer = Trainer(f"steer_{name}", params["trainer"], params["seed"],
                          [settings, knobs["names"], params["threads"]],
                          [*(f"{LATENTS}/{file}" for file in ("latents.npy", "index.csv", "curves.npy")),
                           f"{base}/model.json", f"{base}/model.safetensors"])
        clock.update(fit(model, source_of(latents, curves, model), trainer, model.settings,
                         (f"data/models/steered_{name}", f"data/previews/steered_{name}")))


if __name__ == "__main__":
    main(*sys.argv[1:])
