"""Python, packages, programs, and what the machine offers."""

import platform
import shutil
import sys
from functools import partial
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from chaconne.commands.doctoring.finding import Finding

INSTALL = "pip install -c constraints.txt -e ."
# Installed without their dependencies, so that no requirement names them: (package, what it is for, how).
BESIDE = (("basic-pitch", "the embedder `notes`", "pip install --no-deps 'basic-pitch>=0.4,<0.5'"),
          ("musicnn", "the embedder `musicnn`", "pip install --no-deps 'musicnn==0.1.0'"))
LEAST_DISK = 5 * 2**30      # bytes: what `make repro` takes
LEAST_MEMORY = 4 * 2**30


def look():
    """Yield the Findings on environment and machine."""
    here = partial(Finding, "environment")
    yield here("chaconne", "fine", f"{version('chaconne')} in {Path(__file__).parents[1]}")
    yield here("python", "fine", f"{platform.python_version()} in {sys.prefix} on {platform.platform()}")
    yield from packages()
    for name, why, mend in BESIDE:
        found = version_of(name)
        yield here(name, "fine" if found else "note", found or f"not here: {why} is left out", "" if found else mend)
    for program, why in (("git", "experiments and --rev need it"), ("dvc", "the pipeline needs it on the PATH")):
        place = shutil.which(program)
        mend = "" if place else "source .venv/bin/activate" if program == "dvc" else "install git"
        yield here(program, "fine" if place else "missing", place or f"not on the PATH: {why}", mend)
    yield from machine()


def packages():
    """Yield a Finding for each package that is missing or of another version than pyproject.toml allows."""
    from packaging.requirements import Requirement

    here, wrong, count = partial(Finding, "environment"), 0, 0
    for text in requires("chaconne") or []:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        found, count = version_of(wanted.name), count + 1
        if found is None or not wanted.specifier.contains(found, prereleases=True):
            wrong += 1
            got = found or "nothing"
            yield here(wanted.name, "missing", f"expected {wanted.specifier or 'any version'}, got {got}", INSTALL)
    if not wrong:
        yield here("packages", "fine", f"all {count} that are needed are here, in versions that are allowed")


def version_of(name):
    """Return the installed version of a package, None for none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def machine():
    """Yield the Findings on cores, memory, disk and accelerators."""
    import psutil

    from chaconne.running.room import free_memory, gib

    here = partial(Finding, "machine")
    cores, memory, disk = psutil.cpu_count(logical=False), free_memory(), shutil.disk_usage(".").free
    yield here("processor", "fine", f"{cores or '?'} cores, {psutil.cpu_count()} threads")
    yield here("memory", "fine" if memory > LEAST_MEMORY else "note", f"{gib(memory)} free"
               + ("" if memory > LEAST_MEMORY else f"; the pipeline takes up to {gib(LEAST_MEMORY)}"),
               "" if memory > LEAST_MEMORY else "end other programs, or dvc exp run -S scale=smoke")
    yield here("disk", "fine" if disk > LEAST_DISK else "note", f"{gib(disk)} free here"
               + ("" if disk > LEAST_DISK else f"; `make repro` takes {gib(LEAST_DISK)}"),
               "" if disk > LEAST_DISK else "dvc gc -w --all-experiments --all-commits")
    yield from accelerators(here)


def accelerators(here):
    """Yield what torch can compute on."""
    try:
        import torch
    except ImportError as error:
        yield here("torch", "missing", f"cannot be imported ({error})", INSTALL)
        return
    yield here("torch", "fine", f"{torch.__version__}, {torch.get_num_threads()} threads")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    names = [torch.cuda.get_device_name(i) for i in range(count)]
    names += ["Apple GPU (mps)"] if torch.backends.mps.is_available() else []
    yield here("accelerator", "fine" if names else "note", ", ".join(names) or "none: training runs on the processor",
               "dvc exp run -S scale=gpu" if names else "")
