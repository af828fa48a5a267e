"""Long lists of clips, a few at a time."""

import mmap

import numpy as np

BATCH = 8  # clips; their spectra fit the caches of a CPU, 32 at once take twice as long
SILENT = 10 ** (-80 / 20)  # RMS, full scale 1: three steps of 16 bits


def in_batches(function, clips, *arguments):
    """Return function(clips, *arguments) [N, ...] of memory-mapped clips [N, samples], in bounded memory."""
    parts = [function(clips[i : i + BATCH], *arguments) for i in range(0, len(clips), BATCH)]
    return np.concatenate(parts)


def let_go(clips):
    """Give back the memory that the pages of memory-mapped clips hold (60 MB of 240 clips); they can be read again."""
    if isinstance(clips, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
        clips._mmap.madvise(mmap.MADV_DONTNEED)


def levels(clips):
    """Return the RMS of clips [N, samples]: [N], full scale 1. Integers have their full scale at 32767."""
    scale = 32767 if np.issubdtype(clips.dtype, np.integer) else 1.0
    return np.sqrt(np.square(clips / scale, dtype=np.float64).mean(1))


def check_clips(clips, folder):
    """Raise ValueError naming the first clip [N, samples] that is silent or not a number, and its folder."""
    for i in range(0, len(clips), BATCH):
        for number, level in enumerate(levels(clips[i : i + BATCH]), i):
            if not np.isfinite(level):
                raise ValueError(f"{folder}: clip {number} holds NaN or infinity; make the clips again")
            if level < SILENT:
                raise ValueError(f"{folder}: clip {number} is silent; listen to it, leave it out or train longer")
