"""Encoding in several processes that a kill does not undo: what was encoded before it is taken from the disk."""

import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

from chaconne.running.files import read_json
from chaconne.running.pace import threads
from chaconne.running.resume import seconds_between
from chaconne.running.workers import at_most, in_order
from chaconne.storage.files import load_array, write_json
from chaconne.storage.latents.audio import from_int16

A_WORKER = 64 * 10**6   # bytes of audio that are worth the seconds in which another process starts
CHECKPOINT_SECONDS = 10  # between notes of how much is done; decides nothing about the result


@dataclass(frozen=True)
class Clip:
    """Encodes spans of a packed corpus: a worker's function, on one thread, the same bytes in whichever process.

    corpus: folder with audio.npy; load(where): the codec, a function that other processes can import.
    """

    corpus: str
    load: callable
    where: str

    @torch.no_grad()
    def __call__(self, span):
        """span: (first sample, samples) -> latents float32 [frames, channels]."""
        first, samples = span
        codec = made(self.load, self.where)
        # Opened anew: what is mapped counts as memory of the process until it is closed.
        audio = from_int16(load_array(Path(self.corpus, "audio.npy"))[first:first + samples])
        with threads(1):    # workers share the cores, and sums keep their order
            return codec.encode(audio[None])[0].T.contiguous().numpy()


@cache
def made(load, where):
    """Return load(where), once in each process."""
    return load(where)


class Encoder:
    """Encodes the clips of a corpus folder in up to `workers` processes and keeps in the folder `work` what it has.

    load, where: as in Clip. A later one there is asked for the same clips in the same order.
    """

    def __init__(self, corpus, load, where, work, workers=1):
        made.cache_clear()  # what lies in `where` may be another codec by now
        codec = made(load, where)
        size = Path(corpus, "audio.npy").stat().st_size
        self.clip, self.workers = Clip(str(corpus), load, where), at_most(workers, 1 + size // A_WORKER)
        self.channels, self.hop = codec.channels, codec.hop_samples
        self.note, self.path = Path(work, "encoded.json"), Path(work, "encoded.f32")
        self.every = seconds_between(CHECKPOINT_SECONDS)

    def __call__(self, spans):
        """spans: [(first sample, samples)] -> yields their latents float32 [frames, channels], in order."""
        self.path.touch()
        known = read_json(self.note)["bytes"] if self.note.exists() else 0
        if self.path.stat().st_size < known:    # somebody has cut it off
            known = 0
        ends = np.cumsum([4 * self.channels * (samples // self.hop) for _, samples in spans])
        done = int(np.searchsorted(ends, known, side="right"))
        with open(self.path, "r+b") as file:
            for _, samples in spans[:done]:
                count = samples // self.hop * self.channels
                yield np.frombuffer(file.read(4 * count), np.float32).reshape(-1, self.channels)
            file.truncate(file.tell())  # what came after the last note may be half of a clip
            saved = time.perf_counter()
            for latents in in_order(self.clip, spans[done:], self.workers, chunk=1):
                file.write(latents.tobytes())
                yield latents
                if time.perf_counter() - saved > self.every:
                    self.save(file)
                    saved = time.perf_counter()

    def save(self, file):
        """Note how much is on the disk."""
        file.flush()
        os.fsync(file.fileno())
        write_json(self.note, {"bytes": file.tell()})
