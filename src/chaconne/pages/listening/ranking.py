"""More than two systems: the strengths of Bradley & Terry (1952), 'Rank analysis of incomplete block designs'.

System i is chosen over j with the chance s_i / (s_i + s_j). Strengths are told as logarithms with mean 0: a
difference of 1 is 73 %. Each system has PRIOR wins and as many losses more, against an imaginary one of strength 1:
so who won everything stays finite. A tie is half a win each.
"""

from itertools import combinations

import numpy as np

from chaconne.pages.listening import bootstrap
from chaconne.pages.listening.answers import compared

PRIOR = 0.5
ROUNDS, CLOSE = 100, 1e-9
LEVEL = [0.025, 0.975]
NORMAL = 1.96


def ranking(everyone, key, seed):
    """Return {ranking: [{system, rank, strength, interval}], wins, answers, apart, text} of Answers.

    wins, answers: {system: {other: how often it was chosen over the other; how often both were heard}}; apart: pairs
    [better, worse] whose difference has a 95 % interval above 0. A rank is 1 + how many are surely better.
    """
    systems = key["systems"]
    wins, ties = tables(everyone, key)
    counted = (wins + ties / 2).sum((2, 3))
    logs = fitted(counted)
    drawn = fitted(drawn_again(wins + ties / 2, seed)) if everyone else logs[None]
    strength = logs - logs.mean()
    doubt = np.linalg.inv(derivatives(counted, logs)[1])     # covariance [systems, systems], were answers independent
    centred = np.eye(len(systems)) - 1 / len(systems)
    low, high = interval(strength, drawn - drawn.mean(1, keepdims=True), np.diag(centred @ doubt @ centred))
    spread = np.diag(doubt)[:, None] + np.diag(doubt) - 2 * doubt
    above, _ = interval(logs[:, None] - logs, drawn[:, :, None] - drawn[:, None], spread)
    ranks = 1 + (above > 0).sum(0)
    order = sorted(range(len(systems)), key=lambda i: (ranks[i], -strength[i]))
    heard = wins + wins.swapaxes(0, 1) + ties
    found = {"ranking": [{"system": systems[i], "rank": int(ranks[i]), "strength": float(strength[i]),
                          "interval": [float(low[i]), float(high[i])]} for i in order],
             "wins": square(wins.sum((2, 3)), systems), "answers": square(heard.sum((2, 3)), systems),
             "apart": [[systems[i], systems[j]] for i in order for j in order if above[i, j] > 0]}
    return found | {"text": words(found, systems, int(heard.sum()) // 2, len(everyone))}


def tables(everyone, key):
    """Return (wins, ties), each [systems, systems, listeners, pairs]: i was chosen over j; neither was."""
    at = {system: i for i, system in enumerate(key["systems"])}
    pairs = list(compared(key).items())
    wins = np.zeros((len(at), len(at), len(everyone), len(pairs)))
    ties = np.zeros_like(wins)
    for one, answers in enumerate(everyone):
        for p, (name, (a, b)) in enumerate(pairs):
            chosen = answers.chosen.get(name)
            if chosen == "tie":
                ties[at[a], at[b], one, p] = ties[at[b], at[a], one, p] = 1
            elif chosen:
                wins[at[chosen], at[a if chosen == b else b], one, p] = 1
    return wins, ties


def fitted(wins):
    """Return the logarithms of strengths [..., systems] of wins [..., systems, systems] of row over column.

    Newton's method; the likelihood is concave, and steps of a factor e at most do not jump over its top.
    """
    logs = np.zeros(wins.shape[:-1])
    for _ in range(ROUNDS):
        slope, curved = derivatives(wins, logs)
        step = np.linalg.solve(curved, slope[..., None])[..., 0]
        logs += np.clip(step, -1, 1)
        if np.abs(step).max() < CLOSE:
            break
    return logs


def derivatives(wins, logs):
    """Return the slope [..., systems] of the likelihood and minus its curvature [..., systems, systems] at `logs`."""
    chance = 1 / (1 + np.exp(logs[..., None, :] - logs[..., :, None]))
    met, alone = wins + wins.swapaxes(-1, -2), 1 / (1 + np.exp(-logs))      # alone: against strength 1
    slope = (wins - met * chance).sum(-1) + PRIOR * (1 - 2 * alone)
    doubt = met * chance * (1 - chance)
    own = doubt.sum(-1) + 2 * PRIOR * alone * (1 - alone)
    return slope, own[..., None] * np.eye(wins.shape[-1]) - doubt


def drawn_again(table, seed):
    """Return wins [draws, systems, systems] of a table [systems, systems, listeners, pairs]."""
    systems, _, listeners, pairs = table.shape
    people, items = bootstrap.weights(listeners, pairs, seed)
    drawn = np.zeros((bootstrap.DRAWS, systems, systems))
    for i, j in combinations(range(systems), 2):
        drawn[:, i, j], drawn[:, j, i] = (bootstrap.totals(one, people, items) for one in (table[i, j], table[j, i]))
    return drawn


def interval(value, drawn, variance):
    """Return (low, high), each like `value`: over draws, and no narrower than the doubt of independent answers is."""
    low, high = np.quantile(drawn, LEVEL, axis=0)
    margin = NORMAL * np.sqrt(variance)
    return np.minimum(low, value - margin), np.maximum(high, value + margin)


def square(matrix, systems):
    """Return {system: {other: int}} of a matrix [systems, systems]."""
    return {one: {other: int(matrix[i, j]) for j, other in enumerate(systems) if i != j}
            for i, one in enumerate(systems)}


def words(found, systems, answers, listeners):
    """Return the outcome in one line that says no more than the intervals do."""
    people = f"{answers} answers by {listeners} listener{'' if listeners == 1 else 's'}"
    if not found["apart"]:
        return f"No order shown: {people} do not part {', '.join(systems)}."
    pairs = [f"{better} before {worse}" for better, worse in found["apart"]]
    still = len(systems) * (len(systems) - 1) // 2 - len(pairs)
    doubt = f"; {still} of {still + len(pairs)} pairs of systems are not parted" if still else ""
    return f"{', '.join(pairs)}: {people} (95 % intervals of each difference){doubt}."
