"""Go on with the trained diffusion model, so that it hears a voice and plays the others."""

from chaconne.accompaniment import learning
from chaconne.fitting import fit
from chaconne.modules import load_generator
from chaconne.stage import read_params, stage
from chaconne.training import Trainer

LATENTS, VOICES, BASE = "data/latents", "data/accompaniment/latents", "data/models/diffusion"


def main():
    """Write data/accompaniment/model and previews."""
    params = read_params()
    with stage("accompaniment/train", params["seed"], params["threads"]) as clock:
        settings, base = params["accompaniment"]["train"], load_generator(BASE)
        sets = learning.aligned(LATENTS, VOICES, "train", base.settings["frames"])
        model = learning.untrained(sets, base, settings, params["conditions"], params["seed"])
        trainer = Trainer("train_accompaniment", params["trainer"], params["seed"],
                          [settings, params["conditions"], params["threads"]],
                          [f"{LATENTS}/latents.npy", f"{VOICES}/given/latents.npy", f"{VOICES}/rest/latents.npy",
                           f"{BASE}/model.safetensors"])
        clock.update(fit(model, learning.source_of(sets, model), trainer, model.settings,
                         ("data/accompaniment/model", "data/accompaniment/previews")))


if __name__ == "__main__":
    main()
