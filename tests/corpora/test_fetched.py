"""MAESTRO and CocoChorales in miniature, from a server that cuts connections: what is chosen, and nothing else."""

import copy
import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chaconne.corpora import cocochorales, maestro
from chaconne.corpora.rendering.recorded import pack_recordings
from chaconne.running.files import read_json
from chaconne.running.params.corpora import check, read_settings
from chaconne.scores.pieces.score import unpack
from tests import miniatures
from tests.conftest import ROOT
from tests.servers import serving

AUDIO = {"sample_rate_hz": 22050, "grid_samples": 2048}
SPLIT = {"test": 0.2, "valid": 0.2}
ALL = {"max_pieces": None, "workers": 1}


@pytest.fixture(scope="module")
def maestro_files():
    return {f"/{name}": data for name, data in miniatures.maestro(12.0, (4, 2, 2)).items()}


@pytest.fixture(scope="module")
def coco_files():
    return {f"/{name}": data for name, data in miniatures.cocochorales(10.0, 4).items()}


def settings_of(name, server, folder, select=(), **more):
    """Return settings that fetch from the test server into `folder`."""
    settings = copy.deepcopy(read_settings(name, ROOT)) | {
        "base_url": server.url if server else "http://127.0.0.1:9", "downloads": str(folder / "downloads"),
        "checksums": {}} | more
    settings["download"]["attempts"] = 3
    settings["select"] |= {"notes": False} if name == "maestro" else {
        "shards": {"train": [1], "valid": [1], "test": [1]}, "tracks": None}
    settings["select"] |= dict(select)
    check(settings, name)
    return settings


def gather(module, settings, folder, limits=ALL):
    """Gather into folder/scores; returns recordings.json."""
    (folder / "scores").mkdir(parents=True, exist_ok=True)
    module.gather(settings, folder / "scores", limits, 0)
    return read_json(folder / "scores/recordings.json")


def pack(settings, folder):
    """Pack folder/scores into folder/corpus; returns the manifest."""
    (folder / "corpus").mkdir()
    pack_recordings(folder / "scores", folder / "corpus", folder / "decoded", settings, AUDIO, SPLIT, 0)
    return pd.read_csv(folder / "corpus/manifest.csv")


def test_maestro_is_read_by_range_out_of_its_archive(maestro_files, tmp_path):
    with serving(maestro_files, cut=0.15) as server:
        settings = settings_of("maestro", server, tmp_path, {"notes": True, "hours": 3 * 12 / 3600})
        entries = gather(maestro, settings, tmp_path)["recordings"]
        archive = len(maestro_files["/maestro-v3.0.0.zip"])
        assert sorted(entry["split"] for entry in entries) == ["test", "train", "train", "valid"]
        assert server.sent < 0.65 * archive + len(maestro_files["/maestro-v3.0.0-midi.zip"]) + 300_000
        # Nothing is fetched twice.
        server.log.clear()
        gather(maestro, settings, tmp_path)
        assert server.log == []
    pieces, notes = unpack(tmp_path / "scores")
    assert sorted(pieces.piece) == [entry["piece"] for entry in entries]
    seconds = notes[0]["onset"] * 60 / 129.2
    assert seconds.max() == pytest.approx(11.5, abs=0.01)
    manifest = pack(settings, tmp_path)
    assert len(manifest) == 4 and set(manifest.instrument) == {"Acoustic Grand Piano"}
    assert manifest.seconds.min() > 11 and manifest.licence.str.startswith("CC BY-NC-SA").all()
    assert "BY-NC-SA" in read_json(tmp_path / "corpus/corpus.json")["licence"]


@pytest.mark.parametrize(("select", "expected"), [
    ({"hours": None}, 8), ({"hours": 0.001}, 3), ({"splits": ["test"]}, 2), ({"composers": ["chopin"]}, 4),
    ({"years": [2004]}, 4), ({"composers": ["Bach"], "years": [2004, 2008], "splits": ["train"]}, 2)], ids=str)
