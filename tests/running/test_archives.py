"""Archives that nobody vouches for: what is right comes out, what is hostile is refused and writes nothing."""

import bz2
import io
import tarfile
import zipfile

import pytest

from chaconne.running.archives import (
    HostileArchive,
    extract_tar,
    extract_zip,
    open_tar,
    open_zip,
    tar_members,
    zip_members,
)

LIMIT = 1_000_000
HOSTILE_NAMES = ["/etc/passwd", "../out", "a/../../out", "C:\\out", "a\\..\\..\\out", "c:out"]


def tar_of(*entries):
    """Return a .tar.bz2 of (name, bytes) or TarInfo entries."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for entry in entries:
            info, data = (entry, b"") if isinstance(entry, tarfile.TarInfo) else (tarfile.TarInfo(entry[0]), entry[1])
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return bz2.compress(out.getvalue())


def special(name, kind, target=""):
    """Return a tar entry that is no file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_of(*entries, kind=None):
    """Return a zip of (name or ZipInfo, bytes) entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, zipfile.ZIP_DEFLATED
            info.external_attr = (kind or 0) << 16
            archive.writestr(info, data)
    return out.getvalue()


def unpack_tar(data, folder, limit=LIMIT):
    """Extract a whole tar."""
    with open_tar(io.BytesIO(data), "test.tar.bz2") as archive:
        for path, info in tar_members(archive, "test.tar.bz2", limit):
            extract_tar(archive, info, folder / path)


def unpack_zip(data, folder, limit=LIMIT):
    """Extract a whole zip."""
    with open_zip(io.BytesIO(data), "test.zip") as archive:
        for name, info in zip_members(archive, "test.zip", limit).items():
            extract_zip(archive, info, folder / name)


def written(folder):
    """Return {name: bytes} of all files below."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


GOOD = {"a/one.wav": b"1" * 1000, "a/b/two.wav": b"2" * 5000, "three.mid": b""}


def test_good_archives_come_out_whole(tmp_path):
    unpack_tar(tar_of(special("./", tarfile.DIRTYPE), special("a", tarfile.DIRTYPE), *GOOD.items()), tmp_path / "tar")
    unpack_zip(zip_of(*GOOD.items()), tmp_path / "zip")
    assert written(tmp_path / "tar") == written(tmp_path / "zip") == GOOD


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_that_lead_out_are_refused(name, tmp_path):
    with pytest.raises(HostileArchive, match="leads out of the folder"):
        unpack_zip(zip_of((name, b"x")), tmp_path / "in")
    with pytest.raises(HostileArchive, match="leads out of the folder"):
        unpack_tar(tar_of((name, b"x")), tmp_path / "in")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "target"), [
    (tarfile.SYMTYPE, "/etc/passwd"), (tarfile.SYMTYPE, "../../out"), (tarfile.LNKTYPE, "../out"),
    (tarfile.LNKTYPE, "/etc/passwd"), (tarfile.CHRTYPE, ""), (tarfile.BLKTYPE, ""), (tarfile.FIFOTYPE, "")])
def test_links_and_devices_are_refused(kind, target, tmp_path):
    with pytest.raises(HostileArchive, match="'a/x': is a link or a device"):
        unpack_tar(tar_of(special("a/x", kind, target), ("a/x/y", b"through the link")), tmp_path / "in")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010666])
def test_links_and_devices_in_a_zip_are_refused(mode, tmp_path):
    with pytest.raises(HostileArchive, match="is a link or a device"):
        unpack_zip(zip_of(("x", b"/etc/passwd"), kind=mode), tmp_path / "in")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("first", "second", "said"), [
    ("a/Song.wav", "a/song.wav", "differs only by case"), ("A/x.wav", "a/y.wav", "differs only by case"),
    ("stra\u00dfe", "STRASSE", "differs only by case"), ("caf\u00e9", "cafe\u0301", "differs only by case"),
    ("x", "x", "is there twice"), ("x", "x/y", "is there twice"), ("x/y", "x", "is there twice")])
def test_names_that_meet_on_disk_are_refused(first, second, said, tmp_path):
    with pytest.raises(HostileArchive, match=said):
        unpack_zip(zip_of((first, b"1"), (second, b"2")), tmp_path / "zip")
    with pytest.raises(HostileArchive, match=said):
        unpack_tar(tar_of((first, b"1"), (second, b"2")), tmp_path / "tar")


def test_bombs_are_refused_before_they_burst(tmp_path):
    zeros = bytes(3_000_000)
    for unpack, data in ((unpack_zip, zip_of(("a", b"x"), ("bomb", zeros))), (unpack_tar, tar_of(("bomb", zeros)))):
        assert len(data) < 10_000
        with pytest.raises(HostileArchive, match=r"'bomb': more than 0\.001 GB"):
            unpack(data, tmp_path / "in")
    assert not (tmp_path / "in" / "bomb").exists()
    with pytest.raises(HostileArchive, match="bytes that become 80000000: a bomb"):
        unpack_zip(zip_of(("bomb", bytes(80_000_000))), tmp_path / "in", limit=10**9)


def test_a_member_larger_than_it_says_is_refused(tmp_path):
    data = bytearray(zip_of(("a", b"x" * 5000)))
    with open_zip(io.BytesIO(bytes(data)), "z") as archive:
        info = zip_members(archive, "z", LIMIT)["a"]
        info.file_size = 10
        with pytest.raises((HostileArchive, zipfile.BadZipFile)):
            extract_zip(archive, info, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_member_is_refused(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"music" * 100)
    data = out.getvalue().replace(b"musicmusic", b"musicMusic", 1)
    with pytest.raises(zipfile.BadZipFile, match="CRC-32"):
        unpack_zip(data, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_archives_that_are_cut_off_say_so(share, tmp_path):
    noise = {f"{i}": (str(i) * 7919).encode() for i in range(50)}
    for make, unpack in ((tar_of, unpack_tar), (zip_of, unpack_zip)):
        data = make(*noise.items())
        with pytest.raises(ValueError, match=r"test.*expected a .*archive, it is damaged or cut off"):
            unpack(data[: int(share * len(data))], tmp_path / make.__name__)
        assert not [p for p in tmp_path.rglob("*") if p.name.startswith(".")]
