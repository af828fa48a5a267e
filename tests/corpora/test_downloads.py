"""The downloader against a server that misbehaves: the right bytes at the end, or one clear line."""

import hashlib
import io
import random
import threading
import zipfile

import pytest

from chaconne.corpora.gathering.downloads import batch
from chaconne.corpora.gathering.downloads.http import (
    Changed,
    DownloadError,
    Limiter,
    Link,
    NoRanges,
    Patience,
    Remote,
)
from chaconne.corpora.gathering.downloads.ranges import RangeFile
from chaconne.corpora.gathering.downloads.whole import Hashing, check, download
from tests.servers import serving

BYTES = random.Random(0).randbytes(300_000)
OTHER = random.Random(1).randbytes(300_000)
SHA = "sha256:" + hashlib.sha256(BYTES).hexdigest()
NAME = "/set/music.bin"


def link(**more):
    """Return a Link that does not wait long."""
    knobs = {"attempts": 4, "wait_s": 0.001, "longest_wait_s": 0.01, "silence_s": 0.5} | more
    return Link(Patience(**knobs))


def bring(server, folder, checksum=SHA, **more):
    """Download the test file; returns its bytes and makes sure that nothing else lies about."""
    path = download(server.url + NAME, folder / "music.bin", checksum, link(**more))
    assert [p.name for p in folder.iterdir()] == ["music.bin"]
    return path.read_bytes()


@pytest.mark.parametrize("tricks", [
    {}, {"cut": 0.1}, {"cut": 0.1, "weak": True}, {"busy": 3}, {"busy": 3, "status": 429, "retry_after": "1"},
    {"ranges": False}, {"redirect": "/moved"}, {"redirect": "/moved", "cut": 0.1}, {"damaged": 1}, {"damaged": 2},
    {"hang": 2}, {"trickle": 20_000},
], ids=str)
def test_the_right_bytes_arrive(tricks, tmp_path):
    with serving({NAME: BYTES}, **tricks) as server:
        assert bring(server, tmp_path) == BYTES


def test_a_cut_costs_no_byte_twice(tmp_path):
    with serving({NAME: BYTES}, cut=0.1) as server:
        bring(server, tmp_path)
        assert server.sent < 1.001 * len(BYTES)
        assert [r for _, r in server.log][1:4] == [f"bytes={n}-299999" for n in (0, 30_000, 60_000)]


def test_a_slow_connection_is_changed_and_loses_nothing(tmp_path):
    with serving({NAME: BYTES[:20_000]}, trickle=2000) as server:
        got = bring(server, tmp_path, None, slow_s=0.05, least_bytes_per_s=1e6)
        assert got == BYTES[:20_000]
        assert len(server.log) > 3


def test_a_wrong_checksum_is_refused_after_a_second_try(tmp_path):
    with serving({NAME: OTHER}) as server:
        with pytest.raises(DownloadError, match=f"music.bin: expected sha256 {SHA[7:]}, got "):
            bring(server, tmp_path)
        assert len(server.log) == 6
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("tricks", "said"), [
    ({"busy": 99}, "answers 503 Service Unavailable, 4 times in a row"),
    ({"busy": 99, "status": 404}, "expected a file, the server answers 404"),
    ({"ranges": False, "cut": 0.5}, "the connection .*4 times in a row"),
    ({"hang": 99}, "the connection .*4 times in a row"),
], ids=str)
def test_what_cannot_succeed_says_why(tricks, said, tmp_path):
    with serving({NAME: BYTES}, **tricks) as server, pytest.raises(DownloadError, match=said):
        bring(server, tmp_path)
    assert not (tmp_path / "music.bin").exists()


