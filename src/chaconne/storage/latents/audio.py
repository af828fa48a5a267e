"""Recordings on disk: int16 arrays that are memory-mapped, never read whole."""

from pathlib import Path

import numpy as np
import soundfile
import torch

from chaconne.running.files import new_file
from chaconne.running.pipeline import remake
from chaconne.storage.files import load_array, read_table


class Recordings:
    """Random crops of one split of several corpus folders, each corpus drawn equally often."""

    def __init__(self, folders, split):
        self.corpora = []
        for folder in folders:
            manifest = read_table(Path(folder, "manifest.csv"), ("start", "samples"), ("split",))
            chosen = manifest[manifest.split == split]
            if not chosen.samples.sum():
                raise ValueError(f"{folder}: expected clips of split {split!r}, found none; "
                                 "change split in params.yaml")
            audio = load_array(Path(folder, "audio.npy"), np.int16, 1)
            if (chosen.start + chosen.samples > len(audio)).any():
                raise ValueError(f"{folder}: manifest.csv names samples that audio.npy has not; {remake(folder)}")
            self.corpora.append((audio, chosen.start.to_numpy(), chosen.samples.to_numpy()))

    def draw(self, count, samples, rng):
        """Return audio [count, samples] in [-1, 1]; clips are chosen by length, short ones end in silence."""
        crops = torch.zeros(count, samples)
        for i in range(count):
            audio, starts, lengths = self.corpora[i % len(self.corpora)]
            clip = rng.choice(len(starts), p=lengths / lengths.sum())
            first = starts[clip] + rng.integers(max(1, lengths[clip] - samples + 1))
            last = min(first + samples, starts[clip] + lengths[clip])
            crops[i, :last - first] = from_int16(audio[first:last])
        return crops


def from_int16(samples):
    """int16 [...] -> float32 tensor in [-1, 1]."""
    return torch.from_numpy(np.asarray(samples, np.float32) / 32767)


def to_int16(audio):
    """Tensor in [-1, 1] -> int16 array; what lies outside is clipped."""
    return (audio.clamp(-1, 1) * 32767).round().to(torch.int16).numpy()


def write_wav(path, audio, sample_rate_hz):
    """Write a tensor [samples] in [-1, 1] as 16-bit WAV, whole or not at all."""
    with new_file(path) as temporary:
        soundfile.write(temporary, to_int16(audio), sample_rate_hz, subtype="PCM_16")
