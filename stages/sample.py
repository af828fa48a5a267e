"""Sample one generator: the clips that are measured, and one long piece."""

import sys
import time
from pathlib import Path

import numpy as np

from chaconne.audio import to_int16
from chaconne.files import new_folder, of_run
from chaconne.modules import load_codec, load_generator
from chaconne.sampling import draw_conditions, sample_clips
from chaconne.stage import read_params, stage


def main(name):
    """Write data/samples/<name>; the clips of further runs in its folders run_1, run_2, ..."""
    params = read_params()
    knobs, evaluate = params[name]["sample"], params["evaluate"]
    with stage(f"sample_{name}", params["seed"], params["threads"]) as clock, \
            new_folder(f"data/samples/{name}") as temporary:
        codec = load_codec("data/codec")
        for run in range(params["runs"]):
            seed, model = params["seed"] + run, load_generator(of_run(f"data/models/{name}", run))
            conditions = draw_conditions("data/latents/index.csv", params["conditions"], evaluate["clips"], seed)
            sample_clips(of_run(temporary, run), model, codec, conditions, knobs, evaluate["clip_seconds"], seed)
            if run == 0:
                began = time.perf_counter()
                piece = codec.decode(model.sample(params["piece_seconds"], seed + 1, conditions[0], knobs))[0]
                clock["realtime_factor"] = round(params["piece_seconds"] / (time.perf_counter() - began), 2)
                np.save(Path(temporary, "piece.npy"), to_int16(piece))


if __name__ == "__main__":
    main(*sys.argv[1:])
