"""Sound as small bytes: MP3 for the players, log-frequency spectrograms as palette PNGs."""

import base64
import io
from functools import lru_cache

import numpy as np
import soundfile
from PIL import Image

FULL_SCALE = 32767
LOWEST_HZ = 55.0  # A1; the octaves above it are the ruler beside every spectrogram
OCTAVES = 7
BINS_PER_OCTAVE = 20
WINDOW, RANGE_DB = 4096, 72
COLOURS = 48  # few enough for small files, too many to see steps
RAMP = ("#0b0a14", "#1d1740", "#45226b", "#7a2c76", "#b43d66", "#e2604d", "#f4964a", "#f9cc78", "#fff6dc")


def mp3(samples, sample_rate_hz):
    """Encode int16 [samples] as variable-rate MP3, which every browser plays; returns bytes."""
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        np.asarray(samples),
        sample_rate_hz,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=0.35,
    )
    return buffer.getvalue()


def spectrogram(samples, sample_rate_hz, columns):
    """Return decibels [OCTAVES * BINS_PER_OCTAVE, columns] below full scale, lowest frequency first.

    samples: int16 [samples]. A Hann window of 4096 samples stands at `columns` equal distances; power
    is pooled into bands a twentieth of an octave apart.
    """
    x = np.asarray(samples, np.float32) / FULL_SCALE
    x = np.pad(x, WINDOW // 2)
    starts = np.linspace(0, len(x) - WINDOW, columns).astype(int)
    bank, window = filters(sample_rate_hz), np.hanning(WINDOW).astype(np.float32)
    power = np.empty((len(bank), columns), np.float32)
    for first in range(0, columns, 256):  # a long piece does not fit into memory as frames
        frames = x[starts[first : first + 256, None] + np.arange(WINDOW)] * window
        power[:, first : first + 256] = bank @ np.abs(np.fft.rfft(frames).T) ** 2
    reference = (window.sum() / 2) ** 2  # a full-scale sine reads 0 dB
    return 10 * np.log10(np.maximum(power / reference, 1e-12))


@lru_cache(maxsize=2)
def filters(sample_rate_hz):
    """Return triangles [bands, WINDOW // 2 + 1] on a log-frequency axis, never narrower than a bin."""
    bins = np.arange(WINDOW // 2 + 1) * sample_rate_hz / WINDOW
    centres = LOWEST_HZ * 2 ** (np.arange(OCTAVES * BINS_PER_OCTAVE) / BINS_PER_OCTAVE)
    half = np.maximum(centres * (2 ** (1 / BINS_PER_OCTAVE) - 1), sample_rate_hz / WINDOW)
    return np.maximum(0, 1 - np.abs(bins - centres[:, None]) / half[:, None]).astype(np.float32)


def picture(decibels, loudest=None):
    """Turn decibels [bands, columns] into a palette image, high notes on top.

    loudest: decibels shown brightest; pictures that share it can be compared by eye.
    """
    loudest = decibels.max() if loudest is None else loudest
    shade = np.clip((decibels - loudest) / RANGE_DB + 1, 0, 1)
    image = Image.fromarray((shade[::-1] * (COLOURS - 1)).round().astype(np.uint8))
    image.putpalette(palette())
    return image


def palette():
    """Return COLOURS rgb triples, flat: night blue for silence, cream for the loudest."""
    anchors = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in RAMP])
    at = np.linspace(0, len(RAMP) - 1, COLOURS)
    return (
        np.stack([np.interp(at, range(len(RAMP)), anchors[:, i]) for i in range(3)], 1)
        .round()
        .astype(np.uint8)
        .ravel()
        .tolist()
    )


def strip(clips, sample_rate_hz, columns=300, gap=6):
    """Return one image of a few clips beside each other, for `dvc plots diff`."""
    parts = [spectrogram(clip, sample_rate_hz, columns) for clip in clips]
    loudest = max(p.max() for p in parts)
    silence = np.full((len(parts[0]), gap), loudest - RANGE_DB)
    joined = np.hstack([column for part in parts for column in (part, silence)][:-1])
    return picture(joined, loudest)


def png(image):
    """Return the bytes of an image; equal pixels give equal bytes (no date, no software)."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def data_uri(kind, content):
    """Return `content` (bytes) as a data: URI, so that the page needs nothing but itself."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
