"""Bach's band: how often he breaks each rule, and how far from that something is. Nothing below it is better.

A band is {measure: [low, high]} over pieces; see candidates.MEASURES. Whoever minimises violations writes held chords:
so what lies below Bach is as far away as what lies above.
"""

import numpy as np

from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.writing.candidates import GUARDS, MEASURES, measure, setting_of

LOW, HIGH = 5, 95  # percentiles over the pieces
GUARD_ROOM = 0.15  # share by which density may leave Bach's mean before reinforcement stops
SHARE_ROOM = 0.05  # by which rests and unisons may: shares of all frames
NEAR = (0.98, 1.06)  # times Bach's moves a beat: what is aimed at
LEAST_UNIT = 0.5  # violations in 100 beats
WATCHED = (*GUARDS, "melodic", "sonority")  # what reinforcement must keep: see broken_guards


def band_of(grids, low=LOW, high=HIGH):
    """Return ({measure: [low, high]}, {measure: mean}) of whole pieces: percentiles, and means over all their beats.

    Whole ones: in a few bars a rare violation is either none or many in 100 beats.
    """
    each = np.concatenate([measure(grid.pitch[None], setting_of([grid], grid.frames)) for grid in grids])
    weights = np.array([grid.frames for grid in grids], float)
    mean = (each * weights[:, None]).sum(0) / weights.sum()
    return ({name: np.percentile(column, (low, high)).tolist() for name, column in zip(MEASURES, each.T, strict=True)},
            dict(zip(MEASURES, mean.tolist(), strict=True)))


def aims(band, mean, share):
    """Return {measure: ([low, high], unit)}: what reinforcement aims at, and what counts as far from it.

    Of a rule: Bach's band drawn towards his mean (share 1 leaves it, 0 is the mean itself), in units of its upper
    edge, but no finer than half a violation in 100 beats. Of what must not change: his mean and a little more or less.
    """
    found = {name: ([mean[name] + share * (edge - mean[name]) for edge in edges], 0.0) for name, edges in band.items()}
    found = {name: (edges, max(edges[1], LEAST_UNIT)) for name, (edges, _) in found.items()}
    moves = mean["moves"]
    found["moves"] = ([NEAR[0] * moves, NEAR[1] * moves], GUARD_ROOM * moves)
    for name in GUARDS[1:]:
        found[name] = ([0.0, max(band[name][1], mean[name])], SHARE_ROOM)
    return found


def outside(values, band):
    """Return how far values [...] lie above (positive) or below (negative) a band (low, high); 0 within it."""
    low, high = band
    return np.maximum(values - high, 0) - np.maximum(low - values, 0)


def distance(rates, band):
    """Return the summed distance of {rule: violations in 100 beats} to the band, over the twelve rules."""
    return float(sum(abs(outside(rates[name], band[name])) for name in rules.NAMES))


def distances(each, band):
    """Return float [B]: the same of each piece; each: [B, K] as `measure` gives it.

    A piece is short: its moves count too (as a share of Bach's), so that of equally good ones a lively one is chosen.
    """
    total = np.zeros(len(each))
    for name, column in zip(MEASURES, each.T, strict=True):
        if name in rules.NAMES:
            total += np.abs(outside(column, band[name]))
        elif name == "moves":
            total += 100 * np.abs(outside(column, band[name])) / max(band[name][1], 1e-6)
    return total


def broken_guards(now, bach, entropies, bach_entropies, most=0.5):
    """Return {guard: one line} of those that are broken; nothing while all of WATCHED hold.

    now, bach: {measure: mean}; entropies, bach_entropies: {melodic, sonority} in bits, at the same number of pieces;
    most: bits that an entropy may lie below Bach's.
    """
    wrong, ratio = {}, now["moves"] / bach["moves"]
    if abs(ratio - 1) > GUARD_ROOM:
        wrong["moves"] = f"moves: expected {1 - GUARD_ROOM:g} to {1 + GUARD_ROOM:g} times Bach's, got {ratio:.2f}"
    for name in GUARDS[1:]:
        limit = bach[name] + SHARE_ROOM
        if now[name] > limit:
            wrong[name] = f"{name}: expected at most {limit:.3f} of the frames, got {now[name]:.3f}"
    for name, bits in entropies.items():
        limit = bach_entropies[name] - most
        if bits < limit:
            wrong[name] = f"{name} entropy: expected at least {limit:.2f} bits, got {bits:.2f}"
    return wrong
