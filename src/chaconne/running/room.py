"""Is there room for what a stage is about to do? Asked before the work, not found out in the night."""

import shutil
from pathlib import Path

GIB = 2**30


def check_room(what, disk_bytes=0, memory_bytes=0, folder="."):
    """Raise ValueError when less disk or memory is free than needed; the line says both.

    disk_bytes: what will be written below `folder`; DVC keeps a copy of outs in its cache, which callers count in.
    """
    free = shutil.disk_usage(existing(folder)).free
    if disk_bytes > free:
        raise ValueError(f"{what} needs {gib(disk_bytes)} of disk, {gib(free)} are free in {Path(folder).resolve()}; "
                         "free some (`dvc gc -w --all-experiments --all-commits` clears what no commit and no "
                         "experiment uses), or take less (conf/scale)")
    if memory_bytes > (free := free_memory()):
        raise ValueError(f"{what} needs {gib(memory_bytes)} of memory, {gib(free)} are free; end other programs, or "
                         "take a smaller batch or network (conf/scale)")


def existing(folder):
    """Return the folder, or the nearest one above it that exists."""
    folder = Path(folder).resolve()
    return next(p for p in (folder, *folder.parents) if p.exists())


def free_memory():
    """Return the bytes that this process could still take: of the machine, or of its control group if that is less."""
    import psutil

    free = psutil.virtual_memory().available
    limit, used = (Path("/sys/fs/cgroup", name) for name in ("memory.max", "memory.current"))
    if limit.exists() and used.exists() and (most := limit.read_text().strip()) != "max":
        # What the group caches of files is counted as used, though it can be had.
        cached = sum(int(line.split()[1]) for line in Path("/sys/fs/cgroup/memory.stat").read_text().splitlines()
                     if line.startswith("inactive_file "))
        free = min(free, int(most) - int(used.read_text()) + cached)
    return free


def gib(count):
    """Return bytes as people say them."""
    return f"{count / GIB:.2f} GiB" if count >= GIB / 10 else f"{count / 2**20:.1f} MiB"
