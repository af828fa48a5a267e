"""How fast everything is, as ratios in one run: python benchmarks/speed.py [--only codec training ...] [--rounds 5]

With --against REVISION another build is what this one is compared with: see benchmarks/against.py.

Run it where `dvc repro` ran, with nothing else on the machine. Ours and the reference take turns; a ratio above 1 says
that ours is faster, its spread are the quartiles over the rounds. `limit_fraction` is the share of this machine's rate
of matrix products (fp32, measured in the same process) that the network's own products reach. Entries of
benchmarks/results.json with other names stay as they are.

References: networks as layers of PyTorch, eager, Griffin-Lim with 32 iterations (benchmarks/plain.py); EnCodec of the
same batch with random weights; music21's parser; pretty_midi's synthesizer; `dvc status`; an empty Python.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import plain
from chaconne.generators import diffusion, gan
from chaconne.running.files import read_json
from chaconne.running.models import load_codec, load_generator
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.storage.files import load_array, write_json
from chaconne.storage.latents.audio import from_int16
from chaconne.storage.latents.latents import Latents
from chaconne.training.engine.trainer import Trainer
from chaconne.training.fitting import create, source_of

OUT = Path("benchmarks/results.json")
CLIPS, CLIP_S = 16, 6.0  # of a batch through the codec
STEPS = 6                # of training, in a round


def timed(work):
    """Return the wall seconds of work()."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def matmul_rate():
    """Return this machine's floating point operations a second in a product of 1024 x 1024 matrices."""
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    return 2 * 1024 ** 3 / min(timed(lambda: a @ b) for _ in range(30))


