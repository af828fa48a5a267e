"""Notes heard in audio, and what is said about them, against answers known beforehand."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pretty_midi
import pytest
import torch

from chaconne.evaluation.reference import harmony, notes, transcription
from chaconne.evaluation.reference.batches import check_clips
from chaconne.evaluation.reference.note_statistics import counts_of
from tests.conftest import ROOT

RATE = 22050
MELODY = [(69, 0.2), (72, 0.9), (76, 1.6), (74, 2.4), (69, 3.1)]  # MIDI pitch, s


@pytest.fixture(autouse=True)
def nothing_remembered():
    transcription._memory.clear()


def played(melody, rate=RATE, seconds=4.0):
    """Return int16 [samples] of plucked tones with four partials, 0.6 s each."""
    sound = np.zeros(round(seconds * rate))
    time = np.arange(round(0.6 * rate)) / rate
    for pitch, onset in melody:
        hertz = 440 * 2 ** ((pitch - 69) / 12)
        tone = sum(np.sin(2 * np.pi * k * hertz * time) / k**2 for k in range(1, 5)) * np.exp(-3 * time)
        tone *= np.minimum(1, np.minimum(time, time[::-1]) / 0.01)
        begin = round(onset * rate)
        sound[begin : begin + len(tone)] += 0.2 * tone
    return (sound * 32767).astype(np.int16)


# transcription


@pytest.mark.parametrize("rate", [22050, 44100, 16000])
def test_a_melody_is_heard_as_it_was_played(rate):
    midi = transcription.transcribe(played(MELODY, rate)[None], rate)[0].midi()
    heard = midi.instruments[0].notes
    assert [note.pitch for note in heard] == [pitch for pitch, _ in MELODY]
    assert [note.start for note in heard] == pytest.approx([onset for _, onset in MELODY], abs=0.06)
    assert all(0.2 < note.end - note.start < 0.8 for note in heard)


def test_silence_and_very_short_clips_hold_no_notes():
    for clips in (np.zeros((1, 3 * RATE), np.int16), played(MELODY)[None, :1000]):
        heard = transcription.transcribe(clips, RATE)[0]
        assert heard.notes.shape == (0, 3)
        assert heard.features.shape == (1 if clips.shape[1] == 1000 else 3, 176)
        assert heard.midi().instruments[0].notes == []


@pytest.mark.parametrize(("seconds", "frames", "windows"), [
    (1.0, 87, 1), (1.9885, 172, 1), (2.1, 172, 1), (3.0, 259, 2), (6.0, 314, 2),
])
def test_windows_are_joined_where_they_were_cut(monkeypatch, seconds, frames, windows):
    calls = []

    def frame_numbers(window):  # a network that says where in the clip each of its frames lies
        assert window.shape == (transcription.WINDOW_SAMPLES,)
        calls.append(window)
        at = window[np.minimum(np.arange(172) * 256, len(window) - 1)]
        return [np.repeat(at[:, None], 88, 1)] * 2

    monkeypatch.setattr(transcription, "run", frame_numbers)
    ramp = transcription.at_rate((np.arange(round(seconds * RATE)) // 256).astype(np.int16), RATE) * 32767
    found, onsets = transcription.posteriors(ramp)
    assert len(calls) == windows
    assert found.shape == onsets.shape == (frames, 88)
    inside = np.arange(frames) * 256 < len(ramp)
    # Frame i of what was joined is frame i of the clip. (The last one of a window begins after its end.)
    assert np.abs(found[inside, 0] - np.arange(frames)[inside]).max() <= 1


def test_threads_change_nothing_and_a_clip_is_heard_once(monkeypatch):
    clips = np.stack([played(MELODY), played(MELODY[::-1]), played(MELODY[:2])])
    threads, found = torch.get_num_threads(), []
    for count in (1, 3):
        torch.set_num_threads(count)
        transcription._memory.clear()
        found.append(notes.embed(clips, RATE))
    torch.set_num_threads(threads)
    assert found[0].shape == (3, 4, 176)
    assert (found[0] == found[1]).all()

    def twice(*arguments):
        raise AssertionError("heard a second time")

    monkeypatch.setattr(transcription, "hear", twice)
    assert (notes.embed(clips[::-1], RATE) == found[0][::-1]).all()
    with pytest.raises(AssertionError, match="second time"):
        notes.embed(clips, 44100)  # the same samples at another rate are another sound


def test_what_was_heard_can_be_kept_in_a_file(tmp_path, monkeypatch):
    clips = np.stack([played(MELODY), np.zeros(4 * RATE, np.int16), played(MELODY[:2])])
    before = transcription.transcribe(clips, RATE)
    transcription.save(tmp_path / "heard.npz", clips, RATE)
    transcription._memory.clear()
    monkeypatch.setattr(transcription, "hear", None)
    transcription.load(tmp_path / "heard.npz")
    after = transcription.transcribe(clips, RATE)
    for old, new in zip(before, after, strict=True):
        assert (old.features == new.features).all()
        assert old.notes.tolist() == new.notes.tolist()
        assert old.seconds == new.seconds


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(transcription, "REMEMBERED", 2)
    transcription.remember(list("abc"), [1, 2, 3])
    assert list(transcription._memory) == ["b", "c"]


NO_TENSORFLOW = """
import sys, numpy as np, torch
from chaconne.evaluation.reference import transcription
assert transcription.missing() is None
found = transcription.transcribe((np.random.default_rng(0).standard_normal((1, 44100)) * 9000).astype(np.int16), 22050)
assert not {"basic_pitch", "tensorflow", "coremltools", "tflite_runtime"} & set(sys.modules)
"""


def test_tensorflow_is_never_imported_and_nothing_is_said(tmp_path):
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow/__init__.py").write_text("raise SystemExit('TensorFlow was imported')")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'src'}"}
    done = subprocess.run([sys.executable, "-c", NO_TENSORFLOW], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_missing_is_named(monkeypatch):
    find = importlib.util.find_spec
    for gone, expected in (("onnxruntime", "pip install onnxruntime"), ("basic_pitch", "pip install --no-deps")):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, gone=gone: None if name == gone else find(name))
        assert expected in notes.missing()


# harmony


def midi_of(*notes):
    """Return a PrettyMIDI of (pitch, start, end) in seconds."""
    midi = pretty_midi.PrettyMIDI()
    midi.instruments.append(pretty_midi.Instrument(0))
    midi.instruments[0].notes = [pretty_midi.Note(90, pitch, start, end) for pitch, start, end in notes]
    return midi


def test_what_sounds_together_is_counted_frame_by_frame():
    triad = harmony.describe(midi_of((60, 0, 1), (64, 0, 1), (67, 0, 1), (72, 0, 1)), 2.0)  # C, doubled; then rest
    third, fourth, fifth = (1 / 3 * 50,) * 3
    assert triad["simultaneity"] == pytest.approx([50, 0, 0, third, fourth, fifth, 0])
    assert triad["pitch_classes"][[0, 4, 7]] == pytest.approx([2, 1, 1])
    assert (triad["density"], triad["polyphony"], triad["dissonance"]) == (2, 4, 0)
    seventh = harmony.describe(midi_of((60, 0, 1), (83, 0, 0.5)), 1.0)  # C and B, two octaves apart, for a half
    assert seventh["simultaneity"] == pytest.approx([25, 25, 0, 0, 0, 0, 0])
    assert seventh["dissonance"] == 0.5
    tritone = harmony.describe(midi_of((60, 0, 1), (66, 0, 1)), 1.0)
    assert tritone["simultaneity"] == pytest.approx([0, 0, 0, 0, 0, 0, 50])


def test_steps_of_the_top_line():
    line = [(60, 0, 1), (64, 0.5, 1.5), (62, 2, 3), (40, 2.5, 3), (86, 3, 4)]  # a bass note, then a leap of 24
    steps = harmony.describe(midi_of(*line), 4.0)["intervals"]
    assert {int(i) - 12: int(n) for i, n in enumerate(steps) if n} == {4: 1, -2: 1, 12: 1}


def test_regularity_of_onsets():
    rng = np.random.default_rng(0)
    metronome = np.arange(12) * 0.371 + 0.1
    scattered = [harmony.onset_regularity(np.sort(rng.uniform(0, 4.4, 12))) for _ in range(50)]
    assert harmony.onset_regularity(metronome) > 0.95
    assert harmony.onset_regularity(np.delete(metronome, [3, 7])) > 0.95  # longer notes of the same pulse
    assert 0.45 < np.mean(scattered) < 0.7
    assert harmony.onset_regularity(np.repeat(metronome[:3], 4)) == 0  # chords are one onset: three are too few


def test_nothing_heard_has_numbers_too():
    empty = harmony.describe(midi_of(), 4.0)
    assert empty["simultaneity"].tolist() == [200, 0, 0, 0, 0, 0, 0]
    assert [empty[key] for key in ("density", "polyphony", "dissonance", "onset_regularity")] == [0, 0, 0, 0]
    silent = transcription.transcribe(np.zeros((2, RATE), np.int16), RATE)
    with pytest.raises(ValueError, match="holds no pitch_classes: leave `notes` out"):
        counts_of(silent)


def test_distance_of_histograms():
    counts, ones = np.array([[3, 1, 0], [1, 3, 0], [0, 0, 0]]), np.ones((1, 3))
    assert harmony.histogram_distance_of(counts, [0.5, 0.5, 0])(ones)[0] == pytest.approx(0, abs=1e-7)
    assert harmony.histogram_distance_of(counts, [0, 0, 1.0])(ones)[0] == pytest.approx(1)
    assert harmony.histogram_distance_of(counts * 0, [0.5, 0.5, 0])(ones)[0] == 1
    only_first = harmony.histogram_distance_of(counts, [0.75, 0.25, 0])(np.array([[1.0, 0, 0]]))
    assert only_first[0] == pytest.approx(0, abs=1e-7)


# clips


@pytest.mark.parametrize(("value", "word"), [(0.0, "is silent"), (np.nan, "holds NaN"), (np.inf, "holds NaN")])
def test_silent_and_broken_clips_are_refused_by_name(value, word):
    clips = np.tile(played(MELODY)[None] / 32767, (12, 1))
    check_clips(clips, "samples/gan")
    clips[10] = value
    with pytest.raises(ValueError, match=rf"samples/gan: clip 10 {word}"):
        check_clips(clips, "samples/gan")


def test_silent_clips_of_whole_numbers_are_refused():
    clips = np.tile(played(MELODY), (3, 1))
    check_clips(clips, "samples")
    clips[2] = np.arange(clips.shape[1]) % 3  # the last bits only
    with pytest.raises(ValueError, match="samples: clip 2 is silent"):
        check_clips(clips, "samples")
