"""How many threads the arithmetic of this process has: fewer while something else keeps the cores busy.

Threads of one operation wait for each other at its end. Beside a busy program one of them has often lost its core, and
one thread alone is faster than two then (docs/speed.md). No result depends on it: on a busy machine the first pieces
of work are done with both counts, and where a single byte differs all of it is done with all threads.
"""

import copy
import os
import time
from contextlib import contextmanager

import psutil
import torch

EVERY_S = 1.0               # between two looks at the machine
PAUSE_S = 0.1               # between two pieces of work: what others do in a longer one is no reason to give way
BUSY, QUIET = 0.35, 0.2     # cores that others take of ours: from the one on we give way, below the other come back
TRIALS = 12                 # pieces of work that are done with both counts


class Pace:
    """Does work with as many threads as there are cores for, at most those that torch has now."""

    def __init__(self):
        self.most = self.fewer = torch.get_num_threads()
        self.proved = {}        # {threads: trials that gave the same bytes; None where one did not}
        self.load, self.looked = Load(), time.monotonic()
        self.ended = self.looked

    def __call__(self, work, state=None):
        """Return work(), which changes nothing but `state`: {name: object with state_dict and load_state_dict}.

        What it returns are tensors, or dictionaries, tuples and lists of them.
        """
        try:
            return self.called(work, state, self.wanted())
        finally:
            self.ended = time.monotonic()

    def called(self, work, state, count):
        """Return work() as `count` threads do it, once it is known that they may."""
        trials = self.proved.get(count, 0)
        if count == self.most or trials is None:
            return done(work, self.most)
        if trials >= TRIALS:
            return done(work, count)
        before = kept(state)
        made = done(work, self.most)
        after = kept(state)
        for name, one in (state or {}).items():
            one.load_state_dict(before[name])
        again = done(work, count)
        self.proved[count] = trials + 1 if same((made, after), (again, kept(state))) else None
        if self.proved[count] is not None:
            return again
        for name, one in (state or {}).items():
            one.load_state_dict(after[name])
        return made

    def wanted(self):
        """Return how many threads to take now."""
        now = time.monotonic()
        if now - self.ended > PAUSE_S:
            self.load.of_others()
            self.looked = now
        elif self.most > 1 and now - self.looked > EVERY_S:
            taken, self.looked = self.load.of_others() - (self.load.cores - self.most), now
            if taken > BUSY:
                self.fewer = max(1, self.most - round(taken + 0.5 - BUSY))
            elif taken < QUIET:
                self.fewer = self.most
        return self.fewer


@contextmanager
def threads(count):
    """Use so many threads of torch as long as the block lasts."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def done(work, count):
    """Return work(), done with so many threads."""
    with threads(count):
        return work()


class Load:
    """How many of the cores that this process may use are busy with something else."""

    def __init__(self):
        here, known = getattr(os, "sched_getaffinity", None), len(psutil.cpu_times(percpu=True))
        # Some containers number the cores that they show anew.
        self.ours = [core for core in (here(0) if here else range(known)) if core < known] or list(range(known))
        self.cores, self.process = len(self.ours), psutil.Process()
        self.before = self.clocks()

    def clocks(self):
        """Return seconds since some moment: all, those in which cores were busy, those of this process."""
        times = psutil.cpu_times(percpu=True)
        idle = sum(times[core].idle + getattr(times[core], "iowait", 0) for core in self.ours)
        now, own = time.monotonic(), self.process.cpu_times()
        return now, now * self.cores - idle, own.user + own.system

    def of_others(self):
        """Return the cores that others took on average since this was asked last."""
        now = self.clocks()
        wall, busy, own = (a - b for a, b in zip(now, self.before, strict=True))
        self.before = now
        return max(0.0, busy - own) / max(wall, 1e-3)


def kept(state):
    """Return a copy of the state of all objects in `state`."""
    return {name: copy.deepcopy(one.state_dict()) for name, one in (state or {}).items()}


def same(a, b):
    """Tell whether two results agree to the last byte."""
    if isinstance(a, torch.Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and torch.equal(bytes_of(a), bytes_of(b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


def bytes_of(tensor):
    """Return the bytes of a tensor as a tensor: numbers that are none are equal to themselves there."""
    return tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
