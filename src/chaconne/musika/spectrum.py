"""Audio <-> what Musika's networks see: log-power spectrograms one way, magnitude and phase the other.

Frames of 4 hops, one a hop, periodic Hann window, neither centred nor padded: S samples hold (S - 4 hop) / hop + 1
frames. B batch, S samples, K = 2 hop + 1 bins, F frames.
"""

import math

import torch

FLOOR = 1e-10                   # of power: -100 dB
SHIFT_DB, SCALE_DB = -25.0, 75.0      # -100 dB becomes -1


def window_of(hop, device=None):
    """Periodic Hann window [4 hop]."""
    return torch.hann_window(4 * hop, periodic=True, device=device)


def frames_in(samples, hop):
    """Number of whole frames in `samples`."""
    return max(0, samples // hop - 3)


def spectrogram(audio, hop):
    """audio: [B, S] in [-1, 1] -> (10 log10 of power + 25) / 75: [B, K, F]."""
    spectrum = torch.stft(audio, 4 * hop, hop, window=window_of(hop, audio.device), center=False,
                          return_complex=True)
    return power(spectrum).clamp(min=FLOOR).log10() * (10 / SCALE_DB) - SHIFT_DB / SCALE_DB


def power(spectrum):
    """Squared magnitudes of complex numbers; a sum over pairs takes six times as long."""
    real, imaginary = torch.view_as_real(spectrum).unbind(-1)
    return torch.addcmul(real.square(), imaginary, imaginary)


def synthesis_window(hop, device=None):
    """Window [4 hop] that undoes the analysis window where four frames overlap."""
    window = window_of(hop, device)
    return window / window.square().reshape(4, hop).sum(0).repeat(4)


def waves(magnitudes, phases, hop):
    """Windowed frames in time: magnitudes, phases [B, K, F] in [-1, 1] -> [B, F, 4 hop].

    A phase of 1 is pi. The amplitude is sqrt(power + 1e-7).
    """
    decibels = magnitudes.mT * SCALE_DB + SHIFT_DB
    amplitude = (torch.exp(decibels * (math.log(10) / 10)) + 1e-7).sqrt()
    angle = phases.mT * math.pi
    spectrum = torch.complex(amplitude * angle.cos(), amplitude * angle.sin())      # half the time of torch.polar
    return torch.fft.irfft(spectrum, n=4 * hop) * synthesis_window(hop, magnitudes.device)


def overlap_add(frames):
    """frames: [B, F, 4 hop] -> audio [B, (F + 3) hop]."""
    count, length, size = frames.shape
    hop = size // 4
    quarters = frames.reshape(count, length, 4, hop)
    total = frames.new_zeros(count, length + 3, hop)
    for i in range(4):
        total[:, i:i + length] += quarters[:, :, i]
    return total.reshape(count, -1)


def invert(magnitudes, phases, hop):
    """Magnitudes, phases [B, K, F] -> audio [B, (F + 3) hop], not clipped.

    The first and last 3 hops are overlapped by fewer frames and fade, as in the original.
    """
    return overlap_add(waves(magnitudes, phases, hop))


def edge_gain(hop, where, device=None):
    """What undoes the fade at `invert`'s 'begin' (hops 1.5 to 3) or 'end' (its last 3 hops, first half): [1.5 hop]."""
    product = (window_of(hop, device) * synthesis_window(hop, device)).reshape(4, hop)
    if where == "begin":
        return 1 / product.cumsum(0)[:3].reshape(-1)[3 * hop // 2:]
    return 1 / product.flip(0).cumsum(0).flip(0)[1:].reshape(-1)[:3 * hop // 2]
