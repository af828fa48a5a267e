"""Files written whole or not at all, and files read with distrust: what is wrong is said in one line."""

import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from chaconne.running.pipeline import remake

SUMS = "SHA256SUMS"     # as `sha256sum --check SHA256SUMS` reads it


@contextmanager
def new_file(path):
    """Yield a temporary name beside `path`; it takes the name `path` when the block ends well.

    What has the name `path` is on the disk, not only in its cache: it outlives a power cut.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        yield temporary
        to_disk(temporary)
        os.replace(temporary, path)
        to_disk(path.parent)
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
        for file in temporary.rglob("*"):
            to_disk(file)
        shutil.rmtree(path, ignore_errors=True)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def stand_in(*folders):
    """Write folders that say that nothing was made: DVC expects them, and Git keeps no empty ones."""
    for folder in folders:
        with new_folder(folder) as temporary:
            (temporary / "nothing.tsv").write_text("step\tnothing\n")


def to_disk(path):
    """Wait until a file, or the list of a folder's names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def seal(folder):
    """Write SHA256SUMS of the files that lie in `folder`."""
    files = sorted(p for p in Path(folder).iterdir() if p.is_file() and p.name != SUMS)
    Path(folder, SUMS).write_text("".join(f"{sha256(p)}  {p.name}\n" for p in files))


def verify(folder):
    """Raise ValueError naming the first file that is not what `seal` saw; a folder that was never sealed passes."""
    sums = Path(folder, SUMS)
    if not sums.exists():
        return
    there = {path.name: path for path in Path(folder).iterdir() if path.is_file()}
    lines = sums.read_text(errors="replace").splitlines() or [""]
    for line in lines:
        known, _, name = line.partition("  ")
        if name not in there:
            raise ValueError(f"{sums} names {name!r:.80}, which is not there; {remake(folder)}")
        if sha256(there[name]) != known:
            raise ValueError(f"{there[name]} is damaged: its sha256 differs from {sums}; {remake(folder)}")


def sha256(path):
    """Return the SHA-256 of a file, 64 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def one_line(error):
    """Return what an exception says as one line, at most 300 characters; its kind where it says nothing."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def read_json(path):
    """Read a JSON file; one that is missing or damaged is named, with what makes it again."""
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing: {remake(path)}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({one_line(error)}); {remake(path)}") from error
