"""What sound says about itself: the brightness of all music, and the other numbers of recordings without scores."""

import warnings

import librosa
import numpy as np
from scipy.signal import find_peaks

from chaconne.controls.wishes.numbers import SPARSE, smoothed

FFT_SAMPLES = 2048
SILENT = 1e-4           # of full scale: softer frames have neither brightness nor pitch
LOWEST, OCTAVES = 33, 6  # A1, and how far above it pitches are looked for
BIN_SAMPLES = 512       # between frames of attacks and of the constant-Q transform
ATTACK, APART_S = 0.07, 0.03    # how far an attack stands out, of the strongest, and the least time between two


def brightness(sound, rate, frames):
    """Return the centre of the spectrum in Hz over time, [T]: the mean frequency, weighted by power.

    sound: float32 [S] in [-1, 1]; frames: T, of equal length. NaN where there is silence.
    """
    hop = max(1, round(len(sound) / frames))
    power = np.abs(librosa.stft(sound, n_fft=FFT_SAMPLES, hop_length=hop, center=True))[:, :frames] ** 2
    power = np.pad(power, ((0, 0), (0, frames - power.shape[1])), mode="edge")
    weight = smoothed(power.sum(0), rate / hop)
    centre = smoothed(librosa.fft_frequencies(sr=rate, n_fft=FFT_SAMPLES) @ power, rate / hop)
    loud = weight > (SILENT * FFT_SAMPLES / 4) ** 2
    return np.divide(centre, weight, out=np.full(frames, np.nan), where=loud)


def heard(sound, rate, frames):
    """Return {tempo, density, register}, each [T] in its unit, as a recording sounds.

    tempo: of the whole clip (librosa's, Ellis 2007), NaN for silence; density: attacks a second, which is fewer than
    notes where chords are struck; register: mean pitch of a constant-Q transform, weighted by power.

    Attacks are SciPy's peaks, not librosa's: what Numba compiles for those breaks workers that compile at the same time
    (numba/numba#10128).
    """
    each = frames / (len(sound) / rate)
    with warnings.catch_warnings():     # of librosa, for what is shorter than its lowest notes need
        warnings.simplefilter("ignore")
        rise = librosa.onset.onset_strength(y=sound, sr=rate, hop_length=BIN_SAMPLES)
        # Of silence librosa says its prior, 117 or so.
        tempo = float(librosa.feature.tempo(onset_envelope=rise, sr=rate)[0]) if rise.max(initial=0) > 0 else np.nan
        attacks = librosa.frames_to_time(attacks_in(rise, rate), sr=rate, hop_length=BIN_SAMPLES)
        power = np.abs(librosa.cqt(sound, sr=rate, hop_length=BIN_SAMPLES, fmin=librosa.midi_to_hz(LOWEST),
                                   n_bins=12 * OCTAVES)) ** 2
    counts = np.bincount(np.minimum((attacks * each).astype(int), frames - 1), minlength=frames)
    place = np.minimum((np.arange(frames) / each * rate / BIN_SAMPLES).astype(int), power.shape[1] - 1)
    power = power[:, place]
    weight, centre = smoothed(power.sum(0), each), smoothed((LOWEST + np.arange(len(power))) @ power, each)
    register = np.divide(centre, weight, out=np.full(frames, np.nan), where=weight > SILENT ** 2)
    return {"tempo": np.full(frames, tempo), "density": np.maximum(smoothed(counts, each) * each, SPARSE),
            "register": register}


def attacks_in(rise, rate):
    """Return the frames [N] of attacks in librosa's onset strength [T], none in silence."""
    strongest = rise.max()
    if strongest <= 0:
        return np.empty(0, int)
    apart = max(1, round(APART_S * rate / BIN_SAMPLES))
    return find_peaks(rise / strongest, prominence=ATTACK, distance=apart)[0]
