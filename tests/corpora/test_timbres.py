"""Excerpts in every timbre: whole MIDI within its limits, colour that stays in range, nothing of what is tested on."""

import io
from pathlib import Path

import mido
import numpy as np
import pandas as pd
import pretty_midi
import pytest

from chaconne.corpora.gathering.scores import parse_corpus
from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.timbres import colouring, drawing, music
from chaconne.running.params.corpora import read_settings
from chaconne.scores.pieces.score import unpack
from tests.conftest import ROOT
from tests.miniatures import notes_of

RATE, GRID = 22050, 2048
AUDIO = {"sample_rate_hz": RATE, "grid_samples": GRID}
SPLIT = {"test": 0.25, "valid": 0.05}
COUNTS = {"excerpts": 3, "pieces": 1, "heldout": 2}
SEEDS = range(60)
# Four voices, short and long; one alone; and one as wide as every octave can still hold.
PIECES = [notes_of(1, 30), notes_of(2, 60), notes_of(3, 40, 1), {
    "onset": np.arange(120) / 2, "duration": np.full(120, 0.75), "pitch": np.tile([36, 99], 60),
    "voice": np.zeros(120, int)}]


def drawn(seed, seconds=10.0, pieces=PIECES):
    """Return the bytes of an excerpt."""
    return drawing.excerpt(pieces, seconds, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def excerpts():
    """Return parsed MIDI files, one a seed."""
    return [mido.MidiFile(file=io.BytesIO(drawn(seed))) for seed in SEEDS]


def messages(file, kind):
    """Return the messages of one kind in a MIDI file."""
    return [message for track in file.tracks for message in track if message.type == kind]


def test_an_excerpt_is_as_long_as_asked_and_every_note_ends(excerpts):
    for file in excerpts:
        assert file.length == pytest.approx(10, abs=0.01)
        sounding = {}
        for message in (message for track in file.tracks for message in track):
            if message.type in ("note_on", "note_off"):
                at = message.channel, message.note
                assert message.velocity > 0 or message.type == "note_off"
                sounding[at] = sounding.get(at, 0) + (1 if message.type == "note_on" else -1)
                assert sounding[at] >= 0, "a note ends that never began"
        assert sounding and not any(sounding.values()), "notes are left sounding"


def test_channels_pitches_and_bends_are_those_that_every_synthesizer_plays(excerpts):
    for file in excerpts:
        notes = messages(file, "note_on")
        assert drawing.DRUMS not in {message.channel for message in file.tracks[0] if not message.is_meta}
        assert {message.channel for message in notes} <= {m.channel for m in messages(file, "program_change")}
        assert drawing.LOWEST <= min(m.note for m in notes) <= max(m.note for m in notes) <= drawing.HIGHEST
        assert all(abs(message.pitch) <= drawing.BEND * 8192 for message in messages(file, "pitchwheel"))


def test_everything_that_can_vary_varies(excerpts):
    """One instrument or several, one piece or two, in tune or not, every tempo: each happens, none always."""
    tempi = [messages(file, "set_tempo")[0].tempo for file in excerpts]
    assert 6e7 / max(tempi) < 70 and 6e7 / min(tempi) > 160
    programs = [{m.program for m in messages(file, "program_change")} for file in excerpts]
    assert len(set().union(*programs)) > 50
    for tried in (lambda file: len({m.program for m in messages(file, "program_change")}) > 1,
                  lambda file: len(messages(file, "program_change")) > 4,
                  lambda file: any(m.pitch for m in messages(file, "pitchwheel")),
                  lambda file: any(m.control == 64 for m in messages(file, "control_change"))):
        assert 0 < sum(map(tried, excerpts)) < len(excerpts)


def test_the_same_numbers_give_the_same_bytes():
    assert drawn(5) == drawn(5) != drawn(6)


def test_instruments_that_judge_are_never_drawn(excerpts):
    heard = {m.program for file in excerpts for m in messages(file, "program_change")}
    assert heard <= set(drawing.HEARD) and not heard & set(drawing.HELD_OUT)
    assert set(drawing.HEARD) | set(drawing.HELD_OUT) == set(drawing.PITCHED)


def test_instruments_that_judge_are_those_that_are_named():
    names = [pretty_midi.program_to_instrument_name(number) for number in drawing.HELD_OUT]
    assert names == ["Electric Piano 1", "Harpsichord", "Vibraphone", "Drawbar Organ", "Acoustic Guitar (nylon)",
                     "Viola", "Choir Aahs", "Trombone", "Tenor Sax", "Clarinet", "Recorder", "Banjo"]


@pytest.mark.parametrize(("pitches", "moved"), [
    ([20, 30], [32, 42]), ([100, 120], [76, 96]), ([28, 103], [28, 103]), ([-20, 10], [28, 58]), ([], [])])
def test_pitches_move_together_by_octaves(pitches, moved):
    assert drawing.moved(np.array(pitches, int)).tolist() == moved


def chord(seconds=3.0):
    """Return float32 [samples] of a chord of sines."""
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.2 * sum(np.sin(2 * np.pi * hz * time) for hz in (220, 277.2, 329.6))).astype(np.float32)


def test_colours_keep_peak_and_level():
    """Only where a peak would be above 0.97 is a sound less loud than the softest level; noise adds next to nothing."""
    low, high = (10 ** (decibels / 20) for decibels in colouring.LEVEL_DB)
    for seed in range(40):
        sound = colouring.coloured(chord(), RATE, np.random.default_rng(seed))
        peak, level = np.abs(sound).max(), colouring.rms(sound)
        assert sound.shape == chord().shape and np.isfinite(sound).all()
        assert peak <= 0.97 + 1e-9
        assert level <= 1.01 * high and (level >= 0.99 * low or peak > 0.96)


