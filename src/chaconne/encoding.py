"""Encoding that a kill does not undo: latents of clips that were encoded before it are taken from the disk."""

import os
import time
from pathlib import Path

import numpy as np
import torch

from chaconne.files import read_json, write_json
from chaconne.resume import seconds_between

CHECKPOINT_SECONDS = 10  # between notes of how much is done; decides nothing about the result


class Encoded:
    """A codec that keeps in `folder` what it encodes; a later one there is asked for the same clips in the same order.

    What is not known yet is encoded by `codec`, whose other attributes this one has, too.
    """

    def __init__(self, codec, folder):
        self.codec, self.note = codec, Path(folder, "encoded.json")
        path = Path(folder, "encoded.f32")
        path.touch()
        self.known = read_json(self.note)["bytes"] if self.note.exists() else 0
        if path.stat().st_size < self.known:    # somebody has cut it off
            self.known = 0
        self.file = open(path, "r+b")   # noqa: SIM115 - it is closed with this object
        self.file.truncate(self.known)  # what came after the last note may be half of a clip
        self.every = seconds_between(CHECKPOINT_SECONDS)
        self.saved = time.perf_counter()

    def __getattr__(self, name):
        return getattr(self.codec, name)

    def encode(self, audio):
        """audio: [1, samples] -> latents [1, channels, frames]."""
        if self.file.tell() < self.known:
            frames = audio.shape[-1] // self.codec.hop_samples
            values = np.frombuffer(self.file.read(4 * frames * self.codec.channels), np.float32)
            return torch.from_numpy(values.reshape(frames, self.codec.channels).T.copy())[None]
        z = self.codec.encode(audio)
        self.file.write(z[0].T.contiguous().numpy().tobytes())
        if time.perf_counter() - self.saved > self.every:
            self.save()
        return z

    def save(self):
        """Note how much is on the disk."""
        self.file.flush()
        os.fsync(self.file.fileno())
        write_json(self.note, {"bytes": self.file.tell()})
        self.saved = time.perf_counter()
