"""An exercise in species: a cantus firmus and a counterpoint, and what the rules of Fux ask about them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chaconne.counterpoint.rules.pieces import before

CONSONANT = np.isin(np.arange(12), (0, 3, 4, 7, 8, 9))  # the fourth is a dissonance between two voices
PARTS = {1: 1, 2: 2, 3: 4, 4: 2, 5: 8}  # parts of a bar in which notes may begin


@dataclass
class Setting:
    """What the species is about: species 1..5, and the voice that is given (0 above, 1 below)."""

    species: int
    cantus: int

    def __post_init__(self):
        if self.species not in PARTS or self.cantus not in (0, 1):
            raise ValueError(f"species: expected 1..5 with the cantus firmus in voice 0 or 1, got {self}")


class Exercise:
    """Two voices of many pieces, and what the rules share; shapes [F], c is the counterpoint, f the cantus firmus."""

    def __init__(self, pieces, setting):
        if len(pieces.pitch) != 2:
            raise ValueError(f"species: expected 2 voices, got {len(pieces.pitch)}")
        self.pieces, self.first, self.setting = pieces, pieces.first, setting
        self.f, self.c = pieces.pitch[setting.cantus].astype(int), pieces.pitch[1 - setting.cantus].astype(int)
        self.on_f, self.on_c = pieces.onset[setting.cantus], pieces.onset[1 - setting.cantus]
        self.both = (self.f >= 0) & (self.c >= 0)
        upper, lower = pieces.pitch.astype(int)
        self.interval = np.where(self.both, np.abs(upper - lower) % 12, -1)
        self.consonant = self.both & CONSONANT[self.interval]
        self.event = (self.on_f | self.on_c) & self.both
        self.bar = self.bars()

    def bars(self):
        """Return the length of a bar in frames: of the first note of the cantus firmus, which all others share."""
        starts = np.nonzero(self.on_f)[0]
        same = self.pieces.piece[starts[:-1]] == self.pieces.piece[starts[1:]]
        lengths = np.diff(starts)[same]
        if not len(lengths) or (lengths != lengths[0]).any():
            got = f"got lengths of {sorted(set((lengths / 4).tolist()))} quarters; name its voice with --cantus"
            raise ValueError(f"species: expected a cantus firmus of at least two notes of equal length, {got}")
        return int(lengths[0])

    @cached_property
    def position(self):
        """Frames since the note of the cantus firmus began."""
        frames = np.arange(len(self.f))
        return frames - np.maximum.accumulate(np.where(self.on_f, frames, 0))

    def at(self, part, parts):
        """Is this frame where part `part` of `parts` of the bar begins?"""
        return self.position * parts == part * self.bar

    @cached_property
    def number(self):
        """Which note of the counterpoint sounds, or sounded last."""
        return np.cumsum(self.on_c) - 1

    def neighbour(self, by):
        """Return the pitch of the note `by` notes later (earlier: negative) than the one that sounds; -1 without."""
        places = np.nonzero(self.on_c)[0]
        if not len(places):
            return np.full(len(self.c), -1)
        wanted = self.number + by
        there = (wanted >= 0) & (wanted < len(places)) & (self.c >= 0)
        place = places[np.clip(wanted, 0, len(places) - 1)]
        return np.where(there & (self.pieces.piece[place] == self.pieces.piece), self.c[place], -1)

    def step(self, by=0):
        """Return the step from note by - 1 to note by, counted from the sounding one; 0 without either."""
        now, then = (self.neighbour(by) if by else self.c), self.neighbour(by - 1)
        return np.where((now >= 0) & (then >= 0), now - then, 0)

    def later(self, array, frames):
        """Return array[t + frames]; False where that is in another piece. array: bool [F]."""
        moved = np.zeros_like(array)
        if frames < len(array):
            moved[:-frames] = array[frames:] & (self.pieces.piece[frames:] == self.pieces.piece[:-frames])
        return moved

    @cached_property
    def last_bar(self):
        return self.on_f & ~self.later(self.on_f, self.bar)

    @cached_property
    def tied(self):
        """A note of the counterpoint is held into this bar."""
        return self.on_f & ~self.on_c & self.both

    @cached_property
    def changed(self):
        """Both voices change pitch against the event before: (moved, step of the upper, step of the lower)."""
        steps = [np.where(self.both & (before(v, self.first, -1) >= 0), v - before(v, self.first, -1), 0)
                 for v in self.pieces.pitch.astype(int)]
        return (steps[0] != 0) & (steps[1] != 0), *steps