def test_maestro_selects_pieces(select, expected, maestro_files, tmp_path):
    (tmp_path / "maestro-v3.0.0.csv").write_bytes(maestro_files["/maestro-v3.0.0.csv"])
    settings = settings_of("maestro", None, tmp_path, select, local=str(tmp_path))
    table = maestro.read_table(settings)
    chosen = maestro.select(table, settings["select"], None, 0)
    assert len(chosen) == expected
    fewer = maestro.select(table, settings["select"], 1, 0)
    assert set(fewer.audio_filename) <= set(chosen.audio_filename)


@pytest.mark.parametrize("form", ["archives", "tree"])
def test_maestro_takes_a_local_copy(form, maestro_files, tmp_path):
    for name, data in maestro_files.items():
        miniatures.put(tmp_path / "mine" / name[1:], data)
    if form == "tree":
        import zipfile

        with zipfile.ZipFile(tmp_path / "mine/maestro-v3.0.0.zip") as archive:
            archive.extractall(tmp_path / "mine")
        (tmp_path / "mine/maestro-v3.0.0.zip").unlink()
    settings = settings_of("maestro", None, tmp_path, local=str(tmp_path / "mine"))
    entries = gather(maestro, settings, tmp_path)["recordings"]
    assert len(entries) == 8 and all(Path(entry["file"]).stat().st_size for entry in entries)


def test_maestro_can_be_rendered_out_of_its_midi_alone(maestro_files, tmp_path):
    with serving(maestro_files) as server:
        settings = settings_of("maestro", server, tmp_path, {"take": "midi"})
        gathered = gather(maestro, settings, tmp_path)
        assert not any("maestro-v3.0.0.zip" in path for path, _ in server.log)
    assert not gathered["recordings"] and len(gathered["scores"]) == 8
    manifest = pack(settings, tmp_path)
    assert manifest["split"].value_counts().to_dict() == {"train": 4, "valid": 2, "test": 2}
    # In time, to a tenth of a second: tempi are not bent.
    assert (manifest.seconds - 13).abs().max() < 0.7


@pytest.mark.parametrize(("tricks", "said"), [
    ({"ranges": False}, "set `local`"), ({"busy": 99}, "answers 503"), ({"damaged": 10**6}, "maestro")], ids=str)
def test_maestro_says_what_is_wrong(tricks, said, maestro_files, tmp_path):
    with serving(maestro_files, **tricks) as server:
        settings = settings_of("maestro", server, tmp_path)
        settings["download"] |= {"disk_gb": 0.001, "attempts": 1}
        with pytest.raises(ValueError, match=said):
            gather(maestro, settings, tmp_path)


def test_without_ranges_a_small_archive_is_fetched_whole(maestro_files, tmp_path):
    sums = {name[1:]: "sha256:" + hashlib.sha256(data).hexdigest() for name, data in maestro_files.items()}
    with serving(maestro_files, ranges=False) as server:
        settings = settings_of("maestro", server, tmp_path, checksums=sums)
        assert len(gather(maestro, settings, tmp_path)["recordings"]) == 8


