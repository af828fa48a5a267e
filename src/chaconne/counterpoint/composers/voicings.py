"""All ways to lay a chord below a given soprano note, and what each costs by itself."""

from dataclasses import dataclass
from functools import lru_cache

from chaconne.counterpoint.rules.rules import RANGES, SPACING

DOUBLED = (0.0, 1.2, 0.5, 4.0)  # cost of doubling root, third, fifth, seventh
INVERSION = (0.0, 0.6, 3.5, 1.2)  # cost of root, third, fifth, seventh in the bass
NO_FIFTH = 0.6


@dataclass(frozen=True)
class Voicing:
    """pitches: soprano, alto, tenor, bass; place: which chord tone the bass has (0 root, 1 third, ...)."""

    pitches: tuple
    chord: object
    place: int
    cost: float


@lru_cache(maxsize=4096)
def voicings(soprano, chord, tonic):
    """Return the Voicings of a chord with this soprano (MIDI), within ranges and spacing; none if it does not fit."""
    classes = [(tonic + c) % 12 for c in chord.classes]
    if soprano % 12 not in classes:
        return ()
    found = []
    leading = (tonic + 11) % 12 if chord.degree in (5, 7) else -1
    for alto in within(RANGES[1], soprano - SPACING[0], soprano, classes):
        for tenor in within(RANGES[2], alto - SPACING[1], alto, classes):
            for bass in within(RANGES[3], tenor - SPACING[2], tenor, classes):
                pitches = (soprano, alto, tenor, bass)
                cost = price(pitches, classes, leading)
                if cost is not None:
                    place = classes.index(bass % 12)
                    found.append(Voicing(pitches, chord, place, cost + chord.cost + INVERSION[place]))
    return tuple(found)


def within(limits, low, high, classes):
    """Return the pitches of these classes in the range of a voice and between low and high."""
    return [p for p in range(max(limits[0], low), min(limits[1], high) + 1) if p % 12 in classes]


def price(pitches, classes, leading):
    """Return the cost of a doubling, or None where a tone is missing that must sound or the leading tone is doubled."""
    counts = [sum(p % 12 == c for p in pitches) for c in classes]
    missing = [place for place, count in enumerate(counts) if not count]
    if missing not in ([], [2]):  # only the fifth may be missing
        return None
    if leading in classes and counts[classes.index(leading)] > 1:
        return None
    # The root may sound three times where the fifth is missing.
    cost = sum(DOUBLED[place] * (count - 1) for place, count in enumerate(counts) if count > 1)
    return cost + NO_FIFTH * len(missing)
