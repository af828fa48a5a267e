"""A transformer that writes four voices frame by frame: exact log-probabilities, in the order of time.

One frame of sixteenths is one position. From all frames before it a causal transformer makes a vector, and from
that a small head predicts soprano, alto, tenor and bass in turn, each knowing those above it:

    log p(piece) = sum over frames t and voices v of log p(symbol[v, t] | frames before t, voices above v at t)

Shapes: B pieces, V voices, T frames, W width.
"""

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.blocks import Block
from chaconne.counterpoint.network.conditions import Reader, Wish
from chaconne.counterpoint.network.heads import Head
from chaconne.running.files import one_line, read_json, verify
from chaconne.running.pipeline import remake
from chaconne.storage.files import write_json

CLOCKS = (4, 12, 16)  # clocks: frames modulo a quarter, a bar of 3/4, a bar of 4/4


@dataclass
class Shape:
    """Sizes of the network."""

    width: int = 160
    depth: int = 4
    heads: int = 5
    head_width: int = 128
    dropout: float = 0.3  # of whatever a layer adds
    blind: float = 0.15  # share of the features that training hides: a few hundred pieces are soon known by heart
    blind_frames: float = 0.0  # share of the frames that training hides with all their features
    window: int = 256  # frames a position sees, itself included
    reader_depth: int = 0  # blocks that read conditions; 0: the network knows none


class Network(nn.Module):
    """Symbols [B, V, T] -> log-probability of each, [B, V, T]; with a Reader also given Conditions."""

    def __init__(self, shape=None, voices=4):
        super().__init__()
        self.shape, self.voices = shape or Shape(), voices
        self.past, self.head = Past(self.shape, voices), Head(self.shape, voices)
        self.reader = Reader(self.shape, voices) if self.shape.reader_depth else None

    def forward(self, symbols, before=None, start=0, repeats=True, asked=None):
        """Return the log-probability of every symbol; those that `asked` gives are counted like the others.

        symbols: int64 [B, V, T]; before: int64 [B, V, T'] the frames that came before, as context; start: the
        clock of the first frame, int or [B]; repeats: False where an onset of the sounding pitch cannot occur;
        asked: Conditions of all T' + T frames, or None.
        """
        known, device = 0 if before is None else before.shape[-1], self.past.start.device
        whole = (symbols if before is None else torch.cat([before, symbols], -1)).to(device)
        wish = self.read(asked if asked is None else asked.to(device))
        frames = self.past(whole, start - known, wish)
        return self.head.log_probs(frames, whole, repeats, wish)[..., known:]

    def read(self, asked):
        """Return the Wish of Conditions, None for None; ValueError where the network has no Reader."""
        if asked is None:
            return None
        if self.reader is None:
            raise ValueError("conditions: this network was made without a reader (reader_depth 0)")
        return Wish(self.reader(asked), *asked.attributes[:, :2].unbind(1))

    def save(self, folder):
        """Write network.json and weights.safetensors into `folder`."""
        write_json(Path(folder, "network.json"), {"shape": asdict(self.shape), "voices": self.voices})
        save_file(self.state_dict(), Path(folder, "weights.safetensors"))

    @classmethod
    def load(cls, folder):
        """Read what `save` wrote; FileNotFoundError names what is missing."""
        about = read_json(Path(folder, "network.json"))
        network = cls(Shape(**about["shape"]), about["voices"])
        network.load_state_dict(load_file(Path(folder, "weights.safetensors")))
        return network.eval()


def load(folder):
    """Return the Network of a folder whose sums are right; ValueError or FileNotFoundError says what is wrong."""
    verify(folder)
    try:
        return Network.load(folder)
    except (KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"{folder} holds no network that fits ({one_line(error)}); {remake(folder)}") from error


