"""Members of archives that somebody else made: nothing they say is trusted.

Refused, with the whole archive: absolute names and names with `..`, links, devices, names that differ only by case
or are there twice, more bytes or members than the limits, and bytes that are not those that were announced.
"""

import bz2
import re
import shutil
import stat
import tarfile
import unicodedata
import zipfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from chaconne.running.files import new_file

MOST_MEMBERS = 1_000_000
BLOCK = 1 << 20
RATIO, FREE = 500, 64 << 20  # a member above FREE bytes that shrinks more than this is no music: a bomb


class HostileArchive(ValueError):
    """An archive that would write where it must not, or more than it may; the message names the member."""


class Guard:
    """Is told of every member of one archive, in order, and refuses what is hostile.

    limit_bytes: of all members together, unpacked.
    """

    def __init__(self, archive, limit_bytes):
        self.archive, self.limit, self.bytes, self.members = archive, limit_bytes, 0, 0
        self.seen = {}  # path as a file system without case sees it -> (as written, is a folder)

    def admit(self, name, size, folder=False):
        """Return the relative path of a member of `size` bytes; HostileArchive when it may not be there."""
        path = PurePosixPath(name)
        if not (path.parts or folder) or path.is_absolute() or ".." in path.parts or re.search(r"[\\\0]|^\w:", name):
            self.refuse(name, "its path leads out of the folder")
        for depth in range(1, len(path.parts) + 1):
            above, is_folder = path.parts[:depth], folder or depth < len(path.parts)
            known = self.seen.get(key := unicodedata.normalize("NFC", "/".join(above)).casefold())
            if known and known[0] != above:
                self.refuse(name, f"differs only by case from {'/'.join(known[0])!r}")
            if known and not (known[1] and is_folder):
                self.refuse(name, "is there twice")
            self.seen[key] = (above, is_folder)
        self.bytes, self.members = self.bytes + size, self.members + 1
        if self.bytes > self.limit or self.members > MOST_MEMBERS:
            most = f"{self.limit / 1e9:.3g} GB or {MOST_MEMBERS} members"
            self.refuse(name, f"more than {most}: a bomb, or raise download.disk_gb")
        return path

    def refuse(self, name, reason):
        """Raise HostileArchive."""
        raise HostileArchive(f"{self.archive}: refused because of the member {name!r}: {reason}")


def zip_members(archive, name, limit_bytes):
    """Return {name: ZipInfo} of the files in an open ZipFile, all of them admitted."""
    guard, found = Guard(name, limit_bytes), {}
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            guard.refuse(info.filename, "is a link or a device")
        if info.flag_bits & 1:
            guard.refuse(info.filename, "is encrypted")
        if info.file_size > FREE and info.file_size > RATIO * max(1, info.compress_size):
            guard.refuse(info.filename, f"{info.compress_size} bytes that become {info.file_size}: a bomb")
        path = guard.admit(info.filename, info.file_size, info.is_dir())
        if not info.is_dir():
            found[str(path)] = info
    return found


def extract_zip(archive, info, path):
    """Write one member to `path`, whole or not at all; its CRC-32 is checked by zipfile.

    Raises zipfile.BadZipFile, zlib.error or EOFError for damaged members, HostileArchive for one larger than it says.
    """
    with archive.open(info) as member:
        _copy(member, path, info.file_size, info.filename)


@contextmanager
def open_tar(stream, name):
    """Open a .tar.bz2 that comes as a stream; what is damaged is a ValueError that names it."""
    try:
        with bz2.open(stream) as plain, tarfile.open(fileobj=plain, mode="r|") as archive:
            yield archive
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # disk full, not the archive
            raise
        raise ValueError(f"{name}: expected a .tar.bz2 archive, it is damaged or cut off ({error}); "
                         "fetch it again") from error


def tar_members(archive, name, limit_bytes):
    """Yield (path, TarInfo) of the files in a tar that is read as a stream, each admitted before it is read."""
    guard = Guard(name, limit_bytes)
    for info in archive:
        if not (info.isreg() or info.isdir()):
            guard.refuse(info.name, "is a link or a device")
        path = guard.admit(info.name, info.size, info.isdir())
        if info.isreg():
            yield path, info


def extract_tar(archive, info, path):
    """Write one member of a streamed tar to `path`, whole or not at all."""
    _copy(archive.extractfile(info), path, info.size, info.name)


def _copy(member, path, size, name):
    """Copy `size` bytes; one more is a lie, one less a cut."""
    with new_file(path) as temporary:
        with open(temporary, "wb") as out:
            left = size
            while block := member.read(min(BLOCK, left + 1)):
                left -= len(block)
                if left < 0:
                    raise HostileArchive(f"{name}: refused: it holds more than the {size} bytes it announces")
                out.write(block)
        if left:
            raise EOFError(f"{name}: expected {size} bytes, got {size - left}; the archive is cut off")


def open_zip(file, name):
    """Open a zip (a path or a file that can be seeked); what is none is a ValueError that names it."""
    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{name}: expected a zip archive, it is damaged or cut off ({error}); "
                         "fetch it again") from error


def free_bytes(folder):
    """Return the bytes that are free where `folder` is or will be."""
    folder = Path(folder).resolve()
    return shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists())).free
