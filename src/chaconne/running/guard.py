"""What keeps a stage honest: it ends with the DVC that started it, runs alone, and notices edits under it.

DVC takes the hashes of code, params and data after a command has ended (treeverse/dvc #11058). A file
edited meanwhile would be recorded with results it did not make, so a stage looks at its own deps twice.
"""

import json
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import yaml

from chaconne.running import code, processes
from chaconne.running.pipeline import declared, look_up

PATIENCE_S = 10         # for a run that is just ending, and for an orderly end before a hard one
LOOK_S = 0.5            # between looks at the parent
HASHED_BYTES = 2**24    # larger files are known by size and time, as in DVC: their bytes would take seconds
IGNORED = "README.md"     # as in .dvcignore, which also leaves out what Python and Numba compiled
SHELLS = {"sh", "bash", "dash", "zsh", "fish", "ksh"}

_before = {}            # what `begin` saw: {path or params file: digest}


def begin():
    """Note the stage's code, params and data, and follow the DVC or torchrun that started it; nothing without them."""
    address = os.environ.get("DVC_STAGE")
    if address or processes.spread():
        follow_parent()
    if address:
        _before.update(snapshot(address))


def follow_parent():
    """End this process (SIGTERM, SIGKILL when that takes too long) as soon as the one that started it is gone."""
    import psutil

    parents = psutil.Process().parents()
    # A shell between DVC and the stage lives on when DVC is killed.
    owner = next((p for p in parents if p.name() not in SHELLS), None)
    if owner is None:
        return

    def watch():
        while owner.is_running() and owner.status() != psutil.STATUS_ZOMBIE:
            time.sleep(LOOK_S)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(PATIENCE_S)
        os.kill(os.getpid(), signal.SIGKILL)

    def safely():
        try:
            watch()
        except psutil.NoSuchProcess:
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=safely, name="follow parent", daemon=True).start()


def snapshot(address, root="."):
    """Return {name: digest} of every dep and every declared param of a stage of dvc.yaml."""
    paths, params = declared(address, root)
    seen = {}
    for path in paths:
        whole = Path(root, path)
        inside = sorted(p for p in whole.rglob("*") if p.is_file()) if whole.is_dir() else [whole]
        seen |= {p.relative_to(root).as_posix(): digest(p) for p in inside
                 if p.name != IGNORED and "__pycache__" not in p.parts}
    for file, keys in params.items():
        tree = yaml.safe_load(Path(root, file).read_text()) if Path(root, file).exists() else {}
        for key in keys or tree or []:
            seen[f"{file}: {key}"] = json.dumps(look_up(tree, str(key)), sort_keys=True, default=str)
    return seen


def digest(path):
    """Return a text that differs when what the file makes can: its digest (chaconne.running.code), or size and time of
    a large one; '' for none."""
    if not path.exists():
        return ""
    about = path.stat()
    if about.st_size > HASHED_BYTES:
        return f"{about.st_size} {about.st_mtime_ns}"
    return code.digest(path)


def check_unchanged():
    """Raise ValueError when a dep or param is not what it was when the stage began."""
    if not _before:
        return
    after = snapshot(address := os.environ["DVC_STAGE"])
    changed = sorted(name for name in _before.keys() | after.keys() if _before.get(name) != after.get(name))
    if changed:
        raise ValueError(f"expected {', '.join(changed[:5])} to stay as it was while the stage ran, but it changed; "
                         f"the result is not recorded: `dvc repro {address}` makes it with what stands there now")


@contextmanager
def alone(name):
    """Hold the lock `.resume/locks/<name>`: a second run of the same stage here ends with one line.

    The system frees it when this process ends, however that happens.
    """
    from filelock import FileLock, Timeout

    if processes.spread():  # who started the processes holds it for all
        yield
        return
    path = Path(".resume", "locks", name.replace("/", "_"))
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = path.with_suffix(".pid")
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(timeout=PATIENCE_S)
    except Timeout:
        owner = holder.read_text() if holder.exists() else "unknown"
        sys.exit(f"{name}: expected to run alone, but process {owner} runs it in this folder; wait for it or end it")
    try:
        holder.write_text(str(os.getpid()))
        yield
    finally:
        lock.release()
