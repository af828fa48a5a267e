"""Latents on disk: packed, memory-mapped, raw; normalised when they are loaded.

A folder holds
    latents.npy   float32 [frames, channels], the clips one after another
    index.csv     the corpus's manifest, one row a clip, with `first` (frame), `frames`, `beat_frames`
    latents.json  channels, sample_rate_hz, hop_samples, mean and std of every channel (training split), corpora
                  (name, licence, citation of whose music it is)
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from chaconne.files import read_json
from chaconne.provenance import of_corpus


class Latents:
    """One split of a folder of latents, as crops of `frames` frames that start on a beat.

    Raises ValueError when no clip of the split is long enough.
    """

    def __init__(self, folder, split, frames, on_beats=True):
        self.facts = read_json(Path(folder, "latents.json"))
        self.raw = np.load(Path(folder, "latents.npy"), mmap_mode="r")
        index = pd.read_csv(Path(folder, "index.csv"))
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


def encode_corpus(corpus, codec, folder, progress=iter):
    """Encode every clip of a corpus folder with `codec` into `folder` (see the module's layout).

    Clips are read one by one, memory stays bounded by the longest.
    Returns the seconds of audio.
    """
    manifest = pd.read_csv(Path(corpus, "manifest.csv"))
    hop = codec.hop_samples
    manifest["frames"] = manifest.samples // hop
    manifest["first"] = manifest.frames.cumsum() - manifest.frames
    manifest["beat_frames"] = (manifest.beat_samples // hop).clip(lower=1)
    total = int(manifest.frames.sum())
    latents = np.lib.format.open_memmap(Path(folder, "latents.npy"), "w+", np.float32, (total, codec.channels))
    for row in progress(list(manifest.itertuples())):
        # Opened anew: what is mapped counts as memory of the process until it is closed.
        audio = np.load(Path(corpus, "audio.npy"), mmap_mode="r")
        clip = audio[row.start:row.start + row.frames * hop].astype(np.float32) / 32767
        z = codec.encode(torch.from_numpy(clip)[None])[0]
        latents[row.first:row.first + row.frames] = z.T.numpy()
    mean, std = statistics(latents, manifest[manifest.split == "train"])
    latents.flush()
    facts = {"channels": codec.channels, "sample_rate_hz": codec.sample_rate_hz, "hop_samples": hop,
             "frames": total, "mean": mean.tolist(), "std": std.clip(1e-4).tolist(), "corpora": [of_corpus(corpus)]}
    Path(folder, "latents.json").write_text(json.dumps(facts, indent=1) + "\n")
    manifest.to_csv(Path(folder, "index.csv"), index=False)
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
