"""Density, coverage and nearest neighbours of clip embeddings."""

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors

NEIGHBOURS = 5  # k of density and coverage (Naeem 2020 recommends 5)


def clip_vectors(embeddings):
    """Return one vector per clip, the mean over its seconds: [N, S, D] -> [N, D].

    A mean rather than the seconds in order: a copy that starts a second later is still near.
    """
    return embeddings.mean(1)


def density_and_coverage_of(vectors, reference):
    """Return the statistics `kept -> density` and `kept -> coverage` (Naeem 2020, Eqs. 3 and 4).

    vectors: [N, D], reference: [M, D]. Both are defined for equal numbers, so the reference is dealt
    into M // N sets of N clips and the results are averaged: expected for equal distributions are
    density 1 and coverage 1 - 2^-5 = 0.97, whatever the size of the reference.
    """
    sets = max(1, len(reference) // len(vectors))
    dealt = [reference[i::sets][: len(vectors)] for i in range(sets)]
    k = min(NEIGHBOURS, len(dealt[0]) - 1)
    inside = []  # per set: [reference clips, N], whether the clip lies in the ball of the reference clip
    for part in dealt:
        nearest = NearestNeighbors(n_neighbors=k).fit(part)
        radius = nearest.kneighbors()[0][:, -1:]  # without arguments: a point is not its own neighbour
        inside.append(euclidean_distances(part, vectors) < radius)
    hits = np.concatenate(inside).astype(np.float64)
    per_clip = hits.sum(0) / (k * sets)

    def density(kept):
        return kept @ per_clip / kept.sum(1)

    def coverage(kept):
        return (kept @ hits.T > 0).mean(1)

    return density, coverage


def nearest(vectors, reference):
    """Return the distance from each vector [N, D] to the nearest of reference [M, D]: [N]."""
    return NearestNeighbors(n_neighbors=1).fit(reference).kneighbors(vectors)[0][:, 0]


def nearest_train_of(vectors, reference, heldout_nearest):
    """Return the statistic `kept -> median distance to the nearest training clip`, over held-out's.

    heldout_nearest: the same median of held-out clips. 1 means as far as music that training never
    saw, 0 a copy.
    """
    distance = nearest(vectors, reference)

    def statistic(kept):
        return np.array([np.median(distance[row > 0]) for row in kept]) / heldout_nearest

    return statistic
