"""Run `dvc repro`, kill stages, DVC or both at chosen moments, and go on until all is done."""

import json
import os
import queue
import random
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
WAYS = ("stage", "dvc", "both", "ctrl-c")
# Every checkpoint that can be written is: at scale smoke a stage ends before the usual minute is over.
OFTEN = {"CHACONNE_CHECKPOINT_SECONDS": "0"}


@dataclass
class Kill:
    """What is killed in which way, how many seconds after the stage began, and what came of it."""

    stage: str
    way: str
    after_s: float
    hit: bool = False


def plan(quiet, kills, seed):
    """Return `kills` Kills, {stage: [Kill]}: long stages oftener, moments evenly over what a quiet run took.

    quiet: folder of a finished run; its data/timing says how long each stage took.
    """
    rng = random.Random(seed)
    clocks = Path(quiet, "data/timing").glob("*.json")
    walls = {path.stem: json.loads(path.read_text())["wall_seconds"] for path in clocks}
    names = {name: seconds_of(name, walls) for name in read_stages(quiet)}
    chosen = {}
    for stage in rng.choices(list(names), weights=list(names.values()), k=kills):
        chosen.setdefault(stage, []).append(Kill(stage, rng.choice(WAYS), rng.uniform(0.3, names[stage])))
    # Early ones first: a stage that was quicker than the late one is not run again.
    return {stage: sorted(those, key=lambda kill: kill.after_s) for stage, those in chosen.items()}


def seconds_of(stage, walls):
    """Return how long a stage took with its start; names of clocks differ a little from those of stages."""
    clock = {"genre_corpus": "genre", "reference": "reference_corpus", "genre_reference": "reference_genre"}
    return START_S + walls.get(clock.get(stage, stage.replace("@", "_")), 1.0)


def run(root, kills, say=print, limit_s=3600, command=("dvc", "repro")):
    """Repeat `command` in `root` until it ends well, killing as planned; returns the Kills that hit.

    kills: of `plan`; one that comes too late, because the stage was quicker, is tried when it runs again.
    """
    done, end = [], time.monotonic() + limit_s
    while True:
        assert time.monotonic() < end, "the pipeline did not end in time"
        status, kill = run_once(root, kills, say, command)
        if kill:
            done.append(kill)
            say(f"killed {kill.way} in {kill.stage} after {kill.after_s:.1f} s")
            wait_until_gone(root)
        elif status == 0:
            return done
        else:
            raise AssertionError(f"dvc repro ended with {status} though nothing was killed")


def run_once(root, kills, say, command):
    """Run `command` until it ends or a kill hits; returns (exit status, Kill or None)."""
    process = subprocess.Popen(command, cwd=root, env=environment() | OFTEN, text=True, errors="replace",
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    lines, said = queue.Queue(), []
    threading.Thread(target=lambda: [lines.put(line) for line in process.stdout], daemon=True).start()
    pending, due = None, 0.0
    while process.poll() is None:
        try:
            line = lines.get(timeout=0.05)
            said.append(line)
        except queue.Empty:
            line = ""
        if line.startswith("Running stage '"):
            stage = line.split("'")[1]
            pending = next((kill for kill in kills.get(stage, []) if not kill.hit), None)
            due = time.monotonic() + (pending.after_s if pending else 0)
        if pending and time.monotonic() >= due:
            strike(process, pending)
            wait_for_end(process, pending)
            return process.returncode, pending
    if process.returncode:
        say("".join(said[-40:]))
    return process.returncode, None


def strike(process, kill):
    """Kill in the way that was chosen."""
    kill.hit = True
    stages = [p for p in psutil.Process(process.pid).children(recursive=True) if is_stage(p)]
    if kill.way == "ctrl-c":
        os.killpg(process.pid, signal.SIGINT)
    elif kill.way == "both":
        os.killpg(process.pid, signal.SIGKILL)
    elif kill.way == "dvc" or not stages:
        process.kill()
    else:
        stages[0].kill()


def wait_for_end(process, kill, seconds=180):
    """Wait until DVC has ended. A Ctrl-C that an import or the change of stages swallowed is pressed again."""
    end = time.monotonic() + seconds
    while True:
        try:
            process.wait(timeout=10)
            return
        except subprocess.TimeoutExpired:
            assert time.monotonic() < end, f"dvc goes on {seconds} s after {kill}"
            if kill.way == "ctrl-c":
                os.killpg(process.pid, signal.SIGINT)


def is_stage(process):
    """Tell whether a process runs a script of stages/."""
    try:
        return any("stages." in part for part in process.cmdline())
    except psutil.Error:
        return False


def wait_until_gone(root, seconds=60):
    """Wait until no stage and no worker of one runs in `root`; fails when one outlives what was killed."""
    end = time.monotonic() + seconds
    while alive := [p for p in psutil.process_iter(["cwd", "name"])
                    if p.info["cwd"] == os.fspath(root) and "python" in p.info["name"]]:
        assert time.monotonic() < end, f"{alive} outlive the pipeline"
        time.sleep(0.2)
