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

from chaconne.counterpoint import symbols as sy
from chaconne.counterpoint.blocks import Block
from chaconne.counterpoint.conditions import Reader
from chaconne.files import one_line, read_json, verify, write_json
from chaconne.pipeline import remake

KINDS = ("other", "octave", "fifth")  # intervals from which no two voices move alike
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
        return self.head.log_probs(frames, whole, repeats)[..., known:]

    def read(self, asked):
        """Return [B, T, W] of Conditions, None for None; ValueError where the network has no Reader."""
        if asked is None:
            return None
        if self.reader is None:
            raise ValueError("conditions: this network was made without a reader (reader_depth 0)")
        return self.reader(asked)

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
                 "interval": (len(self.pairs), 2 * sy.WIDE + 2), "clock": (1, sum(CLOCKS))}
        self.sizes = sizes
        # One table for all features: a row for each value of each feature of each voice.
        self.table = nn.EmbeddingBag(sum(n * size for n, size in sizes.values()), width, mode="sum")
        nn.init.normal_(self.table.weight, std=0.3 / math.sqrt(voices))
        self.start = nn.Parameter(torch.zeros(width))
        self.blocks = nn.ModuleList(Block(width, shape.heads, shape.dropout) for _ in range(shape.depth))
        self.norm = nn.RMSNorm(width)

    def forward(self, symbols, start=0, wish=None):
        """wish: [B, T, W] of a Reader, or None. It enters below and stays visible above."""
        x = self.inputs(symbols, start)
        x = F.dropout(x if wish is None else x + wish, self.shape.dropout, self.training)
        for block in self.blocks:
            x = block(x, self.window)
        x = self.norm(x)
        return x if wish is None else x + wish

    def step(self, symbols, start, wish, memory):
        """Return ([B, 1, W] of the last frame of symbols [B, V, t], memory); that frame's own symbols are not read."""
        frame = symbols.shape[-1] - 1
        x = self.inputs(symbols, start, last=True)
        x, kept = (x if wish is None else x + wish[:, frame:frame + 1]), []
        for block, old in zip(self.blocks, memory or [None] * len(self.blocks), strict=True):
            x, new = block.step(x, old, frame, self.window)
            kept.append(new)
        x = self.norm(x)
        return (x if wish is None else x + wish[:, frame:frame + 1]), kept

    def inputs(self, symbols, start, last=False):
        """Return the inputs [B, T, W]: features of the frame before, and the clock of this one; `last`: of the last."""
        batch, _, length = symbols.shape
        first = length - 1 if last else 0
        rows = self.rows(symbols)[:, max(0, first - 1):]  # [B, T - 1, features]: those of frame t belong to t + 1
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

    def rows(self, symbols):
        """Return int64 [B, T - 1, features]: the table's row of every feature of all frames but the last."""
        sound = sy.sounding(symbols)
        upper, lower = ([pair[side] for pair in self.pairs] for side in (0, 1))
        features = [sound, sy.ages(symbols), sy.steps(sound), sy.intervals(sound[:, upper], sound[:, lower], sy.WIDE)]
        rows, base = [], 0
        for feature, (count, size) in zip(features, self.sizes.values(), strict=False):
            rows.append(feature + base + size * torch.arange(count, device=symbols.device)[:, None])
            base += count * size
        return torch.cat(rows, 1)[..., :-1].transpose(1, 2)


