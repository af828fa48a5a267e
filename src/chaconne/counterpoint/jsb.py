"""The published JSB Chorales benchmark: nats per note of a model trained on its training split alone.

The data is not part of the product: a JSON file {train, valid, test: pieces of frames of four MIDI pitches on the
grid of sixteenths, -1 for silence}. nats per note = total negative log-likelihood / (4 x frames), rests counted.
"""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import torch

from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.learning import BETAS, Best, descend
from chaconne.counterpoint.network.model import Network, Shape
from chaconne.scores.collection import twins
from chaconne.scores.grid.grid import REST
from chaconne.training.engine.optimisation import Average, cosine, set_learning_rate
from chaconne.training.engine.trainer import Trainer, draw_seed

SPLITS = ("train", "valid", "test")
TRAINER = {"accelerator": "cpu", "devices": 1, "num_nodes": 1, "precision": "32-true", "log_every": 25, "previews": 0}
SHAPE = Shape(width=128, depth=4, heads=4, head_width=96, dropout=0.15, blind=0.15, blind_frames=0.1)
TOGETHER = 16  # pieces that a network reads at once
SETTINGS = {
    "steps": 900,  # of each network, three a second on one idle core; some hundreds more learn by heart
    "checks": 9,  # times that validation is measured on the way; the best of them is what is tested
    "crop": 256,  # frames
    "batch": 8,
    "learning_rate": 0.002,
    "weight_decay": 0.3,
    "ema": 0.99,
    "order": [0, 1, 2, 3],  # of the voices within a frame; 0 is the soprano
    "members": 2,  # networks, trained one after another with other dice, whose mean probability counts
    "keys": 3,  # in which a piece is read when it is measured: as written and next to it
    "farthest": 6,  # semitones of transposition, either way, within the range of each voice in the training split
}


def read(path):
    """Return {split: list of int16 [4, frames]}; ValueError in one line when it is not the published layout."""
    path = Path(path)
    if path.is_dir():
        found = sorted(path.glob("*16th*eparated*.json"))
        if not found:
            raise ValueError(f"{path}: expected a file such as Jsb16thSeparated.json, found none")
        path = found[0]
    try:
        data = json.loads(path.read_text())
        pieces = {split: [matrix(piece) for piece in data[split]] for split in SPLITS}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: expected JSON with train, valid and test, lists of frames of four pitches; "
                         f"got {type(error).__name__}: {error}") from None
    return pieces


def ordered(pieces, order):
    """Return the pieces with their voices in another order: the first is drawn first, the others know it."""
    return {split: [pitch[list(order)] for pitch in some] for split, some in pieces.items()}


def matrix(piece):
    """Return int16 [4, frames] of a list of frames; NaN and negative numbers are silence."""
    frames = np.array([[REST if note != note or note < 0 else int(note) for note in frame] for frame in piece])
    if frames.ndim != 2 or frames.shape[1] != 4:
        raise ValueError(f"frames of four pitches, in every frame; got an array of shape {frames.shape}")
    return frames.T.astype(np.int16)


def symbols_of(pitch):
    """Return int64 [4, frames] symbols: a pitch that repeats is held."""
    return sy.symbols_of(pitch, sy.changes(pitch))


