"""Musika at full size with random weights, against its own plain form: python benchmarks/musika_speed.py [OUT.json]

Whole: the port as it was written down first, layers of PyTorch, eager, the recording at once (`encode_exactly`). Plain:
the same layers in our blocks. Compiled: those under torch.compile. Ours: what users run (chaconne.musika.stream). All
decode and encode the same stereo, in turn, in one process; the best of several rounds counts. Beside them stands the
rate of a matrix product of the networks' own size, which bounds what can be reached.
"""

import json
import resource
import sys
import time

import torch

from chaconne.musika import contest, coordinates, spectrum
from chaconne.musika.adam import KerasAdam
from chaconne.musika.adversaries import Critic, Generator, Shape, compose
from chaconne.musika.autoencoder import UNIT, Autoencoder, Sizes
from chaconne.musika.layers import switch_noise
from chaconne.musika.stream import BLOCK, Stream, decode_exactly, encode_exactly

SECONDS, ROUNDS, THREADS, RATE = 30, 5, 2, 44100
GMAC = {"encode": 1.905, "decode": 2.216}       # of the networks, for a second of stereo


def clocks():
    """Wall and CPU seconds so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def timed(work):
    """Run `work`: (wall seconds, CPU seconds, its result)."""
    begin, result = clocks(), work()
    end = clocks()
    return end[0] - begin[0], end[1] - begin[1], result


def rivals(ways):
    """Run every way in turn, ROUNDS times after one to warm up: {name: (best wall, its CPU, result)}."""
    best = {name: timed(work) for name, work in ways.items()}
    for _ in range(ROUNDS):
        for name, work in ways.items():
            best[name] = min(best[name], timed(work), key=lambda found: found[0])
    return best


def joined(parts):
    """All blocks of a stream."""
    return torch.cat(list(parts), dim=-1)


class Compiled:
    """The plain networks under torch.compile; what is compiled anew for another length is part of warming up."""

    def __init__(self, model):
        self.encode, self.decode = torch.compile(model.encode), torch.compile(model.decode)


def codec(results):
    """Encode and decode SECONDS of stereo, in all ways."""
    torch.manual_seed(0)
    model = Autoencoder(Sizes()).eval().requires_grad_(False)
    switch_noise(model, False)
    audio = 0.1 * torch.randn(2, SECONDS * RATE)
    streams = {"ours": Stream(model), "plain": Stream(model), "compiled": Stream(model)}
    streams["plain"].model = model
    streams["compiled"].model = Compiled(model)
    latents = joined(streams["ours"].encode([audio]))
    count = latents.shape[2] // UNIT * UNIT
    fitting = audio[:, :(16 * count + 3) * model.sizes.hop]
    work = {"encode": lambda stream: joined(stream.encode([audio])),
            "decode": lambda stream: joined(stream.decode([latents]))}
    whole = {"encode": lambda: encode_exactly(model, fitting),
             "decode": lambda: decode_exactly(model, latents[..., :count])}
    for name, do in work.items():
        ways = {kind: lambda stream=stream, do=do: do(stream) for kind, stream in streams.items()}
        with torch.no_grad():
            found = rivals(ways | {"whole": whole[name]})
        wall, cpu, made = found["ours"]
        results[name] = {
            "times_real_time": SECONDS / wall, "cpu_seconds_a_minute": 60 * cpu / SECONDS,
            "share_of_matmul_rate": GMAC[name] * SECONDS / wall / results["matmul_gmac_a_second"],
            "largest_difference": float((made - found["plain"][2]).abs().max())}
        for kind in ("whole", "plain", "compiled"):
            results[name][f"ratio_to_{kind}"] = found[kind][0] / wall
            results[name][f"{kind}_cpu_seconds_a_minute"] = 60 * found[kind][1] / SECONDS
    generator = Generator(Shape()).eval()
    frames = 6 * 256

    def piece():
        return joined(streams["ours"].decode([compose(generator, frames, 2.0).reshape(2, 64, -1)]))

    piece()
    results["seconds_for_143_s_of_stereo_from_noise"] = min(timed(piece)[0] for _ in range(2))


def gan(results):
    """One step of generator and critic, batch 32."""
    shape = Shape()
    generator, critic = Generator(shape), Critic(shape)
    optimizers = [KerasAdam(n.parameters(), beta1=0.9) for n in (generator, critic)]
    real = torch.rand(32, 128, 256) * 2 - 1

    def step():
        rows = coordinates.training_rows(torch.randn(4, 32, 64), 256, 1)
        contest.step(generator, critic, optimizers, contest.Switch(), real, rows, 10.0)

    step()
    results["seconds_a_gan_step_of_32"] = min(timed(step)[0] for _ in range(3))


def main(out=None):
    """Measure and print; write JSON to `out`."""
    torch.set_num_threads(THREADS)
    a, b = torch.randn(4096, 1024), torch.randn(1024, 1024)
    results = {"threads": THREADS, "block_latents": BLOCK, "frames": spectrum.frames_in(SECONDS * RATE, 256)}
    results["matmul_gmac_a_second"] = 4096 * 1024 * 1024 / min(timed(lambda: a @ b)[0] for _ in range(20)) / 1e9
    codec(results)
    gan(results)
    print(json.dumps(results, indent=2))
    if out:
        with open(out, "w") as file:
            json.dump(results, file, indent=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
