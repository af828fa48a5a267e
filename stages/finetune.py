"""Fine-tune the selected generator on the genre, or train it from scratch on the same budget."""

import sys

from chaconne.running.files import stand_in
from chaconne.running.params.reading import read_params
from chaconne.running.processes import spread_out
from chaconne.running.stage import stage
from chaconne.training.finetuning.finetuning import fine_tune, from_scratch

WAYS = {"finetune": (fine_tune, "finetuned"), "scratch": (from_scratch, "scratch")}


def main(which):
    """which: `finetune` -> data/models/finetuned, or `scratch` -> data/models/scratch; a stand-in unless asked for."""
    params, (train, out) = read_params(), WAYS[which]
    outs = (f"data/models/{out}", f"data/previews/{out}")
    with stage(which, params["seed"], params["threads"]) as clock:
        if which == "scratch" and not params["finetune"]["scratch"]:
            return stand_in(*outs, f"metrics/curves/{which}")
        spread_out(params["trainer"])
        clock.update(train(params, params["finetune"]["steps"], which, outs))


if __name__ == "__main__":
    main(*sys.argv[1:])
