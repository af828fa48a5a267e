"""What transcribed notes say about melody, harmony and rhythm: figures of one clip, out of a PrettyMIDI.

Counts (histograms) are of whole sets: they are added up over clips before they are compared.
"""

import numpy as np
from scipy.spatial.distance import jensenshannon

FRAMES_A_SECOND = 50
WIDEST = 12  # semitones of a melodic interval that has a bin of its own; wider leaps count as the octave
TOGETHER_S = 0.05  # onsets closer than this are one: nobody hears them apart, and transcription scatters them
PULSES_S = np.geomspace(0.1, 0.8, 120)  # periods of a pulse that are tried: sixteenths to beats
FEWEST_ONSETS = 4


def describe(midi, seconds):
    """Return what one clip of `seconds` is like: a dictionary of numbers and of counts.

    pitch_classes   [12], seconds that each pitch class is held, C first
    intervals       [25], steps of the top line from -12 to 12 semitones
    simultaneity    [7], frames: entry 0 where nothing sounds together, entry i where two pitch classes i
                    semitones apart do (1: minor second or major seventh ... 6: tritone). A frame adds up to 1.
    density         notes a second
    polyphony       pitches that sound at once, mean over the frames in which any does
    dissonance      share of frames in which two pitch classes are a semitone apart
    onset_regularity  how well onsets fit the pulse that fits best, 0 to 1; 0 for fewer than four onsets
    """
    notes = sorted((n for i in midi.instruments for n in i.notes), key=lambda n: (n.start, n.pitch))
    roll = sounding(notes, seconds)
    voices = roll.sum(1)
    classes = np.stack([roll[:, k::12].any(1) for k in range(12)], 1)
    together = interval_classes(classes)
    return {
        "pitch_classes": np.stack([roll[:, k::12].sum() for k in range(12)]) / FRAMES_A_SECOND,
        "intervals": intervals(notes),
        "simultaneity": together.sum(0),
        "density": len(notes) / seconds,
        "polyphony": voices.sum() / max(1, (voices > 0).sum()),
        "dissonance": (together[:, 1] > 0).mean(),
        "onset_regularity": onset_regularity(np.array([n.start for n in notes])),
    }


def sounding(notes, seconds):
    """Return which pitches sound in which frame: bool [frames, 128]."""
    roll = np.zeros((max(1, round(seconds * FRAMES_A_SECOND)), 128), bool)
    for note in notes:
        first, end = round(note.start * FRAMES_A_SECOND), round(note.end * FRAMES_A_SECOND)
        roll[first : max(end, first + 1), note.pitch] = True
    return roll


def interval_classes(classes):
    """Return how the pitch classes [frames, 12] that sound together are apart: [frames, 7], rows add up to 1.

    Interval classes, as in Forte's interval vector: octaves, inversions and keys make no difference, so
    that neither the overtones of an organ nor a small set of keys hides a wrong note.
    """
    count = np.zeros((len(classes), 7))
    for apart in range(1, 7):
        both = (classes & np.roll(classes, apart, axis=1)).sum(1)
        count[:, apart] = both / 2 if apart == 6 else both  # a tritone meets itself half-way round
    total = count.sum(1, keepdims=True)
    count[:, 0] = total[:, 0] == 0
    return count / np.maximum(total, 1)


def intervals(notes):
    """Count the steps of the top line: notes that nothing higher sounds above when they begin, [25]."""
    top = []
    for note in notes:
        if any(other.pitch > note.pitch and other.start - TOGETHER_S < note.start < other.end for other in notes):
            continue
        top.append(note.pitch)
    steps = np.clip(np.diff(top), -WIDEST, WIDEST).astype(int) if len(top) > 1 else np.empty(0, int)
    return np.bincount(steps + WIDEST, minlength=2 * WIDEST + 1)


def onset_regularity(starts):
    """Return how well onsets (sorted, s) fit the best of several pulses: length of the mean phase vector.

    1 for a metronome; 12 random onsets reach about 0.6, because the best pulse is chosen.
    """
    onsets = [time for i, time in enumerate(starts) if i == 0 or time - starts[i - 1] > TOGETHER_S]
    if len(onsets) < FEWEST_ONSETS:
        return 0.0
    return float(np.abs(np.exp(2j * np.pi * np.outer(1 / PULSES_S, onsets)).mean(1)).max())


def describe_all(heard):
    """Describe every clip of a list of transcription.Heard: {name: [N] or [N, bins]}."""
    each = [describe(one.midi(), one.seconds) for one in heard]
    return {name: np.stack([row[name] for row in each]).astype(np.float64) for name in each[0]}


def histogram_distance_of(counts, reference):
    """Return the statistic `kept -> Jensen-Shannon distance` of counts [N, bins], summed over clips, to [bins].

    In bits: 0 for equal shares, 1 for disjoint ones, and 1 where nothing was counted at all.
    """

    def statistic(kept):
        sums = kept @ counts
        return np.array([jensenshannon(row, reference, base=2) if row.sum() > 0 else 1.0 for row in sums])

    return statistic
