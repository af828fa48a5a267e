"""Recordings that are the same: another format, bit rate, loudness or beginning of one performance.

Sub-fingerprints of 32 bits after Haitsma and Kalker 2002 (A Highly Robust Audio Fingerprinting System): signs of the
differences of band energies over neighbouring bands and frames. Equal words vote for a pair of recordings and an
offset; what is proposed is the same when few of the bits differ where the two overlap. Another speed or pitch is
another performance here.
"""

from collections import Counter

import numpy as np
import soxr

RATE_HZ = 5512.5
FRAME, HOP = 2048, 128  # 0.37 s and 23 ms
BANDS_HZ = np.geomspace(300, 2000, 34)  # 33 bands, as in the paper
QUIET = 1e-4  # RMS of a frame, full scale 1; its word is 0 and counts for nothing
EVERY = 4  # words kept in the table; queries use all, so that one of four offsets fits
COMMON = 30  # places of a word above which it says nothing: a held chord
VOTES = 3
ALIKE = 0.35  # bits that may differ (the paper's threshold); unrelated music differs in nearly half
LEAST_S = 5.0  # and at least half of the shorter recording must be the same


class Fingerprint:
    """Takes a recording block by block; `words` is uint32 [frames], about 43 a second."""

    def __init__(self, rate):
        self.stream = soxr.ResampleStream(rate, RATE_HZ, 1, dtype="float32", quality="LQ")
        self.left, self.before, self.found = np.zeros(0, np.float32), None, []
        self.edges = np.searchsorted(np.fft.rfftfreq(FRAME, 1 / RATE_HZ), BANDS_HZ)
        self.window = np.hanning(FRAME).astype(np.float32)

    def feed(self, block, last=False):
        """Add float32 [samples]; `last` ends the recording."""
        self.left = np.concatenate([self.left, self.stream.resample_chunk(block, last=last)])
        count = max(0, (len(self.left) - FRAME) // HOP + 1)
        for i in range(0, count, 512):
            self._add(np.lib.stride_tricks.sliding_window_view(self.left, FRAME)[: count * HOP : HOP][i : i + 512])
        self.left = self.left[count * HOP :]

    def _add(self, frames):
        levels = np.sqrt(np.mean(np.square(frames), 1))
        if levels.max() < QUIET:  # hours of silence cost nothing
            self.before = None
            self.found.append(np.zeros(len(frames), np.uint32))
            return
        power = np.abs(np.fft.rfft(frames * self.window)) ** 2
        bands = np.add.reduceat(power, self.edges, axis=1)[:, :33]
        slopes = bands[:, :-1] - bands[:, 1:]
        slopes = np.concatenate([slopes[:1] if self.before is None else self.before, slopes])
        bits = np.diff(slopes, axis=0) > 0
        words = np.packbits(bits, axis=1).view(">u4")[:, 0].astype(np.uint32)
        words[levels < QUIET] = 0
        self.before = slopes[-1:]
        self.found.append(words)

    @property
    def words(self):
        """All words so far."""
        return np.concatenate(self.found) if self.found else np.zeros(0, np.uint32)


def same_recordings(words):
    """Return pairs (i, j), i < j, of fingerprints (a list of uint32 arrays) that are of one performance."""
    owners = np.concatenate([np.full(-(-len(w) // EVERY), i) for i, w in enumerate(words)] or [[]]).astype(np.int32)
    places = np.concatenate([np.arange(0, len(w), EVERY) for w in words] or [[]]).astype(np.int32)
    table = np.concatenate([w[::EVERY] for w in words] or [[]]).astype(np.uint32)
    order = np.argsort(table, kind="stable")
    table, owners, places = table[order], owners[order], places[order]
    pairs = []
    for i, mine in enumerate(words):
        for (j, offset), votes in sorted(_votes(i, mine, table, owners, places).items()):
            known = pairs and pairs[-1] == (j, i)
            if votes >= VOTES and not known and _alike(words[j], mine, offset):
                pairs.append((j, i))
    return sorted(pairs)


def _votes(i, mine, table, owners, places):
    """Return {(j, offset): votes}: equal words of recordings j < i, by how much later i has them (two frames a bin)."""
    low, high = np.searchsorted(table, mine, "left"), np.searchsorted(table, mine, "right")
    counts = np.where((mine != 0) & (high - low <= COMMON), high - low, 0)
    where = np.repeat(np.arange(len(mine)), counts)
    entries = np.repeat(low, counts) + np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    earlier = owners[entries] < i
    where, entries = where[earlier], entries[earlier]
    return Counter(zip(owners[entries].tolist(), ((where - places[entries]) // 2 * 2).tolist(), strict=True))


def _alike(a, b, offset):
    """Do few bits differ where `b`, which is `offset` frames late, lies over `a`?"""
    least = max(LEAST_S * RATE_HZ / HOP, min(np.count_nonzero(a), np.count_nonzero(b)) / 2)
    for shift in range(offset - 1, offset + 3):
        first, end = max(0, -shift), min(len(a), len(b) - shift)
        mine, other = a[first:end], b[first + shift : end + shift]
        both = (mine != 0) & (other != 0)
        if both.sum() < least:
            continue
        wrong = np.unpackbits((mine[both] ^ other[both]).view(np.uint8)).mean()
        if wrong < ALIKE:
            return True
    return False
