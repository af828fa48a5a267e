"""Who meets whom in a listening test: every two systems equally often, on both sides, with checks among them.

A check has the music itself on one side and noise on the other: who misses it does not listen. A repeat is a pair
heard once more, half a page later, with its sides swapped: who answers otherwise hears little between the two.
"""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations

PAIRS = 20              # where nobody says how many, and clips suffice: ten minutes
LATER = (0.35, 0.5)     # of the page, between a pair and its repeat


@dataclass(frozen=True)
class Heard:
    """One sound of a trial: clip number `clip` of a row."""

    row: str
    clip: int


@dataclass(frozen=True)
class Trial:
    """What stands together on the page: {'A', 'B' and perhaps 'X': Heard}.

    check: the row to choose, where one is right; repeats: the trial that this one is again.
    """

    sounds: dict
    check: str | None = None
    repeats: "Trial | None" = None


@dataclass(frozen=True)
class Asked:
    """A test: systems, the row of X (None: no X), how many pairs, checks (`better` or `worse`?) and repeats."""

    systems: tuple
    reference: str | None
    pairs: int
    checks: int
    repeats: int
    better: str = "real"
    worse: str = "noise"


def trials(asked, counts, rng):
    """Return the trials in the order of the page.

    counts: {row: how many clips it has}. No clip is heard in two pairs, but in checks where a row has too few.
    """
    decks = {row: deal(count, rng) for row, count in counts.items()}
    placed = []     # (place on the page in 0..1, trial)
    meetings = matches(asked.systems, asked.pairs, rng)
    for i, sides in enumerate(meetings):
        placed.append(((i + 0.5) / asked.pairs, Trial(sounds(sides, asked.reference, decks))))
    early = [(place, trial) for place, trial in placed if place <= 0.5]
    for i in rng.choice(len(early), asked.repeats, replace=False):
        place, trial = early[i]
        swapped = trial.sounds | {"A": trial.sounds["B"], "B": trial.sounds["A"]}
        placed.append((place + rng.uniform(*LATER), replace(trial, sounds=swapped, repeats=trial)))
    for i, flipped in enumerate(halves(asked.checks, rng)):
        sides = (asked.better, asked.worse)[::-1 if flipped else 1]
        trial = Trial(sounds(sides, asked.reference, decks), check=asked.better)
        placed.append(((i + rng.uniform()) / asked.checks, trial))
    return [trial for _, trial in sorted(placed, key=lambda one: one[0])]


def matches(systems, pairs, rng):
    """Return [(A, B)]: each two systems equally often, or once more, and each as often on either side as can be."""
    both = list(combinations(range(len(systems)), 2))
    often = Counter(int(i) for turn in range(-(-pairs // len(both)))
                    for i in rng.permutation(len(both))[:pairs - turn * len(both)])
    found = []
    for i, (one, other) in enumerate(both):
        # Where the number is odd one of the two is A once more: never the same one in all of its pairs.
        left, right = (one, other) if (other - one) % 2 else (other, one)
        sides = [(left, right), (right, left)]
        found += [tuple(systems[j] for j in sides[turn % 2]) for turn in range(often[i])]
    return [found[i] for i in rng.permutation(len(found))]


def sounds(sides, reference, decks):
    """Deal clips to A and B, and to X where there is a reference; A and X of one row are two clips."""
    rows = ({"X": reference} if reference else {}) | dict(zip("AB", sides, strict=True))
    dealt = []
    for row in rows.values():
        dealt.append(next(heard for clip in decks[row] if (heard := Heard(row, clip)) not in dealt))
    return dict(zip(rows, dealt, strict=True))


def deal(count, rng):
    """Yield 0..count - 1 in an order of chance, and in another one when all were dealt, without an end."""
    while True:
        yield from (int(i) for i in rng.permutation(count))


def halves(count, rng):
    """Return 0 and 1, equally often or 0 once more, in an order of chance: int [count]."""
    return rng.permutation(count) % 2


def most_pairs(systems, reference, counts):
    """Return how many pairs there can be of clips that are heard in no other pair."""
    both, pairs = len(systems) * (len(systems) - 1) // 2, 0
    while True:
        each = -(-(pairs + 1) // both) * (len(systems) - 1)     # appearances of a system, at most
        needed = Counter(dict.fromkeys(systems, each)) + Counter({reference: pairs + 1} if reference else {})
        if any(counts[row] < number for row, number in needed.items()):
            return pairs
        pairs += 1
