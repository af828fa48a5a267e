"""Run all queued experiments with several workers, wait, and say what failed: python scripts/run_queue.py WORKERS

`dvc queue start` starts its workers as `dvc` and says nothing when they cannot run (treeverse/dvc #10779): here
that is found out before, and a queue on which nothing moves is not waited for.
"""

import re
import shutil
import subprocess
import sys
import time

POLL_S = 2
PATIENCE_S = 120    # without any worker while tasks wait: then something is wrong


def dvc(*arguments):
    """Return what `dvc ARGUMENTS` prints."""
    return subprocess.run(["dvc", *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def tasks():
    """Return {task id: state} of all tasks of the queue."""
    rows = (line.split() for line in dvc("queue", "status").splitlines())
    states = ("Queued", "Running", "Success", "Failed")
    return {row[0]: state for row in rows for state in states if state in row}


def main(workers):
    """Run the queue; 0 when all went well, 1 when an experiment failed or no worker came, 2 when none can start."""
    for command in ("dvc", "python", "git"):
        if shutil.which(command) is None:
            print(f"queue: expected the command `{command}` on the PATH, for the workers call it by name; activate "
                  "the environment (`source .venv/bin/activate`)")
            return 2
    before = tasks()
    print(dvc("queue", "start", "--jobs", str(workers)).strip(), flush=True)
    moved, seen = time.monotonic(), None
    while (now := tasks()) and {"Queued", "Running"} & set(now.values()):
        if now != seen:
            moved, seen = time.monotonic(), now
            print(", ".join(f"{name} {state.lower()}" for name, state in now.items()), flush=True)
        if "Running" not in now.values() and time.monotonic() - moved > PATIENCE_S:
            print(f"queue: no worker took a task for {PATIENCE_S} s; `dvc queue status`, then `dvc queue start -v`")
            return 1
        time.sleep(POLL_S)
    failed = [name for name, state in tasks().items() if state == "Failed" and before.get(name) != "Failed"]
    for name in failed:
        said = [line for line in dvc("queue", "logs", name).splitlines() if re.search(r"expected|ERROR|rror:", line)]
        print(f"queue: {name} failed: {(said or ['see `dvc queue logs ' + name + '`'])[0]}")
    return int(bool(failed))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        raise SystemExit(__doc__)
    raise SystemExit(main(int(sys.argv[1])))