class Head(nn.Module):
    """From a frame's vector the symbols of its voices in turn, each by pitch, by step and by interval above."""

    def __init__(self, shape, voices):
        super().__init__()
        width, self.voices = shape.head_width, voices
        self.dropout = shape.dropout
        self.enter = nn.Linear(shape.width, voices * width)
        # Of a voice above: what sounds, held or struck; how it moved, from what kind of interval; that interval.
        self.sizes = (2 * (sy.PITCHES + 1), len(KINDS) * (2 * sy.STEP + 2), 2 * sy.WIDE + 2)
        self.above = nn.ModuleList(
            nn.EmbeddingBag(max(1, v) * sum(self.sizes), width, mode="sum") for v in range(voices))
        self.own = nn.ModuleList(nn.Embedding(sy.PITCHES + 1, width) for _ in range(voices))
        self.middle = nn.ModuleList(nn.Linear(width, width) for _ in range(voices))
        self.out = nn.ModuleList(
            nn.Linear(width, sy.SYMBOLS + (2 * sy.WIDE + 2) * (1 + v)) for v in range(voices))
        for table in [*self.above, *self.own]:
            nn.init.normal_(table.weight, std=0.1)
        pitch = torch.arange(1, sy.PITCHES + 1)
        self.register_buffer("pitch", pitch, persistent=False)

    def log_probs(self, frames, symbols, repeats=True):
        """Return log p of every symbol: [B, V, T]. frames: [B, T, W] of Past for the same symbols."""
        found = [one.gather(-1, symbols[:, voice, :, None])[..., 0]
                 for voice, one in enumerate(self.distributions(frames, symbols, repeats))]
        return torch.stack(found, 1)

    def distributions(self, frames, symbols, repeats=True):
        """Yield log p [B, T, SYMBOLS] of all that each voice could do, given the frames before and voices above."""
        sound = sy.sounding(symbols)
        before = torch.cat([torch.zeros_like(sound[..., :1]), sound[..., :-1]], -1)
        entered = self.enter(frames).chunk(self.voices, -1)
        for voice in range(self.voices):
            logits = self.logits(voice, entered[voice], sound, before, symbols)
            yield forbid(logits, before[:, voice], repeats).log_softmax(-1)

    def rows(self, voice, sound, before, symbols):
        """Return three int64 [B, voice, T] of rows: what the voices above do, and from where they go.

        How a voice moved and from what interval to this one stand together in one row: parallels are that, and from
        pitches alone a small layer hardly finds them.
        """
        held = (symbols[:, :voice] == sy.HOLD).long()
        base = torch.arange(voice, device=sound.device)[:, None] * sum(self.sizes)
        above, then, own = sound[:, :voice], before[:, :voice], before[:, voice:voice + 1]
        gap = torch.where((then > 0) & (own > 0), kind_of((then - own).abs()), 0)
        moved = sy.intervals(above, then, sy.STEP) + gap * (2 * sy.STEP + 2)
        features = (above + (sy.PITCHES + 1) * held, moved, sy.intervals(then, own, sy.WIDE))
        found = []
        for feature, size in zip(features, self.sizes, strict=True):
            found.append(feature + base)
            base = base + size
        return found

    def logits(self, voice, entered, sound, before, symbols):
        """Return logits [B, T, SYMBOLS] of one voice; of sound and symbols only the voices above are used."""
        batch, length, _ = entered.shape
        z = entered + self.own[voice](before[:, voice])
        if voice:
            rows = torch.cat(self.rows(voice, sound, before, symbols), 1).transpose(1, 2)
            z = z + self.above[voice](rows.flatten(0, 1)).reshape(batch, length, -1)
        z = F.dropout(F.gelu(z), self.dropout, self.training)
        z = z + F.dropout(F.gelu(self.middle[voice](z)), self.dropout, self.training)
        made = self.out[voice](z)
        span, plain = 2 * sy.WIDE + 2, made[..., :sy.SYMBOLS]
        onsets = plain[..., sy.FIRST:]
        for i in range(voice + 1):
            relative = made[..., sy.SYMBOLS + i * span:sy.SYMBOLS + (i + 1) * span]
            other = before[:, voice] if i == 0 else sound[:, i - 1]
            index = sy.intervals(self.pitch.expand(batch, length, -1), other[..., None], sy.WIDE)
            onsets = onsets + relative.gather(-1, index)
        return torch.cat([plain[..., :sy.FIRST], onsets], -1)


def kind_of(interval):
    """Return which of KINDS an interval of so many semitones is."""
    return torch.where(interval % 12 == 0, 1, torch.where(interval % 12 == 7, 2, 0))


def forbid(logits, before, repeats):
    """Set to -inf what cannot occur: a rest after a rest and, without `repeats`, an onset of the sounding pitch."""
    silent = before == 0
    none = torch.zeros_like(logits, dtype=torch.bool)
    if not repeats:
        none.scatter_(-1, (before + sy.FIRST - 1)[..., None], True)
    none[..., sy.RESTS] = silent
    return logits.masked_fill(none, -math.inf)
