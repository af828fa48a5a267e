"""State of unfinished work in `.resume/<name>/<fingerprint>`: outside the outs, which DVC deletes before a run.

The fingerprint stands for params, code and data: other ones find another folder, and start from nothing.
Finished work stays there until DVC has recorded it, for a run may be killed between its last write and that.
"""

import hashlib
import json
import os
import shutil
import sys
from functools import partial
from pathlib import Path

from chaconne.running import code, processes
from chaconne.running.files import new_file, new_folder, read_json
from chaconne.running.pipeline import lock_of

FOLDER = Path(".resume")
FINISHED = "finished"   # a mark in the folder of work that is done; it names the dvc.lock that is to record it
KEPT = 3                # unfinished states of other settings, newest first: whoever goes back finds them


def work_folder(name, key, inputs=()):
    """Return the folder of this very work, made if need be; what nobody needs any more is removed."""
    folder = FOLDER / name / fingerprint(key, inputs)
    if not processes.rank():    # the first of several clears up for all
        forget_recorded()
        others = [p for p in folder.parent.glob("*") if len(p.name) == 16 and p != folder]
        for old in sorted(others, key=lambda p: p.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget_recorded():
    """Remove finished work that is older than the dvc.lock of its stage: DVC writes that after each stage."""
    for mark in list(FOLDER.rglob(FINISHED)):
        lock = Path(mark.read_text() or "dvc.lock")
        if lock.exists() and mark.stat().st_mtime < lock.stat().st_mtime:
            shutil.rmtree(mark.parent, ignore_errors=True)


def seconds_between(usual):
    """Return the seconds from one checkpoint to the next: `usual`, unless the environment says how often."""
    return float(os.environ.get("CHACONNE_CHECKPOINT_SECONDS", usual))


def mark_finished(folder):
    """Say that the work in `folder` is done, and which dvc.lock is to record it; its state stays until then."""
    Path(folder, FINISHED).write_text(lock_of(os.environ.get("DVC_STAGE", "")))


def fingerprint(key, inputs):
    """Return 16 hex digits of `key`, of the bytes of `inputs` (files, folders), and of this process's own code."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode())
    for path in (p for one in inputs for p in files_in(one)):
        with open(path, "rb") as file:
            digest.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    for path in own_code():
        digest.update(code.digest(path).encode())
    return digest.hexdigest()[:16]


def files_in(path):
    """Return the file itself, or all files of a folder, sorted."""
    return sorted(p for p in Path(path).rglob("*") if p.is_file()) if Path(path).is_dir() else [Path(path)]


def own_code():
    """Return the files of the package and of the stages that this process has imported, its script included.

    Without those of chaconne.running: they change no result.
    """
    named = {getattr(m.__spec__, "name", n): m.__file__ for n, m in list(sys.modules.items())
             if getattr(m, "__file__", None)}
    return [path for name, path in sorted(named.items())
            if name.split(".")[0] in ("chaconne", "stages") and not name.startswith("chaconne.running.")]


class Parts:
    """Finished parts of a long stage; a run that is repeated takes up those that are there.

    key: anything JSON-ready that decides the result; inputs: files and folders that do.
    """

    def __init__(self, name, key, inputs=()):
        self.folder = work_folder(name, key, inputs)

    def value(self, part, compute):
        """Return what `compute()` gives (JSON-ready, NaN too), from disk if it was computed before."""
        path = self.folder / f"{part}.json"
        if not path.exists():
            with new_file(path) as temporary:
                temporary.write_text(json.dumps(compute()))
        return read_json(path)

    def joined(self, entries, compute):
        """Return (a, b) = compute({name: entry}) of all `entries`, dictionaries, done one by one and joined."""
        found = [self.value(name, partial(compute, {name: entry})) for name, entry in entries.items()]
        return tuple({key: value for part in side for key, value in part.items()} for side in zip(*found, strict=True))

    def make(self, part, write):
        """Call `write(folder)` with an empty folder, unless that was done; returns where the part lies."""
        path = self.folder / part
        if not path.is_dir():
            with new_folder(path) as temporary:
                write(temporary)
        return path

    def place(self, out, places):
        """Make the folder `out` of the parts {part: path in `out`}; '' is `out` itself."""
        with new_folder(out) as temporary:
            for part, below in places.items():
                shutil.copytree(self.folder / part, Path(temporary, below), dirs_exist_ok=True)
        self.finish()

    def finish(self):
        """Say that all is done; the parts stay until DVC has recorded the result."""
        mark_finished(self.folder)

