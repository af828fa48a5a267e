"""Known damage: it is done, it grows with its strength, and the table says which judge follows."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.rendering.render import render
from chaconne.evaluation.judging import ladder, notes, sound
from chaconne.evaluation.judging.picture import svg
from chaconne.scores.pieces import score

RATE = 22050
SAMPLES = 3 * RATE


@pytest.fixture(scope="module")
def clips():
    """Two clips of three seconds, chords that change every half second."""
    time = np.arange(SAMPLES) / RATE
    rng = np.random.default_rng(0)
    made = []
    for _ in range(2):
        roots = np.repeat(220 * 2 ** (rng.integers(0, 12, 6) / 12), RATE // 2)
        made.append(sum(3000 * np.sin(2 * np.pi * roots * ratio * time) for ratio in (1, 1.25, 1.5, 4)))
    return np.rint(made).astype(np.int16)


@pytest.mark.parametrize("name", sound.DAMAGE)
def test_damage_to_sound_grows_with_strength(clips, name):
    damage, strengths, _ = sound.DAMAGE[name]
    made = [damage(clips, strength, 0, RATE) for strength in strengths]
    assert all(one.shape == clips.shape and one.dtype == np.int16 for one in made)
    assert np.array_equal(made[0], damage(clips, strengths[0], 0, RATE))
    spectra = [np.abs(np.fft.rfft(one.reshape(2, -1, RATE // 10) * np.hanning(RATE // 10))) for one in (clips, *made)]
    off = [np.abs(one - spectra[0]).mean() for one in spectra[1:]]
    assert off[0] > 0 and off[-1] > off[0]


def test_what_damage_to_sound_does(clips):
    hole = round(sound.HOLE_S * RATE)
    gaps = sound.with_gaps(clips, 0.15, 0, RATE)[:, : 60 * hole].reshape(2, 60, hole)
    assert gaps.any(2).sum() == 2 * 51
    quieter = sound.trembling(clips, 0.8, 0, RATE)
    assert 0.05 < np.abs(quieter).mean() / np.abs(clips).mean() < 0.8
    noise = sound.noisy(clips, 20, 0, RATE).astype(float) - clips
    assert 10 * np.log10(np.square(clips, dtype=float).mean() / np.square(noise).mean()) == pytest.approx(20, abs=0.1)
    spectrum = np.abs(np.fft.rfft(sound.low_passed(clips, 500, 0, RATE)[0]))
    assert spectrum[3 * 800 :].max() < 0.2 * spectrum.max()
    tone = np.rint(8000 * np.sin(2 * np.pi * 440 * np.arange(SAMPLES) / RATE)).astype(np.int16)[None]
    sharp = sound.detuned(tone, 40, 0, RATE)[:, :RATE]
    assert np.abs(np.fft.rfft(sharp, 8 * RATE)).argmax() / 8 == pytest.approx(440 * 2 ** (40 / 1200), abs=0.5)
    assert sorted(sound.shuffled(np.arange(8 * RATE)[None] % 7, 1, 0, RATE)[0, 1000 :: RATE]) == sorted(
        (np.arange(8 * RATE) % 7)[1000 :: RATE])


@pytest.fixture(scope="module")
def piece(tmp_path_factory):
    """A packed corpus of one piece, its settings, and two crops."""
    folder = tmp_path_factory.mktemp("scores")
    line = [(float(i), 1.0, 60 + i % 8, 0, 0) for i in range(16)]
    score.pack([score.Score("scale", "Scale", "test", "none", "C", "major", "4/4", 0.0, 16.0, 0, line)], ["m"], folder)
    settings = {"instruments": ["Acoustic Grand Piano"], "tempi_qpm": [120], "transpose": 0, "renderings": "all",
                "slow_metres": [], "pitch_range": [21, 108], "tail_seconds": 1.0, "held": 1.0, "reverb": 40,
                "loudness_db": -20}
    return folder, settings, {"sample_rate_hz": RATE, "grid_samples": 2048}


def test_notes_are_damaged_where_the_clips_were(piece):
    folder, settings, audio = piece
    pieces, all_notes = score.unpack(folder)
    row = plan(pieces, all_notes, settings, audio, None, 0)[0]
    whole = render(all_notes[0], row, settings, RATE)
    crops = pd.DataFrame({"clip": [0, 0], "piece": ["scale"] * 2, "start": [0, 2 * RATE]})
    some = notes.Pieces(folder, settings, audio, None, 0, crops)
    for damage, shares, _ in notes.DAMAGE.values():
        same = some.damaged(damage, 0.0, 0, RATE)
        assert np.array_equal(same, np.stack([whole[:RATE], whole[2 * RATE : 3 * RATE]]))
        damaged = some.damaged(damage, shares[-1], 0, RATE)
        assert damaged.shape == same.shape and not np.array_equal(damaged, same)
        assert np.array_equal(damaged, some.damaged(damage, shares[-1], 0, RATE))


def test_wrong_and_stuck_notes():
    line = {"onset": np.arange(400.0), "duration": np.ones(400), "pitch": np.full(400, 60), "voice": np.zeros(400, int)}
    off = notes.wrong(line, 0.25, np.random.default_rng(0))["pitch"] - 60
    assert 0.18 < (off != 0).mean() < 0.32 and set(off) == {-2, -1, 0, 1, 2}
    held = notes.stuck(line, 0.25, np.random.default_rng(0))
    assert set(held["duration"]) == {1, 1 + notes.STUCK_QUARTERS}
    assert set(held["voice"][held["duration"] > 1]) == {1} and set(held["voice"][held["duration"] == 1]) == {0}


def test_the_table_tells_who_follows_and_from_where_on():
    def rung(deaf, keen):
        return {"deaf": [deaf, deaf - 1, deaf + 1, deaf, deaf], "keen": [keen, keen - 1, keen + 1, keen, keen + 0.1]}

    values = {"gaps": [rung(3, 0), rung(3, 1.5), rung(3, 4), rung(3, 9)],
              "noise": [rung(3, 0), rung(2, 5), rung(4, 1), rung(2.5, 3)]}
    strengths = {"gaps": [0.02, 0.05, 0.15], "noise": [40, 30, 20]}
    found = ladder.told(values, strengths, {"gaps": "of the time", "noise": "dB"})
    gaps = found["damages"]["gaps"]["judges"]
    assert gaps["keen"]["follows"] == pytest.approx(1) and gaps["keen"]["sees_from"] == 0.05
    assert gaps["deaf"]["follows"] == 0 and gaps["deaf"]["sees_from"] is None
    assert found["damages"]["noise"]["judges"]["keen"]["follows"] == pytest.approx(0.4)
    assert found["damages"]["noise"]["judges"]["keen"]["sees_from"] == 20     # 30 dB is not seen, though 40 are
    assert found["judges"]["keen"]["follows"] == pytest.approx(0.7)
    assert found["judges"]["keen"]["interval"] == pytest.approx([0.7, 0.7])


def test_the_picture_has_a_cell_for_every_judge_and_damage():
    judge = {"follows": -0.5, "sees_from": None, "values": [], "interval": [0, 1]}
    damages = {name: {"strengths": [0.1, 2], "unit": "<of it>", "judges": {"fad.x": judge, "mad.x": judge | {
        "follows": 1.0, "sees_from": 0.1}}} for name in ("gaps", "noise")}
    drawn = svg({"damages": damages, "judges": {"fad.x": {"follows": -0.5}, "mad.x": {"follows": 1.0}}})
    root = ElementTree.fromstring(drawn)
    words = ["".join(part.itertext()) for part in root.iter("{http://www.w3.org/2000/svg}text")]
    assert len(list(root.iter("{http://www.w3.org/2000/svg}rect"))) == 1 + 4
    assert words[:2] == ["mad.x", "fad.x"] and "gaps: 0.1, 2gaps, <of it>" in words and "all, mean" in words
