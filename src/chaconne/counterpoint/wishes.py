"""What a user may ask of a piece beside key, metre and phrases: how busy it is, how high and low each voice goes."""

import numpy as np

from chaconne.counterpoint import symbols as sy
from chaconne.counterpoint.conditions import CLASSES, DENSITIES, SPAN
from chaconne.counterpoint.grid import NAMES

DENSITY, RANGES = 3, 4  # columns of Conditions.attributes; of the ranges the first of lowest, highest of each voice


def wishes(density=None, ranges=None):
    """Return {column: class} of the attributes that are asked for.

    density: onsets a beat and voice (Bach: 0.83); ranges: {voice: (lowest, highest MIDI pitch)} with names of voices.
    Raises ValueError for a voice that there is not and a range that is empty or that the network does not know.
    """
    found = {} if density is None else {DENSITY: int(np.searchsorted(DENSITIES, density)) + 1}
    for name, ends in (ranges or {}).items():
        if name not in NAMES:
            raise ValueError(f"range: expected one of {', '.join(NAMES)}; got {name!r}")
        low, high = ends
        if not sy.LOW <= low < high <= sy.HIGH:
            raise ValueError(f"range: expected MIDI pitches LOW-HIGH in {sy.LOW}..{sy.HIGH}; got {low}-{high}")
        for place, end in enumerate(ends):
            found[RANGES + 2 * NAMES.index(name) + place] = min((end - sy.LOW) // SPAN, CLASSES - 2) + 1
    return found


def parse_range(text):
    """Return (voice, (lowest, highest)) of 'soprano=60-79'."""
    name, _, ends = text.partition("=")
    low, _, high = ends.partition("-")
    if not (low.isdigit() and high.isdigit()):
        raise ValueError(f"range: expected VOICE=LOW-HIGH in MIDI pitches, such as soprano=60-79; got {text!r}")
    return name, (int(low), int(high))
