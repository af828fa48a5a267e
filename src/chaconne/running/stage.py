"""What every stage does around its work: parameters, seeds, threads, clocks, honest exits."""

import errno
import os
import random
import re
import resource
import signal
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

from chaconne.running import clocks, guard, processes
from chaconne.running.files import one_line

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def stage(name, seed=0, threads=None, keep_clock=True, alone=True):
    """Run the body of a stage: seeded, with a fixed thread count, timed, by itself, with honest exits.

    Ctrl-C exits with 130, a polite kill with 143. What is wrong with the input (FileNotFoundError, ValueError,
    FloatingPointError), a full disk, too little memory, or a dep that was edited meanwhile: one line and 1.
    alone: a second run of the same name in this folder waits some seconds, then ends with one line.
    Of several processes of one training (chaconne.running.processes) each has its share of the threads, and ends with
    processes.EXPLAINED in place of 1.

    Yields a dictionary. Its entries are recorded (chaconne.running.clocks) with `wall_seconds`, `cpu_seconds` (user and
    system, children included) and `peak_mb` (memory of this process or its largest child), unless `keep_clock` is
    false.
    Two runs with the same seed and thread count give the same bytes.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    random.seed(seed)
    if threads is not None:
        import torch  # only stages with tensors name a thread count

        torch.set_num_threads(max(1, threads // processes.counts()[0]))
        torch.manual_seed(seed)
        # The same as use_deterministic_algorithms, which takes 2.5 s: it imports the compiler to tell it, too.
        torch.set_deterministic_debug_mode("warn")
    # A parent that ends us politely gets the same honest exit as Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    clock, wall = {}, time.perf_counter()
    with guard.alone(name) if alone else nullcontext():
        try:
            yield clock
            guard.check_unchanged()
        except KeyboardInterrupt:
            print(f"{name}: stopped by Ctrl-C; run the same command again to go on", file=sys.stderr)
            sys.exit(130)
        except Exception as error:
            if os.environ.get("CHACONNE_DEBUG") or not (said := explain(error)):
                raise
            said = f"{name}: {said} (CHACONNE_DEBUG=1 shows where)"
            if processes.spread():
                print(said, file=sys.stderr)
                sys.exit(processes.EXPLAINED)
            sys.exit(said)
        clock["wall_seconds"] = round(time.perf_counter() - wall, 2)
        clock["cpu_seconds"] = round(cpu_seconds(), 2)
        clock["peak_mb"] = round(peak_bytes() / 1e6)
        if keep_clock and not processes.rank():
            clocks.record(name, clock)


def explain(error):
    """Return what went wrong and what to do as one line; None for what can only be a mistake in the code."""
    if isinstance(error, (FileNotFoundError, ValueError, FloatingPointError)):
        return " ".join(str(error).split())
    if isinstance(error, OSError) and error.errno in FULL:
        return (f"the disk is full ({one_line(error)}); free some and run the same command again: it goes on where it "
                "was (`dvc gc -w --all-experiments --all-commits` clears what no commit and no experiment uses)")
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return (f"out of memory ({one_line(error)}); end other programs, or take a smaller batch or network "
                "(conf/scale), and run the same command again")
    return None


def cpu_seconds():
    """Return the user and system seconds of this process and its finished children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def peak_bytes():
    """Return the most memory that this process has had, or the largest of its finished children."""
    unit = 1 if sys.platform == "darwin" else 1024
    status = Path("/proc/self/status")
    # Linux counts in ru_maxrss what the process that started this one had.
    own = (int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024 if status.exists()
           else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit)
