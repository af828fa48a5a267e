"""How far one recording of a small set lies from all the others: what to hold beside a floor that says little.

Held-out clips out of two recordings say how far these two lie from the training music, and two others would say
something else. So every recording, of the training and of the held-out music, is left out in turn (cross-validation,
leave one group out), and its Fréchet distance is taken to the clips of all the others.

What it can be compared with: distances of the same table and embedder, for the space (its principal components, and the
offset) is that of the reference. A row that lies above its interval is farther from the music than the recordings are
from each other.

What it can not be compared with: it is no floor. The clips of one recording spread less than those of many, which alone
makes a distance, so clips out of many pieces come out below it without being better. It has fewer clips than a row,
which makes distances larger (see frechet.infinity_of; clips that overlap count for less than they are). The others hold
the held-out music, which the reference lacks. Its interval is Student's over recordings, as if they were independent,
though each of them is also among the others.
"""

import numpy as np

from chaconne.evaluation.reference.amounts import too_little
from chaconne.evaluation.reference.reference import FEWEST, training_pieces
from chaconne.evaluation.rows import frechet
from chaconne.evaluation.rows.resampling import mean_of

MOST_RECORDINGS = 64  # beyond, held-out recordings are enough for an interval of their own
FEWEST_RECORDINGS = 3  # for an interval


def left_out(embedded, pieces, reference):
    """Return (entry, intervals): {fad: {embedder: mean}, recordings} and {fad: {embedder: [low, high]}}, or two empty
    dictionaries where the held-out music is enough or the recordings are too few or too many.

    embedded: {embedder: float32 [N, S, D]}, held-out clips in the reference's spaces; pieces: [N], their recordings.
    Nothing is embedded again: the training clips are those of the spaces. recordings: with FEWEST clips or more in
    each embedder; all enter with equally many, which are the first in the tables, drawn by seed.
    """
    entry, intervals = {}, {}
    if not too_little(reference.about):
        return entry, intervals
    for name, clips in embedded.items():
        all_pieces = np.concatenate([pieces, training_pieces(reference, name)])
        distances = of_each(np.concatenate([clips, reference.spaces[name].embeddings]), all_pieces)
        if not FEWEST_RECORDINGS <= len(distances) <= MOST_RECORDINGS:
            return {}, {}
        mean, interval = mean_of(distances, 0.0)
        entry.setdefault("fad", {})[name], intervals.setdefault("fad", {})[name] = mean, interval
        entry["recordings"] = min(len(distances), entry.get("recordings", len(distances)))
    return entry, intervals


def of_each(clips, pieces):
    """Return the Fréchet distance of every recording to all the others: [recordings].

    clips: [N, S, D]; pieces: [N], the recording of each clip.
    """
    names, counts = np.unique(pieces, return_counts=True)
    enough = counts >= FEWEST
    if not enough.any() or enough.sum() > MOST_RECORDINGS:
        return np.zeros(enough.sum())
    equal = [clips[np.flatnonzero(pieces == name)[: counts[enough].min()]] for name in names[enough]]
    found = []
    for i, own in enumerate(equal):
        others = equal[:i] + equal[i + 1 :]
        if others:
            found.append(frechet.frechet(*frechet.moments(own), *frechet.moments(np.concatenate(others))))
    return np.array(found)
