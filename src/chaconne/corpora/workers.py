"""A pool of processes that yields in order, dies with its parent and leaves Ctrl-C to it."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor


def in_order(function, items, workers, chunk=4):
    """Yield function(item) for every item, computed in `workers` processes; closing it stops them."""
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


def _follow_parent():
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
