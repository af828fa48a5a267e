"""Small files written whole or not at all."""

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def new_file(path):
    """Yield a temporary name beside `path`; it takes the name `path` when the block ends well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path):
    """Yield an empty temporary folder beside `path`; it replaces `path` when the block ends well."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def of_run(folder, run):
    """Return where run number `run` lies, of several that differ in the seed alone: the first in `folder` itself."""
    return f"{folder}/run_{run}" if run else str(folder)


def runs_in(folder):
    """Return the folders of all runs that lie in `folder`, in order (see `of_run`)."""
    return [of_run(folder, run) for run in range(1 + len(list(Path(folder).glob("run_*"))))]


def write_json(path, value):
    """Write `value` as sorted, indented JSON; NaN and infinity raise ValueError."""
    with new_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def read_json(path):
    """Read a JSON file; a missing one names the path in a FileNotFoundError."""
    return json.loads(Path(path).read_text())
