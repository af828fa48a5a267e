"""Many transfers: what they cost is said and checked first, then they run side by side."""

import sys
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

from tqdm import tqdm

from chaconne.corpora.gathering.downloads.http import DownloadError, Limiter, Link, Patience
from chaconne.running.archives import free_bytes

GB, MB = 1e9, 1e6
SPARE = 1.05  # of the disk: something else may want a little


@dataclass
class Job:
    """One transfer: `run(link)` does it, `bytes` will arrive, `disk_bytes` will stay."""

    name: str
    bytes: int
    disk_bytes: int
    run: callable


def link_of(settings, arrived=lambda count: None):
    """Return the Link that a corpus's `download` settings ask for (transfers, mbytes_per_s, patience)."""
    rate = settings["mbytes_per_s"]
    return Link(Patience(attempts=settings["attempts"]), Limiter(rate and rate * MB), arrived)


def fetch(jobs, folder, settings, name):
    """Do all jobs, `settings["transfers"]` at once, with one bar; returns the bytes that were announced.

    settings: transfers, mbytes_per_s (None: all there is), disk_gb, attempts. Raises DownloadError in one line
    before anything starts when the disk or the budget is too small; the first failure ends the others.
    """
    if not jobs:
        return 0
    total, stays = sum(job.bytes for job in jobs), sum(job.disk_bytes for job in jobs)
    free = free_bytes(folder)
    if stays > settings["disk_gb"] * GB:
        raise DownloadError(f"{name}: {stays / GB:.4g} GB wanted, disk_gb allows {settings['disk_gb']:g}; "
                            "take less, or raise download.disk_gb in conf/data")
    if stays * SPARE > free:
        raise DownloadError(f"{name}: {stays / GB:.4g} GB wanted in {folder}, {free / GB:.4g} GB are free; "
                            "take less, or make room")
    print(f"{name}: fetching {len(jobs)} {'file' if len(jobs) == 1 else 'files'}, {total / MB:.4g} MB, "
          f"into {folder} ({free / GB:.3g} GB free)", file=sys.stderr, flush=True)
    with tqdm(total=total, desc=f"fetch {name}", unit="B", unit_scale=True, mininterval=1,
              disable=None) as bar, ThreadPoolExecutor(settings["transfers"]) as pool:
        stopped = threading.Event()

        def arrived(count):
            if stopped.is_set():
                raise DownloadError(f"{name}: stopped")
            with bar.get_lock():
                bar.update(count)

        link = link_of(settings, arrived)
        running = [pool.submit(job.run, link) for job in jobs]
        try:
            done, _ = wait(running, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            stopped.set()  # or the others would go on to their end before anything is said
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return total