class Past(nn.Module):
    """The causal transformer: [B, V, T] symbols -> [B, T, W]; row t has seen frames before t only."""

    def __init__(self, shape, voices):
        super().__init__()
        width = shape.width
        self.shape, self.window, self.voices = shape, shape.window, voices
        self.pairs = [(u, v) for u in range(voices) for v in range(u + 1, voices)]
        sizes = {"sound": (voices, sy.PITCHES + 1), "age": (voices, sy.OLDEST + 1), "step": (voices, 2 * sy.STEP + 2),
                 "interval": (len(self.pairs), 2 * sy.WIDE + 2)}
        sizes |= {"degree": (voices, 13)} if self.shape.reader_depth else {}
        sizes |= {"clock": (1, sum(CLOCKS))}
        self.sizes = sizes
        # One table for all features: a row for each value of each feature of each voice.
        self.table = nn.EmbeddingBag(sum(n * size for n, size in sizes.values()), width, mode="sum")
        nn.init.normal_(self.table.weight, std=0.3 / math.sqrt(voices))
        self.start = nn.Parameter(torch.zeros(width))
        self.blocks = nn.ModuleList(Block(width, shape.heads, shape.dropout) for _ in range(shape.depth))
        self.norm = nn.RMSNorm(width)

    def forward(self, symbols, start=0, wish=None):
        """wish: a Wish or None. What was read enters below and stays visible above."""
        x = self.inputs(symbols, start, wish)
        x = F.dropout(x if wish is None else x + wish.reading, self.shape.dropout, self.training)
        for block in self.blocks:
            x = block(x, self.window)
        x = self.norm(x)
        return x if wish is None else x + wish.reading

    def step(self, symbols, start, wish, memory):
        """Return ([B, 1, W] of the last frame of symbols [B, V, t], memory); that frame's own symbols are not read."""
        frame = symbols.shape[-1] - 1
        x = self.inputs(symbols, start, wish, last=True)
        x, kept = (x if wish is None else x + wish.reading[:, frame:frame + 1]), []
        for block, old in zip(self.blocks, memory or [None] * len(self.blocks), strict=True):
            x, new = block.step(x, old, frame, self.window)
            kept.append(new)
        x = self.norm(x)
        return (x if wish is None else x + wish.reading[:, frame:frame + 1]), kept

    def inputs(self, symbols, start, wish=None, last=False):
        """Return the inputs [B, T, W]: features of the frame before, and the clock of this one; `last`: of the last."""
        batch, _, length = symbols.shape
        first = length - 1 if last else 0
        rows = self.rows(symbols, wish)[:, max(0, first - 1):]  # [B, T - 1, features]: those of frame t belong to t + 1
        shown = None
        if self.training:
            drawn = torch.rand(rows.shape, device=rows.device) >= self.shape.blind
            shown = (drawn & (torch.rand_like(rows[..., :1], dtype=torch.float) >= self.shape.blind_frames)).float()
            shown = shown.flatten(0, 1)
        seen = self.table(rows.flatten(0, 1), per_sample_weights=shown).reshape(*rows.shape[:2], len(self.start))
        x = seen if first else torch.cat([self.start.expand(batch, 1, -1), seen], 1)
        clock = torch.arange(first, length, device=symbols.device)
        clock = clock + torch.as_tensor(start, device=symbols.device).reshape(-1, 1)
        base = self.table.num_embeddings - sum(CLOCKS)
        offsets = [base + sum(CLOCKS[:i]) for i in range(len(CLOCKS))]
        times = torch.stack([clock % m + o for m, o in zip(CLOCKS, offsets, strict=True)], -1)
        return x + self.table(times.reshape(-1, len(CLOCKS))).reshape(*clock.shape, -1)

    def rows(self, symbols, wish=None):
        """Return int64 [B, T - 1, features]: the table's row of every feature of all frames but the last."""
        sound = sy.sounding(symbols)
        upper, lower = ([pair[side] for pair in self.pairs] for side in (0, 1))
        features = [sound, sy.ages(symbols), sy.steps(sound), sy.intervals(sound[:, upper], sound[:, lower], sy.WIDE)]
        if self.shape.reader_depth:
            features.append(sy.degrees(sound, symbols.new_zeros(len(symbols)) if wish is None else wish.tonic))
        rows, base = [], 0
        for feature, (count, size) in zip(features, self.sizes.values(), strict=False):
            rows.append(feature + base + size * torch.arange(count, device=symbols.device)[:, None])
            base += count * size
        return torch.cat(rows, 1)[..., :-1].transpose(1, 2)
