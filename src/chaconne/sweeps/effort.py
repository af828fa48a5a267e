"""Quality against effort, at the scale of params: work beside the pipeline, for the figures of the page.

`chaconne sweep evaluations` samples the workspace's models with more and more function evaluations;
`chaconne sweep training` trains them on parts of their steps, each part with a schedule of its own.

metrics/sweeps/<sweep>.json is a list of points, <sweep>.tsv the same as a table. Keys of a point:
    generator                   as in params
    method                      how it was sampled: 'euler' or 'heun', '' for one that has no choice
    evaluations                 calls of the network for one clip
    steps, train_examples       of the training
    fad {embedder: ...}, fad_infinity, kad, density, coverage, ...  the measures of a row of comparison.json
    intervals                   [low, high] of those, under the same paths
    key                         fingerprint of all that decides the above: a point with this key is not done again
    sample_seconds              of the clock, for all clips, decoder included
    train_cpu_seconds           of the clock, for the training; absent where the model came out of a cache
"""

import csv
import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path

from chaconne.evaluation import reference, rows, tables
from chaconne.files import new_file, read_json, write_json
from chaconne.fitting import INPUTS, pretrain
from chaconne.modules import load_codec, load_generator, load_variation
from chaconne.sampling import draw_conditions, sample_clips

EVALUATIONS = (1, 2, 4, 8, 16, 32, 64)
SHARES = (0.25, 0.5)  # of the steps of params; all of them are those of the workspace's own models
FOLDER = Path("metrics/sweeps")
MODELS = Path("data/sweeps")
CLOCKS = ("sample_seconds", "train_cpu_seconds")


def digest(value, files=()):
    """Return 16 hex digits of a JSON-ready value and the bytes of files; a missing one raises FileNotFoundError."""
    found = hashlib.sha256(json.dumps(value, sort_keys=True).encode())
    for path in files:
        with open(path, "rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()[:16]


def ground_of(params):
    """Return (Reference, fingerprint of everything that a measurement depends on but the model)."""
    settings = params["evaluate"]
    ground = reference.load("data/reference", settings["embedders"], settings["weights"])
    files = [ground.folder / "about.json", *(ground.folder / f"{name}.npz" for name in sorted(ground.spaces)),
             "data/codec/codec.safetensors", "data/latents/index.csv"]
    return ground, digest([params[key] for key in ("seed", "threads", "conditions", "evaluate")], files)


def measure(folder, knobs, params, ground):
    """Sample the model in `folder` with `knobs` and measure the clips. Returns (the point so far, its clocks)."""
    model, codec = load_generator(folder), load_codec("data/codec")
    evaluate, seed = params["evaluate"], params["seed"]
    conditions = draw_conditions("data/latents/index.csv", params["conditions"], evaluate["clips"], seed)
    with tempfile.TemporaryDirectory() as temporary:
        began = time.perf_counter()
        sample_clips(temporary, model, codec, conditions, knobs, evaluate["clip_seconds"], seed)
        seconds = time.perf_counter() - began
        clips, _ = rows.read_clips(temporary, ground, "reference")
        measured, intervals = rows.table({model.name: clips}, ground, evaluate, seed)
    about = {"generator": model.name, "method": knobs.get("method", ""),
             "evaluations": model.function_evaluations(knobs), "steps": model.settings["steps"],
             "train_examples": model.facts["train_examples"]}
    return about | measured[model.name] | {"intervals": intervals[model.name]}, {"sample_seconds": round(seconds, 2)}


def train(name, steps, params):
    """Train the generator `name` for `steps` steps, unless that was done. Returns (folder, its clocks)."""
    settings, folder = params[name]["train"] | {"steps": steps}, MODELS / f"{name}_{steps}"
    key = digest(training_key(name, steps, params), INPUTS)
    note = folder.with_suffix(".json")  # written last
    if not note.exists() or read_json(note)["key"] != key:
        kind = load_variation("generators", name).Model
        spent = pretrain(f"sweeps/{name}_{steps}", kind, settings, params, str(folder), None)
        shutil.rmtree("metrics/curves/sweeps", ignore_errors=True)  # the page draws those of the pipeline
        write_json(note, {"key": key, "train_cpu_seconds": spent["train_cpu_seconds"]})
    return folder, {"train_cpu_seconds": read_json(note)["train_cpu_seconds"]}


def training_key(name, steps, params):
    """Return what decides a training, beside the latents."""
    return [name, params[name]["train"] | {"steps": steps}, *(params[k] for k in ("seed", "threads", "conditions"))]


def workspace_clock(name):
    """Return {train_cpu_seconds} of the pipeline's own training: of this workspace, or as committed, or none."""
    files = (Path(f"data/timing/train_{name}.json"), lambda clock: clock), (
        Path("metrics/timing.json"), lambda clock: clock.get(name, {}))
    for path, part in files:
        if path.exists() and "train_cpu_seconds" in (clock := part(read_json(path))):
            return {"train_cpu_seconds": clock["train_cpu_seconds"]}
    return {}


def evaluations(params):
    """Return [(what it is, key, function that measures it)] of the sweep over function evaluations."""
    ground, ground_key = ground_of(params)
    found = {}
    for name in params["generators"]:
        folder, own = f"data/models/{name}", params[name]["sample"]
        settings = [own]
        if "method" in own:
            a_step = load_generator(folder).function_evaluations(own | {"method": "euler", "steps": 1})
            settings = [own | {"method": "euler", "steps": n // a_step} for n in EVALUATIONS if n >= a_step] + [own]
        for knobs in settings:
            key = digest([ground_key, knobs], [f"{folder}/model.safetensors"])
            label = f"{name}, {knobs['method']}, {knobs['steps']} steps" if "method" in knobs else name
            found[key] = label, lambda folder=folder, knobs=knobs: measure(folder, knobs, params, ground)
    return [(label, key, make) for key, (label, make) in found.items()]


def training(params):
    """Return [(what it is, key, function that measures it)] of the sweep over training time."""
    ground, ground_key = ground_of(params)
    found = []
    for name in params["generators"]:
        full, knobs = params[name]["train"]["steps"], params[name]["sample"]
        for steps in [max(1, round(share * full)) for share in SHARES]:
            key = digest([ground_key, knobs, training_key(name, steps, params)], INPUTS)
            found.append((f"{name}, {steps} of {full} steps", key,
                          lambda name=name, steps=steps: trained(name, steps, params, ground)))
        key = digest([ground_key, knobs], [f"data/models/{name}/model.safetensors"])
        found.append((f"{name}, all {full} steps", key, lambda name=name: whole(name, params, ground)))
    return found


def trained(name, steps, params, ground):
    """Train on a part of the steps and measure."""
    folder, clock = train(name, steps, params)
    point, clocks = measure(folder, params[name]["sample"], params, ground)
    return point, clocks | clock


def whole(name, params, ground):
    """Measure the workspace's own model."""
    point, clocks = measure(f"data/models/{name}", params[name]["sample"], params, ground)
    return point, clocks | workspace_clock(name)


SWEEPS = {"evaluations": evaluations, "training": training}


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
    first = ["generator", "method", "evaluations", "steps"]
    named = sorted({column for line in lines for column in line} - {*first, *CLOCKS, "key"})
    with new_file(path.with_suffix(".tsv")) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, [*first, *named, *CLOCKS], delimiter="\t", lineterminator="\n",
                                extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows(lines)


def leaves(tree, above=()):
    """Yield (dotted path, value) of nested dictionaries."""
    for key, value in tree.items():
        yield from leaves(value, (*above, key)) if isinstance(value, dict) else [(".".join((*above, key)), value)]
