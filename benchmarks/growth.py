"""Cost against the size of the corpus: python benchmarks/growth.py SCRATCH [--hours 0.5 1 2 4 8]

Run it where `dvc repro` ran, with nothing else on the machine: eight hours take 3 GB in SCRATCH, all half an hour.
Chorales are rendered in as many keys as it takes; every stage whose work could grow with the corpus then does it, in a
process of its own: wall and CPU seconds, memory (proportional set size of all its processes) and disk. A line through
the sizes tells what an hour costs and what does not depend on hours; the exponent is the slope between logarithms: 1 is
linear. Sizes in benchmarks/growth.json that are not measured again stay.

It also has what all of MAESTRO and CocoChorales would cost: extrapolated along those lines, and nobody has run it.
Training is a number of steps, whatever the size: its hours are those of conf/scale/gpu.yaml on a card that reaches an
assumed share of its peak, and at most the assumed steps a second: small networks wait for their kernels to start.
"""

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.speed import STEPS as BATCHES
from benchmarks.speed import operations, steps_of
from chaconne.generators import diffusion, gan
from chaconne.running.files import read_json
from chaconne.running.params.reading import merge, read_params
from chaconne.storage.files import write_json
from chaconne.storage.latents.latents import Latents
from chaconne.training.fitting import create, source_of
from scripts.measure_folder import measured

OUT = Path("benchmarks/growth.json")
WORKERS, STEPS = 2, 60
KEYS = (0, 1, -1, 2, -2, 3, -3, 4)
WHOLE = {"MAESTRO": 198.7, "CocoChorales": 1411.0}      # hours of audio
CARD_TFLOPS, REACHED = 990.0, 0.25                      # an H100's peak in bfloat16, dense; the share that is assumed
STEPS_A_SECOND = {"gan": 20, "diffusion": 40}           # at most, assumed: two networks and more passes in a GAN's step
DECODE_CPU_S = 17.3     # of an hour of recordings: scripts/measure_folder.py, one worker (data/README.md)
PREPARE = """
from pathlib import Path
from chaconne.corpora.gathering.scores import parse_corpus
from chaconne.running.params.corpora import read_settings
if __name__ == "__main__":
    parse_corpus("chorales", read_settings("chorales"), Path({scratch!r}, "scores"), None, {workers})
"""
RENDER = """
from pathlib import Path
from chaconne.corpora.rendering.packing import pack
from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.rendering.render import Renderer
from chaconne.scores.pieces.score import unpack
from chaconne.running.params.corpora import read_settings
if __name__ == "__main__":
    settings = read_settings("chorales") | {{"renderings": "all", "transpose": list({keys!r})}}
    scores, audio = str(Path({scratch!r}, "scores")), {{"sample_rate_hz": 22050, "grid_samples": 2048}}
    rows, left = [], {hours} * 3600
    for row in plan(*unpack(scores), settings, audio, {{"test": 0.15, "valid": 0.05}}, 0):
        if left > 0:
            rows.append(row)
            left -= row["seconds"]
    pack(rows, Renderer(scores, settings, 22050), {out!r}, settings, audio, {workers})
"""
ENCODE = """
from pathlib import Path
from chaconne.training.encoding import Encoder
from chaconne.storage.latents.latents import encode_corpus
from chaconne.running.models import load_codec
from chaconne.running.params.reading import codec_folder, read_params
if __name__ == "__main__":
    corpus, work = Path({out!r}).with_name("corpus"), Path({out!r}, "work")
    work.mkdir()
    codec = codec_folder(read_params())
    encode_corpus(corpus, load_codec(codec), {out!r}, Encoder(corpus, load_codec, codec, work, {workers}))
"""
REFERENCE = """
from pathlib import Path
from chaconne.evaluation import reference
from chaconne.running.params.reading import read_params
if __name__ == "__main__":
    reference.build(Path({out!r}).with_name("corpus"), Path({out!r}, "reference"), read_params()["evaluate"], 0)
"""
TRAIN = """
import torch
from benchmarks.speed import steps_of
from chaconne.training.fitting import create, source_of
from chaconne.generators import {kind}
from chaconne.storage.latents.latents import Latents
from chaconne.running.params.reading import read_params
if __name__ == "__main__":
    torch.set_num_threads({workers})
    knobs = read_params()[{kind!r}]["train"]
    latents = Latents({latents!r}, "train", knobs["frames"])
    model = create({kind}.Model, knobs, latents, [], 0)
    work = steps_of(model, source_of(latents, model), knobs)
    for _ in range({steps} // {batches}):
        work()
"""
# stage: (its code, the folder it writes)
DATA = {"render": (RENDER, "corpus"), "encode": (ENCODE, "latents"), "reference": (REFERENCE, "measured")}


