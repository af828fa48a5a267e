"""What a piece is to be before it has notes: key, metre, phrases. Plans are taken from pieces that exist."""

from dataclasses import replace

import numpy as np
import torch

from chaconne.counterpoint.network.conditions import METRES, NO, UNKNOWN, YES, free, mode_number
from chaconne.counterpoint.network.symbols import grid_arrays, symbols_of
from chaconne.scores.grid.grid import NAMES

TOLD = 3  # attributes: tonic, mode, metre


def attributes(grid):
    """Return [tonic, mode, metre] as Conditions have them."""
    metre = METRES.index(grid.metre) + 1 if grid.metre in METRES else len(METRES) + 1
    return [grid.tonic + 1, mode_number(grid.mode), metre]


def asked_of(grids, frames, given=(), phrases=True):
    """Return the Conditions of pieces of `frames` frames that share key, metre and fermatas with Grids.

    given: voices whose notes are given too; phrases: tell the fermatas.
    """
    voices = grids[0].voices
    asked = free(len(grids), frames, voices)
    for row, grid in enumerate(grids):
        asked.attributes[row, :TOLD] = torch.tensor(attributes(grid))
        marks = np.where(grid.fermata[:, :frames].any(0), YES, NO) if phrases else UNKNOWN
        asked.fermata[row] = torch.as_tensor(marks)
        if given:
            asked.symbols[row] = torch.from_numpy(symbols_of(grid.pitch[:, :frames], grid.onset[:, :frames]))
    asked.known[:, list(given)] = True
    return asked


def starts_of(grids):
    """Return the clock of the first frame of each grid, int64 [B]: a pick-up comes before the barline."""
    return torch.tensor([-grid.pickup for grid in grids])


def written(grid, symbols, title=None):
    """Return a Grid with the notes of symbols [voices, frames] and the plan of `grid`."""
    pitch, onset = grid_arrays(symbols)
    voices, frames = pitch.shape
    # Fermatas stand over whole notes: those that sound in the marked frames.
    marks = np.repeat(grid.fermata[:, :frames].any(0)[None], voices, 0) & (pitch >= 0)
    return replace(grid, pitch=pitch, onset=onset, fermata=marks, title=grid.title if title is None else title,
                   names=NAMES[:voices] if voices == len(NAMES) else grid.names, instruments=grid.instruments[:voices])

