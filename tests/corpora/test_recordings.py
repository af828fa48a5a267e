"""Recordings become clips: known tones and pauses, bad files with their reasons, the same bytes from any workers."""

import errno
import os
import shutil
import tempfile
import wave
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile

from chaconne.corpora import folder
from chaconne.corpora.gathering import recordings
from chaconne.corpora.rendering import recorded
from chaconne.corpora.rendering.decoding import Unreadable, mono
from chaconne.corpora.rendering.fingerprints import Fingerprint, same_recordings
from chaconne.corpora.rendering.ingest import Ingest, clip_bytes
from chaconne.corpora.rendering.recorded import divide, each, pack_recordings
from chaconne.corpora.rendering.segments import even_parts, spans
from chaconne.running import room
from chaconne.running.code import own_music
from chaconne.running.files import read_json
from chaconne.running.params.corpora import read_settings
from tests import miniatures
from tests.conftest import ROOT
from tests.miniatures import audio_bytes, m4a_bytes, music, put

RATE, GRID = 22050, 2048
AUDIO = {"sample_rate_hz": RATE, "grid_samples": GRID}
SPLIT = {"test": 0.15, "valid": 0.05}
LIMITS = {"max_pieces": None, "workers": 1}
SETTINGS = read_settings("folder", ROOT)
TONE = 0.3 * np.sin(2 * np.pi * 440 * np.arange(12 * RATE) / RATE).astype(np.float32)


def pack(root, out, workers=1, **select):
    """Gather and pack a folder; returns (manifest, skipped as {file: reason}, audio)."""
    settings = SETTINGS | {"folder": str(root), "select": SETTINGS["select"] | select}
    for name in ("scores", "corpus"):
        (out / name).mkdir(parents=True)
    folder.gather(settings, out / "scores", LIMITS | {"workers": workers}, 0)
    pack_recordings(out / "scores", out / "corpus", out / "decoded", settings, AUDIO, SPLIT, 0, workers)
    skipped = pd.read_csv(out / "corpus/skipped.csv", keep_default_na=False)
    return (pd.read_csv(out / "corpus/manifest.csv", keep_default_na=False),
            dict(zip(skipped.file, skipped.reason, strict=True)), np.load(out / "corpus/audio.npy", mmap_mode="r"))


@pytest.mark.parametrize("how", [
    {"rate": 8000, "subtype": "PCM_U8"}, {"rate": 192000, "subtype": "PCM_24"}, {"rate": 44100, "subtype": "FLOAT"},
    {"subtype": "DOUBLE", "channels": 2}, {"rate": 48000, "channels": 6}, {"form": "FLAC", "rate": 96000},
    {"form": "MP3", "rate": 44100, "channels": 2}, {"form": "OGG"}, {"form": "AIFF", "rate": 11025},
    {"form": "OGG", "subtype": "OPUS", "rate": 48000}, "m4a"], ids=str)
def test_a_tone_is_the_same_from_every_format(how, tmp_path):
    path = tmp_path / ("x.m4a" if how == "m4a" else "x.wav")  # libsndfile looks at the bytes, not at the name
    path.write_bytes(m4a_bytes(TONE) if how == "m4a" else audio_bytes(TONE, **how))
    sound = np.concatenate(list(mono(path, RATE)))
    assert sound.dtype == np.float32
    assert len(sound) == pytest.approx(len(TONE), abs=0.1 * RATE)
    middle = sound[4 * RATE : 8 * RATE]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) / 4 == pytest.approx(440, abs=0.3)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.2)


def wav(path, samples, **more):
    """Write float samples as they are, NaN included."""
    soundfile.write(path, samples, more.pop("rate", RATE), **({"subtype": "FLOAT", "format": "WAV"} | more))