def run(code, scratch, name, hours, **more):
    """Run a piece of code; returns its entry: stage, hours, seconds, cpu_seconds, memory_mb, disk_mb."""
    out = Path(scratch, str(hours), more.pop("folder", name))
    out.mkdir(parents=True, exist_ok=True)
    script = out.parent / f"{name}.py"
    script.write_text(f"import sys; sys.path[:0] = {sys.path[:1]!r}\n" + code.format(
        scratch=str(scratch), out=str(out), hours=hours, workers=WORKERS, keys=KEYS, steps=STEPS,
        batches=BATCHES, **more))
    seconds, memory, processor = measured(script)
    disk = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    entry = {"stage": name, "hours": hours, "seconds": round(seconds, 2), "cpu_seconds": round(processor, 2),
             "memory_mb": round(memory / 1e6), "disk_mb": round(disk / 1e6)}
    print(entry, flush=True)
    return entry


def sizes(scratch, hours):
    """Yield the entries of one size."""
    for name, (code, folder) in DATA.items():
        yield run(code, scratch, name, hours, folder=folder)
    for kind in ("gan", "diffusion"):
        yield run(TRAIN, scratch, f"train_{kind}", hours, kind=kind, latents=str(Path(scratch, str(hours), "latents")))


def line(entries, key):
    """Return {an_hour, fixed, exponent} of entries of one stage: a line through all sizes, and the slope of logs."""
    hours, values = (np.array([one[name] for one in entries], float) for name in ("hours", key))
    slope, fixed = np.polyfit(hours, values, 1)
    return {"an_hour": round(float(slope), 3), "fixed": round(float(fixed), 3),
            "exponent": round(float(np.polyfit(np.log(hours), np.log(np.maximum(values, 1e-3)), 1)[0]), 2)}


def whole(fits):
    """Return what the whole corpora would cost, extrapolated: {corpus: {...}}."""
    params = merge(read_params(), yaml.safe_load(Path("conf/scale/gpu.yaml").read_text()))
    latents, found = Latents("data/latents", "train", params["gan"]["train"]["frames"]), {}
    computing, starting = {}, {}
    for kind in (gan, diffusion):
        name, knobs = kind.Model.name, params[kind.Model.name]["train"]
        model = create(kind.Model, knobs, latents, [], 0)
        work = steps_of(model, source_of(latents, model), {**knobs, "batch": 8})
        flops = operations(work) / BATCHES / 8 * knobs["batch"] * knobs["steps"]
        computing[name] = flops / (CARD_TFLOPS * REACHED * 1e12) / 3600
        starting[name] = knobs["steps"] / STEPS_A_SECOND[name] / 3600
    gpu = {count: {name: round(max(computing[name] / count, starting[name]), 1) for name in computing}
           for count in (1, 8)}
    disk = sum(fits[name]["disk_mb"]["an_hour"] for name in ("render", "encode"))
    for corpus, hours in WHOLE.items():
        found[corpus] = {
            "hours_of_audio": hours, "disk_gb": round(disk * hours / 1000, 1),
            "cpu_hours": {"decode": round(DECODE_CPU_S * hours / 3600, 1),
                          "encode": round(fits["encode"]["cpu_seconds"]["an_hour"] * hours / 3600, 1)},
            "one_gpu_hours": gpu[1], "eight_gpu_hours": gpu[8]}
    return found | {"assumed": {"card_tflops": CARD_TFLOPS, "share_of_peak": REACHED, "scale": "gpu",
                                "steps_a_second_at_most": STEPS_A_SECOND}}


def main(arguments=None):
    """Measure, fit, extrapolate, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--hours", nargs="+", type=float, default=[0.5, 1, 2, 4, 8])
    asked = parser.parse_args(arguments)
    (asked.scratch / "scores").mkdir(parents=True)
    entries = [run(PREPARE, asked.scratch, "parse", "all", folder="parsed")]
    for hours in asked.hours:
        entries += sizes(asked.scratch, hours)
        shutil.rmtree(asked.scratch / str(hours))
    again = {(one["stage"], one["hours"]) for one in entries}
    kept = [one for one in (read_json(OUT)["measured"] if OUT.exists() else [])
            if (one["stage"], one["hours"]) not in again]
    entries = sorted([*kept, *entries], key=lambda one: (one["hours"] != "all", str(one["hours"]), one["stage"]))
    fits = {name: {key: line([one for one in entries if one["stage"] == name], key)
                   for key in ("seconds", "cpu_seconds", "memory_mb", "disk_mb")}
            for name in (*DATA, "train_gan", "train_diffusion")}
    write_json(OUT, {"measured": entries, "lines": fits, "extrapolated": whole(fits), "workers": WORKERS,
                     "training_steps": STEPS})
    for name, fit in fits.items():
        seconds, memory = fit["seconds"], fit["memory_mb"]
        print(f"{name}: {seconds['an_hour']:.1f} s an hour of audio and {seconds['fixed']:.1f} s, exponent "
              f"{seconds['exponent']:.2f}; memory {memory['an_hour']:+.0f} MB an hour")


if __name__ == "__main__":
    main()