def operations(work):
    """Return the floating point operations in the matrix products and convolutions of work()."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


class Rivals:
    """Lets ours and a reference take turns, and makes entries of results.json of it."""

    def __init__(self, rounds):
        self.rounds, self.rate = rounds, matmul_rate()

    def entry(self, name, ours, reference, amount, unit, counted=None):
        """Return the entry of two functions that do the same `amount` of work, in `unit` a second.

        counted: ours, without what is no product of matrices, for `limit_fraction`.
        """
        for work in (ours, reference):
            work()
        taken = np.array([[timed(ours), timed(reference)] for _ in tqdm(range(self.rounds), desc=name, leave=False)])
        ratios = taken[:, 1] / taken[:, 0]
        low, ratio, high = np.percentile(ratios, (25, 50, 75))
        best = taken.min(0)
        share = None if counted is None else operations(counted) / best[0] / self.rate
        return {"name": name, "ours": amount / best[0], "reference": amount / best[1], "ratio": ratio,
                "spread": [low, high], "unit": unit, "limit_fraction": share}


def codec(rivals):
    """Encode and decode, against plain PyTorch and against EnCodec."""
    from encodec import EncodecModel

    ours, rate = load_codec(codec_folder(read_params())), 22050
    samples = int(CLIP_S * rate) // ours.hop_samples * ours.hop_samples
    audio = from_int16(load_array("data/reference/heldout.npy", np.int16, 2)[:CLIPS, :samples])
    seconds, z = CLIPS * samples / rate, ours.encode(audio)
    with warnings.catch_warnings():     # of the way EnCodec normalises its weights
        warnings.simplefilter("ignore")
        peer = EncodecModel.encodec_model_24khz(pretrained=False).eval()
    with torch.no_grad():
        wave = torch.nn.functional.interpolate(audio[:, None], scale_factor=24000 / rate)
        codes = peer.encode(wave)
        unit = "times real time"
        yield rivals.entry("codec: encode", lambda: ours.encode(audio), lambda: plain.encode(ours, audio), seconds,
                           unit, lambda: ours.encode(audio))
        yield rivals.entry("codec: decode", lambda: ours.decode(z), lambda: plain.decode(ours, z), seconds, unit)
        yield rivals.entry("codec: decode, network alone", lambda: ours.reconstruct(z), lambda: peer.decoder(
            peer.quantizer.decode(codes[0][0].transpose(0, 1))), seconds, unit, lambda: ours.reconstruct(z))
        yield rivals.entry("codec: encode, against EnCodec", lambda: ours.encode(audio), lambda: peer.encode(wave),
                           seconds, unit)
        yield rivals.entry("codec: decode, against EnCodec", lambda: ours.decode(z), lambda: peer.decode(codes),
                           seconds, unit)


class Stopwatch(Trainer):
    """A trainer that hands the step of a training out instead of running it."""

    def __init__(self):
        def backward(loss):
            loss.backward()

        def clip_gradients(module, optimizer, max_norm):
            torch.nn.utils.clip_grad_norm_(module.parameters(), max_norm)

        self.seed, self.step = 0, None
        self.fabric = SimpleNamespace(device=torch.device("cpu"), global_rank=0, world_size=1, backward=backward,
                                      clip_gradients=clip_gradients, setup=lambda *parts: parts)

    def setup(self, module, learning_rate, betas=(0.9, 0.99), weight_decay=0.0):
        """As Trainer.setup."""
        return module, torch.optim.AdamW(module.parameters(), lr=learning_rate, betas=betas,
                                         weight_decay=weight_decay, fused=True)

    def run(self, steps, step, state, preview=None):
        """Keep the step."""
        pace = self.pace()

        def seeded(i):
            torch.manual_seed(i)
            return step(i)

        self.step = lambda i: pace(partial(seeded, i), state)
        raise StopIteration


def steps_of(model, source, knobs):
    """Return a function that does STEPS steps of training."""
    watch = Stopwatch()
    with contextlib.suppress(StopIteration):
        model.train().fit(source, watch, knobs)
    return lambda: [watch.step(i) for i in range(STEPS)]


def training(rivals):
    """Steps of both generators at the scale of params.yaml, against grouped convolutions of PyTorch."""
    params = read_params()
    for kind in (gan, diffusion):
        name = kind.Model.name
        knobs = params[name]["train"]
        latents = Latents("data/latents", "train", knobs["frames"])
        model = create(kind.Model, knobs, latents, params["conditions"], 0)
        works = [steps_of(one, source_of(latents, one), knobs) for one in (model, plain.plain(model))]
        yield rivals.entry(f"{name}: training", *works, STEPS * knobs["batch"], "examples a second", works[0])


def made(model, decode, seconds, knobs):
    """Return a piece as audio."""
    return decode(model.sample(seconds, 0, {}, knobs))


def generation(rivals):
    """Ten seconds and three minutes of both generators with the decoder, against the plain forms of both."""
    params = read_params()
    ours = load_codec(codec_folder(params))
    for name in ("gan", "diffusion"):
        model = load_generator(f"data/models/{name}")
        other, knobs = plain.plain(model), params[name]["sample"]
        for seconds in (10, 180):
            yield rivals.entry(f"{name}: {seconds} s of music",
                               partial(made, model, ours.decode, seconds, knobs),
                               partial(made, other, partial(plain.decode, ours), seconds, knobs), seconds,
                               "times real time")


def data(rivals):
    """Parse and render chorales, against music21's own parser and pretty_midi's synthesizer."""
    import pretty_midi
    from music21 import converter

    from chaconne.corpora import chorales
    from chaconne.corpora.rendering import plan, render
    from chaconne.running.params.corpora import read_settings
    from chaconne.scores.collection.filling import attempt
    from chaconne.scores.pieces import score

    names = [name for name in chorales.sources({})[:12] if attempt(chorales.parse, name)[0]][:4]
    folder = chorales._folder()

    def parsed():
        for name in names:
            converter.parse(folder / name, forceSource=True, storePickle=False).stripTies()

    yield rivals.entry("scores: parse", lambda: [chorales.parse(name) for name in names], parsed, len(names),
                       "pieces a second")
    settings, audio = read_settings("chorales"), {"sample_rate_hz": 22050, "grid_samples": 2048}
    with tempfile.TemporaryDirectory() as scratch:
        score.pack([chorales.parse(name) for name in names], list("abcd"), scratch)
        pieces, notes = score.unpack(scratch)
    row = plan.plan(pieces, notes, settings, audio, None, 0)[0]
    with tempfile.NamedTemporaryFile(suffix=".mid") as file:
        file.write(render.midi_bytes(notes[0], row, settings, 22050))
        file.flush()
        midi = pretty_midi.PrettyMIDI(file.name)
    yield rivals.entry("audio: render", lambda: render.render(notes[0], row, settings, 22050),
                       lambda: midi.synthesize(22050), row["seconds"], "times real time")


def pipeline(rivals):
    """`dvc repro` with nothing to do, of the page and of all branches, and the start of the command line."""
    def run(*command):
        return lambda: subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    yield rivals.entry("dvc repro, nothing to do", run("dvc", "repro"), run("dvc", "status"), 1, "runs a second")
    yield rivals.entry("dvc repro --all-pipelines, nothing to do", run("dvc", "repro", "--all-pipelines"),
                       run("dvc", "status"), 1, "runs a second")
    yield rivals.entry("chaconne --help", run("chaconne", "--help"), run(sys.executable, "-c", ""), 1, "runs a second")


PARTS = {part.__name__: part for part in (codec, training, generation, data, pipeline)}


def table(entries):
    """Return the entries as lines of a Markdown table."""
    lines = ["| what | ours | reference | unit | ratio | of the rate of matrix products |", "|---" * 6 + "|"]
    for one in entries:
        share = "" if one["limit_fraction"] is None else f"{one['limit_fraction']:.2f}"
        low, high = one["spread"]
        lines.append(f"| {one['name']} | {one['ours']:.3g} | {one['reference']:.3g} | {one['unit']} | "
                     f"{one['ratio']:.2f} [{low:.2f}, {high:.2f}] | {share} |")
    return lines


def main(arguments=None):
    """Measure what is asked for, print a table, and keep it in benchmarks/results.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--against", metavar="REVISION[=FOLDER]")
    asked = parser.parse_args(arguments)
    if asked.against:
        from benchmarks import against

        return against.main(asked.against, asked.rounds)
    torch.set_num_threads(asked.threads)
    rivals, found = Rivals(asked.rounds), []
    for part in asked.only:
        for one in PARTS[part](rivals):
            found.append(one)
            others = [old for old in (read_json(OUT) if OUT.exists() else []) if old["name"] != one["name"]]
            write_json(OUT, [*others, one | {"threads": asked.threads}])
    print(f"{rivals.rate / 1e9:.0f} GFLOP/s in matrix products, {asked.threads} threads")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