def bad_files(root):
    """Fill a folder with files that nobody should have; returns {shown name: part of the reason, None where used}."""
    root.mkdir(parents=True, exist_ok=True)
    good, broken = music(1), music(2).copy()
    put(root / "zero.wav", b"")
    put(root / "header.wav", audio_bytes(good[:0]))
    put(root / "text.wav", b"this is no audio" * 100)
    put(root / "wrong name.mp3", audio_bytes(good))
    put(root / "no music.flac", miniatures.midi_bytes(1))
    cut = audio_bytes(music(3), form="MP3")
    put(root / "truncated.mp3", cut[: len(cut) * 7 // 10])
    cut = audio_bytes(music(4), form="FLAC")
    put(root / "truncated.flac", cut[: len(cut) // 2])
    broken[100] = np.nan
    wav(root / "nan.wav", broken)
    broken[100] = np.inf
    wav(root / "inf.wav", broken)
    wav(root / "huge.wav", music(5) * 1e4)
    wav(root / "one.wav", good[:1])
    wav(root / "short.wav", good[:RATE])
    wav(root / "silent.wav", np.zeros(20 * RATE))
    wav(root / "hiss.wav", 1e-6 * np.random.default_rng(0).standard_normal(20 * RATE))
    for seed, name in enumerate(('q"uo\'te, comma.wav', "new\nline\r.wav", "🎹 ピアノ.wav", " space .wav"), 10):
        put(root / name, audio_bytes(music(seed)))
    put(root / "locked.wav", audio_bytes(music(20)))
    (root / "locked.wav").chmod(0)
    os.mkfifo(root / "pipe.wav")
    put(root / "picture.jpg", b"jpg")
    put(root / "bad.mid", b"MThd" + bytes(20))
    put(root / "empty.abc", b"")
    put(root / "bomb.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><score-partwise/>')
    (root / "loop").symlink_to(root)
    (root / "gone.wav").symlink_to(root / "nowhere.wav")
    return {"zero.wav": "an empty file", "header.wav": "a header without samples",
            "text.wav": "no audio that can be read", "wrong name.mp3": None, "no music.flac": "no audio",
            "truncated.mp3": None, "truncated.flac": "damaged in the 10 s after 0 s",
            "nan.wav": "NaN or infinite samples", "inf.wav": "NaN or infinite samples", "huge.wav": None,
            "one.wav": "no 8 s of music", "short.wav": "no 8 s of music", "silent.wav": "silent", "hiss.wav": "silent",
            'q"uo\'te, comma.wav': None, "new\\nline\\r.wav": None, "🎹 ピアノ.wav": None, " space .wav": None,
            "locked.wav": None if os.access(root / "locked.wav", os.R_OK) else "cannot be opened",
            "pipe.wav": "no regular file", "picture.jpg": ".jpg: not taken", "bad.mid": "no ",
            "empty.abc": "the file is empty",
            "bomb.xml": "no ", "gone.wav": "cannot be opened"}


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """Return (expected, manifest, skipped, audio) of a folder of bad files."""
    root = tmp_path_factory.mktemp("bad")
    expected = bad_files(root / "music")
    return expected, *pack(root / "music", root / "out")


def test_bad_files_are_used_or_listed_with_their_reason(bad):
    expected, manifest, skipped, _ = bad
    assert set(manifest.piece) == {name for name, reason in expected.items() if reason is None}
    assert skipped.keys() == {name for name, reason in expected.items() if reason}
    for name, reason in skipped.items():
        assert expected[name] in reason, name
        assert "\n" not in reason


def test_what_is_used_is_loud_enough_and_whole(bad):
    _, manifest, _, audio = bad
    assert manifest.samples.sum() == len(audio)
    for row in manifest.itertuples():
        sound = audio[row.start : row.start + row.samples] / 32767
        assert 20 * np.log10(np.sqrt(np.mean(sound**2))) == pytest.approx(-20, abs=0.1)
        assert np.abs(sound).max() < 0.98
        assert row.samples % GRID == 0 and row.samples >= 8 * RATE
    assert {row.licence for row in manifest.itertuples()} == {SETTINGS["licence"]}


@pytest.mark.skipif(os.geteuid() != 0, reason="bad_files has this case for everybody but root")
def test_a_file_that_may_not_be_read_is_listed():
    """Root may read everything, so somebody else looks."""
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        path = Path(root, "locked.wav")
        put(path, audio_bytes(music(20)))
        path.chmod(0o600)
        os.seteuid(65534)
        try:
            with pytest.raises(Unreadable, match=r"cannot be opened \(Permission denied\)"):
                list(mono(path, RATE))
        finally:
            os.seteuid(0)


def test_names_that_are_no_text_are_used(tmp_path):
    for seed in range(3):
        put(tmp_path / "music" / f"{seed}.wav", audio_bytes(music(seed)))
    name = os.fsdecode(b"caf\xe9.wav")
    put(tmp_path / "music" / name, audio_bytes(music(3)))
    manifest, skipped, _ = pack(tmp_path / "music", tmp_path / "out")
    assert "caf\\udce9.wav" in set(manifest.piece) and not skipped


def test_a_full_disk_is_not_blamed_on_a_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Ingest, "decode", full)
    with pytest.raises(OSError, match="No space left"):
        Ingest(str(tmp_path), SETTINGS, RATE, GRID)({"number": 0, "file": "x.wav"})


def crash_at_three(job):
    """Die as a decoder written in C can die."""
    if job["number"] == 3:
        os._exit(1)
    return {"spans": job["number"]}


def test_a_decoder_that_dies_costs_one_file():
    results = list(each(crash_at_three, [{"number": n} for n in range(6)], 2))
    assert results == [{"spans": n} if n != 3 else {"reason": "its decoder crashed"} for n in range(6)]


def files_of(root):
    """Return {name: bytes} of a packed corpus."""
    return {path.name: path.read_bytes() for path in root.iterdir()}


def test_the_number_of_workers_changes_no_byte(tmp_path):
    names = miniatures.mixed_folder(tmp_path / "music", 10.0)
    bad_files(tmp_path / "music/bad")
    for workers in (1, 2):
        manifest, _, _ = pack(tmp_path / "music", tmp_path / str(workers), workers)
    assert files_of(tmp_path / "1/corpus") == files_of(tmp_path / "2/corpus")
    assert files_of(tmp_path / "1/scores") == files_of(tmp_path / "2/scores")
    # All twenty are used, the ABC file as two tunes.
    assert {name.split("#")[0] for name in manifest.piece if "bad/" not in name} == set(names)
    scores = manifest[manifest.piece.str.startswith("scores/")].set_index("piece")
    assert scores.loc["scores/0.mid", "instrument"] == "Church Organ"
    assert float(scores.loc["scores/0.mid", "tempo_qpm"]) == pytest.approx(60, rel=0.1)
    assert scores.loc["scores/tunes.abc#2", ["key", "mode", "title"]].tolist() == ["G", "major", "Tune 2"]
    assert scores.loc["scores/song.musicxml", "key"] == "F"
    assert float(scores.loc["scores/song.musicxml", "tempo_qpm"]) == pytest.approx(100, rel=0.1)


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


def test_a_killed_decoding_goes_on_after_the_last_file_that_is_noted(tmp_path, monkeypatch):
    monkeypatch.setenv("CHACONNE_CHECKPOINT_SECONDS", "-1")
    bad_files(tmp_path / "music")
    pack(tmp_path / "music", tmp_path / "whole")
    seen, real = [], recorded.ingest

    def killed(job, **how):
        seen.append(job["number"])
        if len(seen) == 6:
            raise Killed
        return real(job, **how)

    monkeypatch.setattr(recorded, "ingest", killed)
    with pytest.raises(Killed):
        pack(tmp_path / "music", tmp_path / "killed")
    with open(tmp_path / "killed/decoded/done.jsonl", "a") as notes:    # and the power failed while it wrote a line
        notes.write('[7, {"reason": "hal')
    shutil.rmtree(tmp_path / "killed/corpus")       # what DVC does with outs
    shutil.rmtree(tmp_path / "killed/scores")
    pack(tmp_path / "music", tmp_path / "killed")
    assert len(seen) == len(set(seen)) + 1 and seen[5] == seen[6]      # the one that was killed, and no other, again
    assert files_of(tmp_path / "whole/corpus") == files_of(tmp_path / "killed/corpus")


def test_a_disk_that_cannot_hold_the_clips_is_told_before_the_work(tmp_path, monkeypatch):
    put(tmp_path / "music/a.wav", audio_bytes(music(1)))
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))
    with pytest.raises(ValueError, match=r"decoding folder needs 3.* MiB of disk, 1.0 MiB are free"):
        pack(tmp_path / "music", tmp_path / "out")


def test_the_room_for_clips_is_known_from_headers_that_can_be_believed(tmp_path, monkeypatch):
    def need(name, **more):
        return clip_bytes({"file": str(tmp_path / name)} | more, RATE)

    put(tmp_path / "a.wav", audio_bytes(TONE, rate=44100))
    put(tmp_path / "b.m4a", m4a_bytes(TONE))
    os.mkfifo(tmp_path / "pipe.wav")
    assert need("a.wav") == pytest.approx(2 * len(TONE), abs=2) and need("a.wav", stems={"x": 1}) == 2 * need("a.wav")
    assert 0 < need("b.m4a") < 4 * len(TONE)
    assert need("pipe.wav") == need("gone.wav") == 0
    monkeypatch.setattr(soundfile, "info", lambda _: SimpleNamespace(duration=1e12))
    assert need("a.wav") == int(2 * RATE * os.path.getsize(tmp_path / "a.wav") / 1000)


def test_one_performance_in_two_formats_is_in_one_split(tmp_path):
    for seed in range(12):
        put(tmp_path / "music" / f"{seed}.wav", audio_bytes(music(seed, 15.0)))
    louder = 1.5 * np.concatenate([np.zeros(7000, np.float32), music(3, 15.0)[9000:]])
    put(tmp_path / "music" / "copy of 3.mp3", audio_bytes(louder, 44100, 2, "MP3"))
    put(tmp_path / "music" / "copy of 5.ogg", audio_bytes(music(5, 15.0)[: 11 * RATE], form="OGG"))
    manifest, _, _ = pack(tmp_path / "music", tmp_path / "out")
    groups = manifest.set_index("piece").melody
    assert groups["copy of 3.mp3"] == groups["3.wav"] and groups["copy of 5.ogg"] == groups["5.wav"]
    assert groups.nunique() == 12
    assert (manifest.groupby("melody")["split"].nunique() == 1).all()


def test_fingerprints_do_not_depend_on_blocks_and_know_silence():
    sound = np.concatenate([music(7), np.zeros(5 * RATE, np.float32), music(8)])
    words = []
    for size in (5000, len(sound)):
        one = Fingerprint(RATE)
        for first in range(0, len(sound), size):
            one.feed(sound[first : first + size])
        one.feed(sound[:0], last=True)
        words.append(one.words)
    assert (words[0] == words[1]).mean() > 0.99
    quiet = slice(int(21 * 43.07), int(24 * 43.07))
    assert not words[1][quiet].any() and words[1].any()
    assert same_recordings(words) == [(0, 1)]
    assert same_recordings([]) == [] and same_recordings([words[0][:0], words[0]]) == []


def test_pauses_divide_and_short_parts_fall_away():
    level = np.full(1000, 0.1)
    level[:50] = level[300:320] = 0.0  # at the beginning, and a long pause
    level[500:505] = 1e-4  # a short one, 60 dB down
    level[700:703] = 0.1 * 10 ** (-40 / 20)  # soft, but no silence
    level[990:] = 0.0
    assert spans(level, -50, 10, 100, 10_000) == [(50, 250), (320, 670)]
    assert spans(level, -50, 4, 100, 10_000) == [(50, 250), (320, 180), (505, 485)]
    assert spans(level, -50, 10, 300, 10_000) == [(320, 670)]
    assert spans(level, -50, 10, 100, 300) == [(50, 250), (320, 223), (543, 223), (766, 224)]
    for silence in (np.zeros(100), np.full(9, 5e-5), []):
        assert spans(silence, -50, 10, 1, 10) == []


def test_parts_are_even_and_complete():
    for length in range(1, 60):
        parts = even_parts(5, length, 7)
        assert sum(n for _, n in parts) == length and parts[0][0] == 5
        assert max(n for _, n in parts) <= 7 and max(n for _, n in parts) - min(n for _, n in parts) <= 1


def test_splits_of_the_corpus_are_kept_and_leaks_closed():
    jobs = [{"split": split} for split in ("train", "train", "test", "valid", "", "")]
    groups = ["a", "b", "b", "c", "c", "d"]
    assert divide(jobs, groups, SPLIT, 0, "x") == ["train", "test", "test", "valid", "valid", "train"]
    with pytest.raises(ValueError, match=r"at least 3 different recordings .* got 2 of 3 usable files"):
        divide(jobs[-1:] * 3, ["a", "b", "b"], SPLIT, 0, "x")
    with pytest.raises(ValueError, match="got none in test; take more"):
        divide([{"split": "train"}, {"split": "valid"}, {"split": "train"}], ["a", "b", "c"], SPLIT, 0, "x")


def test_a_table_names_splits_groups_and_titles(tmp_path):
    for seed in range(5):
        put(tmp_path / "music" / f"{seed}.wav", audio_bytes(music(seed, 10.0)))
    rows = ["file,split,title,licence,instrument", "0.wav,test,Zero,CC0,Harp", "1.wav,valid,,,", "2.wav,train,,,",
            "3.wav,train,,,", "9.wav,train,,,"]
    put(tmp_path / "music" / "about.csv", "\n".join(rows).encode())
    manifest, skipped, _ = pack(tmp_path / "music", tmp_path / "out", table="about.csv")
    assert manifest.set_index("piece")["split"].to_dict() == {
        "0.wav": "test", "1.wav": "valid", "2.wav": "train", "3.wav": "train"}
    assert skipped == {"4.wav": "not in about.csv", "9.wav": "in about.csv, but not in the folder"}
    first = manifest.iloc[0]
    assert (first.title, first.licence, first.instrument) == ("Zero", "CC0", "Harp")
    put(tmp_path / "music" / "about.csv", b"file,split\n0.wav,tset\n")
    with pytest.raises(ValueError, match="split: expected train, valid, test or nothing, got tset"):
        pack(tmp_path / "music", tmp_path / "other", table="about.csv")


@pytest.mark.parametrize(("make", "said"), [
    (lambda path: None, "expected a folder of music, found none"), (lambda path: path.mkdir(), "expected music"),
    (lambda path: put(path / "x.wav", b""), "found none that can be used|at least 3 different")])
def test_a_folder_without_music_says_so(make, said, tmp_path):
    make(tmp_path / "music")
    with pytest.raises(ValueError, match=said):
        pack(tmp_path / "music", tmp_path / "out")


def test_new_music_under_an_old_name_is_noticed(tmp_path):
    seen = []
    for seed in (1, 2):
        put(tmp_path / "music/x.wav", audio_bytes(music(seed)))
        out = tmp_path / str(seed)
        out.mkdir()
        folder.gather(SETTINGS | {"folder": str(tmp_path / "music")}, out, LIMITS, 0)
        seen.append(read_json(out / "recordings.json"))
    assert seen[0] != seen[1]


def test_files_that_are_gone_are_asked_for_again(tmp_path):
    (tmp_path / "s").mkdir()
    recordings.write(tmp_path / "s", [recordings.recording("a", tmp_path / "gone.wav", SETTINGS)])
    with pytest.raises(ValueError, match="it is gone: run `dvc repro --force"):
        pack_recordings(tmp_path / "s", tmp_path, tmp_path / "decoded", SETTINGS, AUDIO, SPLIT, 0)


@pytest.mark.slow
def test_ten_hours_of_silence_are_one_line(tmp_path):
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.setnframes(8000 * 36000)
        file.writeframesraw(b"")
    size = 2 * 8000 * 36000
    with open(path, "r+b") as file:  # zeros that take no room on disk
        file.truncate(44 + size)
        file.seek(4)
        file.write((36 + size).to_bytes(4, "little"))
        file.seek(40)
        file.write(size.to_bytes(4, "little"))
    assert Ingest(str(tmp_path), SETTINGS, RATE, GRID)({"number": 0, "file": str(path)}) == {"reason": "silent"}
    assert [p.name for p in tmp_path.iterdir()] == ["silence.wav"]


def test_an_unreadable_rate_is_refused(tmp_path):
    wav(tmp_path / "x.wav", TONE, rate=100)
    with pytest.raises(Unreadable, match="a sample rate of 100 Hz"):
        list(mono(tmp_path / "x.wav", RATE))


def encoded(path, codec, audio, rate, **options):
    """Write audio float32 [S] through PyAV."""
    import av

    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(audio[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        fifo = av.AudioFifo()
        for part in av.AudioResampler(format=stream.format.name, layout="mono", rate=rate).resample(frame):
            fifo.write(part)
        while fifo.samples:
            part = fifo.read(min(stream.codec_context.frame_size or 4096, fifo.samples), partial=True)
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def sweep():
    """Return float32 [S] at 48 kHz: three seconds that are nowhere alike."""
    t = np.arange(3 * 48000) / 48000
    return (0.5 * np.sin(2 * np.pi * (200 + 300 * t) * t)).astype(np.float32)


@pytest.mark.parametrize(("name", "codec", "options"), [
    ("phone.m4a", "aac", {}), ("named.mp3", "aac", {"f": "mp4"}), ("browser.webm", "libopus", {}),
    ("fragments.mp4", "aac", {"movflags": "frag_keyframe+empty_moov"}), ("plain.wv", "wavpack", {}),
    ("lossless.m4a", "alac", {}), ("named.wav", "flac", {"f": "matroska"})])
def test_content_decides_how_a_recording_is_read(name, codec, options, sweep, tmp_path):
    made = encoded(tmp_path / (f"made.{options['f'].replace('matroska', 'mka')}" if "f" in options else name), codec,
                   sweep, 48000, **{key: value for key, value in options.items() if key != "f"})
    path = made.rename(tmp_path / name)
    read = np.concatenate(list(mono(path, 48000)))
    assert abs(len(read) - len(sweep)) <= 1024    # PyAV writes no priming of AAC into its files
    assert np.sqrt(np.square(read).mean()) == pytest.approx(np.sqrt(np.square(sweep).mean()), rel=0.02)


def test_what_fills_the_last_block_of_a_phone_is_no_music():
    path = ROOT.parent / "shared/data/inputs/audio/phone.m4a"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    assert sum(map(len, mono(path, 44100))) == 441_000


def test_alac_of_32_bits_is_what_was_written(sweep, tmp_path):
    """libsndfile writes it and reads other sound from it; see findings/libsndfile_alac_32.sh."""
    soundfile.write(tmp_path / "a.caf", sweep, 48000, subtype="ALAC_32", format="CAF")
    assert np.abs(np.concatenate(list(mono(tmp_path / "a.caf", 48000)))[:len(sweep)] - sweep).max() < 1e-6


@pytest.mark.parametrize("samples", [8192, 8193, 10000, 12287])
def test_alac_in_caf_has_its_end(samples, sweep, tmp_path):
    """FFmpeg leaves some of it out, or refuses the file: findings/alac_in_caf_loses_its_end.sh."""
    soundfile.write(tmp_path / "a.caf", sweep[:samples], 48000, subtype="ALAC_16", format="CAF")
    assert np.abs(np.concatenate(list(mono(tmp_path / "a.caf", 48000))) - sweep[:samples]).max() < 1e-4


def test_what_libsndfile_decodes_worse_goes_through_ffmpeg(sweep, tmp_path):
    """IMA ADPCM in AIFF, as QuickTime wrote it; see benchmarks/decoding.py and findings/ima4_blocks_shifted.sh."""
    quiet = 0.1 * sweep
    soundfile.write(tmp_path / "a.aiff", quiet, 48000, subtype="IMA_ADPCM", format="AIFF")

    def error(read):
        return np.sqrt(np.square(read[:len(quiet)] - quiet).mean())

    ours, theirs = np.concatenate(list(mono(tmp_path / "a.aiff", 48000))), soundfile.read(tmp_path / "a.aiff")[0]
    assert error(ours) < 0.9 * error(theirs)


def test_what_libsndfile_refuses_in_a_wav_goes_through_ffmpeg(sweep, tmp_path):
    """G.722, as meeting software records."""
    path = encoded(tmp_path / "a.wav", "g722", sweep[::3].copy(), 16000)
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(path)
    read = np.concatenate(list(mono(path, 16000)))
    assert np.sqrt(np.square(read).mean()) == pytest.approx(np.sqrt(np.square(sweep[::3]).mean()), rel=0.05)


@pytest.mark.parametrize(("right", "told"), [(-1.0, True), (1.0, False), (0.0, False), (-0.5, False)])
def test_two_sides_that_cancel_are_told_and_one_is_taken(right, told, sweep, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([sweep, right * sweep], 1), 48000, subtype="FLOAT")
    remarks = []
    read = np.concatenate(list(mono(tmp_path / "a.wav", 48000, remarks)))
    assert bool(remarks) == told
    assert np.abs(read - (sweep if told else (1 + right) / 2 * sweep)).max() < 1e-6


def test_a_folder_may_lie_anywhere_under_any_name(tmp_path, monkeypatch):
    """-S folder=/absolute/path: spaces, brackets, accents; its music counts for what is stale, too."""
    root = tmp_path / "Fauré, op. 15 [live] (2)"
    root.mkdir()
    (root / "a.abc").write_text("X:1\nK:G\nGABc|\n")
    settings = SETTINGS | {"folder": str(root)}
    (tmp_path / "out").mkdir()
    counts = folder.gather(settings, tmp_path / "out", {"max_pieces": None, "workers": 1}, 0)
    assert counts
    (tmp_path / "project").mkdir()
    (tmp_path / "project/params.yaml").write_text(f"folder: '{root}'\n")
    before = own_music(tmp_path / "project")
    (root / "b.abc").write_text("X:1\nK:D\nDEFG|\n")
    assert own_music(tmp_path / "project") != before


def test_a_temporary_copy_says_what_it_cannot_see(tmp_path, monkeypatch):
    copy = tmp_path / "project/.dvc/tmp/exps/tmp123"
    (copy / "music").mkdir(parents=True)
    monkeypatch.chdir(copy)
    with pytest.raises(ValueError, match=r"this is a temporary copy.* give the folder as an absolute path"):
        folder.gather(SETTINGS | {"folder": "music"}, copy, {"max_pieces": None, "workers": 1}, 0)
