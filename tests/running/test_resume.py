"""Unfinished work goes on where it was, and only its own; files are whole or not there."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest

from chaconne.corpora.rendering import packing
from chaconne.running import files, room
from chaconne.running.models import load_codec
from chaconne.running.resume import Parts, mark_finished, work_folder
from chaconne.running.stage import explain
from chaconne.storage.files import new_array, write_json
from chaconne.trained.packs.places import Workspace
from stages import finetune, own_codec
from tests.conftest import ROOT


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_parts_that_are_done_are_not_made_again(folder):
    made = []

    def write(place, name):
        made.append(name)
        (place / "x").write_text(name)

    def run(stop=None):
        parts = Parts("work", ["key"])
        for name in ("a", "b", "c"):
            if name == stop:
                raise Killed
            parts.make(name, lambda place, name=name: write(place, name))
        parts.place("out", {"a": "", "b": "b", "c": "c"})

    with pytest.raises(Killed):
        run(stop="c")
    run()
    assert made == ["a", "b", "c"]
    out = folder / "out"
    found = {p.relative_to(out).as_posix(): p.read_text() for p in out.rglob("x")}
    assert found == {"x": "a", "b/x": "b", "c/x": "c"}


def test_a_part_killed_in_the_middle_is_made_as_a_whole(folder):
    def half(place):
        (place / "x").write_text("half")
        raise Killed

    parts = Parts("work", 1)
    with pytest.raises(Killed):
        parts.make("a", half)
    path = parts.make("a", lambda place: (place / "y").write_text("whole"))
    assert [p.name for p in path.iterdir()] == ["y"]


def test_values_come_back_as_they_were(folder):
    values = {"a": 0.1 + 0.2, "b": [1, None], "nan": float("nan")}
    for _ in range(2):
        back = Parts("work", 1).value("v", lambda: values)
        assert back["a"] == values["a"] and back["b"] == values["b"] and np.isnan(back["nan"])
    joined = Parts("work", 2).joined({"x": 1, "y": 2}, lambda one: (one, {k: -v for k, v in one.items()}))
    assert joined == ({"x": 1, "y": 2}, {"x": -1, "y": -2})


def test_another_key_other_inputs_and_other_code_are_other_work(folder):
    (folder / "in").mkdir()
    (folder / "in/a").write_text("1")
    first = work_folder("work", ["k"], ["in"])
    assert work_folder("work", ["k"], ["in"]) == first
    assert work_folder("work", ["l"], ["in"]) != first
    (folder / "in/a").write_text("2")
    assert work_folder("work", ["k"], ["in"]) != first


def test_finished_work_waits_for_the_lock_of_its_own_branch(folder, monkeypatch):
    """The lock of another branch is newer as soon as that one has run: it says nothing of this work."""
    (folder / "stages/far").mkdir(parents=True)
    (folder / "dvc.yaml").write_text("stages: {near: {cmd: a}}")
    (folder / "stages/far/dvc.yaml").write_text("stages: {distant: {cmd: b}}")
    monkeypatch.setenv("DVC_STAGE", "stages/far/dvc.yaml:distant@x")
    done = work_folder("work", ["k"])
    mark_finished(done)
    later = done.stat().st_mtime + 5
    for lock, stays in (("dvc.lock", True), ("stages/far/dvc.lock", False)):
        (folder / lock).touch()
        os.utime(folder / lock, (later, later))
        work_folder("other", ["k"])
        assert done.exists() == stays


CODECS = {  # call of the stage: (corpora that it learns from, files of code that decide the result)
    "own_codec.main('own')": (("corpus", "genre"), ("codec/own.py", "codec/spectral.py", "stages/own_codec.py")),
    "own_codec.main('musika')": (("corpus", "genre"), ("codec/musika.py", "stages/own_codec.py")),
    "train_codec.main()": (("timbres/timbres", "timbres/chorales", "timbres/folk"),
                           ("codec/spectral.py", "stages/train_codec.py")),
}


@pytest.mark.parametrize("call", CODECS)
def test_code_and_sound_of_a_codec_are_part_of_its_checkpoint(folder, call):
    """New reverb is another corpus under the same manifest; the codec is named by a param, not imported."""
    (corpora, files), module = CODECS[call], call.partition(".")[0]
    for name in corpora:
        (folder / "data" / name).mkdir(parents=True)
        write_json(folder / "data" / name / "corpus.json", {"sample_rate_hz": 22050})
    (folder / "data/codec.txt").write_text("musika\n" if "musika" in call else "own\n")
    for name in ("params.yaml", "conf"):
        (folder / name).symlink_to(ROOT / name)
    code = f"""
