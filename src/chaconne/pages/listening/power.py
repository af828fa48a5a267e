"""How many answers part two systems: the power of the exact binomial test, and what listeners who differ cost.

Answers of one listener, or to one pair, resemble each other: of their variance p(1 - p) one part lies between
listeners and one between pairs (a crossed design; Searle 1971, 'Linear models'). They are worth as many independent
answers as have a mean of the same variance (the design effect; Kish 1965, 'Survey sampling').
"""

from dataclasses import dataclass
from itertools import combinations
from math import ceil

import numpy as np
from scipy.stats import binom, norm

from chaconne.pages.listening.answers import Answers, compared, read_everyone, read_key
from chaconne.pages.listening.tally import both, passed

LEVEL = 0.05        # two-sided
NEAREST = 0.01      # to one half: that takes 20,000 answers
MOST_POWER = 0.999
MOST = 100_000      # listeners


@dataclass(frozen=True)
class Alike:
    """The part of the variance of an answer that lies between listeners, and between pairs (0..1)."""

    listeners: float = 0.0
    pairs: float = 0.0


def answers_needed(share, power):
    """Return from which number of independent forced choices on the exact binomial test has this power, always.

    share: how often one system is chosen (0..1, NEAREST off one half or more). The power falls a little where one more
    answer changes the bound of the test: the number is behind the last fall below `power`.
    """
    off = off_half(share)
    if not 0.5 <= power <= MOST_POWER:
        raise ValueError(f"--power: expected 0.5 to {MOST_POWER}, got {power:g}")
    # Where MOST_POWER is reached: (1.96 / 2 + 3.1 / 2)^2 = 6.4 by the normal approximation, and some more.
    counts = np.arange(1, ceil(8 / off ** 2) + 32)
    falls = np.flatnonzero(binomial_power(counts, 0.5 + off) < power)
    return int(counts[falls[-1]]) + 1


def off_half(share):
    """Return how far a share is from one half; raises ValueError where that is nothing to plan with."""
    off = abs(share - 0.5)
    if not NEAREST <= off <= 0.5:
        raise ValueError(f"--share: expected 0 to 1, and {NEAREST:g} or more off one half, got {share:g}")
    return off


def binomial_power(answers, share):
    """Return the chance that the exact two-sided test of `answers` (int array) finds another share than half."""
    bound = binom.isf(LEVEL / 2, answers, 0.5) + 1      # that many, or as few, are too many
    return binom.sf(bound - 1, answers, share) + binom.cdf(answers - bound, answers, share)


def listeners_needed(share, pairs, alike, power):
    """Return how many listeners with `pairs` pairs each make `preference` show the share; None: MOST are too few.

    Two things must hold. The answers are worth as many independent ones as the exact test asks for. And the interval
    over draws of listeners and pairs excludes one half: it counts the variance of a single answer up to three times
    (Owen 2007, 'the pigeonhole bootstrap'), so it asks for more than the exact test does.
    """
    people = np.arange(1, MOST + 1)
    single = 1 - alike.listeners - alike.pairs
    true = alike.listeners / people + alike.pairs / pairs + single / (people * pairs)
    drawn = (alike.listeners * (1 - 1 / people) / people + alike.pairs * (1 - 1 / pairs) / pairs
             + single * ((2 - 1 / people) * (2 - 1 / pairs) - 1) / (people * pairs))
    one = (share * (1 - share)) ** 0.5
    reach = one * (norm.isf(LEVEL / 2) * drawn ** 0.5 + norm.ppf(power) * true ** 0.5)
    # One listener alone has the exact interval.
    enough = (true <= 1 / answers_needed(share, power) + 1e-12) & ((reach <= off_half(share)) | (people == 1))
    return int(people[enough][0]) if enough.any() else None


def between(deviation, share):
    """Return the Alike of listeners whose own shares have this standard deviation (0..1) about `share`."""
    most = 0.25 - off_half(share) ** 2      # the variance of an answer
    if not 0 <= deviation <= most ** 0.5:
        raise ValueError(f"--between: expected 0 to {most ** 0.5:.2g} about {share:g}, got {deviation:g}")
    return Alike(listeners=deviation ** 2 / most if most else 0.0)


def alike_in(table):
    """Return the Alike of answers [listeners, pairs] of 0 and 1 (a tie is a half), by the analysis of variance.

    What cannot be told from one listener, or one pair, is 0; so is what comes out below.
    """
    people, items = table.shape
    if min(people, items) < 2:
        return Alike()
    rows, columns = table.mean(1), table.mean(0)
    rest = ((table - rows[:, None] - columns + table.mean()) ** 2).sum() / ((people - 1) * (items - 1))
    of_rows = max(items * rows.var(ddof=1) - rest, 0) / items
    of_columns = max(people * columns.var(ddof=1) - rest, 0) / people
    whole = of_rows + of_columns + rest
    return Alike(of_rows / whole, of_columns / whole) if whole else Alike()


def measured(files, key_path, may_miss=0, keep=False):
    """Return [{systems, share, interval, alike, listeners}] of each two systems in the answers of `files`."""
    key = read_key(key_path)
    everyone = [one for one in read_everyone(files, key) if keep or passed(one, may_miss)]
    if not everyone:
        raise ValueError("expected a listener who passed the checks, got none; --keep-all counts everyone")
    found = []
    for two in combinations(key["systems"], 2):
        names = [name for name, sides in compared(key).items() if set(sides) == set(two)]
        chosen = [{name: one.chosen[name] for name in names if name in one.chosen} for one in everyone]
        result = both([Answers(one.listener, of_one) for one, of_one in zip(everyone, chosen, strict=True)],
                      list(two), seed=0)["pooled"]
        asked = [name for name in names if all(name in of_one for of_one in chosen)]    # those that all answered
        table = np.array([[{two[1]: 1.0, two[0]: 0.0}.get(of_one[name], 0.5) for name in asked] for of_one in chosen])
        found.append({"systems": two, "share": result["share"], "interval": result["interval"],
                      "alike": alike_in(table), "listeners": len(everyone)})
    return found
