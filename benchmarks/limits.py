"""Where a training step's time goes, and what this machine could do at best: python benchmarks/limits.py [OUT.json]

Run it where `dvc repro` ran, with nothing else on the machine. Steps of the GAN and of diffusion are profiled
(torch.profiler). The limit of a matrix product is the same product, of the same shapes, alone in a loop; that of all
else is its bytes, read and written once, at the rate at which sums of arrays of that size run here. Both are measured
in the same process; what a step takes above their sum is the price of calls, of waiting between threads, of layouts.
"""

import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.speed import STEPS, steps_of, timed
from chaconne.generators import diffusion, gan
from chaconne.running.params.reading import read_params
from chaconne.storage.files import write_json
from chaconne.storage.latents.latents import Latents
from chaconne.training.fitting import create, source_of

OUT = "benchmarks/limits.json"
PRODUCTS = {"aten::mm": 0, "aten::addmm": 1, "aten::bmm": 0, "aten::baddbmm": 1}    # where the first factor stands
REPEATS, ROUNDS = 20, 5


@cache
def product_seconds(first, second):
    """Return the least seconds of a product of two shapes."""
    a, b = torch.randn(first), torch.randn(second)
    return min(timed(lambda: a @ b) for _ in range(REPEATS))


@cache
def sum_rate(numbers):
    """Return the bytes a second at which two arrays of so many float32 are added into a third."""
    a, b, c = (torch.randn(numbers) for _ in range(3))
    return 12 * numbers / min(timed(lambda: torch.add(a, b, out=c)) for _ in range(REPEATS))


def size(shape):
    """Return how many numbers a tensor of this shape has."""
    return int(torch.Size(shape).numel())


def limit(event):
    """Return the least seconds that all calls of an event could take."""
    shapes = [shape for shape in event.input_shapes if shape and all(isinstance(n, int) for n in shape)]
    if event.key in PRODUCTS:
        first, second = event.input_shapes[PRODUCTS[event.key]:][:2]
        return event.count * product_seconds(tuple(first), tuple(second))
    if not shapes:
        return 0.0
    largest = max(map(size, shapes))
    bytes_moved = 4 * (sum(map(size, shapes)) + largest)    # an output as large as the largest input
    return event.count * bytes_moved / sum_rate(2 ** max(8, largest.bit_length() - 1))


def measured(kind, latents):
    """Return {seconds, limit, fraction, kinds} of a training step of a generator's module."""
    knobs = read_params()[kind.Model.name]["train"]
    model = create(kind.Model, knobs, latents, [], 0)
    work = steps_of(model, source_of(latents, model), knobs)
    work()
    seconds = min(timed(work) for _ in range(ROUNDS)) / STEPS
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as found:
        work()
    kinds = defaultdict(lambda: [0.0, 0.0])
    for event in found.key_averages(group_by_input_shape=True):
        own = event.self_cpu_time_total / 1e6 / STEPS
        if event.key.startswith("aten::") and own > 0:
            least = min(limit(event) / STEPS, own)      # shapes alone do not know views, which cost nothing
            name = "matrix products" if event.key in PRODUCTS else event.key.removeprefix("aten::")
            kinds[name][0] += own
            kinds[name][1] += least
    least = sum(one[1] for one in kinds.values())
    ordered = sorted(kinds.items(), key=lambda item: -item[1][0])
    return {"seconds": seconds, "limit": least, "fraction": least / seconds,
            "kinds": {name: {"seconds": own, "limit": low} for name, (own, low) in ordered[:12]}}


def main(out=OUT):
    """Measure, print, keep."""
    torch.set_num_threads(read_params()["threads"])
    latents = Latents("data/latents", "train", read_params()["gan"]["train"]["frames"])
    found = {kind.Model.name: measured(kind, latents) for kind in (gan, diffusion)}
    for name, one in found.items():
        print(f"{name}: a step takes {1000 * one['seconds']:.1f} ms, {100 * one['fraction']:.0f} % of it at the least")
        for kind, part in one["kinds"].items():
            print(f"    {kind}: {1000 * part['seconds']:.1f} ms, at the least {1000 * part['limit']:.1f}")
    write_json(out, found | {"threads": torch.get_num_threads()})


if __name__ == "__main__":
    main(*sys.argv[1:])