def test_a_damaged_member_is_named(maestro_files, tmp_path):
    files = dict(maestro_files)
    data = bytearray(files["/maestro-v3.0.0.zip"])
    data[len(data) // 2] ^= 255
    files["/maestro-v3.0.0.zip"] = bytes(data)
    with serving(files) as server:
        settings = settings_of("maestro", server, tmp_path)
        with pytest.raises(ValueError, match=r"wav: expected a member that fits its CRC-32"):
            gather(maestro, settings, tmp_path)
    assert not list((tmp_path / "downloads").rglob(".*"))


def test_an_archive_that_was_cut_off_on_the_server_says_so(maestro_files, tmp_path):
    name = "/maestro-v3.0.0.zip"
    with serving(maestro_files | {name: maestro_files[name][: len(maestro_files[name]) // 2]}) as server:
        settings = settings_of("maestro", server, tmp_path)
        with pytest.raises(ValueError, match=r"zip: expected a zip archive, it is damaged or cut off"):
            gather(maestro, settings, tmp_path)


def test_hostile_archives_on_a_server_write_nothing(maestro_files, coco_files, tmp_path):
    """What test_archives.py refuses is refused on the way that a corpus takes, too."""
    tracks = {"1/string_track000004/mix.wav": b"", "../../../../out/string_track000004/mix.wav": b"x"}
    bad = {"/maestro-v3.0.0.zip": miniatures.zip_bytes({"a.wav": b"", "../../out": b"x"}),
           "/main_dataset/train/1.tar.bz2": miniatures.tar_bytes(tracks)}
    with serving(maestro_files | coco_files | bad) as server:
        for module in (maestro, cocochorales):
            name = module.__name__.rpartition(".")[2]
            settings = settings_of(name, server, tmp_path / name)
            with pytest.raises(ValueError, match=r"refused because of the member .*leads out of the folder"):
                gather(module, settings, tmp_path / name)
    assert not list(tmp_path.rglob("*out*"))
    assert not list((tmp_path / "maestro/downloads").rglob("*.wav"))


def test_an_archive_that_changes_meanwhile_is_read_again(maestro_files, tmp_path):
    files = dict(maestro_files)
    other = {f"/{name}": data for name, data in miniatures.maestro(12.5, (4, 2, 2)).items()}
    with serving(files, change_after=12) as server:
        server.changed = {"/maestro-v3.0.0.zip": other["/maestro-v3.0.0.zip"]}
        settings = settings_of("maestro", server, tmp_path)
        entries = gather(maestro, settings, tmp_path)["recordings"]
    sizes = {Path(entry["file"]).stat().st_size for entry in entries}
    assert sizes <= {44 + 4 * round(s * rate) for s in (12.0, 12.5) for rate in (44100, 48000)}


def test_what_does_not_fit_is_said_before_it_is_fetched(maestro_files, tmp_path):
    with serving(maestro_files) as server:
        settings = settings_of("maestro", server, tmp_path)
        settings["download"]["disk_gb"] = 0.01
        with pytest.raises(ValueError, match=r"GB wanted, disk_gb allows 0\.01"):
            gather(maestro, settings, tmp_path)
        assert server.sent < 500_000


def test_cocochorales_keeps_stems_aligned_and_midi_in_one_split(coco_files, tmp_path):
    with serving(coco_files, cut=0.3) as server:
        settings = settings_of("cocochorales", server, tmp_path, {"take": ["mix", "stems", "midi", "notes"]})
        entries = gather(cocochorales, settings, tmp_path)["recordings"]
        server.log.clear()
        gather(cocochorales, settings, tmp_path)
        assert server.log == []
    assert len(entries) == 12 and len(unpack(tmp_path / "scores")[0]) == 12
    assert len(list((tmp_path / "downloads").rglob("notes.csv"))) == 12
    manifest = pack(settings, tmp_path)
    assert (manifest.groupby("melody")["split"].nunique() == 1).all()
    assert manifest.melody.nunique() == 7  # of 12 tracks: the shards' own splits would have torn some apart
    audio, stems = (np.load(tmp_path / "corpus" / f"{name}.npy").astype(float) for name in ("audio", "stems"))
    assert stems.shape == (4, len(audio))
    assert np.abs(stems.sum(0) - audio).max() < 40  # of 32767: five roundings, and the resampler's
    names = pd.read_csv(tmp_path / "corpus/stems.csv")
    assert names["name"][names["clip"] == 0].tolist() == ["0_violin", "1_violin", "2_viola", "3_cello"]


def test_cocochorales_reads_a_shard_no_further_than_needed(coco_files, tmp_path):
    with serving(coco_files) as server:
        settings = settings_of("cocochorales", server, tmp_path, {"tracks": 3, "ensembles": ["string", "brass"]})
        entries = gather(cocochorales, settings, tmp_path)["recordings"]
        assert {entry["instrument"] for entry in entries} <= {"string ensemble", "brass ensemble"}
        kept = [p.name for p in (tmp_path / "downloads/main_dataset").rglob("*") if p.is_file()]
        assert sorted(kept) == sorted(["mix.wav"] * 3 + ["complete.json"] * len({e["piece"][:5] for e in entries}))


def test_cocochorales_finds_names_wherever_they_are():
    paths = {"1/string_track000353/stems_audio/1_violin.wav": "stems", "string_track1/stems/0_violin.wav": "stems",
             "a/b/brass_track000001/mix.wav": "mix", "1/random_track000001/mix.mid": "midi",
             "1/random_track000001/stems_midi/0_violin.mid": None, "1/string_track000001/metadata.yaml": "metadata",
             "string_track000001.yaml": "metadata", "1/readme.txt": None}
    found = {path: cocochorales.kind_of(cocochorales.PurePosixPath(path)) for path in paths}
    assert found == paths
    assert {cocochorales.track_of(cocochorales.PurePosixPath(p)) for p in list(paths)[5:7]} == {"string_track000001"}


def test_the_shards_are_those_of_the_set():
    assert len(cocochorales.shards("full")) == 120
    assert len(cocochorales.shards("tiny")) == 20
    assert cocochorales.shards({"test": [3, 1]}) == [("test", 1), ("test", 3)]


def test_a_shard_with_a_wrong_checksum_is_refused(coco_files, tmp_path):
    files = dict(coco_files)
    name = "/main_dataset/train/1.tar.bz2"
    files[name] = files["/main_dataset/valid/1.tar.bz2"]
    with serving(files) as server:
        settings = settings_of("cocochorales", server, tmp_path, {"whole_shards": True})
        with pytest.raises(ValueError, match=r"main_dataset/train/1\.tar\.bz2: expected md5"):
            gather(cocochorales, settings, tmp_path)
    assert not (tmp_path / "downloads/main_dataset/train").exists() or not any(
        (tmp_path / "downloads/main_dataset/train").iterdir())


def test_a_shard_that_is_cut_off_is_refused(coco_files, tmp_path):
    files = dict(coco_files)
    name = "/main_dataset/test/1.tar.bz2"
    files[name] = files[name][: len(files[name]) // 2]
    with serving(files) as server:
        settings = settings_of("cocochorales", server, tmp_path)
        with pytest.raises(ValueError, match=r"test/1\.tar\.bz2: expected a \.tar\.bz2 archive, it is damaged or cut"):
            gather(cocochorales, settings, tmp_path)


def test_a_track_that_its_shard_lacks_is_listed(coco_files, tmp_path):
    files = dict(coco_files)
    other = {f"/{name}": data for name, data in miniatures.cocochorales(10.0, 3).items()}
    name = "/main_dataset/train/1.tar.bz2"
    files[name] = other[name]
    files["/cocochorales_md5s.txt"] = files["/cocochorales_md5s.txt"].replace(
        hashlib.md5(coco_files[name]).hexdigest().encode(), hashlib.md5(files[name]).hexdigest().encode())
    with serving(files) as server:
        gathered = gather(cocochorales, settings_of("cocochorales", server, tmp_path), tmp_path)
    assert len(gathered["recordings"]) == 11
    assert gathered["skipped"] == [["train/string_track000004", "its shard main_dataset/train/1 has no mix of it"]]


@pytest.mark.parametrize(("name", "select", "said"), [
    ("maestro", {"hours": -1}, "select: hours: expected hours above 0, or null, got -1"),
    ("maestro", {"splits": ["valid"]}, "select: splits: expected a list of train, validation, test"),
    ("maestro", {"colour": 1}, "select: colour is not a setting"),
    ("maestro", {"composers": ["Nobody"]}, "the selection has none"),
    ("cocochorales", {"shards": {"train": [97]}}, "select: shards: expected tiny, full or"),
    ("cocochorales", {"take": ["stems"]}, "select: take: expected a list of mix, stems"),
])
def test_wrong_selections_are_told_what_is_right(name, select, said, maestro_files, coco_files, tmp_path):
    with serving(maestro_files | coco_files) as server:
        settings = settings_of(name, server, tmp_path, select)
        with pytest.raises(ValueError, match=said):
            gather({"maestro": maestro, "cocochorales": cocochorales}[name], settings, tmp_path)


def test_recordings_are_written_down_in_plain_text(coco_files, tmp_path):
    with serving(coco_files) as server:
        gather(cocochorales, settings_of("cocochorales", server, tmp_path), tmp_path)
    text = (tmp_path / "scores/recordings.json").read_text()
    assert text.isascii() and len(json.loads(text)["recordings"]) == 12
