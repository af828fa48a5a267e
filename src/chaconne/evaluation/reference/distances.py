"""Kernel distance between two sets of embeddings (KAD).

N, M: clips; S: seconds (frames) of a clip; D: dimensions. Statistics are functions of `kept`
[draws, N], which clips count, so that hundreds of resamplings cost little more than one.
"""

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel

KAD_SCALE = 100  # kadtk prints 100 x MMD^2


def median_bandwidth(embeddings, most=2000):
    """Return the median distance between different rows of embeddings [N, S, D] (kadtk's bandwidth).

    More than `most` rows are thinned evenly: the median hardly moves and the memory stays small.
    """
    flat = embeddings.reshape(-1, embeddings.shape[-1])
    flat = flat[:: -(-len(flat) // most)].astype(np.float64)
    median = float(np.median(euclidean_distances(flat)[np.triu_indices(len(flat), 1)]))
    if not median > 0:
        raise ValueError("the reference clips are all alike (median distance 0): is the corpus silent?")
    return median


def kernel_sums(x, y, bandwidth):
    """Return the sum of exp(-|a - b|^2 / (2 bandwidth^2)) over the rows of every two clips.

    x: [N, S, D], y: [M, S, D]. Returns float64 [N, M]. Works through x in pieces: a block of at most
    about 25 MB at a time.
    """
    flat = y.reshape(-1, y.shape[-1]).astype(np.float64)
    step = max(1, 3_000_000 // (len(flat) * x.shape[1]))
    blocks = []
    for start in range(0, len(x), step):
        part = x[start : start + step]
        kernel = rbf_kernel(part.reshape(-1, part.shape[-1]).astype(np.float64), flat, 0.5 / bandwidth**2)
        blocks.append(kernel.reshape(len(part), x.shape[1], len(y), y.shape[1]).sum((1, 3)))
    return np.concatenate(blocks)


def mean_of_pairs(sums, frames):
    """Return the mean kernel of rows of different clips, from `kernel_sums` [N, N] of a set with itself."""
    different = sums.sum() - np.trace(sums)
    return float(different / (len(sums) * (len(sums) - 1) * frames**2))


def kernel_of(embeddings, reference, bandwidth, reference_mean):
    """Return the statistic `kept -> KAD`: 100 x unbiased MMD^2 (Gretton 2012, Eq. 3; KAD: Chung 2025).

    reference_mean: `mean_of_pairs` of the reference. Pairs of rows of the *same clip* are left out,
    not only a row with itself: seconds of a clip resemble each other, and would pass for a distance.
    """
    own = kernel_sums(embeddings, embeddings, bandwidth)
    np.fill_diagonal(own, 0.0)
    own /= embeddings.shape[1] ** 2
    cross = kernel_sums(embeddings, reference, bandwidth).mean(1) / (embeddings.shape[1] * reference.shape[1])

    def statistic(kept):
        count = kept.sum(1)
        within = ((kept @ own) * kept).sum(1) / (count * (count - 1))
        return KAD_SCALE * (within + reference_mean - 2 * (kept @ cross) / count)

    return statistic
