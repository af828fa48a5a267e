"""Fine-tune the selected generator on the genre, or train it from scratch on the same budget."""

import sys

from chaconne.running.params.reading import read_params
from chaconne.running.processes import spread_out
from chaconne.running.stage import stage
from chaconne.training.finetuning import fine_tune, from_scratch

WAYS = {"finetune": (fine_tune, "finetuned"), "scratch": (from_scratch, "scratch")}


def main(which):
    """which: `finetune` -> data/models/finetuned, or `scratch` -> data/models/scratch."""
    params, (train, out) = read_params(), WAYS[which]
    with stage(which, params["seed"], params["threads"]) as clock:
        spread_out(params["trainer"])
        clock.update(train(params, params["finetune"]["steps"], which, (f"data/models/{out}", f"data/previews/{out}")))


if __name__ == "__main__":
    main(*sys.argv[1:])
