"""Run the whole pipeline at scale smoke in a copy of this checkout: python scripts/smoke.py FOLDER

The copy is a git repository of its own with an empty DVC cache, so it shares nothing with
this checkout but the installed packages; stages import the package of the copy.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IDENTITY = {"NAME": "chaconne", "EMAIL": "chaconne@localhost"}


def environment():
    """Return the environment for commands in a copy: this Python's tools, no git variables from outside."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") and k != "PYTHONPATH"}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    kept["DVC_NO_ANALYTICS"] = "1"
    for role in ("AUTHOR", "COMMITTER"):
        kept |= {f"GIT_{role}_{key}": value for key, value in IDENTITY.items()}
    return kept


def set_param(root, name, value):
    """Set the top-level scalar `name` in root/params.yaml, comments kept; an unknown name is a KeyError."""
    path = Path(root, "params.yaml")
    text, count = re.subn(rf"(?m)^({name}:[ ]+)\S+", rf"\g<1>{value}", path.read_text())
    if count != 1:
        raise KeyError(f"expected one line '{name}: ...' in {path}, found {count}")
    path.write_text(text)


def commit(root, message):
    """Commit everything that git does not ignore in `root`."""
    for command in (["add", "--all"], ["commit", "--quiet", "--allow-empty", "--message", message]):
        subprocess.run(["git", *command], cwd=root, env=environment(), check=True)


def copy_checkout(folder, scale="smoke"):
    """Copy what git tracks or would track here into `folder`, set the scale, commit; return the Path."""
    folder = Path(folder).resolve()
    folder.mkdir(parents=True)
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, env=environment(), check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():   # a tracked file that was deleted is still listed
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    set_param(folder, "scale", scale)
    if scale == "smoke":    # networks so small that a second thread waits for the first; beside other work for minutes
        set_param(folder, "threads", 1)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, env=environment(), check=True)
    commit(folder, f"A copy at scale {scale}")
    return folder


def main(folder):
    """Copy, run everything, say how long it took; the exit status is that of `dvc repro`."""
    copy, start = copy_checkout(folder), time.perf_counter()
    status = subprocess.run(["dvc", "repro", "--all-pipelines"], cwd=copy, env=environment()).returncode
    print(f"== {copy}: {time.perf_counter() - start:.0f} s, exit status {status}", flush=True)
    return status


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(sys.argv[1]))
