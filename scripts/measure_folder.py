"""Speed and memory from a folder of music to latents: scripts/measure_folder.py MUSIC CODEC SCRATCH [WORKERS ...]

MUSIC: any folder of music; CODEC: a trained codec (data/codecs/spectral); SCRATCH: a folder for what is made, 6 GB for
ten hours.
Memory is the proportional set size of all processes together (pages that they share count once), sampled four times a
second; files that are mapped count as far as they are read.
"""

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

GATHER = """
from pathlib import Path
from chaconne.corpora import folder
from chaconne.running.params.corpora import read_settings
settings = read_settings("folder") | {{"folder": {music!r}}}
folder.gather(settings, Path({out!r}, "scores"), {{"max_pieces": None, "workers": {workers}}}, 0)
"""
PACK = """
from pathlib import Path
from chaconne.corpora.rendering.recorded import pack_recordings
from chaconne.running.params.corpora import read_settings
if __name__ == "__main__":
    pack_recordings(Path({out!r}, "scores"), Path({out!r}, "corpus"), Path({out!r}, "decoded"), read_settings("folder"),
                    {{"sample_rate_hz": 22050, "grid_samples": 2048}}, {{"test": 0.15, "valid": 0.05}}, 0, {workers})
"""
ENCODE = """
from pathlib import Path
from chaconne.training.encoding import Encoder
from chaconne.storage.latents.latents import encode_corpus
from chaconne.running.models import load_codec
if __name__ == "__main__":
    corpus, latents = Path({out!r}, "corpus"), Path({out!r}, "latents")
    encode_corpus(corpus, load_codec({codec!r}), latents, Encoder(corpus, load_codec, {codec!r}, {out!r}, {workers}))
"""


def main(music, codec, scratch, *workers):
    """Print a line for each step and number of workers."""
    for count in map(int, workers or (1, 2)):
        out = Path(scratch, str(count))
        for name in ("scores", "corpus", "latents"):
            (out / name).mkdir(parents=True)
        for step, code in (("find", GATHER), ("decode", PACK), ("encode", ENCODE)):
            script = out / f"{step}.py"
            script.write_text(code.format(music=music, codec=codec, out=str(out), workers=count))
            seconds, memory, processor = measured(script)
            hours = (pd.read_csv(out / "corpus/manifest.csv").seconds.sum() / 3600) if step != "find" else np.nan
            print(f"{step}, {count} workers: {seconds:.0f} s, {processor:.0f} CPU s, {hours:.2f} h of music, "
                  f"{3600 * hours / seconds:.0f} x real time, {memory / 1e6:.0f} MB at most", flush=True)
        shutil.rmtree(out / "latents")


def measured(script):
    """Run a script; return (seconds, most bytes of it and its children, CPU seconds)."""
    start, most, finished = time.perf_counter(), [0], threading.Event()
    before = cpu()
    process = psutil.Popen([sys.executable, str(script)])

    def watch():
        while not finished.wait(0.25):
            most[0] = max(most[0], sum(map(memory_of, [process, *children(process)])))

    thread = threading.Thread(target=watch)
    thread.start()
    status = process.wait()
    finished.set()
    thread.join()
    if status:
        raise subprocess.CalledProcessError(status, str(script))
    return time.perf_counter() - start, most[0], cpu() - before


def children(process):
    """Return the processes below one that may end any moment."""
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def memory_of(process):
    """Return the proportional set size in bytes, 0 when the process has ended."""
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


def cpu():
    """Return the CPU seconds of all children that have ended."""
    times = psutil.Process().cpu_times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
