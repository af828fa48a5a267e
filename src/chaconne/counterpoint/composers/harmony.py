"""Chords of a key and how they follow one another, as Piston 1978 (Harmony, chapter 3) has it."""

from dataclasses import dataclass
from functools import cache

from chaconne.scores.pieces.modes import SCALES, modal

USUAL, SOMETIMES, SELDOM, ODD = 0.0, 1.0, 2.5, 5.0
# Degree -> degrees that follow it usually, sometimes, seldom (Piston's table of usual root progressions).
PROGRESSIONS = {
    1: ((4, 5), (6,), (2, 3, 7)),
    2: ((5, 7), (4, 6), (1, 3)),
    3: ((6,), (4,), (1, 2, 5)),
    4: ((5, 7), (1, 2), (3, 6)),
    5: ((1,), (6, 4), (2, 3)),
    6: ((2, 5), (3, 4), (1,)),
    7: ((1, 3), (6,), (5,)),
}


@dataclass(frozen=True)
class Chord:
    """classes: pitch classes above the tonic, root first, then third, fifth, seventh; degree: 1..7 of the root.

    target: the degree that a secondary dominant leads to, else None; cost: how far from the plain triads of the key.
    """

    name: str
    classes: tuple
    degree: int
    cost: float = 0.0
    target: int | None = None


MAJOR = (
    Chord("I", (0, 4, 7), 1), Chord("ii", (2, 5, 9), 2), Chord("iii", (4, 7, 11), 3, 1.0), Chord("IV", (5, 9, 0), 4),
    Chord("V", (7, 11, 2), 5), Chord("vi", (9, 0, 4), 6), Chord("vii°", (11, 2, 5), 7, 0.7),
    Chord("V7", (7, 11, 2, 5), 5, 0.4), Chord("ii7", (2, 5, 9, 0), 2, 0.6), Chord("IVmaj7", (5, 9, 0, 4), 4, 2.0),
    Chord("V/V", (2, 6, 9), 2, 1.0, 5), Chord("V7/V", (2, 6, 9, 0), 2, 1.0, 5),
    Chord("V/vi", (4, 8, 11), 3, 1.0, 6), Chord("V7/vi", (4, 8, 11, 2), 3, 1.2, 6),
    Chord("V/ii", (9, 1, 4), 6, 1.2, 2), Chord("V7/ii", (9, 1, 4, 7), 6, 1.4, 2),
    Chord("V7/IV", (0, 4, 7, 10), 1, 1.2, 4),
)
MINOR = (
    Chord("i", (0, 3, 7), 1), Chord("ii°", (2, 5, 8), 2, 0.5), Chord("III", (3, 7, 10), 3, 0.5),
    Chord("iv", (5, 8, 0), 4),
    Chord("V", (7, 11, 2), 5), Chord("VI", (8, 0, 3), 6), Chord("vii°", (11, 2, 5), 7, 0.7),
    Chord("v", (7, 10, 2), 5, 2.5),
    Chord("VII", (10, 2, 5), 7, 1.0, 3), Chord("V7", (7, 11, 2, 5), 5, 0.4), Chord("ii°7", (2, 5, 8, 0), 2, 0.6),
    Chord("IV", (5, 9, 0), 4, 2.0), Chord("V7/III", (10, 2, 5, 8), 7, 1.0, 3), Chord("V/iv", (0, 4, 7), 1, 1.5, 4),
    Chord("V7/iv", (0, 4, 7, 10), 1, 1.2, 4), Chord("V/V", (2, 6, 9), 2, 1.5, 5), Chord("vii°7", (11, 2, 5, 8), 7, 1.0),
    Chord("V7/VI", (3, 7, 10, 1), 3, 1.5, 6),
)
PICARDY = Chord("I", (0, 4, 7), 1, 0.3)
DEGREES = (1, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 7)  # of a pitch class above the tonic
BORROWED = 6.0  # cost of a chord from outside the key


NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
FICTA = 2.5     # cost of a dominant with a raised seventh in a mode that has none: singers did it at cadences


@cache
def vocabulary(mode):
    """Return the chords of a key, those from outside it last and dear: some chord fits every note."""
    own = modal_chords(mode) if modal(mode) else MINOR if mode == "minor" else MAJOR
    known = {frozenset(chord.classes) for chord in own}
    others = [Chord("borrowed", tuple((root + c) % 12 for c in shape), DEGREES[root], BORROWED)
              for root in range(12) for shape in ((0, 4, 7), (0, 3, 7))]
    return own + tuple(chord for chord in others if frozenset(chord.classes) not in known)


def modal_chords(mode):
    """Return the triads of a mode; a mode with a whole tone under its tonic and above it knows the raised seventh."""
    scale, found = SCALES[mode], []
    for number in range(7):
        root, third, fifth = (scale[(number + step) % 7] + 12 * (number + step >= 7) for step in (0, 2, 4))
        shape = third - root, fifth - root
        name = NUMERALS[number] if shape[0] == 4 else NUMERALS[number].lower()
        cost = {7: 0.0, 6: 1.5}.get(shape[1], 3.0)
        name += "°" * (shape == (3, 6))
        found.append(Chord(name, tuple(c % 12 for c in (root, third, fifth)), number + 1, cost))
    if 11 not in scale and scale[1] == 2:
        found.append(Chord("V", (7, 11, 2), 5, FICTA))
    return tuple(found)


def progression(a, b):
    """Return how unusual it is that chord b follows chord a: 0 usual .. 5 odd."""
    if a.target is not None:
        # A dominant that is not resolved is odd, another inversion of itself is not.
        return USUAL if (b.degree == a.target and b.target is None) or set(a.classes) == set(b.classes) else ODD
    if a.degree == b.degree:
        # A seventh goes with its triad, not back to it.
        return SOMETIMES if len(b.classes) >= len(a.classes) else SELDOM
    usual, sometimes, seldom = PROGRESSIONS[a.degree]
    for degrees, cost in ((usual, USUAL), (sometimes, SOMETIMES), (seldom, SELDOM)):
        if b.degree in degrees:
            return cost
    return ODD
