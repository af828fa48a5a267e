"""One way to run every sweep: point by point, taken up where it was stopped, written after each."""

import csv
from pathlib import Path

from chaconne.evaluation import tables
from chaconne.evaluation.sweeps.effort import evaluations, training
from chaconne.evaluation.sweeps.tuning import finetuning
from chaconne.evaluation.verdict.nested import leaves
from chaconne.running.files import new_file, read_json
from chaconne.storage.files import write_json

FOLDER = Path("metrics/sweeps")
CLOCKS = ("sample_seconds", "train_cpu_seconds")
SWEEPS = {"evaluations": evaluations, "training": training, "finetuning": finetuning}


def run(name, params, again=False):
    """Measure every point of a sweep that is not there yet and write the files after each. Returns the points.

    again: measure also those that are there (trainings that are there are not repeated).
    """
    path, wanted = FOLDER / f"{name}.json", SWEEPS[name](params)
    known = {point["key"]: point for point in read_json(path)} if path.exists() and not again else {}
    for i, (label, key, make) in enumerate(wanted):
        told = "already measured" if key in known else "measuring"
        print(f"sweep {name}, {i + 1} of {len(wanted)}: {label}: {told}", flush=True)
        if key not in known:
            point, clocks = make()
            known[key] = tables.rounded(point | {"key": key} | clocks, f"sweep {name}, {label}")
            write([known[key] for _, key, _ in wanted if key in known], path)
    points = [known[key] for _, key, _ in wanted]
    write(points, path)
    return points


def write(points, path):
    """Write points as JSON with sorted keys, and as a table beside it: intervals in columns .low and .high."""
    write_json(path, points)
    lines = []
    for point in points:
        values = dict(leaves(point | {"intervals": {}}))
        bounds = dict(leaves(point["intervals"]))
        lines.append(values | {f"{k}.{end}": bounds[k][i] for k in bounds for i, end in enumerate(("low", "high"))})
    first = ["generator", "method", "way", "evaluations", "steps"]
    named = sorted({column for line in lines for column in line} - {*first, *CLOCKS, "key"})
    with new_file(path.with_suffix(".tsv")) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, [*first, *named, *CLOCKS], delimiter="\t", lineterminator="\n",
                                extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows(lines)
