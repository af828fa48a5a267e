"""A pipeline of two stages that takes seconds: real DVC, the real package, stages that wait to be disturbed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from scripts.smoke import commit, environment
from tests.conftest import ROOT

PIPELINE = """
stages:
  make:
    cmd: python -m stages.make
    deps: [input.txt, stages/make.py, src/chaconne/running/stage.py]
    params: [knob]
    outs: [data/model]
  use:
    cmd: python -m stages.use
    deps: [data/model, stages/use.py]
    outs: [data/used.txt]
"""
MAKE = '''
import sys, time
from pathlib import Path
from chaconne.running.files import new_folder, seal
from chaconne.running.stage import stage

with stage("make", keep_clock=False), new_folder("data/model") as out:
    Path("started").touch()
    text = Path("input.txt").read_text()
    if text.startswith("wait"):
        while not Path("go").exists():
            time.sleep(0.05)
    Path(out, "weights.txt").write_text(text)
    seal(out)
'''
USE = '''
from pathlib import Path
from chaconne.running.files import new_file, verify
from chaconne.running.stage import stage

with stage("use", keep_clock=False):
    verify("data/model")
    with new_file("data/used.txt") as out:
        out.write_text(Path("data/model/weights.txt").read_text().upper())
'''


def small_project(root, text="some", cache=None):
    """Make the project in `root`, a git and DVC repository; returns the Path. cache: a folder shared with others."""
    root = Path(root)
    shutil.copytree(ROOT / "src/chaconne", root / "src/chaconne", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "stages").mkdir()
    shutil.copy(ROOT / "stages/__init__.py", root / "stages")
    files = {"dvc.yaml": PIPELINE, "params.yaml": "knob: 1\nother: 1\n", "input.txt": text,
             "stages/make.py": MAKE, "stages/use.py": USE,
             ".gitignore": "__pycache__/\n/data\n/.resume\n/started\n/go\n", ".dvcignore": "__pycache__/\n*.pyc\n"}
    for name, content in files.items():
        (root / name).write_text(content)
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"], *([["dvc", "cache", "dir", cache]] if cache else [])):
        subprocess.run(command, cwd=root, env=environment(), check=True)
    commit(root, "A small pipeline")
    return root


def dvc(root, *arguments, **settings):
    """Run `dvc ARGUMENTS` in `root`: the finished process; what it and its stages said in `stdout`."""
    return subprocess.run(["dvc", *arguments], cwd=root, env=environment() | settings, text=True, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def start(root, *command):
    """Start a command of its own process group, and wait until the stage `make` is in the middle of its work."""
    (root / "started").unlink(missing_ok=True)
    process = subprocess.Popen(command, cwd=root, env=environment(), text=True, start_new_session=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    wait_for((root / "started").exists, process)
    return process


def python(root, name):
    """Return the command of a stage, as somebody types it."""
    return [sys.executable, "-m", f"stages.{name}"]


def wait_for(happened, process=None, seconds=180):
    """Wait until `happened()`; fails when the process has ended or the time is over."""
    end = time.monotonic() + seconds
    while not happened():
        assert process is None or process.poll() is None, process.stdout.read()
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def stages_alive(root):
    """Return the process ids of stages that run in `root`."""
    import psutil

    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "pid", "status"]):
        info = process.info
        if info["cwd"] == os.fspath(root) and any("stages." in part for part in info["cmdline"] or []):
            found.append(info["pid"])
    return found
