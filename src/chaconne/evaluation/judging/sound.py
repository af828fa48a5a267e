"""Damage done to the sound of clips: int16 [N, samples], a strength, a seed and a rate (Hz) give the same shape.

The stronger, the larger `strength` is in its list in DAMAGE (of a filter's corner and a noise's ratio: the smaller).
"""

import numpy as np
from scipy.signal import butter, sosfiltfilt

TREMOR_HZ = 6.0
HOLE_S = 0.05
FADE_S = 0.005      # at the edges of cuts: no clicks but those that are meant


def detuned(clips, cents, seed, rate):
    """Return clips that sound `cents` sharp, and end with their own last moment repeated backwards."""
    factor = 2 ** (cents / 1200)
    places = np.arange(clips.shape[1]) * factor
    places = np.where(places < clips.shape[1] - 1, places, 2 * (clips.shape[1] - 1) - places)
    return as_int16(np.stack([np.interp(places, np.arange(clips.shape[1]), clip) for clip in clips]))


def low_passed(clips, corner_hz, seed, rate):
    """Return clips without what lies above a corner (Butterworth, order 4, there and back: no delay)."""
    return as_int16(sosfiltfilt(butter(4, corner_hz, fs=rate, output="sos"), clips.astype(np.float64)))


def noisy(clips, ratio_db, seed, rate):
    """Return clips with white noise so far below the level of each."""
    level = np.sqrt(np.square(clips, dtype=np.float64).mean(1, keepdims=True)) * 10 ** (-ratio_db / 20)
    return as_int16(clips + level * np.random.default_rng(seed).standard_normal(clips.shape))


def stretched(clips, factor, seed, rate):
    """Return the beginnings of clips, so many times as slow at the same pitch (phase vocoder of librosa)."""
    import librosa

    slow = librosa.effects.time_stretch(clips.astype(np.float32) / 32767, rate=1 / factor)
    return as_int16(slow[:, : clips.shape[1]] * 32767)


def trembling(clips, depth, seed, rate):
    """Return clips whose level goes up and down by `depth` (1: to nothing), six times a second."""
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi, (len(clips), 1))
    wave = np.sin(2 * np.pi * TREMOR_HZ * np.arange(clips.shape[1]) / rate + phase)
    return as_int16(clips * (1 - depth * (1 + wave) / 2))


def with_gaps(clips, share, seed, rate):
    """Return clips of which holes of 50 ms, `share` of the time together, are silent."""
    hole, rng = round(HOLE_S * rate), np.random.default_rng(seed)
    slots = clips.shape[1] // hole
    silent = rng.permuted(np.tile(np.arange(slots), (len(clips), 1)), axis=1) < round(share * slots)
    return as_int16(clips * np.pad(np.repeat(~silent, hole, axis=1), ((0, 0), (0, clips.shape[1] - slots * hole)),
                                   constant_values=True))


def shuffled(clips, seconds, seed, rate):
    """Return clips cut into pieces of so many seconds, in another order, with short fades at the cuts."""
    size = round(seconds * rate)
    count = clips.shape[1] // size
    rng, fade = np.random.default_rng(seed), np.ones(size)
    edge = round(FADE_S * rate)
    fade[:edge] = np.linspace(0, 1, edge)
    fade[-edge:] = fade[:edge][::-1]
    damaged = clips.copy()
    for clip in damaged:
        pieces = clip[: count * size].reshape(count, size)
        clip[: count * size] = np.rint(pieces[rng.permutation(count)] * fade).astype(np.int16).ravel()
    return damaged


def as_int16(sound):
    """Return sound with full scale 32767 as int16; what is louder is cut."""
    return np.rint(np.clip(sound, -32767, 32767)).astype(np.int16)


# name: (what it does, strengths from weak to strong, their unit)
DAMAGE = {
    "detuning": (detuned, (10, 20, 40), "cents sharp"),
    "low-pass": (low_passed, (4000, 2000, 1000), "Hz"),
    "noise": (noisy, (40, 30, 20), "dB below the music"),
    "time-stretch": (stretched, (1.1, 1.3, 1.6), "times as slow"),
    "tremor": (trembling, (0.2, 0.4, 0.8), "of the level, six times a second"),
    "gaps": (with_gaps, (0.02, 0.05, 0.15), "of the time silent, in holes of 50 ms"),
    "shuffled": (shuffled, (3.0, 1.0, 0.375), "seconds of the pieces put in another order"),
}
