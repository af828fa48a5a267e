"""The same sound through another microphone, in another room, with noise."""

import numpy as np

TILT_DB = (-4, 2)  # an octave, above 1 kHz
BELLS_DB, BELLS_HZ, BELL_OCTAVES = 8, (80, 6000), 0.7  # two wide resonances
REVERBERATION_S = (0.2, 2.0)  # until it is 60 dB down
LONGEST_ROOM_S = 1.5
WET = (0.1, 0.8)  # level of the room beside the sound itself
LEVEL_DB = (-26, -17)  # root mean square, of full scale
NOISE_DB = (-75, -48)  # the same, of the noise
PEAK = 0.97
EQUALISED, ROOMS, NOISY = 0.6, 0.4, 0.3  # shares of excerpts


def coloured(sound, rate, rng):
    """Return sound [samples] with other colour, room, level and noise, drawn from rng; peaks are at most 0.97."""
    count = len(sound)
    size = 1 << (2 * count - 1).bit_length()
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / rate), 20)
    spectrum = np.fft.rfft(sound, size)
    if rng.random() < EQUALISED:
        spectrum = spectrum * 10 ** (equaliser(frequency, rng) / 20)
    if rng.random() < ROOMS:
        spectrum = spectrum * np.fft.rfft(room(rate, rng), size)
    sound = np.fft.irfft(spectrum, size)[:count]
    sound = sound * 10 ** (rng.uniform(*LEVEL_DB) / 20) / max(1e-9, rms(sound))
    if rng.random() < NOISY:
        falling = np.maximum(1, np.arange(count // 2 + 1)) ** rng.uniform(0, 0.5)
        noise = np.fft.irfft(np.fft.rfft(rng.normal(size=count)) / falling, count)
        sound = sound + noise * 10 ** (rng.uniform(*NOISE_DB) / 20) / rms(noise)
    return sound / max(1.0, np.abs(sound).max() / PEAK)


def equaliser(frequency, rng):
    """Return decibels at frequencies in Hz: a tilt and two resonances."""
    gain = rng.uniform(*TILT_DB) * np.clip(np.log2(frequency / 1000), 0, 5)
    for _ in range(2):
        centre = np.exp(rng.uniform(*np.log(BELLS_HZ)))
        bell = np.exp(-0.5 * np.square(np.log2(frequency / centre) / BELL_OCTAVES))
        gain = gain + rng.uniform(-BELLS_DB, BELLS_DB) * bell
    return gain


def room(rate, rng):
    """Return an impulse response: the sound itself, then noise that dies away (Moorer 1979)."""
    seconds = rng.uniform(*REVERBERATION_S)
    count = int(min(seconds, LONGEST_ROOM_S) * rate)
    tail = rng.normal(size=count) * 10 ** (-3 * np.arange(count) / rate / seconds)
    tail *= rng.uniform(*WET) / np.sqrt(np.square(tail).sum())
    tail[0] += 1
    return tail


def rms(sound):
    """Return the root mean square."""
    return np.sqrt(np.square(sound).mean())
