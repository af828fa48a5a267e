"""Work in several processes that yields in order: a pool on this machine, or a cluster of Ray.

The pool dies with its parent and leaves Ctrl-C to it.
"""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor

CLUSTER = "cluster"     # in place of a number of workers


def in_order(function, items, workers, chunk=4):
    """Yield function(item) for every item, computed in `workers` processes; closing it stops them.

    workers: how many, or CLUSTER: as many as Ray has. chunk: items that go to a process together.
    """
    if workers == CLUSTER:
        from chaconne.running import cluster

        yield from cluster.in_order(function, items, chunk)
        return
    if workers == 1:
        yield from map(function, items)
        return
    # spawn: the same behaviour on Linux and macOS, and no inherited threads.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_follow_parent)
    try:
        yield from pool.map(function, items, chunksize=chunk)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def at_most(workers, useful):
    """Return as many workers as are useful, of those there are; a cluster is told nothing."""
    return workers if workers == CLUSTER else min(workers, useful)


def _follow_parent():
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
