"""Parsed scores as Grids, in splits that share no melody, and crops of them in any key."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.conditions import NO, YES
from chaconne.scores.grid.grid import QUARTER, REST, from_notes
from chaconne.scores.pieces.score import TONICS, unpack
from chaconne.scores.pieces.splits import assign

FARTHEST = 6  # semitones of transposition, either way
MARGIN = 2  # semitones that a voice may go beyond what its shelf has, and still be learned from


def read(folder, seed, test, valid):
    """Return {split: list of Grids} of a shelf; whole melody groups and families of twins go into one.

    Pieces with pitches that the network does not know (string quartets go high) are left out.
    """
    pieces, notes = unpack(folder)
    if not len(pieces):
        raise ValueError(f"{folder}: expected pieces, found none")
    voices = 1 + max(int(one["voice"].max()) for one in notes)
    grids = [from_notes(one, voices, piece.quarters, metre=piece.metre, title=piece.piece, key=piece.key,
                        pickup=round(piece.pickup * QUARTER), mode=piece.mode, **about(voices))
             for piece, one in zip(pieces.itertuples(), notes, strict=True)]
    splits = assign(pieces.melody.tolist(), test, valid, seed, pieces.family.tolist())
    found = {"train": [], "valid": [], "test": []}
    for grid, split in zip(grids, splits, strict=True):
        if known(grid):
            found[split].append(grid)
    if lost := len(grids) - sum(map(len, found.values())):
        print(f"{folder}: left out {lost} pieces with pitches outside {sy.LOW} to {sy.HIGH}")
    return found


def known(grid):
    """Does every pitch lie in the network's range?"""
    sounding = grid.pitch[grid.pitch != REST]
    return len(sounding) > 0 and sounding.min() >= sy.LOW and sounding.max() <= sy.HIGH


def about(voices):
    """Return the fields of a Grid that name its voices."""
    return {} if voices == 4 else {"names": ("violin",), "instruments": (40,), "tempo_qpm": 110.0}


def transposed(grid, semitones):
    """Return a grid some semitones higher."""
    pitch = np.where(grid.pitch != REST, grid.pitch + semitones, REST).astype(np.int16)
    return replace(grid, pitch=pitch, key=TONICS[(grid.tonic + semitones) % 12])


def crop(grid, start, frames):
    """Return frames [start, start + frames) of a grid; a note that began before is silent until the next one."""
    cut = slice(start, start + frames)
    pitch, onset = grid.pitch[:, cut].copy(), grid.onset[:, cut].copy()
    if start:
        # What sounds where a crop begins counts as struck there: pitch and onsets stay consistent.
        onset[:, 0] |= pitch[:, 0] != REST
    return replace(grid, pitch=pitch, onset=onset, fermata=grid.fermata[:, cut], pickup=grid.pickup - start)


@dataclass
class Examples:
    """B crops: symbols int64 [B, V, T]; grids: the crops themselves; fermata int64 [B, T], NO or YES; start int64 [B],
    the clock of the first frame; real bool [B, 1, T], frames of the piece that are not context alone."""

    symbols: torch.Tensor
    grids: list
    fermata: torch.Tensor
    start: torch.Tensor
    real: torch.Tensor


class Crops:
    """Random crops of Grids, transposed where every voice stays in the range of the shelf."""

    def __init__(self, grids, frames, batch):
        if not grids:
            raise ValueError("crops: expected pieces to train on, got none")
        self.grids, self.frames, self.batch = grids, frames, batch
        self.lengths = np.array([grid.frames for grid in grids], float)
        ends = [self.ends(grid) for grid in grids]
        self.low = np.maximum(np.min([low for low, _ in ends], 0) - MARGIN, sy.LOW)
        self.high = np.minimum(np.max([high for _, high in ends], 0) + MARGIN, sy.HIGH)
        self.room = [self.shifts(*end) for end in ends]

    @staticmethod
    def ends(grid):
        """Return the lowest and highest pitch of every voice; a silent voice is anywhere."""
        heard = [voice[voice != REST] for voice in grid.pitch]
        return (np.array([v.min() if len(v) else sy.HIGH for v in heard]),
                np.array([v.max() if len(v) else sy.LOW for v in heard]))

    def shifts(self, low, high):
        """Return the transpositions that stay in range; 0 where none does."""
        every = range(-FARTHEST, FARTHEST + 1)
        return [s for s in every if (low + s >= self.low).all() and (high + s <= self.high).all()] or [0]

    def draw(self, rng):
        """Return Examples, drawn with a numpy Generator."""
        voices = self.grids[0].voices
        symbols, fermata = np.zeros((self.batch, voices, self.frames), np.int64), np.full((self.batch, self.frames), NO)
        start, real, grids = np.zeros(self.batch, np.int64), np.zeros((self.batch, 1, self.frames), bool), []
        for i, number in enumerate(rng.choice(len(self.grids), self.batch, p=self.lengths / self.lengths.sum())):
            grid = self.grids[number]
            # Starts before 0 are 0: beginnings are seen as often as anything else.
            first = max(0, int(rng.integers(-self.frames // 4, max(1, grid.frames - self.frames // 2))))
            cut = transposed(crop(grid, first, self.frames), int(rng.choice(self.room[number])))
            length = cut.frames
            symbols[i, :, :length] = sy.symbols_of(cut.pitch, cut.onset)
            fermata[i, :length] = np.where(cut.fermata.any(0), YES, NO)
            start[i], real[i, :, :length] = first - grid.pickup, True
            real[i, :, 0] = not first
            grids.append(cut)
        symbols, fermata, start, real = map(torch.from_numpy, (symbols, fermata, start, real))
        return Examples(symbols, grids, fermata, start, real)
