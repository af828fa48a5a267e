"""Fréchet distance of embeddings (FAD), and what it would be with endlessly many clips.

N: clips; S: seconds (frames) of a clip; D: dimensions. Statistics are functions of `kept` [draws, N], which
clips count: every clip enters by its sums of x and x x^T, so hundreds of resamplings cost little more than one.
"""

import numpy as np

from chaconne.evaluation.reference.fad_package import package

PARTS = (1, 2, 3, 4)  # the clips are dealt into so many parts, to see how the distance grows with fewer clips
ROUNDING = 1e-4  # of the two variances together, which the formula takes apart again
ROOM = 2_000_000  # numbers in a block of covariances: 16 MB, what a CPU's cache still holds
SUMS = 40_000_000  # numbers in the sums of all clips: 320 MB; where they need more, draws are made one by one


def moments(embeddings):
    """Return mean [D] and unbiased covariance [D, D] of embeddings [N, S, D] or [N, D], float64."""
    flat = embeddings.reshape(-1, embeddings.shape[-1]).astype(np.float64)
    return flat.mean(0), np.atleast_2d(np.cov(flat, rowvar=False))


def frechet(mean_x, covariance_x, mean_y, covariance_y):
    """Return the Fréchet distance of two Gaussians (Dowson & Landau 1982; FAD: Kilgour 2019).

    The formula is the function of the `frechet-audio-distance` package (it makes no use of `self`). Raises ValueError
    for what no rounding makes of a distance: one below 0, or none.
    """
    formula = package().FrechetAudioDistance.calculate_frechet_distance
    distance = float(formula(None, mean_x, covariance_x, mean_y, covariance_y))
    if not distance >= -ROUNDING * (np.trace(covariance_x) + np.trace(covariance_y)):
        raise ValueError(f"expected a Fréchet distance of 0 or more, frechet-audio-distance gave {distance:g}; "
                         "constraints.txt has the versions that work together")
    return max(0.0, distance)


class Distances:
    """Fréchet distances of subsets of clips to one reference, many at once.

    embeddings: [N, S, D]; reference: (mean [D], covariance [D, D]).
    """

    def __init__(self, embeddings, reference):
        self.covariance = reference[1]
        self.root = root(self.covariance)
        # Centred on the reference: no cancellation in the squares.
        self.x = embeddings.astype(np.float64) - reference[0]
        self.first = self.x.sum(1)
        size = self.x.shape[2] ** 2
        self.second = None
        if len(self.x) * size <= SUMS:
            self.second = np.einsum("nsd,nse->nde", self.x, self.x, optimize=True).reshape(len(self.x), size)

    def squares(self, kept):
        """Return the sum of x x^T over the clips of each draw: [draws, N] -> [draws, D, D]."""
        if self.second is not None:
            return (kept @ self.second).reshape(len(kept), *self.covariance.shape)
        flat = self.x.reshape(-1, self.x.shape[2])
        return np.stack([(flat * np.repeat(row, self.x.shape[1])[:, None]).T @ flat for row in kept])

    def moments(self, kept):
        """Return means [draws, D], from the reference's, and unbiased covariances [draws, D, D]."""
        count = (kept.sum(1) * self.x.shape[1])[:, None]
        mean = kept @ self.first / count
        products = count[:, :, None] * mean[:, :, None] * mean[:, None, :]
        return mean, (self.squares(kept) - products) / (count[:, :, None] - 1)

    def exact(self, row):
        """Return the distance of one draw [N] by the package's function."""
        mean, covariance = self.moments(row[None])
        return frechet(mean[0], covariance[0], np.zeros_like(mean[0]), self.covariance)

    def __call__(self, kept):
        """Return the distances [draws] of draws [draws, N].

        The trace of (C R)^1/2 is the sum of the square roots of the eigenvalues of R^1/2 C R^1/2, which is
        symmetric: 0.2 ms for 64 dimensions, where the package's matrix root takes 4 ms.
        """
        step, found = max(1, ROOM // self.covariance.size), []
        for i in range(0, len(kept), step):
            mean, covariance = self.moments(kept[i : i + step])
            eigenvalues = np.linalg.eigvalsh(self.root @ covariance @ self.root).clip(min=0)
            traces = np.trace(covariance, axis1=1, axis2=2) + np.trace(self.covariance)
            found.append(np.square(mean).sum(1) + traces - 2 * np.sqrt(eigenvalues).sum(1))
        return np.concatenate(found).clip(min=0)


def root(covariance):
    """Return the symmetric square root of a positive semi-definite matrix."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def frechet_of(distances):
    """Return the statistic `kept -> Fréchet distance`. All clips together go through the package's function."""

    def statistic(kept):
        if len(kept) == 1 and kept.all():
            return np.array([distances.exact(kept[0])])
        return distances(kept)

    return statistic


def infinity_of(distances, seed):
    """Return (the statistic `kept -> FAD-infinity`, R^2 of its line for all clips).

    A distance from N clips is too large by about a constant over N (Chong & Forsyth 2020; for FAD: Gui 2024),
    so the line of the distance over 1/N is followed to 0. The sizes are N, N/2, N/3 and N/4, quarters lying
    inside halves; each value is the mean over parts that together hold every clip once, dealt by `seed`. With
    the same clips at every size what is left is the bias: one deal is as steady as 16 random subsets of a
    size. R^2 says whether the line is one: in 64 dimensions 0.95 at 16 seconds in all, 0.998 from 150 on.
    """
    clips = len(distances.x)
    order = np.random.default_rng(seed).permutation(clips)

    def values(kept):
        """Return the mean distance of each number of parts: [draws, len(PARTS)]."""
        places = np.empty(kept.shape)  # of each clip among the kept ones, in the dealt order
        places[:, order] = kept[:, order].cumsum(1) - 1
        means = []
        for parts in PARTS:
            masks = np.concatenate([kept * (places % parts == part) for part in range(parts)])
            means.append(distances(masks).reshape(parts, len(kept)).mean(0))
        return np.stack(means, 1)

    x = np.array(PARTS, float)  # 1/N in units of one over all clips
    centred = x - x.mean()
    slope = centred / np.square(centred).sum()
    intercept = 1 / len(x) - x.mean() * slope

    def statistic(kept):
        return values(kept) @ intercept

    y = values(np.ones((1, clips)))[0]
    left = y - y @ intercept - (y @ slope) * x
    spread = np.square(y - y.mean()).sum()
    return statistic, float(1 - np.square(left).sum() / spread) if spread > 0 else 1.0
