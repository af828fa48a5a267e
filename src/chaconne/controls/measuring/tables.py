"""metrics/controls.json: asked against attained, and what steering costs.

For every model {gan, diffusion}
    numbers     {number: Spearman's correlation of what was asked and what is heard}, over its own row
    names       {name: share of clips that are heard as they were asked for}
    together    both of these where everything is asked for at once
    moving      {number: share of clips whose second half has moved the way that was asked}
    apart       {pair: what was asked, what is heard, the share of real clips that have it}
    fad         {row: Fréchet distance (log-mel) to real variants}, and `cost`: that over the free row's
`real` has numbers and names as the judges hear held-out music whose scores are known: the most there is to attain.
"""

from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from chaconne.controls.measuring import judges
from chaconne.controls.wishes.numbers import NUMBERS
from chaconne.evaluation.reference import logmel, space
from chaconne.evaluation.reference.batches import in_batches
from chaconne.evaluation.rows import frechet, resampling
from chaconne.running.files import read_json
from chaconne.storage.files import load_array

KINDS = ("gan", "diffusion")    # of models that can be steered


def clips_of(folder):
    """Return (clips int16 [N, S], rate) of a folder."""
    return load_array(Path(folder, "clips.npy"), np.int16, 2), read_json(Path(folder, "about.json"))["sample_rate_hz"]


def spearman_of(asked, heard):
    """Return the statistic `kept [draws, N] -> Spearman's correlation [draws]`; clips that are NaN do not count."""
    counts = np.isfinite(heard) & np.isfinite(asked)

    def statistic(kept):
        found = []
        for row in kept:
            some = (row > 0) & counts
            a, b = rankdata(asked[some]), rankdata(heard[some])
            found.append(np.corrcoef(a, b)[0, 1] if len(a) > 2 and np.ptp(a) and np.ptp(b) else 0.0)
        return np.array(found)

    return statistic


def share_of(right):
    """Return the statistic `kept -> share of clips that are right`."""
    return lambda kept: kept @ right.astype(float) / kept.sum(1)


def fits(asked, heard, whats, draws, seed):
    """Return ({what: value}, {what: interval}) of what was asked ([{what: value}]) against what is heard."""
    values, intervals = {}, {}
    for what in whats:
        rows = [i for i, one in enumerate(asked) if what in one]
        if what not in heard or len(rows) < 8:
            continue
        wished, got = np.array([asked[i][what] for i in rows]), heard[what][rows]
        statistic = spearman_of(wished.astype(float), got) if what in NUMBERS else share_of(wished == got)
        low = -1 if what in NUMBERS else 0
        kept = resampling.subsets(len(rows), draws, seed)
        values[what], intervals[what] = resampling.estimate(statistic, len(rows), kept, low, 1)
    return values, intervals


def moved(folder, asked, panel):
    """Return {number: share of clips whose second half has moved as it was asked}. panel: the Judges of halves."""
    clips, _ = clips_of(folder)
    half = clips.shape[1] // 2
    first, last = panel.hear(clips[:, :half]), panel.hear(clips[:, half:2 * half])
    found = {}
    for name in NUMBERS:
        rows = [i for i, one in enumerate(asked) if name in one]
        if name in first and rows:
            wanted = np.array([asked[i][name][-1][1] - asked[i][name][0][1] for i in rows])
            found[name] = float(np.mean(np.sign(last[name][rows] - first[name][rows]) == np.sign(wanted)))
    return found


def apart(asked, heard, real):
    """Return [{asked, heard (medians), share of real clips at least so extreme in both}] of the pairs."""
    found = []
    for pair in {tuple(sorted(one.items())): one for one in asked}.values():
        rows = [i for i, one in enumerate(asked) if one == pair]
        beyond = np.ones(len(real), bool)
        for name, value in pair.items():
            column = np.array([one.get(name, np.nan) for one in real])
            beyond &= column >= value if value > np.nanmedian(column) else column <= value
        found.append({"asked": pair, "share_of_real": float(beyond.mean()),
                      "heard": {name: float(np.nanmedian(heard[name][rows])) for name in pair if name in heard}})
    return found


class Ground:
    """Real variants: the judges who learned from them, and the space in which distances are taken."""

    def __init__(self, known, draws, seed):
        self.draws, self.seed = draws, seed
        clips, rate = clips_of(Path(known, "train"))
        told = read_json(Path(known, "train/told.json"))
        self.panel, half = judges.learn(clips, rate, told, seed), clips.shape[1] // 2
        self.halves = judges.learn(clips[:, :half], rate, told, seed)
        heldout, _ = clips_of(Path(known, "heldout"))
        self.told = read_json(Path(known, "heldout/told.json"))
        self.real_told = told
        features, held = (in_batches(logmel.embed, one, rate) for one in (clips, heldout))
        self.space, self.rate = space.fit(features, held, logmel.COMPONENTS), rate
        self.moments = frechet.moments(self.space.embeddings)
        self.heldout = heldout

    def distance(self, clips):
        """Return (Fréchet distance of clips to the real ones, its interval)."""
        x = self.space.project(in_batches(logmel.embed, clips, self.rate))
        statistic = frechet.frechet_of(frechet.Distances(x, self.moments))
        return resampling.estimate(statistic, len(clips), resampling.subsets(len(clips), self.draws, self.seed), 0)

    def real(self):
        """Return (row, intervals) of held-out music."""
        whats = [*NUMBERS, *sorted(set(self.told[0]) - set(NUMBERS))]
        values, spread = fits(self.told, self.panel.hear(self.heldout), whats, self.draws, self.seed)
        fad, interval = self.distance(self.heldout)
        return {**split(values), "fad": {"real": fad}}, {**split(spread), "fad": {"real": interval}}

    def model(self, folder, rows):
        """Return (row, intervals, {number: {asked, heard}} clip by clip) of the samples of a model."""
        points = {}
        found, intervals = {"numbers": {}, "names": {}, "fad": {}}, {"numbers": {}, "names": {}, "fad": {}}
        for row in rows:
            clips, _ = clips_of(Path(folder, row))
            asked = read_json(Path(folder, row, "asked.json"))
            found["fad"][row], intervals["fad"][row] = self.distance(clips)
            if row == "moving":
                found["moving"] = moved(Path(folder, row), asked, self.halves)
            elif row == "apart":
                found["apart"] = apart(asked, self.panel.hear(clips), self.real_told)
            elif row != "free":
                whats = sorted(set().union(*asked)) if row == "together" else [row]
                heard = self.panel.hear(clips)
                values, spread = fits(asked, heard, whats, self.draws, self.seed)
                if row in values and row in NUMBERS:
                    points[row] = {"asked": [one[row] for one in asked],
                                   "heard": [float(value) if np.isfinite(value) else None for value in heard[row]]}
                if row == "together":
                    found[row], intervals[row] = split(values), split(spread)
                else:
                    for kind in ("numbers", "names"):
                        found[kind] |= split(values)[kind]
                        intervals[kind] |= split(spread)[kind]
        found["cost"] = {row: value / found["fad"]["free"] for row, value in found["fad"].items()}
        return found, intervals, points


def split(values):
    """Return {numbers, names} of {what: value}."""
    return {"numbers": {what: value for what, value in values.items() if what in NUMBERS},
            "names": {what: value for what, value in values.items() if what not in NUMBERS}}
