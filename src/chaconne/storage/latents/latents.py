"""Latents on disk: packed, memory-mapped, raw; normalised when they are loaded.

A folder holds
    latents.npy   float32 [frames, channels], the clips one after another
    index.csv     the corpus's manifest, one row a clip, with `first` (frame), `frames`, `beat_frames`
    latents.json  channels, sample_rate_hz, hop_samples, mean and std of every channel (training split), corpora
                  (name, licence, citation of whose music it is)
"""

from pathlib import Path

import numpy as np
import torch

from chaconne.running.files import read_json, seal, verify
from chaconne.running.pipeline import remake
from chaconne.running.room import check_room
from chaconne.storage.files import load_array, new_array, read_table, write_csv, write_json
from chaconne.storage.latents.provenance import of_corpus


class Latents:
    """One split of a folder of latents, as crops of `frames` frames that start on a beat.

    Raises ValueError when no clip of the split is long enough, and when the folder is damaged.
    """

    def __init__(self, folder, split, frames, on_beats=True):
        verify(folder)
        self.facts = read_json(Path(folder, "latents.json"))
        self.raw = load_array(Path(folder, "latents.npy"), np.float32, 2)
        index = read_table(Path(folder, "index.csv"), ("first", "frames", "beat_frames"), ("split",))
        check(folder, self.facts, self.raw, index)
        self.index = index[(index.split == split) & (index.frames >= frames)].reset_index(drop=True)
        if self.index.empty:
            raise ValueError(f"{folder}: expected {split} clips of at least {frames} latent frames, found none "
                             f"(longest: {index.frames.max()}); use longer recordings or a smaller `frames`")
        self.frames = frames
        self.grid = self.index.beat_frames.to_numpy().clip(1) if on_beats else np.ones(len(self.index), int)
        starts = (self.index.frames.to_numpy() - frames) // self.grid + 1
        self.ends = np.cumsum(starts)

    @property
    def channels(self):
        """Number of latent channels."""
        return self.facts["channels"]

    def statistics(self):
        """Return (mean of every channel, deviation of them all): float32 tensors [channels] and [].

        One deviation, the root mean square of the channels': a channel that a codec keeps small counts little.
        """
        mean, std = (torch.tensor(self.facts[key]) for key in ("mean", "std"))
        return mean, std.square().mean().sqrt()

    def draw(self, count, rng):
        """Draw crops evenly over all beats: (raw latents [count, channels, frames], rows of the index)."""
        places = rng.integers(self.ends[-1], size=count)
        rows = np.searchsorted(self.ends, places, side="right")
        beats = places - (self.ends[rows - 1] * (rows > 0))
        firsts = self.index["first"].to_numpy()[rows] + beats * self.grid[rows]
        crops = np.stack([self.raw[f:f + self.frames].T for f in firsts])
        return torch.from_numpy(crops), rows


def check(folder, facts, raw, index):
    """Raise ValueError when the parts of a folder of latents do not belong together."""
    try:
        channels = int(facts["channels"])
        numbers = np.array([facts["mean"], facts["std"]], np.float64)
        rates = np.array([facts["sample_rate_hz"], facts["hop_samples"]], np.float64)
        fits = raw.shape[1] == channels and numbers.shape == (2, channels) and np.isfinite(numbers).all()
        fits &= (numbers[1] > 0).all() and np.isfinite(rates).all() and (rates > 0).all()
    except (KeyError, TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise ValueError(f"{folder}/latents.json does not describe latents.npy {raw.shape}; {remake(folder)}")
    if (index["first"] + index["frames"] > len(raw)).any():
        raise ValueError(f"{folder}/index.csv names frames that latents.npy has not; {remake(folder)}")


def encode_corpus(corpus, codec, folder, encode, progress=iter):
    """Write the latents of every clip of a corpus folder into `folder` (see the module's layout).

    codec: what it is encoded with; encode: spans [(first sample, samples)] -> their latents [frames, channels] one by
    one, such as chaconne.training.encoding.Encoder. Returns the seconds of audio.
    """
    audio = load_array(Path(corpus, "audio.npy"), np.int16, 1)
    manifest = read_table(Path(corpus, "manifest.csv"), ("start", "samples", "beat_samples"), ("split",))
    if (manifest.start + manifest.samples > len(audio)).any():
        raise ValueError(f"{corpus}/manifest.csv names samples that audio.npy has not; {remake(corpus)}")
    hop = codec.hop_samples
    manifest["frames"] = manifest.samples // hop
    manifest["first"] = manifest.frames.cumsum() - manifest.frames
    manifest["beat_frames"] = (manifest.beat_samples // hop).clip(lower=1)
    total = int(manifest.frames.sum())
    check_room(f"encoding {corpus}", disk_bytes=2 * 4 * total * codec.channels, folder=folder)
    latents = new_array(Path(folder, "latents.npy"), np.float32, (total, codec.channels))
    spans = [(row.start, row.frames * hop) for row in manifest.itertuples()]
    for row, z in zip(progress(list(manifest.itertuples())), encode(spans), strict=True):
        latents[row.first:row.first + row.frames] = z
    mean, std = statistics(latents, manifest[manifest.split == "train"])
    latents.flush()
    facts = {"channels": codec.channels, "sample_rate_hz": codec.sample_rate_hz, "hop_samples": hop,
             "frames": total, "mean": mean.tolist(), "std": std.clip(1e-4).tolist(), "corpora": [of_corpus(corpus)]}
    write_json(Path(folder, "latents.json"), facts)
    write_csv(Path(folder, "index.csv"), manifest)
    seal(folder)
    return round(total * hop / codec.sample_rate_hz)


def statistics(latents, rows):
    """Return mean and standard deviation of every channel over the clips `rows`, one clip in memory at a time."""
    count = int(rows.frames.sum())

    def total(function):
        sums = np.zeros(latents.shape[1])
        for row in rows.itertuples():
            values = function(latents[row.first:row.first + row.frames].astype(np.float64))
            sums = np.concatenate([sums[None], values]).sum(0)  # frame after frame, as over the whole array
        return sums

    mean = total(lambda z: z) / count
    return mean, np.sqrt(total(lambda z: (z - mean) ** 2) / count)
