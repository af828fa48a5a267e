"""One file out of the net, whole and right, or not there."""

import hashlib
import io
import json
import os
from pathlib import Path

from chaconne.corpora.gathering.downloads.http import Changed, DownloadError, Remote

TRIES = 3  # whole files whose checksum is wrong, or that change meanwhile


class Damaged(DownloadError):
    """All bytes came, but not the right ones."""


class Hashing(io.RawIOBase):
    """A stream of blocks as a file that is read once from its start; `digests` has what went through.

    blocks: an iterator of bytes; kinds: names of hashlib. `size` counts the bytes.
    """

    def __init__(self, blocks, kinds=()):
        self.blocks, self.left, self.size = blocks, b"", 0
        self.digests = {kind: hashlib.new(kind) for kind in kinds}

    def readable(self):
        """Return True."""
        return True

    def readinto(self, buffer):
        """Fill `buffer` with the bytes that follow."""
        self.left = self.left or next(self.blocks, b"")
        part, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        for digest in self.digests.values():
            digest.update(part)
        self.size += len(part)
        buffer[: len(part)] = part
        return len(part)

    def drain(self):
        """Read to the end, so that the digests are those of the whole file."""
        while self.read(1 << 20):
            pass


def check(checksum, digest_of, name):
    """Raise Damaged unless `digest_of(kind)` is what `checksum` ('md5:...', 'sha256:...') says."""
    kind, _, expected = checksum.partition(":")
    got = digest_of(kind)
    if got != expected.lower():
        raise Damaged(f"{name}: expected {kind} {expected}, got {got}: the file is damaged, or the mirror has "
                            "another version; try again, or another base_url")


def download(url, path, checksum=None, link=None):
    """Bring `url` to `path` (there already: nothing is done); returns the Path.

    checksum: 'sha256:...' or 'md5:...'. The bytes gather in a hidden file beside, from which a later call goes on
    when the server still has the same version; a file that fails its checksum is fetched again, then refused.
    Raises DownloadError.
    """
    path = Path(path)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    for left in reversed(range(TRIES)):
        remote = Remote(url, link)
        try:
            _fill(part, remote)
            if checksum:
                check(checksum, lambda kind: _digest(part, kind), url)
            os.replace(part, path)
            _note(part).unlink(missing_ok=True)
            return path
        except (Changed, Damaged):  # where only the line failed, what came is kept for the next call
            _forget(part)
            if not left:
                raise


def _fill(part, remote):
    """Write the bytes that `part` lacks; start anew when it is of another version."""
    mark = {"url": remote.url, "tag": remote.tag, "size": remote.size}
    known = json.loads(_note(part).read_text()) if _note(part).exists() else None
    if known != mark or not remote.tag or not remote.ranges:
        _forget(part)
        _note(part).write_text(json.dumps(mark))
    with open(part, "ab") as out:
        for block in remote.chunks(out.tell()):
            out.write(block)


def _note(part):
    return part.with_suffix(".json")


def _forget(part):
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _digest(path, kind):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()