class Crops:
    """Random crops of pieces, transposed within the range of each voice."""

    def __init__(self, pieces, settings):
        self.pieces, self.settings = pieces, settings
        self.low = np.min([[v[v != REST].min() for v in piece] for piece in pieces], 0)
        self.high = np.max([piece.max(1) for piece in pieces], 0)
        self.lengths = np.array([piece.shape[1] for piece in pieces])
        self.room = [self.shifts(piece) for piece in pieces]

    def shifts(self, piece):
        """Return the transpositions that stay in range."""
        low, high = (np.array([f(v[v != REST]) for v in piece]) for f in (np.min, np.max))
        farthest = self.settings["farthest"]
        every = range(-farthest, farthest + 1)
        return [s for s in every if (low + s >= self.low).all() and (high + s <= self.high).all()]

    def near(self, piece):
        """Return the transpositions in which a piece is measured: 0, and the nearest that stay in range."""
        return sorted({0, *self.shifts(piece)}, key=abs)[:self.settings["keys"]]

    def draw(self, rng):
        """Return (symbols [B, 4, crop], start [B], real bool [B, 1, crop]) of random crops; silence follows ends."""
        batch, crop = self.settings["batch"], self.settings["crop"]
        made = np.zeros((batch, 4, crop), np.int64)
        starts, real = np.zeros(batch, np.int64), np.zeros((batch, 1, crop), bool)
        for i, piece in enumerate(rng.choice(len(self.pieces), batch, p=self.lengths / self.lengths.sum())):
            pitch, length = self.pieces[piece], self.lengths[piece]
            # Starts before 0 are 0: beginnings are seen as often as anything else.
            start = max(0, int(rng.integers(-crop // 4, max(1, length - crop // 2))))
            cut = pitch[:, start:start + crop]
            cut = np.where(cut != REST, cut + rng.choice(self.room[piece]), REST)
            made[i, :, :cut.shape[1]] = symbols_of(cut)
            starts[i], real[i, :, :cut.shape[1]] = start, True
        # A crop from the middle begins with notes that may have begun before: its first frame is context alone.
        real[starts > 0, :, 0] = False
        return torch.from_numpy(made), torch.from_numpy(starts), torch.from_numpy(real)


@torch.no_grad()
def log_probs(networks, pieces, shifts=None):
    """Return a list of float64 [4, frames], one for each piece: the log-probability of every symbol.

    Of several networks, and of the same piece in several keys, the mean probability counts: for each symbol the mean
    of proper distributions is one. shifts: for each piece the transpositions (semitones) that are averaged over.
    """
    shifts = shifts or [(0,)] * len(pieces)
    asked = [(i, symbols_of(np.where(pitch != REST, pitch + shift, REST)))
             for i, (pitch, some) in enumerate(zip(pieces, shifts, strict=True)) for shift in some]
    asked.sort(key=lambda one: one[1].shape[1])
    found = [[] for _ in pieces]
    for network in networks:
        network.eval()
        for first in range(0, len(asked), TOGETHER):
            some = asked[first:first + TOGETHER]
            padded = np.zeros((len(some), 4, some[-1][1].shape[1]), np.int64)  # what follows an end is never seen
            for row, (_, symbols) in zip(padded, some, strict=True):
                row[:, :symbols.shape[1]] = symbols
            for (i, symbols), got in zip(some, network(torch.from_numpy(padded), repeats=False), strict=True):
                found[i].append(got[:, :symbols.shape[1]].double().numpy())
    return [np.logaddexp.reduce(each) - math.log(len(each)) for each in found]


def nats(networks, pieces, shifts=None):
    """Return (total negative log-likelihood, notes) of whole pieces; see log_probs."""
    total = -sum(float(one.sum()) for one in log_probs(networks, pieces, shifts))
    if not math.isfinite(total):
        raise FloatingPointError("jsb: a piece has probability 0 or the network is not finite; train again")
    return total, sum(pitch.size for pitch in pieces)


def twins_of(pieces, soprano=0):
    """Return ([{test, train, similarity}], threshold): test pieces whose melody varies one of the training split.

    Numbers count the pieces of a split from 0. soprano: which of the voices has the melody.
    """
    test, known = ([twins.melody(pitch[soprano][pitch[soprano] != REST]) for pitch in pieces[split]]
                   for split in ("test", "train"))
    threshold = twins.chance(known + test)
    return [{"test": twin.line, "train": twin.other, "similarity": round(twin.similarity, 3)}
            for twin in twins.find(test, known, threshold)], threshold


def train(pieces, settings, seed, shape=None, trainer=None):
    """Return (network, clocks) of training on its split: the moving average that was best on validation."""
    torch.manual_seed(seed)
    shape = shape or SHAPE
    run = Trainer(f"jsb_{seed}", trainer or TRAINER, seed, {"settings": settings, "shape": vars(shape)})
    network, optimizer = run.setup(Network(shape), settings["learning_rate"], BETAS, settings["weight_decay"])
    average, crops = Average(network.module, settings["ema"]), Crops(pieces["train"], settings)
    best, every = Best(average.module), max(1, settings["steps"] // settings["checks"])

    def step(i):
        rate = float(cosine(i, settings["steps"], settings["steps"] // 15))
        set_learning_rate(optimizer, settings["learning_rate"] * rate)
        symbols, start, real = crops.draw(np.random.default_rng(draw_seed(seed, i)))
        network.train()
        lost = -network(symbols, start=start, repeats=False)
        loss = torch.where(real, lost, 0).sum() / (4 * real.sum())
        descend(run, network, optimizer, loss)
        average.update(network.module, i)
        values = {"nats_per_note": loss}
        if (i + 1) % every == 0:
            total, notes = nats([average.module], pieces["valid"])
            best.offer(average.module, total / notes)
            values["valid"] = torch.tensor(total / notes)
        return values

    state = {"network": network, "optimizer": optimizer, "average": average, "best": best}
    clocks = run.run(settings["steps"], step, state)
    run.finish()
    shutil.rmtree(Path("metrics/curves", run.name), ignore_errors=True)  # the page draws those of the pipeline
    return best.module, clocks


def benchmark(path, settings=None, seed=0, shape=None):
    """Train on the training split and return {test, valid, clean: nats per note, twins: what is not clean, ...}."""
    settings, shape = SETTINGS | (settings or {}), shape or SHAPE
    pieces = ordered(read(path), settings["order"])
    found, threshold = twins_of(pieces, settings["order"].index(0))
    varied = {twin["test"] for twin in found}
    clean = [pitch for i, pitch in enumerate(pieces["test"]) if i not in varied]
    measured = {"test": pieces["test"], "valid": pieces["valid"]} | ({"clean": clean} if clean else {})
    networks, clocks = [], []
    for member in range(settings["members"]):
        network, clock = train(pieces, settings, seed + member, shape)
        networks.append(network)
        clocks.append(clock)
    keys = Crops(pieces["train"], settings)
    sums = {name: nats(networks, some, [keys.near(piece) for piece in some]) for name, some in measured.items()}
    alone = {name: nats(networks[:1], some) for name, some in measured.items()}
    return {name: total / notes for name, (total, notes) in sums.items()} | {
        "one_network_one_key": {name: total / notes for name, (total, notes) in alone.items()},
        "notes": {name: notes for name, (_, notes) in sums.items()}, "pieces": {n: len(p) for n, p in measured.items()},
        "twins": found, "similarity_of_chance": round(threshold, 3),
        "grid": "sixteenths, chronological, rests counted as notes", "settings": settings, "shape": vars(shape),
        "seed": seed, "parameters": sum(p.numel() for network in networks for p in network.parameters()),
        "threads": torch.get_num_threads(), **{name: sum(clock[name] for clock in clocks) for name in clocks[0]}}
