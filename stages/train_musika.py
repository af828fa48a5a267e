"""Bring a published Musika GAN into the pipeline, or train one on the corpus's latents; where it is wanted."""

import time
from pathlib import Path

from chaconne.generators.musika import Model, imported
from chaconne.running.files import new_folder, read_json, seal, stand_in
from chaconne.running.params.reading import read_params
from chaconne.running.processes import rank, spread_out
from chaconne.running.stage import cpu_seconds, stage
from chaconne.training.fitting import pretrain

MODEL, PREVIEWS, CURVES = "data/models/musika", "data/previews/musika", "metrics/curves/train_musika"


def bring(settings, params):
    """Write data/models/musika from published weights; returns what it cost."""
    facts, began = read_json("data/latents/latents.json"), time.perf_counter()
    model = imported(settings, facts["channels"], facts["sample_rate_hz"] / facts["hop_samples"], params["conditions"])
    with new_folder(MODEL) as temporary:
        model.save(temporary)
        seal(temporary)
    stand_in(PREVIEWS, CURVES)
    return {"train_cpu_seconds": round(cpu_seconds(), 2),
            "train_wall_seconds": round(time.perf_counter() - began, 2)}


def main():
    """Write data/models/musika, data/previews/musika and the curves of a training.

    All stages of the pipeline have results, so that `dvc checkout` and `dvc pull` find them all. Where Musika is
    neither selected nor compared these here are stand-ins that nothing reads.
    """
    params = read_params()
    with stage("train_musika", params["seed"], params["threads"]) as clock:
        settings = params["musika"]["train"]
        wanted = "musika" in Path("data/generators.txt").read_text().split()
        if wanted and not settings["pretrained"]:
            spread_out(params["trainer"])
            clock.update(pretrain("train_musika", Model, settings, params, MODEL, PREVIEWS, params["runs"]))
        elif rank():
            pass    # of several processes the first writes for all
        elif wanted:
            clock.update(bring(settings, params))
        else:
            stand_in(MODEL, PREVIEWS, CURVES)


if __name__ == "__main__":
    main()
