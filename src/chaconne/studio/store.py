"""What a session of the studio has: models that are loaded, recordings that were dropped, pieces that were made.

All of it lies in a temporary folder and goes with the server.
"""

import os
import re
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from chaconne.trained.finding import find, names_in
from chaconne.trained.packs.places import project_root

MOST_UPLOAD = 2**28     # bytes of a recording or a melody
MOST_LOADED = 6         # models in memory; the one that waited longest goes
ENDINGS = re.compile(r"\.[A-Za-z0-9]{1,8}$")


@dataclass
class Piece:
    """A sound that can be played and taken away. title: for people; about: how it was made, plain values."""

    id: str
    title: str
    path: Path
    seconds: float
    about: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)

    def as_dict(self):
        """Return what the page gets; `files` are other files of it, by ending."""
        return {"id": self.id, "title": self.title, "seconds": round(self.seconds, 3), "about": self.about,
                "files": sorted(self.files)}


class Store:
    """One session. `busy` is held while a model computes: torch has one source of random numbers."""

    def __init__(self, folder, extra=()):
        self.folder, self.extra = Path(folder), list(extra)
        self.busy, self.lock = threading.Lock(), threading.Lock()
        self.pieces, self.recordings, self.loaded = {}, {}, {}

    def names(self):
        """Return what can be played: the project's models, and the packs the studio was started with."""
        root = project_root()
        return [*(names_in(root) if root else []), *self.extra]

    def trained(self, name, rev=None):
        """Return the Trained of a name, loaded once, and again when its training has written it anew."""
        with self.lock:
            if not rev and name not in self.names():
                known = ", ".join(self.names()) or "none yet"
                raise ValueError(f"model: expected one of {known}; got {name!r:.80}")
            found = find(name, rev or None)
            key = (found.model, os.stat(found.model / "model.json").st_mtime_ns)
            if key not in self.loaded:
                self.loaded[key] = found.load()
                while len(self.loaded) > MOST_LOADED:
                    self.loaded.pop(next(iter(self.loaded)))
            self.loaded[key] = trained = self.loaded.pop(key)
            return trained

    def accompanist(self):
        """Return the Trained that plays to a voice; ValueError or FileNotFoundError says what makes it."""
        from chaconne.accompaniment import playing

        root = project_root()
        if root is None:
            raise ValueError("no project here: start the studio in the folder of the project")
        with self.lock:
            model = root / playing.MODEL / "model.json"
            key = (model.parent, os.stat(model).st_mtime_ns if model.exists() else 0)
            if key not in self.loaded:
                self.loaded[key] = playing.open_accompanist(root)
            return self.loaded[key]

    def place(self, ending):
        """Return (id, Path) for a new file; the ending is one of letters and digits, or none."""
        name = uuid.uuid4().hex
        return name, self.folder / f"{name}{ending}"

    def keep_upload(self, filename, content):
        """Write what was dropped under a name of our own; returns (id, Path). Only the ending is theirs."""
        if len(content) > MOST_UPLOAD:
            raise ValueError(f"expected at most {MOST_UPLOAD // 2**20} MiB, got {len(content) // 2**20}")
        found = ENDINGS.search(filename)
        name, path = self.place(found[0].lower() if found else "")
        path.write_bytes(content)
        return name, path

    def add(self, piece):
        """Keep a piece; returns it."""
        with self.lock:
            self.pieces[piece.id] = piece
        return piece

    def piece(self, name):
        """Return a piece; ValueError for one that is not known."""
        if name not in self.pieces:
            raise ValueError("this piece is not known: the studio was started again; make it once more")
        return self.pieces[name]

    def recording(self, name):
        """Return (Path, title) of a recording that was dropped, or of a piece."""
        if name in self.pieces:
            return self.pieces[name].path, self.pieces[name].title
        if name not in self.recordings:
            raise ValueError("this recording is not known: the studio was started again; drop it once more")
        return self.recordings[name]