def test_waits_are_drawn_below_a_doubling_bound_and_heed_the_server(monkeypatch, tmp_path):
    waits = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    for seed in range(20):
        random.seed(seed)
        with serving({NAME: BYTES[:9]}, busy=4) as server:
            bring(server, tmp_path / f"{seed}", None, attempts=5, wait_s=1.0, longest_wait_s=5.0)
    assert len(waits) == 80 and len(set(waits)) > 70
    for i, bound in enumerate((1, 2, 4, 5)):
        assert bound / 2 < max(waits[i::4]) <= bound and min(waits[i::4]) < bound / 3
    waits.clear()
    with serving({NAME: BYTES[:9]}, busy=2, status=429, retry_after="17") as server:
        bring(server, tmp_path / "asked", None, wait_s=1.0, longest_wait_s=60.0)
    assert waits == [17.0, 17.0]


def test_proxies_of_the_environment_are_used(monkeypatch, tmp_path):
    """The host exists nowhere: only the proxy knows it."""
    for name in ("http_proxy", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    url = f"http://music.invalid{NAME}"
    with serving({url: BYTES}, cut=0.3) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert download(url, tmp_path / "far.bin", SHA, link()).read_bytes() == BYTES
        assert {asked for asked, _ in proxy.log} == {url}
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")      # nobody listens there
    with serving({NAME: BYTES}) as server:
        with pytest.raises(DownloadError, match="no answer"):
            download(server.url + NAME, tmp_path / "near.bin", SHA, link(attempts=1))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert download(server.url + NAME, tmp_path / "near.bin", SHA, link()).read_bytes() == BYTES


def test_no_server_at_all_is_said(tmp_path):
    with serving({}) as server:
        url = server.url
    with pytest.raises(DownloadError, match="no answer"):
        download(url + NAME, tmp_path / "music.bin", SHA, link(attempts=2))


def test_a_later_call_goes_on_where_the_first_was_stopped(tmp_path):
    with serving({NAME: BYTES}) as server:
        stopping = link()
        stopping.arrived = Stop(150_000)
        with pytest.raises(KeyboardInterrupt):
            download(server.url + NAME, tmp_path / "music.bin", SHA, stopping)
        assert not (tmp_path / "music.bin").exists()
        begun = (tmp_path / ".music.bin.part").stat().st_size
        assert begun > 0
        assert bring(server, tmp_path) == BYTES
        assert server.log[-1] == (NAME, f"bytes={begun}-299999")


class Stop:
    """Stands for Ctrl-C after some bytes."""

    def __init__(self, after):
        self.left = after

    def __call__(self, count):
        self.left -= count
        if self.left < 0:
            raise KeyboardInterrupt


def test_a_part_of_another_version_is_not_continued(tmp_path):
    with serving({NAME: OTHER}) as server:
        stopping = link()
        stopping.arrived = Stop(150_000)
        with pytest.raises(KeyboardInterrupt):
            download(server.url + NAME, tmp_path / "music.bin", SHA, stopping)
        server.files[NAME] = BYTES
        assert bring(server, tmp_path) == BYTES


@pytest.mark.parametrize("weak", [False, True])
def test_a_file_that_changes_between_two_requests_is_begun_again(weak, tmp_path):
    with serving({NAME: OTHER}, cut=0.1, change_after=5, weak=weak) as server:
        server.changed = {NAME: BYTES}
        assert bring(server, tmp_path) == BYTES


def test_parts_of_two_versions_are_never_mixed():
    with serving({NAME: OTHER}, change_after=4) as server:
        server.changed = {NAME: BYTES}
        remote = Remote(server.url + NAME, link())
        assert b"".join(remote.chunks(0, 1000)) == OTHER[:1000]
        assert b"".join(remote.chunks(1000, 2000)) == OTHER[1000:2000]
        with pytest.raises(Changed, match="changed while it was read"):
            b"".join(remote.chunks(2000, 3000))


def zipped(count=20, size=20_000):
    """Return a zip of `count` files of noise, as bytes, and {name: bytes}."""
    files = {f"tree/{i}.wav": random.Random(i).randbytes(size) for i in range(count)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue(), files


@pytest.mark.parametrize("tricks", [{}, {"cut": 0.01}, {"busy": 3}, {"redirect": "/to"}], ids=str)
def test_members_come_out_of_a_zip_without_the_zip(tricks):
    data, files = zipped(100)
    with serving({"/big.zip": data}, **tricks) as server:
        file = io.BufferedReader(RangeFile(Remote(server.url + "/big.zip", link())))
        with zipfile.ZipFile(file) as archive:
            for name in ("tree/3.wav", "tree/98.wav"):
                assert archive.read(name) == files[name]
        assert server.sent < 0.25 * len(data)


def test_without_ranges_a_zip_says_what_it_needs():
    with serving({"/big.zip": zipped()[0]}, ranges=False) as server, pytest.raises(NoRanges, match="set `local`"):
        RangeFile(Remote(server.url + "/big.zip", link()))


def test_a_stream_knows_its_checksum_through_cuts():
    with serving({NAME: BYTES}, cut=0.1) as server:
        stream = Hashing(Remote(server.url + NAME, link()).chunks(), ["md5"])
        assert stream.read(1000) == BYTES[:1000]
        stream.drain()
    check("md5:" + hashlib.md5(BYTES).hexdigest(), lambda kind: stream.digests[kind].hexdigest(), NAME)
    assert stream.size == len(BYTES)


SETTINGS = {"transfers": 3, "mbytes_per_s": None, "disk_gb": 1.0, "attempts": 3}


def test_a_batch_says_its_size_and_runs_side_by_side(tmp_path, capsys):
    files = {f"/{i}": random.Random(i).randbytes(50_000) for i in range(8)}
    with serving(files, cut=0.3) as server:
        def job(name):
            return batch.Job(name, 50_000, 50_000,
                             lambda link: download(server.url + name, tmp_path / name[1:], None, link))

        jobs = [job(name) for name in files]
        assert batch.fetch(jobs, tmp_path, SETTINGS, "test") == 400_000
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {n[1:]: data for n, data in files.items()}
    assert "fetching 8 files, 0.4 MB" in capsys.readouterr().err


def test_as_many_transfers_as_allowed_run_at_once(tmp_path):
    meet, lock, running, most = threading.Barrier(3, timeout=30), threading.Lock(), [], []

    def run(link):
        with lock:
            running.append(1)
            most.append(len(running))
        meet.wait()     # for two others: one after another would end here
        with lock:
            running.pop()

    batch.fetch([batch.Job(str(n), 1, 1, run) for n in range(6)], tmp_path, SETTINGS, "test")
    assert max(most) == 3


def test_a_batch_that_does_not_fit_starts_nothing(tmp_path):
    job = batch.Job("huge", 10, 10**18, lambda link: pytest.fail("it was started"))
    with pytest.raises(DownloadError, match="disk_gb allows 1"):
        batch.fetch([job], tmp_path, SETTINGS, "test")
    with pytest.raises(DownloadError, match="GB are free; take less, or make room"):
        batch.fetch([job], tmp_path, SETTINGS | {"disk_gb": 1e12}, "test")


def test_the_first_failure_ends_a_batch(tmp_path):
    with serving({NAME: BYTES}, trickle=100) as server:
        def bad(link):
            raise DownloadError("one is bad")

        jobs = [batch.Job("bad", 1, 1, bad),
                batch.Job("long", 1, 1, lambda link: download(server.url + NAME, tmp_path / "x", None, link))]
        with pytest.raises(DownloadError, match="one is bad"):
            batch.fetch(jobs, tmp_path, SETTINGS, "test")
    assert not (tmp_path / "x").exists()


def test_a_bandwidth_is_kept_by_all_together(monkeypatch):
    waited = []
    monkeypatch.setattr("chaconne.corpora.gathering.downloads.http.time.sleep", waited.append)
    monkeypatch.setattr("chaconne.corpora.gathering.downloads.http.time.monotonic", lambda: 100.0)
    limiter = Limiter(1000)
    for _ in range(3):
        limiter.take(500)
    assert waited == [0.5, 1.0, 1.5]
