"""From answers to a preference with an interval, per listener and over all of them.

One listener: the exact binomial interval (Clopper & Pearson 1934) of the share of the second system,
answers without a preference set aside. Several: listeners and pairs are both drawn again (bootstrap.py); the
interval covers that one and the exact one, because few listeners make any bootstrap too sure. More than two systems
are ranked (ranking.py). Who misses checks is left out; whether repeats agree decides nothing, since where two
systems are alike the best ears answer by chance.
"""

from collections import Counter
from dataclasses import asdict

import numpy as np
from scipy.stats import binomtest

from chaconne.pages.listening import bootstrap
from chaconne.pages.listening.answers import read_everyone, read_key
from chaconne.pages.listening.ranking import ranking


def preference(files, key_path, seed=0, may_miss=0, keep=False):
    """Return {systems, listeners: {name: result}, pooled: result, text, ...} of the answers in `files`.

    A result: {wins: {system: n}, ties, share, interval}; `share` is that of the second system among the
    answers with a preference, None where there is none. More than two systems: no share, and what ranking.ranking
    returns instead of `pooled`. may_miss: checks; who misses more counts in nothing but `listeners` unless `keep`.
    """
    key = read_key(key_path)
    everyone = read_everyone(files, key)
    kept = [one for one in everyone if keep or passed(one, may_miss)]
    systems = key["systems"]
    found = {"systems": systems, "reference": key.get("reference"), "test": key["test"],
             "listeners": {one.listener: result(Counter(one.chosen.values()), systems) for one in everyone}}
    if any(one.checks.checks or one.checks.repeats for one in everyone):
        found["checks"] = {"may_miss": may_miss, "kept_all": keep,
                           "listeners": {one.listener: asdict(one.checks) for one in everyone},
                           "left_out": [one.listener for one in everyone if one not in kept]}
    found |= both(kept, systems, seed) if len(systems) == 2 else ranking(kept, key, seed)
    return found if kept else found | {"text": "No preference shown: no listener passed the checks."}


def passed(one, may_miss):
    """Tell whether a listener missed no more checks than one may."""
    return one.checks.checks - one.checks.passed <= may_miss


def both(everyone, systems, seed):
    """Return {pooled, text} of Answers about two systems."""
    pooled = result(sum((Counter(one.chosen.values()) for one in everyone), Counter()), systems)
    if len(everyone) > 1 and pooled["share"] is not None:
        low, high = both_drawn_again(everyone, systems, seed)
        pooled["interval"] = [min(low, pooled["interval"][0]), max(high, pooled["interval"][1])]
    return {"pooled": pooled, "text": words(pooled, systems, len(everyone))}


def result(counts, systems):
    """Return {wins, ties, share, interval} of counted answers, with the exact interval; a share is of two systems."""
    wins = {system: counts[system] for system in systems}
    total = sum(wins.values())
    if not total or len(systems) > 2:
        return {"wins": wins, "ties": counts["tie"], "share": None, "interval": None}
    test = binomtest(wins[systems[1]], total)
    return {"wins": wins, "ties": counts["tie"], "share": wins[systems[1]] / total,
            "interval": [float(bound) for bound in test.proportion_ci(0.95, "exact")]}


def both_drawn_again(everyone, systems, seed):
    """Return the 95 % interval of the second system's share over draws of listeners and of pairs."""
    pairs = sorted({pair for one in everyone for pair in one.chosen})
    # won, decided: [listeners, pairs], 1 where the second system was chosen, 1 where any was
    won = np.array([[one.chosen.get(pair) == systems[1] for pair in pairs] for one in everyone], float)
    decided = np.array([[one.chosen.get(pair) in systems for pair in pairs] for one in everyone], float)
    people, items = bootstrap.weights(len(everyone), len(pairs), seed)
    top, bottom = (bootstrap.totals(table, people, items) for table in (won, decided))
    low, high = np.quantile(top[bottom > 0] / bottom[bottom > 0], [0.025, 0.975])
    return float(low), float(high)


def words(pooled, systems, listeners):
    """Return the outcome in one sentence that does not say more than the interval does."""
    people = f"{listeners} listener{'' if listeners == 1 else 's'}"
    ties = f", {pooled['ties']} without a preference" if pooled["ties"] else ""
    if pooled["share"] is None:
        return f"No preference shown: {people} gave no answer with a preference{ties}."
    low, high = pooled["interval"]
    better = systems[pooled["share"] > 0.5]
    share, low, high = (pooled["share"], low, high) if better == systems[1] else (
        1 - pooled["share"], 1 - high, 1 - low)
    total = sum(pooled["wins"].values())
    chosen = f"{better} chosen in {pooled['wins'][better]} of {total} answers by {people}{ties}"
    numbers = f"{100 * share:.0f} % (95 % interval {100 * low:.0f} to {100 * high:.0f} %)"
    if low <= 0.5 <= high:
        return f"No preference shown: {chosen}, {numbers}, and 50 % lies inside."
    return f"{better} is preferred: {chosen}, {numbers}."
