"""Which stretches of a corpus are measured: seeded, beat-aligned, spread over pieces."""

import mmap

import numpy as np
import pandas as pd


def choose(manifest, count, crop_samples, grid_samples, seed):
    """Choose `count` crops out of the clips of a manifest.

    manifest: rows of manifest.csv (one split). Crops start on beats. Every piece gives one crop
    before any gives a second; crops of a clip lie side by side as long as there are enough, then
    overlap on other beats, then start between beats.
    Returns (table with clip, piece, start [sample of audio.npy], whether any overlap). The table is
    shorter than `count` when the corpus is smaller than that.
    """
    rng = np.random.default_rng(seed)
    chosen, overlap = {}, False
    for layer, starts in enumerate((side_by_side, on_beats, on_grid)):
        candidates = []
        for _, clips in manifest.groupby("piece", sort=True):
            rows = [
                (start, clip.clip, clip.piece)
                for clip in clips.itertuples()
                for start in starts(clip, crop_samples, grid_samples)
                if start not in chosen
            ]
            candidates.append([rows[i] for i in rng.permutation(len(rows))])
        for start, clip, piece in round_robin([candidates[i] for i in rng.permutation(len(candidates))]):
            if len(chosen) == count:
                break
            chosen[start] = (clip, piece)
            overlap = overlap or layer > 0
        if len(chosen) == count:
            break
    table = pd.DataFrame([(clip, piece, start) for start, (clip, piece) in chosen.items()])
    table = table if len(table) else pd.DataFrame(columns=range(3))
    return table.set_axis(["clip", "piece", "start"], axis=1), overlap


def beat_of(clip, grid_samples):
    """Return the beat of a manifest row in samples, the grid where the beat is unknown."""
    beat = getattr(clip, "beat_samples", np.nan)
    return int(beat) if np.isfinite(beat) and beat > 0 else grid_samples


def side_by_side(clip, crop_samples, grid_samples):
    """Return starts on beats of crops that do not overlap."""
    beat = beat_of(clip, grid_samples)
    return every(clip, crop_samples, -(-crop_samples // beat) * beat)


def on_beats(clip, crop_samples, grid_samples):
    """Return every start on a beat."""
    return every(clip, crop_samples, beat_of(clip, grid_samples))


def on_grid(clip, crop_samples, grid_samples):
    """Return every start on the grid."""
    return every(clip, crop_samples, grid_samples)


def closely(manifest, crop_samples, most_samples):
    """Return starts in audio.npy of crops of every clip, evenly spread from its first sample to its last: int [crops].

    most_samples: how far neighbouring starts lie apart at most. Clips shorter than a crop give none.
    """
    starts = []
    for clip in manifest.itertuples():
        room = int(clip.samples) - crop_samples
        if room >= 0:
            starts.append(int(clip.start) + np.linspace(0, room, 1 - (-room // most_samples)).round().astype(int))
    return np.concatenate(starts) if starts else np.empty(0, int)


def every(clip, crop_samples, step):
    """Return the starts in audio.npy, `step` samples apart, of crops that fit into a clip."""
    return range(int(clip.start), int(clip.start) + int(clip.samples) - crop_samples + 1, step)


def round_robin(lists):
    """Yield the first of every list, then the second of every list, and so on."""
    for i in range(max(map(len, lists), default=0)):
        yield from (rows[i] for rows in lists if i < len(rows))


def read(audio, starts, crop_samples):
    """Return the crops of memory-mapped audio [samples] that begin at `starts`: int16 [crops, samples]."""
    made = np.stack([audio[start : start + crop_samples] for start in starts])
    pages = getattr(audio, "_mmap", None)
    if hasattr(pages, "madvise"):   # a page that was read counts as memory of the process until it is let go
        pages.madvise(mmap.MADV_DONTNEED)
    return made
