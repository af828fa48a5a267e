"""Notes that begin together, rendered and known, out of the posteriors of basic-pitch."""

import numpy as np
import pytest

from chaconne.corpora.rendering.render import render
from chaconne.evaluation.reference import harmony, note_decoding, transcription

RATE, SECONDS = 22050, 2.0
FRAME_S = transcription.HOP_SAMPLES / transcription.RATE_HZ


def heard(pitches, instrument, begins=None, held=1.0):
    """Return what is heard of notes of a timbre of General MIDI: a transcription.Heard."""
    count = len(pitches)
    notes = {"onset": np.array(begins or [0.5] * count), "duration": np.full(count, held), "pitch": np.array(pitches),
             "voice": np.arange(count)}
    row = {"piece": "chord", "instrument": instrument, "lead": 0, "transpose_semitones": 0, "quarter_samples": RATE,
           "samples": round(SECONDS * RATE)}
    return transcription.hear(render(notes, row, {"held": 1.0, "reverb": 40, "loudness_db": -20}, RATE), RATE)


def described(one):
    """Return what harmony says of it."""
    return harmony.describe(one.midi(), one.seconds)


@pytest.mark.parametrize("instrument", ["Acoustic Grand Piano", "String Ensemble 1", "Violin"])
def test_a_semitone_that_begins_together_is_dissonant(instrument):
    """basic-pitch's own decoding hears one note: findings/basic_pitch_semitones.sh."""
    one = heard([60, 61], instrument)
    assert sorted(one.notes[:, 2].tolist()) == [60, 61]
    assert described(one)["dissonance"] > 0.3     # half of the clip, but for what dies away


@pytest.mark.parametrize("instrument", ["Acoustic Grand Piano", "Church Organ", "Flute"])
def test_a_fifth_is_a_fifth(instrument):
    said = described(heard([60, 67], instrument))
    assert said["simultaneity"][5] > 30           # of 100 frames
    assert said["simultaneity"][[1, 2, 3, 4, 6]].sum() == 0


@pytest.mark.parametrize("instrument", ["Acoustic Grand Piano", "Church Organ", "Violin", "Clarinet", "Trumpet"])
def test_a_lone_note_is_one_note(instrument):
    """Neither its overtones nor, on the organ, its stops are notes; nor does it begin anew while it is held. By
    basic-pitch's own decoding some are none at all: findings/basic_pitch_lone_notes.sh."""
    (first, end, pitch), = heard([67], instrument).notes.tolist()
    assert pitch == 67
    assert first * FRAME_S == pytest.approx(0.5, abs=0.08)
    assert 1.4 < end * FRAME_S < 1.9      # this soundfont lets a trumpet ring for a third of a second


def test_a_chord_of_four_is_four_notes():
    assert sorted(heard([60, 64, 67, 71], "Acoustic Grand Piano").notes[:, 2].tolist()) == [60, 64, 67, 71]


def test_a_repeated_note_is_heard_again():
    found = heard([64, 64, 64], "Acoustic Grand Piano", [0.3, 0.8, 1.3], 0.45).notes
    assert (found[:, 0] * FRAME_S).tolist() == pytest.approx([0.3, 0.8, 1.3], abs=0.08)
    assert (found[1:, 0] >= found[:-1, 1]).all()


@pytest.mark.parametrize("frames", [1, 5, 172])
def test_silence_holds_no_notes(frames):
    quiet = np.zeros((frames, 88), np.float32)
    found = note_decoding.decode(quiet, quiet)
    assert found.shape == (0, 3) and found.dtype == np.int16


def test_two_onsets_of_one_pitch_lie_apart():
    """The surer one stays: frames 10 and 15 are one note, 40 is another; below the threshold there is none."""
    frames, pitches = np.array([10, 15, 40, 70, 12]), np.array([30, 30, 30, 30, 31])
    sure = np.array([1.0, 3.0, 2.0, 0.0, 0.9], np.float32)
    assert note_decoding.chosen(frames, pitches, sure) == {30: [15, 40], 31: [12]}


def test_notes_last_until_they_have_fallen():
    held = np.r_[np.full(40, 0.8), np.full(20, 0.3)].astype(np.float32)
    assert note_decoding.length_of(held) == 40 - note_decoding.RING
    held[20:22] = 0.1                                   # a gap of two frames is none
    assert note_decoding.length_of(held) == 40 - note_decoding.RING
    assert note_decoding.length_of(held[:30]) == 30     # until the next one, or the end
