"""Long lists of clips, a few at a time."""

import numpy as np

BATCH = 8  # clips; their spectra fit the caches of a CPU, 32 at once take twice as long


def in_batches(function, clips, *arguments):
    """Return function(clips, *arguments) [N, ...] of memory-mapped clips [N, samples], in bounded memory."""
    parts = [function(clips[i : i + BATCH], *arguments) for i in range(0, len(clips), BATCH)]
    return np.concatenate(parts)
