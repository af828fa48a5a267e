"""This build and another take turns, on idle cores and beside a busy program: speed.py --against REVISION.

The other is a clone below build/against with an environment of its own; its data it makes with its own `make repro`
(or the same in a folder that is named, REVISION=FOLDER). Each does what its own benchmarks/speed.py calls by the same
name, and `chaconne evaluate`. All figures are wall seconds; `ratio` is theirs over ours, `spread` its quartiles over
the rounds; `beside`: beside a program that never rests; `times_idle`: how much longer ours takes there.
"""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.turns import ANSWER, THREADS
from chaconne.storage.files import write_json

ROOT = Path(__file__).resolve().parents[1]
OUT = Path("benchmarks/against.json")
WARM, LONG_S = 3, 20    # times that a work is done before it is timed (threads give way only after some steps), unless
                        # the two builds need longer for it
TABLE = ("| what | ours, s | theirs, s | theirs / ours | beside a busy program: ours, s | theirs, s | theirs / ours | "
         "ours, times idle |")


class Build:
    """A build that waits for its turns."""

    def __init__(self, folder):
        python = Path(folder, ".venv/bin/python")
        self.process = subprocess.Popen([python, ROOT / "benchmarks/turns.py"], cwd=folder, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.works = self.answer(folder)

    def answer(self, what):
        """Return what the build says next."""
        for line in self.process.stdout:
            if line.startswith(ANSWER):
                return json.loads(line.removeprefix(ANSWER))
        raise ValueError(f"{what}: expected an answer of benchmarks/turns.py, the process ended; "
                         "run it there by hand to see why (the folder needs its .venv and what `dvc repro` makes)")

    def __call__(self, work):
        """Do a work; return its wall seconds."""
        self.process.stdin.write(f"{work}\n")
        self.process.stdin.flush()
        return self.answer(work)

    def end(self):
        """Let the process go."""
        self.process.stdin.close()
        self.process.wait()


def other(revision):
    """Return the folder of the other build: REVISION=FOLDER as it is, else a clone with environment and data."""
    revision, _, folder = revision.partition("=")
    if folder:
        return revision, Path(folder)
    place = ROOT / "build/against" / revision
    if not place.exists():
        subprocess.run(["git", "clone", "--quiet", ROOT, place], check=True)
        subprocess.run(["git", "-C", place, "checkout", "--quiet", revision], check=True)
    clean = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    subprocess.run(["make", "repro"], cwd=place, env=clean, check=True)
    return revision, place


@contextlib.contextmanager
def busy():
    """Keep one core busy as long as the block lasts."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def timed(builds, work, rounds):
    """Return wall seconds [rounds, builds], the builds in turns."""
    for _ in range(WARM):
        if sum(build(work) for build in builds) > LONG_S:
            break
    return np.array([[build(work) for build in builds] for _ in range(rounds)])


def compared(builds, works, rounds):
    """Yield an entry for each work."""
    for work in tqdm(works, desc="against"):
        idle = timed(builds, work, rounds)
        with busy():
            beside = timed(builds, work, rounds)
        yield {"name": work, "rounds": rounds, "idle": said(idle), "beside": said(beside),
               "times_idle": float(np.median(beside[:, 0]) / np.median(idle[:, 0]))}


def said(seconds):
    """Return what is kept of wall seconds [rounds, 2] of ours and theirs."""
    low, ratio, high = np.percentile(seconds[:, 1] / seconds[:, 0], (25, 50, 75))
    ours, theirs = np.median(seconds, 0)
    return {"ours_s": float(ours), "theirs_s": float(theirs), "ratio": float(ratio),
            "spread": [float(low), float(high)]}


def table(entries):
    """Return the entries as lines of a Markdown table."""
    lines = [TABLE, "|---" * 8 + "|"]
    for one in entries:
        parts = [f"{part['ours_s']:.2f} | {part['theirs_s']:.2f} | {part['ratio']:.2f} [{part['spread'][0]:.2f}, "
                 f"{part['spread'][1]:.2f}]" for part in (one["idle"], one["beside"])]
        lines.append(f"| {one['name']} | {' | '.join(parts)} | {one['times_idle']:.2f} |")
    return lines


def processor():
    """Return the name of this machine's processor."""
    lines = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{os.cpu_count()} x {lines[0].partition(':')[2].strip()}" if lines else "unknown"


def main(revision, rounds):
    """Compare this checkout with another revision; print a table and write OUT."""
    revision, folder = other(revision)
    builds = [Build(place) for place in (ROOT, folder)]
    works = [work for work in builds[0].works if work in builds[1].works]
    entries = list(compared(builds, works, rounds))
    for build in builds:
        build.end()
    write_json(OUT, {"revision": revision, "processor": processor(), "threads": THREADS, "entries": entries})
    print("\n".join(table(entries)))
