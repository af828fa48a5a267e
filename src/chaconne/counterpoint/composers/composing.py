"""Composers: a network that draws several pieces and keeps the one nearest to Bach's band, and one by rules alone.

A composer is asked with plans (Grids whose notes are not looked at: key, metre, pick-up, fermatas).
"""

import math
from dataclasses import replace

import numpy as np

from chaconne.counterpoint.composers.harmonizers import RuleHarmonizer
from chaconne.counterpoint.composers.melodies import melody_on
from chaconne.counterpoint.composers.wishes import DENSITY, Insistent, Within, check_ranges, class_of
from chaconne.counterpoint.network.symbols import grid_arrays, symbols_of
from chaconne.counterpoint.rules.writing import bands, candidates
from chaconne.counterpoint.rules.writing.guided import Guide
from chaconne.counterpoint.rules.writing.plans import asked_of, starts_of, written
from chaconne.counterpoint.rules.writing.writing import write
from chaconne.scores.grid.grid import NAMES, QUARTER, REST, Grid, bar_frames

TOGETHER = 96  # pieces that are written at once


class NetworkComposer:
    """Writes with a Network.

    k: pieces that are drawn for each plan, of which the one nearest to the band is kept; guide: strength of the rules
    while notes are drawn, 0 for none (writing.guided); density: onsets a beat and voice that are asked
    for; ranges: {name of a voice: (lowest, highest MIDI pitch)} that are kept (chaconne.counterpoint.composers.wishes).
    """

    def __init__(self, network, band=None, k=1, guide=0.0, temperature=1.0, density=None, ranges=None):
        if k > 1 and band is None:
            raise ValueError("best of k: expected a band to choose by, got none")
        self.network, self.k, self.guide, self.temperature = network, k, guide, temperature
        self.density, self.ranges = density, ranges or {}
        check_ranges(self.ranges)
        # Who asks for another density than Bach's is not given what comes nearest to Bach's.
        self.band = band | {"moves": [0.0, math.inf]} if band and density else band

    def compose(self, plans, frames=None, seed=0, given=()):
        """Return one Grid for each plan; frames: their common length, None for that of each plan.

        given: voices whose notes in the plans are kept.
        """
        made = []
        for first in range(0, len(plans), max(1, TOGETHER // self.k)):
            some = plans[first:first + max(1, TOGETHER // self.k)]
            for length in sorted({frames or plan.frames for plan in some}):
                chosen = [i for i, plan in enumerate(some) if (frames or plan.frames) == length]
                grids = self.draw([some[i] for i in chosen], length, seed + first, given)
                made += [(first + i, grid) for i, grid in zip(chosen, grids, strict=True)]
        return [grid for _, grid in sorted(made, key=lambda one: one[0])]

    def draw(self, plans, frames, seed, given=(), before=None):
        """Return the Grids of plans of one length; before: int64 [B, V, T'] what they continue, part of `frames`."""
        several = [plan for plan in plans for _ in range(self.k)]
        asked, past = asked_of(several, frames, given), 0 if before is None else before.shape[-1]
        if before is not None:
            before = before.repeat_interleave(self.k, 0)
        setting = candidates.setting_of(several, frames) if self.network.voices == len(NAMES) else None
        guide = Guide(setting, self.guide) if self.guide and setting else None
        guide, network = Within(self.ranges, guide) if self.ranges else guide, self.network
        if self.density:
            asked.attributes[:, DENSITY], network = class_of(self.density), Insistent(network)
        symbols, _ = write(network, len(several), frames - past, seed, asked, before, self.temperature,
                           starts_of(several) + past, guide=guide)
        symbols = symbols.numpy()
        whole = symbols if before is None else np.concatenate([before.numpy(), symbols], -1)
        best = self.best(whole, setting) if self.k > 1 else range(len(plans))
        return [written(plan, whole[i]) for plan, i in zip(plans, best, strict=True)]

    def best(self, symbols, setting):
        """Return for each plan the number of the piece nearest to the band: int [plans]."""
        pitch = np.stack([grid_arrays(one)[0] for one in symbols])
        away = bands.distances(candidates.measure(pitch, setting), self.band).reshape(-1, self.k)
        return away.argmin(1) + np.arange(len(away)) * self.k

    def extend(self, grid, bars, seed=0):
        """Return a Grid that goes on for some bars after its end, in its key and metre."""
        more = bars * bar_frames(grid.metre)
        plan = lengthened(grid, more)
        before = np.stack([symbols_of(grid.pitch, grid.onset)])
        import torch

        return self.draw([plan], plan.frames, seed, before=torch.from_numpy(before))[0]


class RuleComposer:
    """A melody of steps, harmonised by search: what rules alone can do (composers.harmonizers)."""

    def compose(self, plans, frames=None, seed=0, given=()):
        """Return one Grid for each plan; see NetworkComposer. given: () or (0,), the soprano."""
        found, harmonizer = [], RuleHarmonizer()
        for number, plan in enumerate(plans):
            cut = shortened(plan, frames or plan.frames)
            melody = replace(cut.select([0]), names=("soprano",)) if given else melody_on(cut, seed + number)
            found.append(harmonizer.harmonize(melody, seed + number))
        return found


def shortened(grid, frames):
    """Return the first frames of a grid."""
    return replace(grid, pitch=grid.pitch[:, :frames], onset=grid.onset[:, :frames], fermata=grid.fermata[:, :frames])


def lengthened(grid, frames):
    """Return a grid with silence of some frames behind it."""
    def longer(array, fill):
        return np.concatenate([array, np.full((grid.voices, frames), fill, array.dtype)], 1)

    return replace(grid, pitch=longer(grid.pitch, REST), onset=longer(grid.onset, False),
                   fermata=longer(grid.fermata, False))


def plan_of(key, mode, metre, bars, phrase=2, voices=4, pickup=True):
    """Return a plan (a silent Grid): phrases of so many bars, each closed by a fermata on its last beat.

    pickup: begin with a quarter before the first bar, and end a quarter early, as most chorales do.
    """
    bar = bar_frames(metre)
    lead = QUARTER if pickup else 0
    frames = bars * bar
    fermata = np.zeros((voices, frames), bool)
    for end in range(phrase * bar, frames + 1, phrase * bar):
        fermata[:, end - QUARTER:end] = True
    fermata[:, -QUARTER:] = True
    empty = np.full((voices, frames), REST, np.int16)
    names = {} if voices == 4 else {"names": ("violin",), "instruments": (40,), "tempo_qpm": 110.0}
    return Grid(empty, np.zeros((voices, frames), bool), fermata, metre, lead, key, mode, **names)
