"""Latents to sound, a part at a time: bounded memory, no seam, and a player can start before the end is made.

The spectral codec makes phases in two steps (they follow the partials, then Griffin-Lim agrees them with each other).
Here both go on from the frames that are already heard. Other codecs are decoded with a margin and faded over.
"""

import math

import numba
import numpy as np
import torch
from torch.nn import functional

BEHIND = 8          # spectrogram frames already heard that Griffin-Lim sees; a window covers 4
AHEAD = 8           # spectrogram frames made and held back until the music behind them is known
MARGIN = 8          # latent frames of context for other codecs


def decoder_of(codec):
    """Return a new decoder for one piece: push(latents [1, C, T], last) -> audio [S]."""
    return Continued(codec) if codec.config["name"] == "spectral" else Faded(codec)


def pushed(decoder, pieces):
    """Yield what a decoder makes of latents [1, C, T], given in pieces, to their end."""
    pieces = iter(pieces)
    piece = next(pieces, None)
    while piece is not None:
        following = next(pieces, None)
        yield decoder.push(piece, following is None)
        piece = following


class Continued:
    """Decodes a piece of the spectral codec part by part."""

    def __init__(self, codec):
        from chaconne.codec import spectral

        self.codec, self.hop, self.fft = codec, spectral.HOP, spectral.FFT
        self.compression, self.momentum, self.stack = spectral.COMPRESSION, spectral.MOMENTUM, spectral.STACK
        self.reach = sum(block.mix.padding[0] for block in codec.blocks)
        self.latents = None                 # those that the network still needs on its left, and those to come
        self.left = 0                       # how many of them are only context
        self.logs = None                    # [F, K] of frames that are not yet heard
        self.heard = None                   # complex [K, BEHIND] of the last frames that are
        self.overlap = None                 # audio after what was given out, as it was made then: faded from

    def follow(self, latents, audio):
        """Begin behind a recording: its last latents [1, C, T] and audio [S, at least T hops], as they end.

        The first audio that `push` gives stands for the last of these latent frames once more, faded over.
        """
        self.latents, self.left = latents, latents.shape[-1] - 1
        own = self.stack * self.hop
        # The windows of the last frames reach past the end: those are made, the ones before are heard.
        heard = torch.stft(audio, self.fft, self.hop, window=self.codec.window, return_complex=True,
                           pad_mode="constant")
        end = len(audio) // self.hop - self.stack
        self.heard = heard[:, max(0, end - BEHIND):end] if end > 0 else None
        self.overlap = audio[len(audio) - own:]

    @torch.no_grad()
    def push(self, latents, last=False):
        """latents: [1, C, T], the next of the piece -> audio [S], the next that is ready; `last`: all that is left."""
        logs = self.magnitudes(latents, last)
        self.logs = logs if self.logs is None else torch.cat([self.logs, logs])
        ready = len(self.logs) if last else len(self.logs) - AHEAD
        if ready <= 0:
            return torch.zeros(0)
        audio = self.invert(ready, last)
        self.logs = self.logs[ready:]
        return audio.clamp(-1, 1)

    def magnitudes(self, latents, last):
        """Return the log-magnitudes [F, K] of all frames whose surroundings are now known, exactly as all at once."""
        held = latents if self.latents is None else torch.cat([self.latents, latents], dim=-1)
        ready = held.shape[-1] if last else max(self.left, held.shape[-1] - self.reach)
        if ready == self.left:
            self.latents = held
            return torch.zeros(0, self.codec.window.numel() // 2 + 1)
        logs = self.codec.reconstruct(held)[0][self.left * self.stack:ready * self.stack]
        first = max(0, ready - self.reach)
        self.latents, self.left = held[:, :, first:], ready - first
        return logs

    def invert(self, ready, last):
        """Return the audio of the first `ready` frames of self.logs."""
        magnitudes = torch.expm1(self.logs.clamp(max=12)) * self.compression
        if last:    # the frame that stands on the very end
            magnitudes = functional.pad(magnitudes, (0, 0, 0, 1))
        before = np.zeros(magnitudes.shape[1], np.float32) if self.heard is None else self.heard[:, -1].angle().numpy()
        phases = following_phases(magnitudes.numpy(), 2 * math.pi * self.hop / self.fft, before,
                                  self.heard is not None)
        magnitudes = magnitudes.T
        spectrum = torch.polar(magnitudes, torch.from_numpy(phases).T.contiguous())
        behind = 0 if self.heard is None else self.heard.shape[1]
        if behind:
            spectrum = torch.cat([self.heard, spectrum], dim=1)
            magnitudes = torch.cat([self.heard.abs(), magnitudes], dim=1)
        spectrum, audio = self.agree(spectrum, magnitudes, behind)
        first, end = behind * self.hop, (behind + ready) * self.hop
        given = audio[first:end].clone()
        if self.overlap is not None:
            blend(given, self.overlap)
        self.overlap = audio[end:end + self.hop]
        self.heard = spectrum[:, max(0, behind + ready - BEHIND):behind + ready]
        return given

    def agree(self, spectrum, magnitudes, behind):
        """Griffin-Lim as in the codec; the first `behind` frames stay as they are. Returns (spectrum, audio)."""
        codec, length = self.codec, (spectrum.shape[1] - 1) * self.hop
        fixed, before = spectrum[:, :behind], torch.zeros_like(spectrum)
        for _ in range(codec.iterations):
            audio = torch.istft(spectrum, self.fft, self.hop, window=codec.window, length=length)
            heard = torch.stft(audio, self.fft, self.hop, window=codec.window, return_complex=True,
                               pad_mode="constant")
            ahead = heard - before * (self.momentum / (1 + self.momentum))
            spectrum, before = magnitudes * ahead / ahead.abs().clamp(min=1e-12), heard
            spectrum[:, :behind] = fixed
        return spectrum, torch.istft(spectrum, self.fft, self.hop, window=codec.window, length=length)


def blend(audio, before):
    """Fade from `before` [N] to audio [S], in place over the first N samples, or all where there are fewer."""
    size = min(len(audio), len(before))
    fade = torch.linspace(0, 1, size)
    audio[:size] = before[:size] + fade * (audio[:size] - before[:size])


@numba.njit(cache=True)
def following_phases(magnitudes, advance, before, goes_on):
    """As chaconne.codec.spectral.locked_phases, but going on from the phases `before` [K] of the frame before.

    magnitudes: float32 [F, K]; goes_on: False for the beginning of a piece, where phases start from nothing.
    """
    frames, bins = magnitudes.shape
    phases = np.zeros((frames, bins), np.float32)
    for t in range(frames):
        m, first = magnitudes[t], 0
        earlier = phases[t - 1] if t else before
        for peak in range(1, bins - 1):
            if not m[peak - 1] < m[peak] >= m[peak + 1]:
                continue
            last = peak
            while last + 1 < bins and m[last + 1] <= m[last]:
                last += 1
            low, middle, high = np.log(m[peak - 1] + 1e-6), np.log(m[peak] + 1e-6), np.log(m[peak + 1] + 1e-6)
            bend = low - 2 * middle + high
            frequency = peak + (0.5 * (low - high) / bend if bend < 0 else 0.0)
            phase = (earlier[peak] if t or goes_on else 0.0) + advance * frequency
            for k in range(first, last + 1):
                phases[t, k] = (phase + np.pi * ((k - peak) % 2)) % (2 * np.pi)
            first = last + 1
    return phases


class Faded:
    """Decodes a piece of any codec part by part: with latents around, and a fade of one latent frame between parts."""

    def __init__(self, codec):
        self.codec, self.held, self.left, self.tail = codec, None, 0, None

    def follow(self, latents, audio):
        """As Continued.follow."""
        self.held, self.left, self.tail = latents, latents.shape[-1] - 1, audio[-self.codec.hop_samples:]

    @torch.no_grad()
    def push(self, latents, last=False):
        """As Continued.push."""
        held = latents if self.held is None else torch.cat([self.held, latents], dim=-1)
        hop, ready = self.codec.hop_samples, held.shape[-1] if last else held.shape[-1] - MARGIN
        if ready <= self.left:
            self.held = held
            return torch.zeros(0)
        audio = self.codec.decode(held)[0]
        given = audio[self.left * hop:ready * hop].clone()
        if self.tail is not None:
            blend(given, self.tail)
        self.tail = audio[ready * hop:(ready + 1) * hop] if not last else None
        first = max(0, ready - MARGIN)
        self.held, self.left = held[:, :, first:], ready - first
        return given
