"""Recordings of people in, files of sound out: any length, rate, channels and level."""

import math
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
import torch

from chaconne.corpora.rendering.decoding import Unreadable, mono
from chaconne.running.files import new_file
from chaconne.storage.latents.audio import to_int16

# Endings that can be written: (format, subtype) of libsndfile.
FORMATS = {".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}
BLOCK = 2**16           # samples: libsndfile's Vorbis fails on very large ones
PEAK = 0.977            # -0.2 dB, as in the corpora
ENCODED = 288           # latent frames of a recording encoded at once (27 s)
AROUND = 4              # latent frames of context on both sides of such a part
SILENT = 1e-4           # root mean square below which there is nothing to hear


def format_of(path):
    """Return (format, subtype) by the ending of a path; ValueError names those that can be written."""
    try:
        return FORMATS[Path(path).suffix.lower()]
    except KeyError:
        raise ValueError(f"--out: expected a name that ends in {', '.join(FORMATS)}, got {str(path)!r}") from None


@contextmanager
def writing(path, sample_rate_hz):
    """Yield a function that takes audio [S] in [-1, 1]; the file is there, whole, when the block ends well."""
    kind, subtype = format_of(path)
    opened = (sample_rate_hz, 1, subtype)
    with new_file(path) as temporary, soundfile.SoundFile(temporary, "w", *opened, format=kind) as file:
        def write(audio):
            # libsndfile rounds for one format and cuts off for another: rounded here they hold the same samples.
            samples = to_int16(audio) if subtype == "PCM_16" else audio.clamp(-1, 1).numpy()
            for first in range(0, len(samples), BLOCK):
                file.write(samples[first:first + BLOCK])

        yield write


def blocks_of(path, rate, remarks=None):
    """Yield the blocks of a recording, float32 [samples], mono at `rate`; ValueError in one line for what is none.

    remarks: a list that learns how it was read (see chaconne.corpora.rendering.decoding.mono).
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: expected a recording (wav, flac, ogg, mp3, m4a, ...), found no such file")
    try:
        yield from mono(path, rate, remarks)
    except Unreadable as error:
        raise ValueError(f"{path}: expected a recording, got {error}") from None


def gain_for(path, rate, loudness_db, remarks=None):
    """Return (factor, seconds, level): what brings a recording to the level of the corpora, how long and loud it is.

    The level is the root mean square in decibels of full scale, less where peaks would clip. Silence is a ValueError.
    """
    energy, peak, samples = 0.0, 0.0, 0
    for block in blocks_of(path, rate, remarks):
        energy += float(np.square(block, dtype=np.float64).sum())
        peak, samples = max(peak, float(np.abs(block).max(initial=0.0))), samples + len(block)
    rms = math.sqrt(energy / max(samples, 1))
    if rms < SILENT:
        raise ValueError(f"{path}: expected sound, got {samples / rate:.1f} s of silence")
    return min(10 ** (loudness_db / 20) / rms, PEAK / peak), samples / rate, rms


class Recording:
    """A recording as the models hear it. `gain` was applied; divide by it to give back the recording's own level.

    level: its own root mean square; remarks: lines about how it was read.
    """

    def __init__(self, path, codec, loudness_db):
        self.path, self.codec, self.rate = Path(path), codec, codec.sample_rate_hz
        self.remarks = []
        self.gain, self.seconds, self.level = gain_for(path, self.rate, loudness_db, self.remarks)

    @property
    def frames(self):
        """Latent frames; the last one is filled with silence."""
        return math.ceil(self.samples / self.codec.hop_samples)

    @property
    def samples(self):
        """Samples at the rate of the codec."""
        return round(self.seconds * self.rate)

    def blocks(self):
        """Yield the audio [S] at the level of the corpora."""
        for block in blocks_of(self.path, self.rate):
            yield torch.from_numpy(block) * self.gain

    def audio(self, first=0, end=None):
        """Return the samples [first, end) at the level of the corpora."""
        at, found = 0, []
        for block in self.blocks():
            found.append(block[max(0, first - at):None if end is None else max(0, end - at)])
            at += len(block)
            if end is not None and at >= end:
                break
        return torch.cat(found)

    def latents(self, first=0, end=None):
        """Return raw latents [1, C, end - first] of these frames; what lies past the end is silence."""
        end = self.frames if end is None else end
        hop, before = self.codec.hop_samples, min(first, AROUND)
        audio = self.audio((first - before) * hop, (end + AROUND) * hop)
        return encode(self.codec, audio, end - first + before)[:, :, before:]

    def parts(self):
        """Yield raw latents [1, C, ENCODED or fewer at the end] of the whole recording, in bounded memory."""
        hop, size = self.codec.hop_samples, ENCODED
        held, left, blocks, more = torch.zeros(0), 0, self.blocks(), True
        while more:
            while more and len(held) < (left + size + AROUND) * hop:
                block = next(blocks, None)
                more = block is not None
                held = torch.cat([held, block]) if more else held
            while (more and len(held) >= (left + size + AROUND) * hop) or (not more and len(held) > left * hop):
                frames = min(left + size, math.ceil(len(held) / hop))
                yield encode(self.codec, held[:(frames + AROUND) * hop], frames)[:, :, left:]
                first = max(0, frames - AROUND)
                held, left = held[first * hop:], frames - first


def encode(codec, audio, frames):
    """Return raw latents [1, C, frames] of audio [S]; the rest of the audio is context, silence where it ends."""
    whole = max(frames, math.ceil(len(audio) / codec.hop_samples)) * codec.hop_samples
    padded = torch.nn.functional.pad(audio, (0, whole - len(audio)))
    return codec.encode(padded[None])[:, :, :frames]
