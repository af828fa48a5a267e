"""Twins: two melodies of which one varies the other, in any key, at any tempo, with other ornaments.

A melody here is the pitches of its notes in time (MIDI), repetitions dropped: no rhythm, no tempo. Two are aligned
locally (Smith and Waterman 1981) in the transposition that suits them: notes that agree count 1, another note in the
place of one costs 1, a note that only one of them has costs 1, and ORNAMENT where it is a passing or neighbour note.
The similarity is that score as a share of the shorter melody: 1 where the other has all of it, note for note.

What similarity chance gives depends on the corpus: chorales are short, walk by step in narrow ranges, and agree with
one another far more than fiddle tunes do. So the threshold is measured: the melodies of a corpus backwards, upside
down, and both have its intervals and its lengths, and no twins (`chance`).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

ORNAMENT = 0.2  # cost of a passing or neighbour note that one of the two has; any other note costs 1
STEP = 2  # semitones: what a passing or neighbour note is away from the notes beside it
FARTHEST = 24  # semitones of transposition, either way
KEYS = 3  # transpositions that are tried: those in which the pitches of the two go best together
LEAST = 24  # notes: a shorter melody counts as one of these, because it fits in many by chance
TRUST = 0.995  # share of melodies without a twin that are not called one
HEARD = 400  # melodies at most that `chance` hears, each in three disguises
LANES = 32  # melodies that are aligned at once
PITCHES = 128
ENOUGH = 100  # melodies that say what chance gives; of fewer those are twins that are liker than CERTAIN
CERTAIN = 0.9


@dataclass(frozen=True)
class Twin:
    """Where a melody stands among those that were asked about, where its twin stands in the library; 0..1."""

    line: int
    other: int
    similarity: float


def melody(pitch):
    """Return float32 pitches of a melody without repetitions, of the MIDI pitches of its notes in time."""
    pitch = np.asarray(pitch, np.float32)
    if not len(pitch):
        raise ValueError("twins: expected a melody with notes, got none")
    return pitch[np.diff(pitch, prepend=-1) != 0]


def costs(line):
    """Return float32 [notes]: what it costs that the other melody lacks a note."""
    step = np.abs(np.diff(line)) <= STEP
    reached, left = np.append(False, step), np.append(step, False)
    back = np.zeros(len(line), bool)
    back[2:] = line[2:] == line[:-2]  # the note that a neighbour note returns to was there before
    return np.where(reached & (left | back), ORNAMENT, 1).astype(np.float32)


def counts(line):
    """Return float32 [PITCHES]: how often a melody has each pitch."""
    return np.bincount(line.astype(int), minlength=PITCHES).astype(np.float32)


def keys(line, others):
    """Return float32 [KEYS, others] semitones: where the pitches of `line` go best with those of each of the others.

    others: [PITCHES, others], their counts.
    """
    wide, shifts = np.pad(counts(line), FARTHEST), range(-FARTHEST, FARTHEST + 1)
    common = np.stack([wide[FARTHEST - shift:][:PITCHES] for shift in shifts]) @ others
    return (np.argsort(-common, 0, kind="stable")[:KEYS] - FARTHEST).astype(np.float32)


@numba.njit(cache=True, nogil=True)
def align(line, cost, others, other_costs, shift):
    """Return float32 [lanes]: scores of the best local alignments of `line`, shifted, with each of the others.

    line, cost: [notes]; others, other_costs: [notes, lanes], padded with pitches that nothing agrees with.
    """
    notes, lanes = others.shape
    row = np.zeros((notes + 1, lanes), np.float32)
    best, before = np.zeros(lanes, np.float32), np.zeros(lanes, np.float32)
    zero, one = np.float32(0), np.float32(1)
    for i in range(len(line)):
        before[:] = zero
        for j in range(notes):
            for k in range(lanes):
                above = row[j + 1, k]
                here = before[k] + (one if line[i] + shift[k] == others[j, k] else -one)
                here = max(max(here, zero), max(above - cost[i], row[j, k] - other_costs[j, k]))
                row[j + 1, k] = here
                best[k] = max(best[k], here)
                before[k] = above
    return best


def similarities(lines, library, workers=1):
    """Return float32 [lines, library] similarities of what `melody` returns. workers: threads."""
    order = sorted(range(len(library)), key=lambda i: len(library[i]))
    found = np.zeros((len(lines), len(library)), np.float32)

    def compare(lanes):
        others = [library[i] for i in lanes]
        padded = np.full((max(map(len, others)), len(lanes)), -PITCHES, np.float32)
        padded_costs = np.ones_like(padded)
        for lane, other in enumerate(others):
            padded[:len(other), lane], padded_costs[:len(other), lane] = other, costs(other)
        lengths, pitches = np.array([len(other) for other in others]), np.stack([counts(other) for other in others], 1)
        for i, line in enumerate(lines):
            score = np.max([align(line, costs(line), padded, padded_costs, shift) for shift in keys(line, pitches)], 0)
            found[i, lanes] = score / np.maximum(np.minimum(lengths, len(line)), LEAST)

    parts = [order[first:first + LANES] for first in range(0, len(order), LANES)]
    with ThreadPoolExecutor(workers) as pool:
        list(tqdm(pool.map(compare, parts), "align melodies", len(parts), mininterval=1, delay=2, leave=False))
    return found


def nearest(lines, library, workers=1):
    """Return one Twin for each of the lines, near or far: the likest melody of the library."""
    found = similarities(lines, library, workers)
    return [Twin(i, int(other), float(row[other])) for i, (other, row) in
            enumerate(zip(found.argmax(1), found, strict=True))]


def disguised(lines):
    """Return the lines backwards, upside down, and both: as like others as chance makes them."""
    turned = [line.max() + line.min() - line for line in lines]
    return [line[::-1] for line in lines] + turned + [line[::-1] for line in turned]


def chance(lines, workers=1):
    """Return the similarity that chance hardly exceeds: TRUST of the disguised lines are no liker to any line."""
    some = [lines[i] for i in np.linspace(0, len(lines) - 1, min(HEARD, len(lines))).astype(int)]
    return float(np.quantile([twin.similarity for twin in nearest(disguised(some), lines, workers)], TRUST))


def find(lines, library, threshold):
    """Return a Twin for each of the lines that has one: whose likest melody is liker than the threshold."""
    return [twin for twin in nearest(lines, library) if twin.similarity > threshold]


def families(lines, workers=1):
    """Return int32 [lines]: twins, and twins of twins, have one number. workers: threads; they change no number."""
    threshold = chance(lines, workers) if len(lines) >= ENOUGH else CERTAIN
    return connected_components(similarities(lines, lines, workers) > threshold, directed=False)[1]
