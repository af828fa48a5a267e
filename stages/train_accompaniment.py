"""Go on with the trained diffusion model, so that it hears a voice and plays the others."""

from chaconne.accompaniment.absence import absent, stand_in
from chaconne.accompaniment.listening import learning
from chaconne.running.models import load_generator
from chaconne.running.params.reading import read_params
from chaconne.running.processes import spread_out
from chaconne.running.stage import stage
from chaconne.training.engine.trainer import Trainer
from chaconne.training.fitting import fit

LATENTS, VOICES, BASE = "data/latents", "data/accompaniment/latents", "data/models/diffusion"
MODEL, PREVIEWS = "data/accompaniment/model", "data/accompaniment/previews"
CURVES = "metrics/curves/train_accompaniment"


def main():
    """Write data/accompaniment/model and previews."""
    params = read_params()
    with stage("accompaniment/train", params["seed"], params["threads"]) as clock:
        if reason := absent(VOICES):
            return stand_in(reason, MODEL, PREVIEWS, CURVES)
        spread_out(params["trainer"])
        settings, base = params["accompaniment"]["train"], load_generator(BASE)
        sets = learning.aligned(LATENTS, VOICES, "train", base.settings["frames"])
        model = learning.untrained(sets, base, settings, params["conditions"], params["seed"])
        trainer = Trainer("train_accompaniment", params["trainer"], params["seed"],
                          [settings, params["conditions"], params["threads"]],
                          [*(f"{folder}/{name}" for folder in (LATENTS, f"{VOICES}/given", f"{VOICES}/rest")
                             for name in ("latents.npy", "index.csv")),
                           f"{BASE}/model.json", f"{BASE}/model.safetensors"])
        clock.update(fit(model, learning.source_of(sets, model), trainer, model.settings,
                         (MODEL, PREVIEWS)))


if __name__ == "__main__":
    main()