from chaconne.running.resume import own_code
from stages import {module}
def told(name, settings, seed, key, inputs):
    print(*inputs, *own_code(), sep="\\n")
    raise SystemExit
{module}.Trainer = told
{call}
"""
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": os.fspath(ROOT)}, text=True,
                          capture_output=True)
    said = done.stdout.splitlines()
    wanted = {f"data/{name}/{file}" for name in corpora for file in ("audio.npy", "manifest.csv")}
    assert wanted <= set(said), done.stderr
    assert len([line for line in said if line in wanted]) == len(wanted), "each once"
    for file in files:
        assert any(line.endswith(file) for line in said), file


def test_a_codec_that_is_not_selected_is_a_stand_in(folder, monkeypatch):
    """In no time, and without the corpora; nobody takes it for a codec."""
    (folder / "data").mkdir()
    (folder / "data/codec.txt").write_text("spectral\n")
    for name in ("params.yaml", "conf"):
        (folder / name).symlink_to(ROOT / name)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    for name in ("own", "musika"):
        own_codec.main(name)
        assert [path.name for path in (folder / "data/codecs" / name).iterdir()] == ["nothing.tsv"]
        assert (folder / f"metrics/curves/codec_{name}/nothing.tsv").read_text() == "step\tnothing\n"
        with pytest.raises(FileNotFoundError, match=r"codec.json is missing"):
            load_codec(folder / "data/codecs" / name)


def test_a_network_from_scratch_that_nobody_asked_for_is_a_stand_in(folder, monkeypatch):
    """Without latents, and no model by that name."""
    for name in ("params.yaml", "conf"):
        (folder / name).symlink_to(ROOT / name)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    finetune.main("scratch")
    for place in ("data/models/scratch", "data/previews/scratch", "metrics/curves/scratch"):
        assert [path.name for path in (folder / place).iterdir()] == ["nothing.tsv"]
    assert Workspace(folder).names() == []


ROWS = [dict.fromkeys(packing.COLUMNS, "") | dict(clip=i, start=100 * i, samples=100, seconds=0.1, split="train")
        for i in range(6)]
AUDIO = dict(sample_rate_hz=1000, grid_samples=1)


def render(row):
    """Return a clip of its own number."""
    return np.full(row["samples"], row["clip"] + 1, np.int16)


def test_a_corpus_goes_on_after_the_last_noted_clip(folder, monkeypatch):
    monkeypatch.setattr(packing, "CHECKPOINT_SECONDS", -1)
    seen = []

    def killed(row):
        seen.append(row["clip"])
        if len(seen) == 4:
            raise Killed
        return render(row)

    for name in ("whole", "packed"):
        (folder / name).mkdir()
    packing.pack(ROWS, render, folder / "whole", {"name": "x"}, AUDIO)
    with pytest.raises(Killed):
        packing.pack(ROWS, killed, folder / "packed", {"name": "x"}, AUDIO, journal=folder / "note.json")
    packing.pack(ROWS, killed, folder / "packed", {"name": "x"}, AUDIO, journal=folder / "note.json")
    assert seen == [0, 1, 2, 3, 3, 4, 5]
    for name in ("audio.npy", "manifest.csv", "corpus.json"):
        assert (folder / "whole" / name).read_bytes() == (folder / "packed" / name).read_bytes()


@pytest.mark.parametrize("error", [Killed, OSError(errno.ENOSPC, "No space left on device")])
def test_a_write_that_fails_leaves_what_was_there(folder, error):
    write_json("a.json", {"old": 1})
    with pytest.raises((Killed, OSError)), files.new_file("a.json") as temporary:
        temporary.write_text("{")
        raise error
    with pytest.raises((Killed, OSError)), files.new_folder("b") as temporary:
        (temporary / "x").write_text("x")
        raise error
    assert files.read_json("a.json") == {"old": 1}
    assert [p.name for p in folder.iterdir()] == ["a.json"]


def test_a_full_disk_is_found_out_when_an_array_is_made(folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left") as told:
        new_array(folder / "x.npy", np.int16, (1000,))
    assert "the disk is full" in explain(told.value) and "goes on where it was" in explain(told.value)


def test_room_is_told_with_the_need(monkeypatch):
    room.check_room("work", disk_bytes=1, memory_bytes=1)
    with pytest.raises(ValueError, match=r"work needs 1048576.00 GiB of disk, .* are free in .*; free some"):
        room.check_room("work", disk_bytes=2**50)
    with pytest.raises(ValueError, match=r"work needs 1048576.00 GiB of memory, .* are free; end other programs"):
        room.check_room("work", memory_bytes=2**50)
    assert 0 < room.free_memory() < 2**50


def test_what_can_only_be_a_mistake_in_the_code_keeps_its_traceback():
    assert explain(KeyError("x")) is None and explain(OSError(errno.EACCES, "x")) is None
    assert "out of memory" in explain(MemoryError())
