"""The formats that stages write, and how they are read again: with distrust, what is wrong said in one line."""

import io
import json
import os
import re
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from chaconne.running.files import new_file, one_line
from chaconne.running.pipeline import remake

MOST = 2**53            # of a number in a table: sums of them are exact


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


def save_arrays(path, **arrays):
    """Write arrays by their names into an .npz file, as `numpy.load` reads it; no objects.

    The same bytes from every Python: `np.savez` leaves the headers to it, and they changed in 3.11.4.
    """
    import numpy as np

    with ZipFile(path, "w") as packed:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asanyarray(array), allow_pickle=False)
            member = ZipInfo(f"{name}.npy")     # of 1980, whenever it is written
            member.external_attr = 0o644 << 16
            packed.writestr(member, content.getbuffer())
