"""The same work on a cluster of Ray (`corpus.workers: cluster`): the same functions, the same order, the same bytes.

RAY_ADDRESS names a cluster that runs (`auto`: that of this machine); without it Ray starts one of its own here.
Functions write into files of the project: every node needs it at the same place, on a file system where writes into
neighbouring parts of a file do not meet (Lustre, CephFS; not NFS, which writes whole pages). A worker that dies is
replaced, what it did is done again.
"""

import logging
import os
import signal
from collections import deque
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

AHEAD = 2           # chunks for each processor: none waits, and results do not pile up
RETRIES = 3         # of a chunk whose worker dies
PATIENCE_S = 60      # for workers that are stopped: what they write must not meet what comes after
SOURCE = Path(__file__).resolve().parents[2]


def in_order(function, items, chunk):
    """Yield function(item) for every item; closing it stops its workers. ValueError where Ray is missing."""
    ray = connected()
    items = list(items)
    chunks = deque(items[i:i + chunk] for i in range(0, len(items), chunk))
    task = ray.remote(max_retries=RETRIES)(work)
    function, here = ray.put(function), os.getcwd()
    limit, running = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1))), deque()
    try:
        while chunks or running:
            while chunks and len(running) < limit:
                running.append(task.remote(function, chunks.popleft(), here))
            yield from result(ray, running.popleft())
    finally:
        for left in running:
            ray.cancel(left, force=True)
        if running:
            ray.wait(list(running), num_returns=len(running), timeout=PATIENCE_S)


def result(ray, running):
    """Return what a chunk gave; what it raised is raised here, as it was."""
    try:
        return ray.get(running)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:     # a worker, a node, or what it had is lost
        raise BrokenProcessPool(str(error)) from None   # what a pool says of it


def work(function, items, folder):
    """Do a chunk in the project's folder: what a worker runs."""
    os.chdir(folder)
    return [function(item) for item in items]


def connected():
    """Return the module `ray`, connected to a cluster; its workers import the package of this checkout."""
    # Without it Ray hides the GPUs from tasks that ask for none, and warns that it will not do so for long.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise ValueError("corpus.workers: cluster needs Ray: pip install -c constraints.txt -e '.[cluster]'; or take a "
                         "number of processes on this machine") from None
    if not ray.is_initialized():
        path = os.pathsep.join(filter(None, [str(SOURCE), os.getcwd(), os.environ.get("PYTHONPATH")]))
        variables = {"PYTHONPATH": path, "HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "1")}
        polite = signal.getsignal(signal.SIGTERM)
        ray.init(address=os.environ.get("RAY_ADDRESS") or "local", include_dashboard=False, log_to_driver=False,
                 configure_logging=True, logging_level=logging.WARNING,
                 runtime_env={"env_vars": variables})
        signal.signal(signal.SIGTERM, polite)   # Ray has an exit status of its own; ours is chaconne.running.stage's
    return ray
