"""Corpora without separate voices: their stages write stand-ins that say why, so that the pipeline goes on."""

from pathlib import Path

from chaconne.running.files import new_folder, read_json
from chaconne.storage.files import write_json

PARTS = ("given", "rest")   # of a piece: the voices that are given, and the others
NOTE = "absent.json"


class NoVoices(ValueError):
    """The corpus has no separate voices; the message says what has."""


def stand_in(reason, *folders):
    """Write folders that hold nothing but the reason."""
    print(f"no accompaniment: {reason}")
    for folder in folders:
        with new_folder(folder) as temporary:
            write_json(Path(temporary, NOTE), {"reason": reason})


def absent(folder):
    """Return the reason that a folder holds, None where it holds results."""
    path = Path(folder, NOTE)
    return read_json(path)["reason"] if path.exists() else None
