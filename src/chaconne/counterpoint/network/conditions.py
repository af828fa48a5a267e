"""What a piece may be asked to be: key, metre, density, ranges, fermatas, and any notes that are given.

Attributes in the spirit of MuseCoco (Lu 2023): each a small whole number, 0 where nothing is asked.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.blocks import Block
from chaconne.scores.grid.grid import QUARTER, REST
from chaconne.scores.pieces.modes import USUAL, modal, nearest

MODES, METRES = (*USUAL, "other"), ("4/4", "3/4", "2/2", "6/8", "3/2")
DENSITIES = (0.5, 0.7, 0.85, 1.0, 1.2)  # onsets a beat and voice: bounds between six classes
SPAN = 4  # semitones of one class of a voice's lowest and highest pitch
CLASSES = (sy.HIGH - sy.LOW) // SPAN + 2
SIZES = (13, len(MODES) + 1, len(METRES) + 2, len(DENSITIES) + 2, *[CLASSES] * 8)  # rows of each attribute
UNKNOWN, NO, YES = 0, 1, 2


@dataclass
class Conditions:
    """What B pieces of T frames are asked to be.

    attributes: int64 [B, len(SIZES)], 0 where free; known: bool [B, V, T], cells that are given;
    symbols: int64 [B, V, T], read where known; fermata: int64 [B, T], UNKNOWN, NO or YES
    """

    attributes: torch.Tensor
    symbols: torch.Tensor
    known: torch.Tensor
    fermata: torch.Tensor

    def parts(self):
        return self.attributes, self.symbols, self.known, self.fermata

    def __getitem__(self, index):
        return Conditions(*(part[index] for part in self.parts()))

    def to(self, device):
        """Return the same on a device."""
        return Conditions(*(part.to(device) for part in self.parts()))

    def repeated(self, count):
        """Return Conditions with every piece `count` times, one after another."""
        return Conditions(*(part.repeat_interleave(count, 0) for part in self.parts()))


@dataclass
class Wish:
    """What a network has read of Conditions: reading [B, T, W]; tonic int64 [B], 0 where free, else 1 + pitch class;
    mode int64 [B], 0 where free."""

    reading: torch.Tensor
    tonic: torch.Tensor
    mode: torch.Tensor


def free(batch, frames, voices=4):
    """Return Conditions that ask for nothing."""
    cells = torch.zeros(batch, voices, frames, dtype=torch.int64)
    return Conditions(torch.zeros(batch, len(SIZES), dtype=torch.int64), cells, cells.bool(),
                      torch.zeros(batch, frames, dtype=torch.int64))


def attributes_of(grid):
    """Return int64 [len(SIZES)]: what a Grid is; where it has fewer than four voices, or a silent one, 0 for ranges."""
    sounding = [pitch[pitch != REST] for pitch in grid.pitch]
    density = grid.onset.sum() / grid.voices / (grid.frames / QUARTER)
    ends = [f(pitch) for pitch in sounding for f in (np.min, np.max)] if all(map(len, sounding)) else []
    metre = METRES.index(grid.metre) + 1 if grid.metre in METRES else len(METRES) + 1
    found = [grid.tonic + 1, mode_number(grid.mode), metre, int(np.searchsorted(DENSITIES, density)) + 1]
    ranges = [int(np.clip((end - sy.LOW) // SPAN, 0, CLASSES - 2)) + 1 for end in ends]
    return torch.tensor((found + ranges + [0] * len(SIZES))[:len(SIZES)])


def mode_number(mode):
    """Return the attribute of a mode: those that no network has learned are told as the nearest of major and minor."""
    return MODES.index(nearest(mode) if modal(mode) else mode) + 1


def conditions_of(grid, voices=()):
    """Return the Conditions (B = 1) that a Grid fulfils, with these voices given."""
    symbols = torch.from_numpy(sy.symbols_of(grid.pitch, grid.onset))[None]
    known = torch.zeros_like(symbols, dtype=torch.bool)
    known[:, list(voices)] = True
    fermata = torch.from_numpy(np.where(grid.fermata.any(0), YES, NO))[None]
    return Conditions(attributes_of(grid)[None], symbols, known, fermata)


class Reader(nn.Module):
    """Reads Conditions with attention over all frames, past and future: [B, T, W]."""

    def __init__(self, shape, voices):
        super().__init__()
        self.window, self.voices, width = shape.window, voices, shape.width
        # Of each voice: unknown or what sounds, held or struck; the next given note, how soon, and two steps.
        self.sizes = ((sy.PITCHES + 1) * 2 + 1, sy.PITCHES + 1, sy.OLDEST + 1, 2 * sy.STEP + 2, 2 * sy.STEP + 2)
        self.cells = sum(self.sizes)
        self.table = nn.EmbeddingBag(voices * self.cells + 3, width, mode="sum")
        self.asked = nn.ModuleList(nn.Embedding(size, width) for size in SIZES)
        for table in (self.table, *self.asked):
            nn.init.normal_(table.weight, std=0.1)
        self.blocks = nn.ModuleList(Block(width, shape.heads, shape.dropout, causal=False)
                                    for _ in range(shape.reader_depth))
        self.norm = nn.RMSNorm(width)

    def forward(self, asked):
        batch, voices, length = asked.symbols.shape
        # A held note whose onset is not given is read as what the given cells alone tell.
        given = torch.where(asked.known, asked.symbols, sy.HOLD)
        held, sound = (asked.symbols == sy.HOLD).long(), sy.sounding(given)
        cell = torch.where(asked.known, 1 + sound * 2 + held, 0)
        rows, base = [], self.cells * torch.arange(voices, device=cell.device)[:, None]
        for feature, size in zip((cell, *ahead(given, torch.where(asked.known, sound, 0))), self.sizes, strict=True):
            rows.append(feature + base)
            base = base + size
        rows = torch.cat([*rows, asked.fermata[:, None] + voices * self.cells], 1)
        x = self.table(rows.transpose(1, 2).flatten(0, 1)).reshape(batch, length, -1)
        x = x + sum(table(asked.attributes[:, i]) for i, table in enumerate(self.asked))[:, None]
        for block in self.blocks:
            x = block(x, self.window)
        return self.norm(x)


def ahead(given, sound):
    """Return (next pitch, frames until it, step to it, step after it) of what is given: int64 [B, V, T], 0 for none.

    given: symbols, HOLD where nothing is; sound: codes of what sounds (symbols.sounding), 0 where nothing is known.
    What comes next decides a harmony, and here it stands in one place, where attention would have to find it.
    """
    length = given.shape[-1]
    place = torch.arange(length, device=given.device).expand_as(given)
    struck = torch.where(given >= sy.FIRST, place, length)
    first = struck.flip(-1).cummin(-1).values.flip(-1)  # of this frame or later
    later = torch.cat([first[..., 1:], torch.full_like(first[..., :1], length)], -1)
    pitch = torch.where(given >= sy.FIRST, given - sy.RESTS, 0)
    pitch, later = (torch.cat([one, torch.full_like(one[..., :1], end)], -1)
                    for one, end in ((pitch, 0), (later, length)))
    soon = later[..., :-1]
    following, after = pitch.gather(-1, soon), pitch.gather(-1, later.gather(-1, soon))
    wait = torch.where(soon < length, (soon - place).clamp(max=sy.OLDEST), 0)
    return following, wait, sy.intervals(following, sound, sy.STEP), sy.intervals(after, following, sy.STEP)
