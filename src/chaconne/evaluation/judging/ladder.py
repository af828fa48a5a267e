"""The ladder: held-out clips with more and more damage, as every judge measures them.

A judge is a number of a row that is to grow as music gets worse: one of MEASURES in the space of one embedder. It
follows a damage when its values and the strengths have the same order (Spearman), and sees a strength when its interval
lies above that of the clips as they are. N: clips.
"""

import time
from functools import partial

import numpy as np
from scipy.stats import spearmanr
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from chaconne.evaluation.judging import codec as fewer
from chaconne.evaluation.judging import notes, sound
from chaconne.evaluation.reference.reference import heldout
from chaconne.evaluation.rows import rows
from chaconne.evaluation.rows.resampling import estimate, subsets

MEASURES = ("fad", "fad_infinity", "kad", "mad")
TIMED = 40      # clips that are embedded to know what a thousand cost


def damages(clips, rate, pieces=None, codec=None, seed=0):
    """Return {damage: [(strength, function that gives the damaged clips)]}, from weak to strong.

    clips: int16 [N, samples]; pieces: notes.Pieces of theirs, None for recordings; codec: None for without.
    """
    found = {name: [(strength, partial(damage, clips, strength, seed, rate)) for strength in strengths]
             for name, (damage, strengths, _) in sound.DAMAGE.items()}
    if pieces:
        found |= {name: [(share, partial(pieces.damaged, damage, share, seed, clips.shape[1])) for share in shares]
                  for name, (damage, shares, _) in notes.DAMAGE.items()}
    if codec:
        found |= {name: [(left, partial(fewer.with_channels, clips, codec, left)) for left in channels]
                  for name, (channels, _) in fewer.DAMAGE.items()}
    return found


def units():
    """Return {damage: what its strengths are counted in}."""
    return {name: entry[-1] for part in (sound, notes, fewer) for name, entry in part.DAMAGE.items()}


def run(ground, parts, pieces, codec, draws, seed):
    """Return what `told` says of every damage and judge, and what a judge costs.

    ground: a loaded Reference with the embedders to be judged; parts: running.resume.Parts, which keeps every rung;
    pieces, codec: as in `damages`; draws: resamplings of the clips.
    """
    clips = np.asarray(heldout(ground))
    ladder = damages(clips, ground.about["sample_rate_hz"], pieces, codec, seed)
    kept = subsets(len(clips), draws, seed)
    as_it_is = parts.value("as it is", partial(judged, clips, ground, kept, seed))
    rungs = [(name, strength, damage) for name, steps in ladder.items() for strength, damage in steps]
    values = {}
    for name, strength, damage in tqdm(rungs, desc="ladder", unit="rung"):
        found = parts.value(f"{name} {strength:g}", lambda damage=damage: judged(damage(), ground, kept, seed))
        values.setdefault(name, [as_it_is]).append(found)
    strengths = {name: [strength for strength, _ in steps] for name, steps in ladder.items()}
    return told(values, strengths, units()) | {
        "clips": len(clips), "draws": draws, "corpus": ground.about["corpus"],
        "cpu_seconds_per_1000_clips": parts.value("costs", partial(costs, clips, ground))}


def judged(clips, ground, kept, seed):
    """Return {judge: [value of all clips, low, high, values of the draws ...]} of clips int16 [N, samples]."""
    found, _ = rows.statistics(clips, rows.features_of(clips, ground), ground, seed)
    judges = {path: entry for path, entry in found.items() if path[0] in MEASURES}
    given = {}
    for path, (statistic, lowest, highest) in judges.items():
        value, (low, high) = estimate(statistic, len(clips), kept, lowest, highest)
        given[".".join(path)] = [value, low, high, *statistic(kept).tolist()]
    return given


def told(values, strengths, unit):
    """Return {damages: {damage: {strengths, unit, judges: {judge: {values, follows, interval, sees_from}}}},
    judges: {judge: {follows, interval}}}: rank correlations, of all damages their mean.

    values: {damage: [of judged, from no damage to the strongest]}; strengths: {damage: [without the first]}.
    sees_from: the weakest strength from which on every interval lies above that of no damage, None where none does.
    """
    found, every = {}, {}
    for name, steps in values.items():
        entry = {"strengths": strengths[name], "unit": unit[name], "judges": {}}
        for judge in steps[0]:
            table = np.array([step[judge] for step in steps])     # [strengths + 1, 3 + draws]
            ranks = np.arange(len(table))
            follows = [correlation(ranks, table[:, column]) for column in (0, *range(3, table.shape[1]))]
            every.setdefault(judge, []).append(follows)
            seen = table[1:, 1] > table[0, 2]
            from_here = [i for i in range(len(seen)) if seen[i:].all()]
            entry["judges"][judge] = {
                "values": table[:, 0].tolist(), "follows": follows[0], "interval": spread(follows[1:]),
                "sees_from": strengths[name][from_here[0]] if from_here else None}
        found[name] = entry
    means = {judge: np.mean(follows, axis=0) for judge, follows in every.items()}
    judges = {judge: {"follows": float(mean[0]), "interval": spread(mean[1:])} for judge, mean in means.items()}
    return {"damages": found, "judges": judges}


def correlation(ranks, values):
    """Return Spearman's rank correlation, 0 where all values are alike."""
    return float(spearmanr(ranks, values).statistic) if np.ptp(values) > 0 else 0.0


def spread(values):
    """Return the 2.5 and 97.5 % quantiles of draws of three quarters of the clips."""
    return np.quantile(values, [0.025, 0.975]).tolist()


def costs(clips, ground):
    """Return {embedder: CPU seconds that a thousand of these clips take on one thread}; the rest of a judge is little.
    """
    rate, found = ground.about["sample_rate_hz"], {}
    changed = np.roll(clips[:TIMED], 1, axis=1)     # what is remembered of clips as they are is not known of these
    with threadpool_limits(1):
        for name, embedder in ground.embedders.items():
            embedder.embed(changed[:1], rate)       # weights are read, filters made
            start = time.process_time()
            rows.embed(name, embedder, changed[1:], rate)
            found[name] = (time.process_time() - start) * 1000 / (len(changed) - 1)
    return found
