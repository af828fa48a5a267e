"""The head of the network: from a frame's vector the symbols of its voices in turn, with exact probabilities."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.conditions import MODES

FAST = 10.0  # times that weights for the degrees of a key learn faster: few steps must move them by nats
KINDS = ("other", "octave", "fifth")  # intervals from which no two voices move alike


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
        # How likely each degree of the scale is: what is asked of the key reaches the notes without a detour.
        self.degree = nn.Parameter(torch.zeros(voices, len(MODES) + 1, 12)) if shape.reader_depth else None
        pitch = torch.arange(1, sy.PITCHES + 1)
        self.register_buffer("pitch", pitch, persistent=False)

    def log_probs(self, frames, symbols, repeats=True, wish=None):
        """Return log p of every symbol: [B, V, T]. frames: [B, T, W] of Past for the same symbols and the same Wish."""
        found = [one.gather(-1, symbols[:, voice, :, None])[..., 0]
                 for voice, one in enumerate(self.distributions(frames, symbols, repeats, wish))]
        return torch.stack(found, 1)

    def distributions(self, frames, symbols, repeats=True, wish=None):
        """Yield log p [B, T, SYMBOLS] of all that each voice could do, given the frames before and voices above."""
        sound = sy.sounding(symbols)
        before = torch.cat([torch.zeros_like(sound[..., :1]), sound[..., :-1]], -1)
        entered = self.enter(frames).chunk(self.voices, -1)
        for voice in range(self.voices):
            logits = self.logits(voice, entered[voice], sound, before, symbols, wish)
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

    def key(self, voice, wish):
        """Return [B, 1, PITCHES], what is added to the logits of onsets in the key of a Wish; 0 where none is asked."""
        place = (self.pitch - 1 + sy.LOW - (wish.tonic[:, None] - 1)) % 12
        bias = FAST * self.degree[voice][wish.mode].gather(1, place)
        return torch.where(wish.tonic[:, None] > 0, bias, 0)[:, None]

    def logits(self, voice, entered, sound, before, symbols, wish=None):
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
        if wish is not None:
            onsets = onsets + self.key(voice, wish)
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
