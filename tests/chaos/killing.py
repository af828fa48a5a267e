"""Run `dvc repro`, kill stages, DVC or both at chosen moments, and go on until all is done."""

import json
import os
import queue
import random
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.smoke import environment
from tests.conftest import read_stages

START_S = 4.0       # of a stage before its clock runs: Python and its imports
SOON_S = 2.0        # into the next stage: there a kill strikes that came too late for its own
PATIENCE_S = 10.0   # of somebody who has pressed Ctrl-C
WAYS = ("stage", "dvc", "both", "ctrl-c")
# Every checkpoint that can be written is: at scale smoke a stage ends before the usual minute is over.
OFTEN = {"CHACONNE_CHECKPOINT_SECONDS": "0"}
# What DVC says of a file of its own that it was killed at writing.
CUT_OFF = "dvc.lock' is invalid", "dvc.lock' validation failed", "Unable to read RWLock-file"


@dataclass
class Kill:
    """What is killed in which way, how many seconds after which stage began: first as planned, then as it happened."""

    stage: str
    way: str
    after_s: float
    between: bool = False   # no stage ran when it struck: DVC was about to begin one, or to record it
    presses: int = 1        # of Ctrl-C, until DVC ended

    def __str__(self):
        again = f", pressed {self.presses} times" if self.presses > 1 else ""
        return f"{self.way} in {self.stage} after {self.after_s:.1f} s{', between stages' * self.between}{again}"


def plan(quiet, kills, seed):
    """Return `kills` Kills, {stage: [Kill]}: moments evenly over what a quiet run took, so long stages oftener.

    When there are enough, every stage has one first.
    quiet: folder of a finished run; its metrics/timing.json says how long each stage took.
    """
    rng = random.Random(seed)
    clocks = json.loads(Path(quiet, "metrics/timing.json").read_text())["stages"]
    walls = {name: clock["wall_seconds"] for name, clock in clocks.items()}
    names = {name: seconds_of(name, walls) for name in read_stages(quiet)}
    first = list(names) if kills >= len(names) else []
    chosen = {}
    for stage in [*first, *rng.choices(list(names), weights=list(names.values()), k=kills - len(first))]:
        chosen.setdefault(stage, []).append(Kill(stage, rng.choice(WAYS), rng.uniform(0.3, names[stage])))
    # Early ones first: each finds more of the work done.
    return {stage: sorted(those, key=lambda kill: kill.after_s) for stage, those in chosen.items()}


def seconds_of(stage, walls):
    """Return how long a stage took with its start; names of clocks differ a little from those of stages."""
    clock = {"genre_corpus": "genre", "reference": "reference_corpus", "genre_reference": "reference_genre",
             "own_codec": "codec_own", "musika_codec": "codec_musika"}
    return START_S + walls.get(clock.get(stage, stage.replace("@", "_")), 1.0)


def run(root, kills, say=print, limit_s=3600, command=("dvc", "repro", "--all-pipelines")):
    """Repeat `command` in `root` until it ends well, killing as planned; returns the Kills in their order.

    kills: of `plan`; it is used up. When DVC was killed at writing dvc.lock, what docs/faults.md says is typed.
    """
    done, mended, end = [], False, time.monotonic() + limit_s
    while True:
        assert time.monotonic() < end, f"the pipeline did not end in {limit_s} s, after {len(done)} kills"
        status, kill, said = run_once(root, kills, command)
        if kill:
            done.append(kill)
            say(f"killed: {kill}")
            wait_until_gone(root)
        elif status == 0:
            return done
        else:
            assert not mended and any(words in said for words in CUT_OFF), f"ended with {status}, not killed:\n{said}"
            say(subprocess.run(["chaconne", "repair"], cwd=root, env=environment(), check=True, text=True,
                               capture_output=True).stdout.strip())
        mended = not kill


def run_once(root, kills, command):
    """Run `command` until it ends or a kill strikes; returns (exit status, Kill or None, the last lines said)."""
    process = subprocess.Popen(command, cwd=root, env=environment() | OFTEN, text=True, errors="replace",
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    lines, said = queue.Queue(), []
    reader = threading.Thread(target=lambda: [lines.put(line) for line in process.stdout], daemon=True)
    reader.start()
    passed, pending, began, due = [], None, 0.0, 0.0
    while process.poll() is None:
        try:
            line = lines.get(timeout=0.05)
            said.append(line)
        except queue.Empty:
            line = ""
        if named := re.match(r"(Running s|S)tage '(?:[^']+:)?([^':]+)'", line):
            # What did not strike the stages before this one, because they were quicker, strikes soon.
            late = [kill for stage in passed for kill in kills.get(stage, [])]
            passed.append(named[2])
            if line.startswith("Running"):
                pending, began = next(iter([*late, *kills.get(named[2], [])]), None), time.monotonic()
                wait = pending.after_s if pending else 0
                due = began + (min(wait, SOON_S) if late else wait)
        if pending and time.monotonic() >= due:
            kills[pending.stage].remove(pending)
            pending.stage, pending.after_s = passed[-1], time.monotonic() - began
            strike(process, pending)
            return process.returncode, pending, ""
    reader.join()
    said += lines.queue
    return process.returncode, None, "".join(said[-40:])


def strike(process, kill):
    """Kill in the way that was chosen, and wait until DVC has ended."""
    stages = [p for p in psutil.Process(process.pid).children(recursive=True) if is_stage(p)]
    kill.between = not stages
    if kill.way == "ctrl-c":
        kill.presses = press(process)
    elif kill.way == "both":
        os.killpg(process.pid, signal.SIGKILL)
    elif kill.way == "dvc" or not stages:
        process.kill()
    else:
        stages[0].kill()
    process.wait(timeout=180)


def press(process, seconds=180):
    """Press Ctrl-C until DVC ends, as people do; returns how often. DVC ignores one at the end of a stage."""
    end, presses = time.monotonic() + seconds, 0
    while True:
        assert time.monotonic() < end, f"dvc goes on {seconds} s after the first of {presses} times Ctrl-C"
        os.killpg(process.pid, signal.SIGINT)
        presses += 1
        try:
            process.wait(timeout=PATIENCE_S)
            return presses
        except subprocess.TimeoutExpired:
            pass


def is_stage(process):
    """Tell whether a process runs a script of stages/."""
    try:
        return "python" in process.name() and any("stages." in part for part in process.cmdline())
    except psutil.Error:
        return False


def wait_until_gone(root, seconds=60):
    """Wait until no stage and no worker of one runs in `root`; fails when one outlives what was killed."""
    end = time.monotonic() + seconds
    while alive := [p for p in psutil.process_iter(["cwd", "name"])
                    if p.info["cwd"] == os.fspath(root) and "python" in p.info["name"]]:
        assert time.monotonic() < end, f"{alive} outlive the pipeline"
        time.sleep(0.2)
