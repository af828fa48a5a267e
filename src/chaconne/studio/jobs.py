"""Work that takes a while: one after another, each with its progress, kept when the page is loaded anew."""

import itertools
import queue
import threading
import traceback
from dataclasses import dataclass, field

MOST_KEPT = 200     # finished jobs
TOLD = ("id", "title", "group", "state", "share", "what", "error", "result")    # to the page


class Cancelled(Exception):
    """The page asked to stop."""


@dataclass
class Job:
    """state: waiting, running, done, failed, stopped; share: 0 to 1; result: plain values for the page.

    group: jobs that were asked for together share it.
    """

    id: int
    title: str
    group: str
    work: object = field(repr=False)
    state: str = "waiting"
    share: float = 0.0
    what: str = ""
    error: str = ""
    result: dict = field(default_factory=dict)
    stop: bool = False

    def as_dict(self):
        """Return what the page gets."""
        return {key: getattr(self, key) for key in TOLD}

    def progress(self, steps, what, total=None):
        """Wrap steps; the page sees how far they are. See chaconne.editing.making."""
        total = total or len(steps)
        for i, step in enumerate(steps):
            self.check()
            self.share, self.what = i / total, what
            yield step

    def check(self):
        """Raise Cancelled where the page asked to stop."""
        if self.stop:
            raise Cancelled


class Jobs:
    """A queue with one worker."""

    def __init__(self):
        self.numbers, self.waiting, self.known = itertools.count(1), queue.Queue(), {}
        threading.Thread(target=self.run, daemon=True, name="studio-jobs").start()

    def add(self, title, work, group=""):
        """Put work(job) -> result into the queue; returns the Job."""
        job = Job(next(self.numbers), title, group, work)
        self.known[job.id] = job
        for old in [j for j in list(self.known.values()) if j.state in ("done", "failed", "stopped")][:-MOST_KEPT]:
            self.known.pop(old.id, None)
        self.waiting.put(job)
        return job

    def run(self):
        """Do one job after another, as long as the process lives."""
        while True:
            self.do(self.waiting.get())

    @staticmethod
    def do(job):
        """Run one job; whatever goes wrong is told to the page in one line."""
        job.state = "running"
        try:
            job.check()
            job.result = job.work(job)
            job.state, job.share = "done", 1.0
        except Cancelled:
            job.state = "stopped"
        except (FileNotFoundError, ValueError) as error:
            job.state, job.error = "failed", " ".join(str(error).split())
        except Exception as error:  # a mistake of ours: the page lives, the terminal says where
            traceback.print_exc()
            job.state, job.error = "failed", f"{type(error).__name__}: the terminal of the studio says where"
        finally:
            job.work = None
