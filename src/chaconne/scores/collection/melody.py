"""Which pieces are settings of the same melody: they must not be split between training and test."""

from collections import Counter, defaultdict

import numpy as np

INTERVALS = 10  # successive intervals that have to agree: shorter ones agree by chance
PHRASE = {"note": 14, "beat": 8}  # successive intervals that count as a phrase in common
ALIKE = 0.25  # share of the shorter melody's phrases in common above which two are the same melody
SHIFTS = 3  # openings start at the first, second or third note, so that a pickup does not hide a melody


def intervals(pitches):
    """Return the steps in semitones between successive distinct pitches (repetitions dropped)."""
    steps = np.diff(np.asarray(pitches, int))
    return steps[steps != 0]


def tune(notes):
    """Return onset and pitch of the melody: voice 0, in time."""
    top = notes["voice"] == 0
    return notes["onset"][top], notes["pitch"][top]


def on_beats(onset, pitch, phase):
    """Return the pitches that sound on each quarter: the melody without its passing notes."""
    beats = np.arange(phase, onset[-1] + 1e-3, 1.0)
    beats = beats[beats >= onset[0] - 1e-3]
    return pitch[np.searchsorted(onset, beats + 1e-3) - 1]


def lines(notes, pickup):
    """Return the intervals of a melody twice: of all its notes, and of those on the beat."""
    onset, pitch = tune(notes)
    both = {"note": pitch, "beat": on_beats(onset, pitch, pickup % 1.0)}
    return {kind: tuple(intervals(line).tolist()) for kind, line in both.items()}


def openings(steps):
    """Return the signatures of an opening: transposed, re-barred and decorated settings share one.

    steps: what `lines` returns. Each signature is a tuple of a kind and intervals in semitones.
    """
    found = {("text", *steps["note"][: INTERVALS + SHIFTS - 1])}
    for kind, line in steps.items():
        parts = [line[shift : shift + INTERVALS] for shift in range(SHIFTS)]
        found |= {(kind, *part) for part in parts if len(part) == INTERVALS}
    return found


def signature(notes):
    """Return the first intervals of a melody as text: '+2+2-4'."""
    return "".join(f"{step:+d}" for step in intervals(tune(notes)[1])[: INTERVALS + SHIFTS - 1]) or "+0"


def phrases(line, length):
    """Return all runs of `length` intervals."""
    return {line[i : i + length] for i in range(len(line) - length + 1)}


def same_melody(pieces):
    """Yield pairs (i, j) of pieces that share an opening, or much of the rest though the opening differs."""
    every = [lines(notes, pickup) for notes, pickup in pieces]
    first = {}
    for i, steps in enumerate(every):
        for opening in sorted(openings(steps)):
            yield first.setdefault(opening, i), i
    for kind, length in PHRASE.items():
        holders = defaultdict(list)
        sets = [phrases(steps[kind], length) for steps in every]
        for i, mine in enumerate(sets):
            common = Counter(j for phrase in mine for j in holders[phrase])
            for j, count in sorted(common.items()):
                if count > ALIKE * min(len(mine), len(sets[j])):
                    yield j, i
            for phrase in mine:
                holders[phrase].append(i)


def groups(pieces):
    """Return one name per piece; pieces with the same melody share the name.

    pieces: list of (notes, pickup) with `notes` a dictionary of arrays. The name is the
    signature of the group's first piece.
    """
    parent = list(range(len(pieces)))

    def root(i):
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i

    for i, j in same_melody(pieces):
        a, b = sorted((root(i), root(j)))
        parent[b] = a
    return [signature(pieces[root(i)][0]) for i in range(len(pieces))]
