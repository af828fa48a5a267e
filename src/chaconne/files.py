"""Files written whole or not at all, and files read with distrust: what is wrong is said in one line."""

import hashlib
import json
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

from chaconne.pipeline import remake

MOST = 2**53            # of a number in a table: sums of them are exact
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


def to_disk(path):
    """Wait until a file, or the list of a folder's names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def new_array(path, kind, shape):
    """Create a .npy file and return it as a writable memory-mapped array of zeros.

    Its place on the disk is taken at once: a full disk raises OSError here, where writing to a map would kill.
    """
    import numpy as np

    array = np.lib.format.open_memmap(path, "w+", kind, shape)
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        if hasattr(os, "posix_fallocate") and size:
            os.posix_fallocate(file.fileno(), 0, size)
    return array


def load_array(path, kind=None, dimensions=None):
    """Memory-map a .npy file for reading; ValueError says what is wrong with it and what makes it again.

    kind, dimensions: dtype and number of dimensions it must have.
    """
    import numpy as np

    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing: {remake(path)}") from None
    except Exception as error:  # whatever a damaged header makes of it
        raise ValueError(f"{path} is damaged ({one_line(error)}); {remake(path)}") from error
    if not hasattr(array, "dtype") or (kind or array.dtype) != array.dtype or dimensions not in (None, array.ndim):
        raise ValueError(f"{path}: expected a .npy file of {kind} in {dimensions} dimensions, got "
                         f"{getattr(array, 'dtype', 'an archive')} {getattr(array, 'shape', '')}; {remake(path)}")
    return array


def read_table(path, counts=(), texts=(), sizes=()):
    """Read a CSV file; it must have the columns `counts` (whole), `sizes` (finite), both 0 or more, and `texts`.

    ValueError says what is wrong with it and what makes it again.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing: {remake(path)}") from None
    except Exception as error:
        raise ValueError(f"{path} is damaged ({one_line(error)}); {remake(path)}") from error
    missing = [name for name in (*counts, *sizes, *texts) if name not in table]
    if missing:
        raise ValueError(f"{path} lacks the columns {', '.join(missing)}; {remake(path)}")
    for name in (*counts, *sizes):
        kinds = "iu" if name in counts else "iuf"
        if table[name].dtype.kind not in kinds or not table[name].between(0, MOST).all():
            raise ValueError(f"{path}: expected {'whole ' * (name in counts)}numbers of 0 or more in column {name}; "
                             f"{remake(path)}")
    return table


def write_csv(path, table):
    """Write a DataFrame as CSV. Texts that a spreadsheet would take for a formula get an apostrophe in front.

    Numbers and signs alone, such as the steps of a melody (-2+2-4), can do no harm and stay as they are.
    """
    texts = [name for name in table if table[name].dtype.kind == "O"]

    def plain(value):
        formula = isinstance(value, str) and re.match(r"[=+\-@\t\r]", value) and not re.fullmatch(r"[-+.\d]+", value)
        return f"'{value}" if formula else value

    table.assign(**{name: table[name].map(plain) for name in texts}).to_csv(path, index=False, lineterminator="\n")


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
    """Read a JSON file; one that is missing or damaged is named, with what makes it again."""
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing: {remake(path)}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({one_line(error)}); {remake(path)}") from error
