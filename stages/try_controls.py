"""Ask a model that can be steered for one thing after another: `try_controls gan`, `try_controls diffusion`."""

import sys

from tqdm import tqdm

from chaconne.controls import trials
from chaconne.running.files import read_json
from chaconne.running.models import load_codec, load_steered
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage


def main(name):
    """Write data/controls/samples/<name>: a folder for each row, see chaconne.controls.trials."""
    params = read_params()
    knobs, seed, where = params["controls"], params["seed"], f"data/models/steered_{name}"
    sampling, count, seconds = knobs["sample"][name], knobs["clips"], knobs["clip_seconds"]
    with stage(f"controls/try_{name}", seed, params["threads"]):
        place = codec_folder(params)
        codec, model = load_codec(place), load_steered(where)
        heldout = read_json("data/controls/known/heldout/told.json")
        parts = Parts(f"try_controls_{name}", [sampling, count, seconds, seed, params["threads"]],
                      [place, where, "data/controls/known"])
        rows = trials.rows_of(model)
        for row in tqdm(rows, desc=f"try {name}", unit="row"):
            parts.make(row, lambda folder, row=row: trials.write(
                folder, row, model, codec, heldout, sampling, count, seconds, seed))
        parts.place(f"data/controls/samples/{name}", {row: row for row in rows})


if __name__ == "__main__":
    main(*sys.argv[1:])
