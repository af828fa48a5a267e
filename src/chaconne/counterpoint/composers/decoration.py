"""Passing notes: thirds of the lower voices are filled where no rule suffers."""

from dataclasses import replace

import numpy as np

from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.pieces import join
from chaconne.scores.grid.grid import QUARTER
from chaconne.scores.pieces.modes import scale_of

THIRDS = (3, 4)  # semitones
HALF = QUARTER // 2


def decorate(grid, weights):
    """Return the grid with a passing eighth in every third of alto, tenor and bass that costs nothing by the rules.

    weights: {rule: cost}. Places are tried from the bass upwards and in time; each is kept or left alone.
    """
    now = cost(grid, weights)
    for voice, frame, pitch in places(grid):
        tried = with_note(grid, voice, frame, pitch)
        after = cost(tried, weights)
        if after <= now:
            grid, now = tried, after
    return grid


def cost(grid, weights):
    """Return the weighted violations of a grid."""
    return sum(weights[name] * int(mask.sum()) for name, mask in rules.find(join([grid])).items())


def places(grid):
    """Yield (voice, frame, pitch): half a quarter before a voice moves by a third, and the note between."""
    scale = [(grid.tonic + step) % 12 for step in scale_of(grid.mode)]
    for voice in (3, 2, 1):
        pitch, onset = grid.pitch[voice], grid.onset[voice]
        for frame in np.nonzero(onset)[0]:
            begin = frame - QUARTER
            if begin < 0 or pitch[begin] < 0 or pitch[frame] < 0 or onset[begin + 1:frame].any():
                continue
            # Phrases end on a fermata: nothing passes over to the next.
            if grid.fermata[:, frame - 1].any() or abs(int(pitch[frame]) - int(pitch[begin])) not in THIRDS:
                continue
            low, high = sorted((int(pitch[begin]), int(pitch[frame])))
            between = [p for p in range(low + 1, high) if p % 12 in scale]
            if len(between) == 1:
                yield voice, frame - HALF, between[0]


def with_note(grid, voice, frame, pitch):
    """Return a grid with a new note of half a quarter."""
    changed, onset = grid.pitch.copy(), grid.onset.copy()
    changed[voice, frame:frame + HALF], onset[voice, frame] = pitch, True
    return replace(grid, pitch=changed, onset=onset)
