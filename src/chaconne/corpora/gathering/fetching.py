"""Files of a corpus out of archives, here or on a server: what is there already is not fetched again."""

import io
import json
import zipfile
import zlib
from pathlib import Path

from chaconne.corpora.gathering.downloads.batch import GB, Job, fetch, link_of
from chaconne.corpora.gathering.downloads.http import Changed, DownloadError, Remote
from chaconne.corpora.gathering.downloads.ranges import RangeFile
from chaconne.corpora.gathering.downloads.whole import Damaged, Hashing, check, download
from chaconne.running.archives import (
    HostileArchive,
    extract_tar,
    extract_zip,
    open_tar,
    open_zip,
    tar_members,
    zip_members,
)
from chaconne.running.files import new_folder

HEADER_BYTES = 1024  # before a member: 30 and its name
TRIES = 3  # of an archive that changes while it is read


def here(settings, name):
    """Return the Path of the file `name` below `local`, or None where it is not there."""
    path = Path(settings["local"], name)
    return path if settings["local"] and path.is_file() else None


def whole(settings, name, checksum=None):
    """Return the Path of one small file of the corpus, from `local` or fetched; raises DownloadError."""
    known, path = here(settings, name), Path(settings["downloads"], name)
    if known or path.exists():
        return known or path
    return download(f"{settings['base_url'].rstrip('/')}/{name}", path,
                    checksum or settings["checksums"].get(name), link_of(settings["download"]))


def from_zip(settings, name, wanted):
    """Bring members of the archive `name` to paths: wanted is {end of the member's name: Path}.

    On a server, only the directory of the archive and the members are read, by HTTP range; where the server has no
    ranges the archive is fetched whole if `disk_gb` allows. Raises ValueError in one line.
    """
    wanted = {end: Path(path) for end, path in wanted.items() if not Path(path).exists()}
    if not wanted:
        return
    archive, limit = here(settings, name), settings["download"]["disk_gb"] * GB
    url = f"{settings['base_url'].rstrip('/')}/{name}"
    fetched = Path(settings["downloads"], name)
    archive = archive or (fetched if fetched.exists() else None)
    if not archive:
        remote = Remote(url, link_of(settings["download"]))
        if not remote.ranges and (remote.size or limit + 1) > limit:
            RangeFile(remote)  # says what it needs
        if not remote.ranges:
            archive = whole(settings, name)
    jobs = []
    with _opened(archive, url, link_of(settings["download"])) as opened:
        members = zip_members(opened, name, float("inf"))
        ends = {member: end for member in members for end in _ends(member) if end in wanted}
    missing = sorted(wanted.keys() - set(ends.values()))
    if missing:
        raise ValueError(f"{name}: expected {missing[0]} in the archive, found no such member"
                         f"{f' (and {len(missing) - 1} more)' if len(missing) > 1 else ''}; is it the right version?")
    for member, end in ends.items():
        jobs.append(Job(member, 0 if archive else members[member].compress_size, members[member].file_size,
                        _member(archive, url, members[member].filename, wanted[end])))
    fetch(jobs, settings["downloads"], settings["download"], settings["name"])


def _ends(member):
    """Yield a path and all its ends: a/b/c, b/c, c."""
    parts = member.split("/")
    return ("/".join(parts[i:]) for i in range(len(parts)))


def _opened(archive, url, link):
    file = archive or io.BufferedReader(RangeFile(Remote(url, link)), 1 << 16)
    return open_zip(file, archive or url)


def _member(archive, url, member, path):
    """Return what brings one member: each reads through a connection of its own."""
    def run(link):
        for left in reversed(range(TRIES)):
            try:
                with _opened(archive, url, link) as opened:
                    info = opened.getinfo(member)
                    if not archive:
                        opened.fp.raw.until = info.header_offset + info.compress_size + HEADER_BYTES
                    extract_zip(opened, info, path)
                return
            except Changed:
                if not left:
                    raise
            except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
                if not left or archive:
                    raise ValueError(f"{archive or url}: {member}: expected a member that fits its CRC-32, "
                                     f"it is damaged ({error}); fetch it again") from error

    return run


def from_tar(settings, name, folder, choose, keeps, checksum=None, to_the_end=False):
    """Return a Job that streams the .tar.bz2 `name` into `folder`, or None when `folder` holds it already.

    choose: its `key` (JSON) says what is wanted of it; choose.wanted(path) tells whether a member is kept (path:
    PurePosixPath), choose.complete(path) whether nothing wanted can follow when the member `path` begins.
    keeps: bytes that will stay on disk, as far as one knows. The checksum is checked when the archive is read to its
    end; before that, bzip2's own CRC of every block was.
    """
    folder = Path(folder)
    done = folder / "complete.json"
    if done.exists() and json.loads(done.read_text()) == choose.key:
        return None
    known, url = here(settings, name), f"{settings['base_url'].rstrip('/')}/{name}"
    size = known.stat().st_size if known else Remote(url, link_of(settings["download"])).size or 0
    limit = settings["download"]["disk_gb"] * GB

    def attempt(link):
        kinds = [checksum.partition(":")[0]] if checksum else []
        choose.restart()
        blocks = _file_blocks(known) if known else Remote(url, link).chunks()
        stream = Hashing(blocks, kinds)
        with new_folder(folder) as out:
            with open_tar(io.BufferedReader(stream, 1 << 16), name) as archive:
                for path, info in tar_members(archive, name, 100 * limit):  # what is skipped is not kept
                    if choose.complete(path) and not to_the_end:
                        break
                    if choose.wanted(path):
                        extract_tar(archive, info, out / path)
                else:
                    stream.drain()
                    if checksum:
                        check(checksum, lambda kind: stream.digests[kind].hexdigest(), name)
            (out / "complete.json").write_text(json.dumps(choose.key))

    def run(link):
        for left in reversed(range(TRIES)):
            try:
                return attempt(link)
            except ValueError as error:
                lost = isinstance(error, DownloadError | HostileArchive) and not isinstance(error, Changed | Damaged)
                if lost or known or not left:
                    raise

    return Job(name, 0 if known else size, keeps, run)


def _file_blocks(path):
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            yield block

