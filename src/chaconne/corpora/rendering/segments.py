"""Which stretches of a recording become clips: without long silence, not too short, not too long."""

import numpy as np

SILENT = 10 ** (-80 / 20)  # RMS, full scale 1: three steps of 16 bits; nothing in a recording is music below it
LOUD = 95  # percentile of the frames' levels that stands for how loud a recording is


def spans(levels, silence_db, pause, least, longest):
    """Return [(first frame, frames)] of the clips in a recording, in order.

    levels: RMS of each frame [frames], full scale 1. A frame is silent when it lies `silence_db` below the loud
    ones. Silence of `pause` frames or more is cut out, shorter ones belong to the music; a stretch is divided into
    even parts of at most `longest` frames; parts below `least` frames are left out.
    """
    levels = np.asarray(levels)
    if not len(levels) or levels.max() < SILENT:
        return []
    sounding = np.flatnonzero(levels > max(SILENT, np.percentile(levels, LOUD) * 10 ** (silence_db / 20)))
    if not len(sounding):
        return []
    breaks = np.flatnonzero(np.diff(sounding) > pause)
    firsts = sounding[np.concatenate([[0], breaks + 1])]
    ends = sounding[np.concatenate([breaks, [len(sounding) - 1]])] + 1
    return [part for first, end in zip(firsts.tolist(), ends.tolist(), strict=True)
            for part in even_parts(first, end - first, longest) if part[1] >= least]


def even_parts(first, length, longest):
    """Return [(first, length)] of as few parts as possible, none above `longest`, that differ by one at most."""
    count = -(-length // longest)
    edges = [first + length * i // count for i in range(count + 1)]
    return [(a, b - a) for a, b in zip(edges[:-1], edges[1:], strict=True)]
