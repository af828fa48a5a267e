"""Bring a published Musika GAN into the pipeline, or train one on the corpus's latents."""

import time
from pathlib import Path

from chaconne.files import new_folder, read_json
from chaconne.fitting import pretrain
from chaconne.generators.musika import Model, imported
from chaconne.stage import cpu_seconds, read_params, stage


def bring(settings, params):
    """Write data/models/musika from published weights; returns what it cost."""
    facts, began = read_json("data/latents/latents.json"), time.perf_counter()
    model = imported(settings, facts["channels"], facts["sample_rate_hz"] / facts["hop_samples"], params["conditions"])
    with new_folder("data/models/musika") as temporary:
        model.save(temporary)
    # No training, no curves, no previews: the folders are there, because DVC expects them.
    for folder in ("data/previews/musika", "metrics/curves/train_musika"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    return {"train_cpu_seconds": round(cpu_seconds(), 2),
            "train_wall_seconds": round(time.perf_counter() - began, 2)}


def main():
    """Write data/models/musika, data/previews/musika and the curves of a training."""
    params = read_params()
    with stage("train_musika", params["seed"], params["threads"]) as clock:
        settings = params["musika"]["train"]
        if settings["pretrained"]:
            clock.update(bring(settings, params))
        else:
            clock.update(pretrain("train_musika", Model, settings, params, "data/models/musika",
                                  "data/previews/musika", params["runs"]))


if __name__ == "__main__":
    main()
