"""Sonorities as sets of pitch classes: 12 bits, looked up in tables of 4,096 entries."""

import numpy as np

TRIADS = {"major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6), "augmented": (0, 4, 8)}
SEVENTHS = {"dominant": (0, 4, 7, 10), "major": (0, 4, 7, 11), "minor": (0, 3, 7, 10),
            "half-diminished": (0, 3, 6, 10), "diminished": (0, 3, 6, 9)}
INCOMPLETE = ((0,), (0, 3), (0, 4), (0, 7))  # a root; without fifth; without third
# Sevenths without their fifth. Without the third or root a chord is no longer told from others.
INCOMPLETE_SEVENTHS = {"dominant": (0, 4, 10), "minor": (0, 3, 10), "major": (0, 4, 11)}


def bits(classes):
    """Return the 12-bit set of pitch classes."""
    return sum(1 << (c % 12) for c in set(classes))


def table(shapes):
    """Return bool [4096]: which sets are one of the shapes (pitch classes above a root), on any root."""
    found = np.zeros(4096, bool)
    for shape in shapes:
        for root in range(12):
            found[bits(root + c for c in shape)] = True
    return found


def roots(shapes):
    """Return int16 [4096]: the root of every set that is one of the shapes, -1 for the others.

    Earlier shapes win where a set fits two (an augmented triad has three roots: the lowest is taken).
    """
    found = np.full(4096, -1, np.int16)
    for shape in shapes:
        for root in range(12):
            place = bits(root + c for c in shape)
            found[place] = root if found[place] < 0 else found[place]
    return found


COMPLETE = (*SEVENTHS.values(), *INCOMPLETE_SEVENTHS.values(), *TRIADS.values())
IS_CHORD = table((*COMPLETE, *INCOMPLETE))
IS_SEVENTH = table((*SEVENTHS.values(), *INCOMPLETE_SEVENTHS.values()))
IS_DOMINANT_SEVENTH = table((SEVENTHS["dominant"], INCOMPLETE_SEVENTHS["dominant"]))
ROOT = roots((*COMPLETE, (0, 4), (0, 3), (0, 7), (0,)))
# In a key with its tonic on 0. A bare fifth or third is taken for a chord, as figured bass does.
IS_TONIC = np.isin(np.arange(4096), [bits(c) for c in ((0, 4, 7), (0, 3, 7), (0, 4), (0, 3))])
IS_DOMINANT = np.isin(np.arange(4096), [bits(c) for c in (
    (7, 11, 2), (7, 11), (7, 11, 2, 5), (7, 11, 5), (11, 2, 5), (11, 2, 5, 9), (11, 2, 5, 8))])


def sets(pitch):
    """Return the 12-bit sets that sound: int16 [F] of pitch [voices, F], silence left out."""
    return np.bitwise_or.reduce(np.where(pitch >= 0, 1 << (pitch % 12), 0), axis=0)


def turn(sounding, tonic):
    """Return the sets with the tonic moved to 0. sounding, tonic: int [F]."""
    sounding = sounding.astype(np.int32)
    return ((sounding >> tonic) | (sounding << (12 - tonic))) & 4095
