"""`chaconne evaluate` on folders of audio: any format, rate and channels, a cache, one line for what is wrong."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from chaconne import evaluation
from chaconne.cli import app
from chaconne.corpora.rendering import decoding
from chaconne.evaluation.outside import comparison, folders

RATE = 22050
SETTINGS = {"embedders": ["logmel"], "weights": "", "clips": 240, "clip_seconds": 2.0, "seed": 0}


def tones(rng, seconds, rate=RATE):
    """Return float [samples]: a new chord of two tones every half second."""
    t = np.arange(round(0.5 * rate)) / rate
    notes = [sum(0.2 * np.sin(2 * np.pi * 220 * 2 ** (k / 12) * t) for k in rng.integers(0, 24, 2)) * np.exp(-3 * t)
             for _ in range(round(seconds / 0.5))]
    return np.concatenate(notes)


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Two folders of the same kind of music: `real` with 12 files of 10 s, `made` with 10 of 4 s."""
    root, rng = tmp_path_factory.mktemp("music"), np.random.default_rng(0)
    (root / "real/below").mkdir(parents=True)
    (root / "made").mkdir()
    for i in range(12):
        folder = root / "real" / ("below" if i % 2 else "")
        soundfile.write(folder / f"{i}.flac", np.stack([tones(rng, 10, 44100)] * 2, 1), 44100)
    for i, suffix in enumerate(["wav", "WAV", "ogg", "mp3", "flac"] * 2):
        soundfile.write(root / f"made/{i}.{suffix}", tones(rng, 4, 16000), 16000)
    (root / "made/notes.txt").write_text("not audio")
    return root


def run(*arguments):
    threads = torch.get_num_threads()
    done = CliRunner().invoke(app, ["evaluate", *map(str, arguments), "--embedder", "logmel", "--seconds", "2"])
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    return done


