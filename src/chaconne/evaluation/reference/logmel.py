"""Embedder `logmel`: how the log-mel spectrum of each second looks on average and how it varies.

Needs no weights. Sees filtering, noise, silence and wrong timbre strongly, wrong notes weakly.
"""

from functools import cache

import numpy as np
import torch
from torchaudio.functional import melscale_fbanks

FFT_SAMPLES, HOP_SAMPLES, BANDS, FLOOR = 2048, 512, 128, 1e-5
COMPONENTS = 64  # kept of the 256 features, by principal components of the reference
MOST = None  # all reference clips are embedded


def missing():
    """Return what to do before this embedder can run: nothing, it has no weights."""
    return None


def embed(clips, sample_rate_hz):
    """Return mean and standard deviation of every mel band over every second.

    clips: int16 [clips, samples]. Returns float32 [clips, seconds, 256]; a last, incomplete second
    is left out, and a clip shorter than a second counts as one.
    """
    frames = log_mel(clips, sample_rate_hz)
    second = (torch.arange(frames.shape[1]) * HOP_SAMPLES + FFT_SAMPLES // 2) // sample_rate_hz
    seconds = max(1, clips.shape[1] // sample_rate_hz)
    parts = [frames[:, second == i] for i in range(seconds)]
    pooled = [torch.cat([part.mean(1), part.std(1, correction=0)], 1) for part in parts]
    return torch.stack(pooled, 1).numpy()


def log_mel(clips, sample_rate_hz):
    """Return log10 of the mel power spectrum, floor 1e-5: float32 tensor [clips, frames, 128].

    Frames lie wholly inside the clip: padding would add a click that no clip has. The floor is
    about 90 dB under a full-scale tone, so the rounding noise of 16-bit audio stays below it.
    """
    if clips.shape[1] < FFT_SAMPLES:
        raise ValueError(f"logmel needs clips of {FFT_SAMPLES} samples or more, received {clips.shape[1]}")
    audio = torch.from_numpy(clips.astype(np.float32) / 32767)
    frames = audio.unfold(1, FFT_SAMPLES, HOP_SAMPLES) * torch.hann_window(FFT_SAMPLES)
    # |X|^2 from the two parts: four times faster than abs() of complex numbers.
    power = torch.view_as_real(torch.fft.rfft(frames)).square_().sum(-1)
    return (power @ mel_bands(sample_rate_hz)).clamp_(min=FLOOR).log10_()


@cache
def mel_bands(sample_rate_hz):
    """Return the triangular mel filters, Slaney's scale and norm as in librosa: [1025, 128]."""
    bins, nyquist_hz = FFT_SAMPLES // 2 + 1, sample_rate_hz / 2
    return melscale_fbanks(bins, 0.0, nyquist_hz, BANDS, sample_rate_hz, norm="slaney", mel_scale="slaney")
