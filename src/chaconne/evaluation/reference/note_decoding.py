"""Posteriors of notes and onsets to notes: which peaks of the onsets begin one, and for how long it sounds.

A small network judges each peak by what sounds before it, after it and around it, at the pitches where overtones and
semitones lie: so a semitone that begins together is two notes, and the stops of an organ are one. It was taught on
rendered music (scripts/learn_notes.py). basic-pitch's own decoder takes the energy of both neighbours away with each
note, so that of such a semitone it hears one; docs/search.md compares them.
"""

from functools import cache, reduce
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).with_name("note_decoding.npz")
LOWEST = 21     # MIDI pitch of the first of 88
PEAK = 0.25     # posterior of an onset that is worth judging
FEWEST = 7      # frames after an onset that are needed to judge it
# Where the network looks, in semitones from the peak's own pitch: overtones, what it may be one of, neighbours.
AROUND = np.array([-36, -31, -28, -24, -19, -16, -12, -9, -7, -5, -4, -3, -2, -1, 0,
                   1, 2, 3, 4, 5, 7, 9, 12, 16, 19, 24, 28, 31, 36])
AFTER, BEFORE, NEAR = (3, 11), (-8, -2), (-3, 4)    # frames from the peak: means of notes, most of the onsets
# And when, in frames, at its own pitch: of onsets, of notes.
WHEN = np.array([-24, -18, -12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4])
LONG = np.array([-24, -16, -12, -8, -5, -3, -1, 0, 1, 3, 5, 8, 12, 18, 26])
SURE = 0.5      # log odds from which a peak begins a note: few false ones are worth more than the last right one
APART = 6       # frames between two onsets of one pitch; of those nearer the surer one is taken
# A note has gone where it is so far below the mean of its first frames, for some frames on end. It ended a little
# before: rooms ring on, and the network hears a stretch of sound at once (five frames, the median of music tried).
FALLEN, LEAST, FIRST, GONE, RING = 0.6, 0.15, 12, 3, 4
SHORTEST = 3    # frames


def decode(notes, onsets):
    """Return the notes in posteriors [frames, 88]: int16 [notes, 3], first frame, frame after the last, MIDI pitch."""
    frames, pitches = peaks(onsets)
    if not len(frames):
        return np.zeros((0, 3), np.int16)
    found = []
    for pitch, begun in chosen(frames, pitches, log_odds(features(notes, onsets, frames, pitches))).items():
        for first, following in zip(begun, [*begun[1:], len(notes)], strict=True):
            length = length_of(notes[first:following, pitch])
            if length >= SHORTEST:
                found.append((first, first + length, pitch + LOWEST))
    return np.array(sorted(found), np.int16).reshape(-1, 3)


def peaks(onsets):
    """Return frames and pitches (0 to 87) of the peaks of onsets, int [peaks] each; a plateau is one for each frame."""
    padded = np.pad(onsets, ((2, 2), (0, 0)))
    highest = reduce(np.maximum, (padded[i : i + len(onsets)] for i in range(5)))
    frames, pitches = np.nonzero((onsets >= PEAK) & (onsets >= highest))
    early = frames < len(onsets) - FEWEST
    return frames[early], pitches[early]


def features(notes, onsets, frames, pitches):
    """Return what the network knows of each peak: float32 [peaks, features]. Outside of the clip nothing sounds."""
    room = max(-WHEN[0], -LONG[0], LONG[-1])
    notes, onsets = (np.pad(part, ((room, room), (0, 0))) for part in (notes, onsets))
    sums = np.cumsum(notes, axis=0, dtype=np.float32)
    at = frames + room
    after, before = ((sums[at + end - 1] - sums[at + begin - 1]) / (end - begin) for begin, end in (AFTER, BEFORE))
    near = reduce(np.maximum, (onsets[at + i] for i in range(*NEAR)))
    wide = np.pad(np.stack([after, before, near], 1), ((0, 0), (0, 0), (-AROUND[0], AROUND[-1])))
    around = np.take_along_axis(wide, (pitches[:, None] - AROUND[0] + AROUND)[:, None], 2).reshape(len(at), -1)
    own = onsets[at[:, None] + WHEN, pitches[:, None]], notes[at[:, None] + LONG, pitches[:, None]]
    return np.concatenate([around, *own, (pitches[:, None] - 44) / 44], 1).astype(np.float32)


def log_odds(x):
    """Return how sure the network is that peaks with features [peaks, features] begin a note: float32 [peaks]."""
    layers = network()
    for weight, bias in layers[:-1]:
        x = np.maximum(x @ weight + bias, 0)
    weight, bias = layers[-1]
    return (x @ weight + bias)[:, 0]


@cache
def network():
    """Return the layers that scripts/learn_notes.py found: [(weight [in, out], bias [out])] in float32."""
    with np.load(WEIGHTS) as file:
        return [(file[f"weight{i}"], file[f"bias{i}"]) for i in range(len(file.files) // 2)]


def chosen(frames, pitches, sure):
    """Return {pitch: frames} at which notes begin, sorted; of two peaks near each other at one pitch the surer one."""
    begun = {}
    for i in np.argsort(-sure, kind="stable")[: np.count_nonzero(sure >= SURE)]:
        frame, own = int(frames[i]), begun.setdefault(int(pitches[i]), [])
        if all(abs(frame - other) > APART for other in own):
            own.append(frame)
    return {pitch: sorted(own) for pitch, own in begun.items()}


def length_of(level):
    """Return for how many frames a note sounds whose posteriors are level [frames], up to the next of its pitch."""
    top = int(level[:10].argmax())
    there = level[top:] >= max(LEAST, FALLEN * level[top : top + FIRST].mean())
    quiet = bytes(there).find(bytes(GONE))      # so many frames on end
    return top + quiet - RING if quiet >= 0 else len(level)
