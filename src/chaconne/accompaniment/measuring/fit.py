"""How well an accompaniment fits a voice, measured on the sound alone: nothing here knows a network.

N: clips, S: samples.
"""

from functools import cache

import numpy as np
from scipy.signal import find_peaks

from chaconne.evaluation.reference import chroma, harmony, transcription
from chaconne.evaluation.reference.batches import in_batches
from chaconne.evaluation.reference.logmel import HOP_SAMPLES, log_mel

TOGETHER_S = 0.1    # onsets closer than this fall together: two hops of the flux, and the codec's own blur
SCALES = {"major": (0, 4, 7), "minor": (0, 3, 7)}
STRONG = 3          # pitch classes of a beat among which the given voice's must be, to be heard
# measure: (lowest, highest) that it can be
MEASURES = {"chord_agreement": (0, 1), "chroma_similarity": (-1, 1), "onset_agreement": (0, 1), "dissonance": (0, 1),
            "given_heard": (0, 1)}


def unavailable():
    """Return {measure: what to do} of those that cannot be taken here."""
    lacking = transcription.missing()
    return {"dissonance": lacking} if lacking else {}


def measure(heard, accompaniment, given, truth, beats, rate):
    """Return {measure: [N]}; NaN where a clip has nothing to measure.

    heard: int16 [N, S], what one hears; accompaniment: what of it was added; given: the voice; truth: the voice with
    its true accompaniment; beats: samples of a beat, [N].

    chord_agreement: share of beats on which the triad that fits best is that of the truth
    chroma_similarity: correlation of the twelve pitch classes with the truth's, mean over beats
    onset_agreement: F of the onsets of voice and accompaniment, which fall together or not
    dissonance: share of time in which two pitch classes a semitone apart are transcribed (of the first 3.6 seconds)
    given_heard: share of beats on which the strongest pitch class of the voice is among the three strongest
    """
    found = {name: np.full(len(heard), np.nan) for name in MEASURES}
    for beat in np.unique(beats):
        rows = np.flatnonzero(beats == beat)
        ours, true, voice = (in_batches(chroma.chroma, clips[rows], rate, int(beat)) for clips in (heard, truth, given))
        audible = (true.sum(2) > chroma.SILENT_CHROMA) & (voice.sum(2) > chroma.SILENT_CHROMA)
        sounds = ours.sum(2) > chroma.SILENT_CHROMA
        for name, values in (("chord_agreement", (triads(ours) == triads(true)) & sounds),
                             ("chroma_similarity", correlation(ours, true)),
                             ("given_heard", among(voice, ours) & sounds)):
            found[name][rows] = chroma.mean_where(values, audible)
    for i in range(len(heard)):
        found["onset_agreement"][i] = agreement(*(onsets(clips[i:i + 1], rate) for clips in (accompaniment, given)))
    if not unavailable():
        found["dissonance"][:] = harmony.describe_all(transcription.transcribe(heard, rate))["dissonance"]
    return found


@cache
def templates():
    """Return the 24 triads as unit vectors above their mean: [24, 12]."""
    rows = [np.isin((np.arange(12) - root) % 12, steps) for steps in SCALES.values() for root in range(12)]
    return unit(np.array(rows, float))


def unit(x):
    """Return vectors above their mean, of length 1 (0 for what is flat)."""
    above = x - x.mean(-1, keepdims=True)
    return above / np.maximum(np.linalg.norm(above, axis=-1, keepdims=True), 1e-12)


def triads(windows):
    """Return the number of the triad that fits best: [N, beats, 12] -> [N, beats]."""
    return (unit(windows) @ templates().T).argmax(-1)


def correlation(a, b):
    """Return the correlation over pitch classes: two of [N, beats, 12] -> [N, beats]."""
    return (unit(a) * unit(b)).sum(-1)


def among(voice, heard):
    """Return where the strongest pitch class of `voice` is among the STRONG strongest of `heard`: [N, beats]."""
    strongest = np.argsort(heard, axis=-1)[..., -STRONG:]
    return (strongest == voice.argmax(-1)[..., None]).any(-1)


def onsets(clip, rate):
    """Return the times of the onsets in int16 [1, S], seconds, as hearing.chroma counts them."""
    rise = log_mel(clip, rate).diff(dim=1).clamp(min=0).mean(2).numpy()[0]
    gap = max(1, round(chroma.ONSET_GAP_S * rate / HOP_SAMPLES))
    return find_peaks(rise, prominence=chroma.ONSET_PROMINENCE, distance=gap)[0] * HOP_SAMPLES / rate


def agreement(a, b):
    """Return the F measure of two lists of times of which each meets at most one of the other.

    a: of the accompaniment, 0 where it has none; b: of the voice, NaN where that has none.

    Times are sorted, so that taking the first that is near enough finds the most pairs (intervals of one length).
    """
    if not len(b):
        return np.nan
    met, i = 0, 0
    for time in b:
        while i < len(a) and a[i] < time - TOGETHER_S:
            i += 1
        if i < len(a) and a[i] <= time + TOGETHER_S:
            met, i = met + 1, i + 1
    return 2 * met / (len(a) + len(b))
