"""What every sweep does: name what decides a point, train what is not there, sample, measure."""

import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path

from chaconne.evaluation.reference import reference
from chaconne.evaluation.rows import rows
from chaconne.running.files import read_json
from chaconne.running.models import load_codec, load_generator
from chaconne.running.params.reading import codec_folder
from chaconne.storage.files import write_json
from chaconne.training.sampling import draw_conditions, sample_clips

MODELS = Path("data/sweeps")


def digest(value, files=()):
    """Return 16 hex digits of a JSON-ready value and the bytes of files; a missing one raises FileNotFoundError."""
    found = hashlib.sha256(json.dumps(value, sort_keys=True).encode())
    for path in files:
        with open(path, "rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()[:16]


def ground_of(params, folder="data/reference", latents="data/latents"):
    """Return (Reference, fingerprint of everything that a measurement depends on but the model)."""
    settings = params["evaluate"]
    ground = reference.load(folder, settings["embedders"], settings["weights"])
    files = [ground.folder / "about.json", *(ground.folder / f"{name}.npz" for name in sorted(ground.spaces)),
             f"{codec_folder(params)}/codec.safetensors", f"{latents}/index.csv"]
    return ground, digest([params[key] for key in ("seed", "threads", "conditions", "evaluate")], files)


def measure(folder, knobs, params, ground, latents="data/latents"):
    """Sample the model in `folder` with `knobs`, asked for the attributes of `latents`, and measure the clips.

    Returns (the point so far, its clocks).
    """
    model, codec = load_generator(folder), load_codec(codec_folder(params))
    evaluate, seed = params["evaluate"], params["seed"]
    conditions = draw_conditions(f"{latents}/index.csv", params["conditions"], evaluate["clips"], seed)
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


def kept(folder, key, train):
    """Call train(), which writes a model to `folder`, unless that was done under `key`. Returns its clock."""
    note = folder.with_suffix(".json")  # written last
    if not note.exists() or read_json(note)["key"] != key:
        spent = train()
        shutil.rmtree("metrics/curves/sweeps", ignore_errors=True)  # the page draws those of the pipeline
        write_json(note, {"key": key, "train_cpu_seconds": spent["train_cpu_seconds"]})
    return {"train_cpu_seconds": read_json(note)["train_cpu_seconds"]}
