"""Density, coverage and nearest neighbours of clip embeddings, and what they warn of."""

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors

NEIGHBOURS = 5  # k of density and coverage (Naeem 2020 recommends 5)
# A copy is a clip that lies less than half as far from a training clip as the median unseen one. Measured with
# `logmel` on chorales, in units of that median: 1 in 240 unseen clips is nearer than 0.65; training clips sent
# through the codec lie at 0.16 to 0.44, those that start a quarter note off at 0.23 to 0.9. A copy that starts
# a second off is missed (0.65): the nearest clip of the reference then holds other notes. Small sets are searched
# closely enough for none to be missed (APART_S in reference.py); of large ones one crop in many is there, and copies
# that begin on no beat are mostly missed.
COPY = 0.5
COPIES = 0.1  # share of copies from which a row is said to be memorised
COLLAPSE = 0.5  # coverage below which a row is said to have collapsed: 240 clips that are 24 reach 0.38
TYPICAL = 1.5  # density over coverage of a collapse: its clips are in the right place, but all in the same


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


def copied_of(vectors, reference, heldout_nearest):
    """Return the statistic `kept -> share of clips that are copies` (see COPY) of training clips."""
    copies = (nearest(vectors, reference) < COPY * heldout_nearest).astype(np.float64)

    def statistic(kept):
        return kept @ copies / kept.sum(1)

    return statistic


def warnings_of(name, row, intervals):
    """Return what the density, coverage and copies of a row warn of: one line each."""
    found = []
    if intervals["copied"][0] > COPIES:
        found.append(
            f"{name}: memorised? {row['copied']:.0%} of its clips lie less than half as far from a training clip "
            f"as unseen music does (distance to the nearest: {row['nearest_train']:.2g} of that of unseen music)"
        )
    if intervals["coverage"][1] < COLLAPSE and row["density"] > TYPICAL * row["coverage"]:
        found.append(
            f"{name}: collapsed? its clips come near {row['coverage']:.0%} of the reference (music of the same "
            f"kind: 97%) but lie among it (density {row['density']:.2g}): it makes the same few over and over"
        )
    return found
