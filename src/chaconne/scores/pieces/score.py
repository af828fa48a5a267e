"""One parsed piece, and many of them packed into a file."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from chaconne.storage.files import save_arrays, write_csv

COLUMNS = {
    "onset": np.float32,  # quarter lengths, 0 = start of the piece
    "duration": np.float32,  # quarter lengths, ties merged
    "pitch": np.int16,  # MIDI note number, 60 = middle C
    "voice": np.int16,  # 0 = the melody (soprano), counted downwards
    "fermata": np.int16,  # 1 under a fermata, else 0
}
TONICS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"]  # pitch classes 0..11


class Unusable(ValueError):
    """A source that is no piece of this corpus; the message is the reason that is counted and said."""


@dataclass
class Score:
    """A piece in quarter lengths; `notes` is a list of tuples in the order of COLUMNS."""

    piece: str  # unique within the corpus
    title: str
    source: str  # where the encoding comes from
    licence: str
    key: str  # tonic as written, one of TONICS
    mode: str  # major | minor | other
    metre: str  # time signature: 4/4
    pickup: float  # quarter lengths before the first barline
    quarters: float  # length of the piece in quarter lengths
    to_c_semitones: int  # -6..5, brings major to C, minor to a, other modes to the white keys
    notes: list


def pack(scores, melodies, folder, families=None):
    """Write `scores.npz` (arrays of COLUMNS and `offsets` [pieces + 1]) and `pieces.csv` into `folder`.

    melodies, families: of each piece, as `splits.assign` takes them; no families: those of one melody are one.
    """
    offsets = np.cumsum([0] + [len(s.notes) for s in scores]).astype(np.int64)
    each = [arrays(s) for s in scores]
    packed = {name: np.concatenate([piece[name] for piece in each]) for name in COLUMNS}
    save_arrays(Path(folder, "scores.npz"), offsets=offsets, **packed)
    names = [f.name for f in fields(Score) if f.name != "notes"]
    table = pd.DataFrame([{name: getattr(s, name) for name in names} for s in scores], columns=names)
    table = table.assign(melody=melodies, family=melodies if families is None else families)
    write_csv(Path(folder, "pieces.csv"), table)


def unpack(folder):
    """Read what `pack` wrote: a DataFrame of pieces and a list of dictionaries of arrays, one per piece."""
    packed = dict(np.load(Path(folder, "scores.npz"), allow_pickle=False))
    offsets = packed.pop("offsets")
    texts = {"piece": str, "title": str}
    pieces = pd.read_csv(Path(folder, "pieces.csv"), dtype=texts, keep_default_na=False)
    spans = zip(offsets[:-1], offsets[1:], strict=True)
    return pieces, [{name: array[a:b] for name, array in packed.items()} for a, b in spans]


def arrays(score):
    """Return the notes of a Score as a dictionary of arrays, one per column."""
    columns = zip(COLUMNS.items(), zip(*score.notes, strict=True), strict=True)
    return {name: np.array(column, kind) for (name, kind), column in columns}


def order(notes):
    """Sort note tuples by onset, then voice."""
    return sorted(notes, key=lambda note: (note[0], note[3], note[2]))
