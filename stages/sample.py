"""Sample one generator: the clips that are measured, and one long piece."""

import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

from chaconne.running.files import read_json
from chaconne.running.models import load_codec, load_generator
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.storage.files import of_run, write_json
from chaconne.storage.latents.audio import to_int16
from chaconne.training.sampling import draw_conditions, sample_clips


def main(name):
    """Write data/samples/<name>; the clips of further runs in its folders run_1, run_2, ..."""
    params = read_params()
    knobs, evaluate, seconds = params[name]["sample"], params["evaluate"], params["piece_seconds"]
    with stage(f"sample_{name}", params["seed"], params["threads"]) as clock:
        place = codec_folder(params)
        codec = load_codec(place)
        models = [load_generator(of_run(f"data/models/{name}", run)) for run in range(params["runs"])]
        key = [knobs, evaluate, params["conditions"], seconds, params["seed"], params["threads"]]
        parts = Parts(f"sample_{name}", key, [place, "data/latents/index.csv", f"data/models/{name}"])
        places, timed = {"piece": ""}, parts.folder / "clock.json"
        for run, model in enumerate(models):
            seed = params["seed"] + run
            conditions = draw_conditions("data/latents/index.csv", params["conditions"], evaluate["clips"], seed)
            parts.make(f"clips_{run}", partial(sample_clips, model=model, codec=codec, conditions=conditions,
                                               knobs=knobs, seconds=evaluate["clip_seconds"], seed=seed))
            places[f"clips_{run}"] = f"run_{run}" if run else ""
            if run == 0:
                parts.make("piece", partial(long_piece, timed, model, codec, conditions[0], knobs, seconds, seed + 1))
        parts.place(f"data/samples/{name}", places)
        clock.update(read_json(timed))


def long_piece(timed, model, codec, conditions, knobs, seconds, seed, folder):
    """Write piece.npy into `folder`, and how many times faster than real time that was to `timed`."""
    began = time.perf_counter()
    piece = codec.decode(model.sample(seconds, seed, conditions, knobs))[0]
    write_json(timed, {"realtime_factor": round(seconds / (time.perf_counter() - began), 2)})
    np.save(Path(folder, "piece.npy"), to_int16(piece))


if __name__ == "__main__":
    main(*sys.argv[1:])