def test_every_format_arrives_as_mono_at_the_rate_that_is_measured(tmp_path):
    (tmp_path / "in").mkdir()
    t = np.arange(3 * 48000) / 48000
    left, right = 0.8 * np.sin(2 * np.pi * 440 * t), np.zeros(len(t))
    for suffix in ("wav", "flac", "ogg", "mp3"):
        soundfile.write(tmp_path / f"in/a.{suffix}", np.stack([left, right], 1), 48000)
    manifest, _ = folders.pack(tmp_path / "in", tmp_path / "out", 2.0)
    audio = np.load(tmp_path / "out/audio.npy", mmap_mode="r")
    assert audio.dtype == np.int16
    assert len(audio) == manifest["samples"].sum()
    assert list(manifest["piece"]) == ["a.flac", "a.mp3", "a.ogg", "a.wav"]
    for row in manifest.itertuples():
        clip = audio[row.start : row.start + row.samples] / 32767
        assert row.samples == pytest.approx(3 * RATE, abs=0.1 * RATE)  # mp3 adds a frame or two
        spectrum = np.abs(np.fft.rfft(clip[:RATE]))
        assert spectrum.argmax() == pytest.approx(440, abs=1)
        # All files have one gain, which brings the folder to -20 dB.
        assert np.sqrt(np.square(clip[RATE // 2 : 2 * RATE]).mean()) == pytest.approx(0.1, rel=0.05)


def test_long_files_are_read_in_pieces_without_a_seam(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in/a.wav", tones(np.random.default_rng(0), 5, 44100), 44100)
    folders.pack(tmp_path / "in", tmp_path / "whole", 2.0)
    monkeypatch.setattr(decoding, "BLOCK_S", 0.3)
    folders.pack(tmp_path / "in", tmp_path / "pieces", 2.0)
    whole, pieces = (np.load(tmp_path / name / "audio.npy") for name in ("whole", "pieces"))
    assert len(whole) == 5 * RATE
    assert np.abs(whole.astype(int) - pieces).max() <= 1


def test_files_are_held_out_whole():
    samples = [RATE * 20] * 8 + [RATE * 900]
    manifest = pd.DataFrame({"clip": range(9), "piece": range(9), "start": 0, "samples": samples})
    for seed in range(5):
        held = comparison.split(manifest, 2.0, 240, seed) == "test"
        sizes = folders.clips_in(manifest, 2.0)
        assert 0 < sizes[held].sum() <= sizes.sum() / 3
        assert not held[8]  # half of everything
        assert sizes[comparison.split(manifest, 2.0, 12, seed) == "test"].sum() <= 12 + 9


def test_two_folders_are_compared_and_the_second_time_costs_the_samples_only(music, tmp_path, monkeypatch):
    arguments = (music / "real", music / "made", "--cache", tmp_path / "cache")
    first = run(*arguments, "--out", tmp_path / "a.json")
    assert first.exit_code == 0, first.output
    assert "nearest_train" in first.stdout
    assert "are few (logmel has" in " ".join(first.stdout.split())
    table = json.loads((tmp_path / "a.json").read_text())
    assert {"samples", "real", "noise", "settings", "intervals", "unavailable", "warnings", "left_out"} == set(table)
    assert table["settings"]["clips"] == 20  # of 10 files of 4 s; as many of the others
    assert table["real"].keys() == table["samples"].keys()
    assert table["samples"]["kad"]["logmel"] < 0.2 * table["noise"]["kad"]["logmel"]
    low, high = table["intervals"]["samples"]["fad"]["logmel"]
    assert low <= table["samples"]["fad"]["logmel"] <= high

    for what in ((comparison.reference, "build"), (comparison, "noise_like")):   # doing it again would fail
        monkeypatch.setattr(*what, None)
    again = run(*arguments, "--json", tmp_path / "b.json")
    assert again.exit_code == 0, again.output
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_the_cache_knows_files_and_settings(music, tmp_path):
    key = comparison.cache_key(music / "real", SETTINGS)
    shutil.copytree(music / "real", tmp_path / "copy")
    assert comparison.cache_key(tmp_path / "copy", SETTINGS) == key
    assert comparison.cache_key(music / "real", SETTINGS | {"seed": 1}) != key
    with open(tmp_path / "copy/0.flac", "ab") as file:
        file.write(b"more")
    assert comparison.cache_key(tmp_path / "copy", SETTINGS) != key


def test_the_cache_knows_the_code_of_every_room(music, tmp_path, monkeypatch):
    copy = shutil.copytree(Path(evaluation.__file__).parent, tmp_path / "evaluation")
    monkeypatch.setattr(evaluation, "__file__", str(copy / "__init__.py"))
    key = comparison.cache_key(music / "real", SETTINGS)
    with open(copy / "rows/rows.py", "a") as file:
        file.write("MORE = 1\n")
    assert comparison.cache_key(music / "real", SETTINGS) != key


def spoil(root, case):
    """Write what is wrong into root/made or root/real; return what the message must hold."""
    made, real = root / "made", root / "real"
    sound = tones(np.random.default_rng(0), 4)
    if case == "empty":
        shutil.rmtree(made)
        made.mkdir()
        return "made: expected audio files (wav, flac, mp3,"
    if case == "absent":
        shutil.rmtree(made)
        return "made: expected a folder of audio files, found none"
    if case == "no audio":
        (made / "3.mp3").write_bytes(b"nothing of the kind")
        return "made/3.mp3: cannot be read: "
    if case == "NaN":
        sound[40_000] = np.nan
        soundfile.write(made / "bad.wav", sound, RATE, subtype="FLOAT")
        return "made/bad.wav: cannot be read: NaN or infinite samples"
    if case == "silent file":
        soundfile.write(made / "quiet.wav", 1e-4 * sound, RATE)
        return "made/quiet.wav is silent"
    if case == "silent clip":
        sound[: 2 * RATE + 5000] = 0
        soundfile.write(made / "gap.wav", sound, RATE)
        return "made/gap.wav is silent from 0.0 to 2.0 s"
    if case == "short":
        for path in made.glob("*.*"):
            path.unlink()
        soundfile.write(made / "a.wav", sound[:RATE], RATE)
        return "made: expected files of 2 s or more, all 1 are shorter"
    if case == "few":
        for path in list(made.glob("*.*"))[:-2]:
            path.unlink()
        return "made: expected 8 clips of 2 s or more, found"
    for path in list(real.rglob("*.flac"))[:-1]:
        path.unlink()
    return "real: expected 24 clips of 2 s or more, in several files"


@pytest.mark.parametrize("case", ["no audio", "NaN"])
def test_one_broken_file_is_named_and_the_others_are_measured(case, music, tmp_path):
    for name in ("real", "made"):
        shutil.copytree(music / name, tmp_path / name)
    expected = spoil(tmp_path, case)
    done = run(tmp_path / "real", tmp_path / "made", "--cache", tmp_path / "cache", "--out", tmp_path / "out.json")
    assert done.exit_code == 2
    assert expected in done.output and "not taken for audio: 1 of .txt" in done.output
    table = json.loads((tmp_path / "out.json").read_text())
    assert table["samples"]["fad"]["logmel"] > 0
    assert [expected in line for line in table["left_out"]["unreadable"]] == [True]


def test_level_and_what_macos_leaves_change_nothing(music, tmp_path):
    """Twice as loud, as float beyond full scale, in other containers, with ._ files beside: the same distances."""
    (tmp_path / "loud").mkdir()
    for number, path in enumerate(sorted(path for path in (music / "made").iterdir() if path.suffix != ".txt")):
        audio, rate = soundfile.read(path)
        soundfile.write(tmp_path / f"loud/{path.stem}.{('wav', 'w64')[number % 2]}", 8 * audio, rate, subtype="FLOAT")
        (tmp_path / f"loud/._{path.stem}.wav").write_bytes(b"\0\5\x16\7")
    assert soundfile.read(tmp_path / "loud/0.wav")[0].max() > 1
    found = {}
    for name, folder in (("plain", music / "made"), ("loud", tmp_path / "loud")):
        done = run(music / "real", folder, "--cache", tmp_path / "cache", "--out", tmp_path / f"{name}.json")
        assert done.exit_code == 0, done.output
        found[name] = json.loads((tmp_path / f"{name}.json").read_text())["samples"]["fad"]["logmel"]
    assert found["loud"] == pytest.approx(found["plain"], rel=0.02)


@pytest.mark.parametrize("case", ["empty", "absent", "silent file", "silent clip", "short", "few", "one file"])
def test_what_cannot_be_measured_is_named_in_one_line(case, music, tmp_path):
    for name in ("real", "made"):
        shutil.copytree(music / name, tmp_path / name)
    expected = spoil(tmp_path, case)
    done = run(tmp_path / "real", tmp_path / "made", "--cache", tmp_path / "cache")
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    said = done.output.strip().splitlines()[-1]
    assert said.startswith("chaconne evaluate: ")
    assert expected in said
