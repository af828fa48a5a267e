"""One build of two that take turns (benchmarks/against.py): does what it is told, and says how long it took.

Started in a build's folder by that build's Python. Its works are those of its own benchmarks/speed.py, so that nothing
here has to know how the code of another time is called; both builds give them the same names.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, ".")

import chaconne  # noqa: F401, I001  (before torch: it says how long threads wait for each other)

import numpy as np
import soundfile
import torch

from benchmarks import speed

PARTS = ("codec", "training", "generation")
ANSWER = "@@"       # begins a line that is for benchmarks/against.py
THREADS = 2         # of torch, as params.yaml has them
RATE, FILES, FILE_S, CLIPS = 22050, 24, 20, 60


class Works(dict):
    """Takes the place of speed.Rivals: keeps {name: ours}."""

    def entry(self, name, ours, reference, amount, unit, counted=None):
        """As of speed.Rivals."""
        self[name] = ours


def evaluation(scratch):
    """Return a function that runs `chaconne evaluate` on held-out music, as if for the first time."""
    held = np.load("data/reference/heldout.npy", mmap_mode="r").reshape(-1)
    for which, first in (("real", 0), ("made", 1)):
        Path(scratch, which).mkdir()
        for i in range(FILES):
            begin = (2 * i + first) * FILE_S * RATE % (len(held) - FILE_S * RATE)
            soundfile.write(Path(scratch, which, f"{i}.wav"), held[begin:begin + FILE_S * RATE], RATE)
    program = Path(sys.executable).parent / "chaconne"

    def evaluate():
        with tempfile.TemporaryDirectory() as cache:
            subprocess.run([program, "evaluate", f"{scratch}/real", f"{scratch}/made", "--clips", str(CLIPS), "--out",
                            f"{cache}/out.json"], env=os.environ | {"XDG_CACHE_HOME": cache}, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return evaluate


def main():
    """Answer with the names of all works, then do each that is asked for and answer with its wall seconds."""
    torch.set_num_threads(THREADS)
    works = Works()
    for part in PARTS:
        for _ in speed.PARTS[part](works):
            pass
    with tempfile.TemporaryDirectory() as scratch:
        works[f"evaluate {CLIPS} clips, the command"] = evaluation(scratch)
        print(ANSWER, json.dumps(list(works)), flush=True)
        for line in sys.stdin:
            began = time.perf_counter()
            works[line.strip()]()
            print(ANSWER, time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