def test_a_peak_above_the_limit_is_brought_down_to_it():
    click = np.zeros(RATE)
    click[100] = 1.0
    peaks = [np.abs(colouring.coloured(click, RATE, np.random.default_rng(seed))).max() for seed in range(20)]
    assert max(peaks) == pytest.approx(0.97)


def test_the_same_numbers_give_the_same_colour_and_others_another():
    a, b, c = (colouring.coloured(chord(), RATE, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(a, b) and not np.allclose(a, c, atol=1e-3)


def test_silence_stays_silent():
    for seed in range(10):
        sound = colouring.coloured(np.zeros(RATE), RATE, np.random.default_rng(seed))
        assert np.isfinite(sound).all() and colouring.rms(sound) < 0.01


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Return (folder of parsed scores, settings): four pieces of each corpus."""
    folder, settings = tmp_path_factory.mktemp("scores"), {}
    for name in music.CORPORA:
        settings[name] = read_settings(name, ROOT)
        (folder / name).mkdir()
        parse_corpus(name, settings[name], folder / name, max_pieces=4)
    return folder, settings


def write(scores, folder, seed=0):
    """Write the three corpora; returns the facts."""
    folder.mkdir()
    return music.write_music(scores[0], folder / "music", scores[1], AUDIO, SPLIT, COUNTS, seed, 1, folder)


@pytest.fixture(scope="module")
def written(scores, tmp_path_factory):
    """Return (folder of the corpora, facts, pieces that excerpts were drawn from)."""
    folder, seen = tmp_path_factory.mktemp("music") / "a", []
    excerpt = music.excerpt

    def watched(pieces, seconds, rng):
        seen.extend(pieces)
        return excerpt(pieces, seconds, rng)

    music.excerpt = watched
    try:
        facts = write(scores, folder)
    finally:
        music.excerpt = excerpt
    return folder / "music", facts, seen


def planned(scores):
    """Return {corpus: {split: (piece names, notes)}} as the corpora themselves are divided."""
    found = {}
    for name in music.CORPORA:
        pieces, notes = unpack(scores[0] / name)
        rows = plan(pieces, notes, scores[1][name], AUDIO, SPLIT, 0)
        found[name] = {split: {row["piece"]: notes[row["index"]] for row in rows if row["split"] == split}
                       for split in ("train", "valid", "test")}
        assert all(found[name].values())
    return found


def test_rows_have_the_splits_of_their_corpora(scores, written):
    parts = planned(scores)
    for name in music.CORPORA:
        rows = pd.read_csv(written[0] / name / "manifest.csv", dtype={"piece": str})
        assert set(rows.split) == {"train", "valid"}
        assert set(rows.piece[rows.split == "train"]) <= set(parts[name]["train"])
        assert set(rows.piece[rows.split == "valid"]) <= set(parts[name]["test"])
    rows = pd.read_csv(written[0] / "timbres/manifest.csv", dtype={"piece": str}, keep_default_na=False)
    assert list(rows.split) == ["train"] * COUNTS["excerpts"] + ["valid"] * COUNTS["heldout"]
    unseen = {piece for name in music.CORPORA for piece in parts[name]["test"]}
    assert set(rows.piece[rows.split == "valid"]) <= unseen
    judges = {pretty_midi.program_to_instrument_name(number) for number in drawing.HELD_OUT}
    assert set(rows.instrument[rows.split == "valid"]) <= judges


def test_excerpts_are_taken_from_training_pieces_alone(scores, written):
    def known(notes):
        return notes["pitch"].tobytes() + notes["onset"].tobytes()

    parts = planned(scores)
    trained, *others = ({known(notes) for name in music.CORPORA for notes in parts[name][split].values()}
                        for split in ("train", "valid", "test"))
    drawn_from = {known(notes) for notes in written[2]}
    assert drawn_from and drawn_from <= trained and not drawn_from & set().union(*others)


def test_clips_lie_one_after_another_and_are_heard(written):
    folder, facts, _ = written
    for name, said in facts.items():
        rows, audio = pd.read_csv(folder / name / "manifest.csv"), np.load(folder / name / "audio.npy")
        assert audio.dtype == np.int16 and len(rows) == said["clips"]
        assert list(rows.start) == [0, *np.cumsum(rows["samples"])[:-1]]
        assert len(audio) == rows["samples"].sum() and not (rows["samples"] % GRID).any()
        assert said["hours"] == pytest.approx(len(audio) / RATE / 3600, abs=1e-4)
        for row in rows.itertuples():
            assert colouring.rms(audio[row.start:row.start + row.samples] / 32767) > 0.01, row.piece
    assert facts["timbres"]["clips"] == COUNTS["excerpts"] + COUNTS["heldout"]


def test_two_runs_are_the_same_bytes_and_another_seed_is_not(scores, written, tmp_path):
    write(scores, tmp_path / "again")
    files = {path.relative_to(written[0]): path.read_bytes() for path in written[0].rglob("*") if path.is_file()}
    assert len(files) == 9
    for name, content in files.items():
        assert (tmp_path / "again/music" / name).read_bytes() == content, name
    write(scores, tmp_path / "other", seed=1)
    assert (tmp_path / "other/music/timbres/audio.npy").read_bytes() != files[Path("timbres/audio.npy")]
