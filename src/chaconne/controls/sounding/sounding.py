"""What sounds when in a corpus of scores: notes.npz beside its audio.

notes: float32 [notes, 3] of all clips, begin and end (seconds since the clip began), MIDI pitch; offsets [clips + 1].
"""

from pathlib import Path

import numpy as np

from chaconne.running.files import new_file
from chaconne.storage.files import save_arrays

NOTES = "notes.npz"


def write_notes(folder, each):
    """Write the notes [N, 3] of every clip into `folder`."""
    with new_file(Path(folder, NOTES)) as temporary:
        save_arrays(temporary, notes=np.concatenate(each), offsets=np.cumsum([0, *map(len, each)]))


def read_notes(folder):
    """Return [notes [N, 3]] of every clip; None for recordings."""
    path = Path(folder, NOTES)
    if not path.exists():
        return None
    packed = np.load(path, allow_pickle=False)
    return np.split(packed["notes"], packed["offsets"][1:-1])
