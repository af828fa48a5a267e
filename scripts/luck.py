"""How much of each number is luck: python scripts/luck.py [SEED ...] (1 and 2; half an hour), in a checkout that ran.

Fine-tunes and trains from scratch with other seeds, beside the pipeline, and measures each model as the pipeline does.
For the generators metrics/studies/seeds.json has three seeds already. metrics/studies/luck.json gets, for every measure
of a row that was trained, how far seeds lie apart, {row: {measure: standard deviation of its logarithm}}, and the same
between kinds of processors with one seed (metrics of this checkout and those of HEAD, the most ever seen).
scripts/verify.py judges by it.
"""

import json
import math
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import numpy as np  # noqa: E402
from scipy.stats import t as student  # noqa: E402

from chaconne.evaluation.sweeps.measuring import ground_of, measure  # noqa: E402
from chaconne.evaluation.verdict.nested import leaves  # noqa: E402
from chaconne.running.files import read_json  # noqa: E402
from chaconne.running.params.reading import read_params  # noqa: E402
from chaconne.storage.files import write_json  # noqa: E402
from chaconne.training.finetuning.finetuning import fine_tune, from_scratch  # noqa: E402

FOLDER, SEEDS, OUT = Path("data/sweeps"), Path("metrics/studies/seeds.json"), Path("metrics/studies/luck.json")
GENRE, OLD = ("data/genre_reference", "data/genre_latents"), ("data/reference", "data/latents")
# row: (way to it, what it is measured against)
ROWS = {"after": (fine_tune, GENRE), "old_after": (fine_tune, OLD), "scratch": (from_scratch, GENRE)}
LEAST = 1e-3        # a share or distance below it is as good as none: its logarithm would be endless


def numbers(row):
    """Return {dotted name: value} of the measures of a row."""
    return {name: value for name, value in leaves(row) if isinstance(value, float) and "_fit" not in name}


def seeds_of_tuning(params, seeds):
    """Yield (row, measures) of the rows of fine-tuning for every seed."""
    knobs = params[params["model"]]["sample"]
    for row, (way, (reference, latents)) in ROWS.items():
        for seed in seeds:
            other = params | {"seed": seed}
            folder = FOLDER / f"{way.__name__}_seed_{seed}"
            if not (folder / "model.safetensors").exists():
                way(other, params["finetune"]["steps"], f"sweeps/{folder.name}", (str(folder), None))
            ground, _ = ground_of(params, reference, latents)
            point, _ = measure(folder, knobs, other, ground, latents)
            yield row, numbers(point)


def spread(values):
    """Return the standard deviation of the logarithms of numbers of 0 or more."""
    return float(np.std(np.log(np.maximum(values, LEAST)), ddof=1))


def of_generators(study):
    """Return {row: {measure: deviation of its logarithm}} of a study of several runs: its intervals are Student's."""
    found, runs = {}, study["params"]["runs"]
    factor = student.ppf(0.975, runs - 1) / math.sqrt(runs)
    for row in ("gan", "diffusion"):
        means, spans = numbers(study["rows"][row]), {}
        for name, (low, high) in ((n, v) for n, v in leaves(study["intervals"][row]) if isinstance(v, list)):
            # An interval that would end below zero was cut there: its upper half is whole.
            spans[name] = max(high - means[name], means[name] - low) / factor if name in means else 0.0
        found[row] = {name: spans[name] / max(means[name], LEAST) for name in means if name in spans}
    return found


def committed(name):
    """Return metrics/<name> of HEAD."""
    said = subprocess.run(["git", "show", f"HEAD:metrics/{name}"], capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


def main(*seeds):
    """Write metrics/studies/luck.json."""
    params = read_params()
    here = {name: read_json(f"metrics/{name}") for name in ("comparison.json", "finetune.json")}
    there = {name: committed(name) for name in here}
    values = {row: [numbers(here["finetune.json"][row])] for row in ROWS}
    for row, measured in seeds_of_tuning(params, [int(seed) for seed in seeds or (1, 2)]):
        values[row].append(measured)
    seeded = of_generators(read_json(SEEDS)) | {
        row: {name: spread([one[name] for one in many]) for name in many[0]} for row, many in values.items()}
    moved = {row: {name: abs(math.log(max(theirs[name], LEAST) / max(ours[name], LEAST))) for name in ours}
             for table in here for row in (*values, "gan", "diffusion") if row in here[table]
             for ours, theirs in [(numbers(here[table][row]), numbers(there[table][row]))]}
    seen = read_json(OUT)["processors"] if OUT.exists() else {}
    moved = {row: {name: max(value, seen.get(row, {}).get(name, 0.0)) for name, value in one.items()}
             for row, one in moved.items()}
    write_json(OUT, {"seeds": seeded, "processors": moved})
    print(OUT)


if __name__ == "__main__":
    main(*sys.argv[1:])
