"""Corpora: parsers against known answers, rendered pitches and onsets measured from the sound."""

import io

import mido
import numpy as np
import pandas as pd
import pytest

from chaconne.corpora import chorales, folk
from chaconne.corpora.gathering.scores import parse_corpus
from chaconne.corpora.rendering.packing import pack
from chaconne.corpora.rendering.plan import COLUMNS, in_range, plan
from chaconne.corpora.rendering.render import Renderer, midi_bytes, render
from chaconne.running.params.corpora import check, read_settings
from chaconne.scores.collection import melody
from chaconne.scores.pieces.score import Unusable, unpack
from chaconne.scores.pieces.splits import assign
from tests.conftest import ROOT

RATE, GRID = 22050, 2048
AUDIO = {"sample_rate_hz": RATE, "grid_samples": GRID}
SPLIT = {"test": 0.15, "valid": 0.05}


def test_folk_tunes_are_read_nearly_all():
    names = folk.sources({})
    assert len(names) == 1059
    read = 0
    for name in names[::20]:
        try:
            score = folk.parse(name)
        except Unusable:
            continue
        read += 1
        pitch = [note[2] for note in score.notes]
        assert 50 <= min(pitch) <= max(pitch) <= 100
        assert score.quarters == pytest.approx(max(n[0] + n[1] for n in score.notes), abs=4)
    assert read >= 50


@pytest.mark.parametrize("source", ["bwv269.mxl", "bwv10.7.mxl", "bwv66.6.mxl"])
def test_chorales_are_what_music21_reads(source):
    from music21 import converter

    score = chorales.parse(source)
    stream = converter.parse(chorales._folder() / source, forceSource=True, storePickle=False).stripTies()
    expected = {(float(n.getOffsetInHierarchy(stream)), float(n.quarterLength), p.midi, voice)
                for voice, part in enumerate(stream.parts) for n in part.recurse().notes for p in n.pitches}
    assert {tuple(note[:4]) for note in score.notes} == expected
    assert len(score.notes) == len(expected)


def test_chorales_know_their_keys_pickups_and_titles():
    facts = {s: chorales.parse(s) for s in ("bwv269.mxl", "bwv66.6.mxl", "bwv40.3.mxl")}
    assert [(f.key, f.mode, f.pickup) for f in facts.values()] == [
        ("G", "major", 1.0), ("F#", "minor", 1.0), ("G", "minor", 1.0)]
    # The first is in 3/4; the last is notated in Dorian, with one flat.
    assert [f.metre for f in facts.values()] == ["3/4", "4/4", "4/4"]
    assert [f.to_c_semitones for f in facts.values()] == [5, 3, 2]
    with pytest.raises(Unusable, match="parts instead of 4"):
        chorales.parse("bwv1.6.mxl")


def notes_of(pitch, length=1.0, onset=0.0, voice=0):
    """Notes one after another, as arrays."""
    pitch = np.asarray(pitch)
    starts = onset + length * np.arange(len(pitch))
    return {"onset": starts, "duration": np.full(len(pitch), length), "pitch": pitch,
            "voice": np.full(len(pitch), voice), "fermata": np.zeros(len(pitch))}


def test_settings_of_the_same_melody_are_one_group():
    tune = np.cumsum([60, 2, 2, -4, 5, 2, -1, -1, 3, 4, -7, 2, 1, 2, 2, -5])
    other = np.cumsum([60, -1, -2, 3, 3, -5, 2, 1, 4, -2, -3, 5, -4, 2, 2, 1])
    slower = notes_of(tune - 5, 2.0)
    with_pickup = notes_of(np.concatenate([[55], tune]))
    repeated = notes_of(np.repeat(tune + 3, 2), 0.5)
    # Passing notes between the beats.
    filled = notes_of(np.stack([tune, tune + 1], 1).ravel(), 0.5)
    late = notes_of(np.concatenate([[70, 60, 71, 61, 75, 63, 72], tune]))
    names = melody.groups([(n, 0.0) for n in (
        notes_of(tune), notes_of(other), slower, with_pickup, repeated, filled, late)])
    assert names[1] != names[0]
    assert {names[i] for i in (2, 3, 4, 5, 6)} == {names[0]}


def test_splits_keep_groups_whole_and_are_stable():
    groups = [f"m{i // 2}" for i in range(200)]
    split = assign(groups, 0.15, 0.05, seed=0)
    frame = pd.DataFrame({"melody": groups, "split": split})
    assert (frame.groupby("melody")["split"].nunique() == 1).all()
    assert frame["split"].value_counts().to_dict() == {"train": 160, "test": 30, "valid": 10}
    assert assign(groups, 0.15, 0.05, seed=0) == split
    assert assign(groups, 0.15, 0.05, seed=1) != split
    assert set(assign(["a", "b", "c", "c", "c"], 0.15, 0.05, 0)) == {"train", "valid", "test"}
    with pytest.raises(ValueError, match="at least 3 melodies"):
        assign(["a", "b", "b"], 0.15, 0.05, 0)


def test_families_of_twins_lie_in_one_split():
    groups = [f"m{i // 2}" for i in range(200)]
    drawn = np.array(assign(groups, 0.15, 0.05, seed=0))
    train, test, valid = (np.flatnonzero(drawn == name) for name in ("train", "test", "valid"))
    families = np.arange(200)
    for some in ([test[0], train[0], train[1]], [test[1], valid[0]], [test[2], test[3]], [valid[1], train[2], test[4]]):
        families[some] = some[0]
    found = np.array(assign(groups, 0.15, 0.05, 0, families))
    moved = dict(zip(np.flatnonzero(found != drawn).tolist(), found[found != drawn], strict=True))
    assert moved == {test[0]: "train", valid[1]: "train", test[4]: "train", test[1]: "valid"}
    with pytest.raises(ValueError, match="expected pieces that vary none in training, got none for test and valid"):
        assign(groups, 0.15, 0.05, 0, [0] * 200)


SETTINGS = {"held": 0.95, "reverb": 40, "loudness_db": -20}


def row(instrument, quarters, **more):
    quarter = 8 * GRID
    return {"piece": "test", "instrument": instrument, "quarter_samples": quarter, "lead": 0.0,
            "transpose_semitones": 0, "samples": quarter * (quarters + 1), **more}


def heard_pitch(sound):
    """Return the MIDI pitch, with cents as decimals, whose harmonics hold the most energy (40..92)."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 16)) ** 0.5
    grid = np.arange(40, 92, 0.05)
    hertz = 440 * 2 ** ((grid - 69) / 12)
    bins = np.rint(hertz[:, None] * np.arange(1, 7) * (1 << 16) / RATE).astype(int)
    return grid[np.argmax((spectrum[np.minimum(bins, len(spectrum) - 1)] * 0.84 ** np.arange(6)).sum(1))]


@pytest.mark.parametrize(("instrument", "low", "high"), [
    ("Church Organ", 40, 80), ("Violin", 55, 90), ("Reed Organ", 55, 90)])
def test_rendered_pitches_are_the_written_ones(instrument, low, high):
    written = np.arange(low, high, 3)
    sound = render(notes_of(written), row(instrument, len(written)), SETTINGS, RATE)
    quarter = 8 * GRID
    starts = 5000 + quarter * np.arange(len(written))
    heard = np.array([heard_pitch(sound[start : start + 8000]) for start in starts])
    wrong = (heard - written + 6) % 12 - 6
    # An organ sounds octaves of what is written, by design: the octave is checked on the others.
    assert np.abs(wrong).max() < 0.3, dict(zip(written.tolist(), heard.round(2).tolist(), strict=True))
    if instrument != "Church Organ":
        assert np.mean(np.abs(heard - written) < 0.3) > 0.8


def sounding_pitch(sound):
    """Return the MIDI pitch of the period of a sound: the shortest after which it is nearly the same again."""
    sound = sound - sound.mean()
    power = np.fft.irfft(np.abs(np.fft.rfft(sound, 2 * len(sound))) ** 2)[: len(sound)]
    alike = power / power[0] * len(sound) / np.arange(len(sound), 0, -1)
    first, last = RATE // 4200, RATE // 40
    again = [i for i in range(first, last) if alike[i] > max(alike[i - 1], alike[i + 1], 0.9 * alike[first:last].max())]
    left, here, right = alike[again[0] - 1:again[0] + 2]
    return 69 + 12 * np.log2(RATE / (again[0] + (left - right) / 2 / (left - 2 * here + right)) / 440)


@pytest.mark.parametrize("instrument", [
    "Drawbar Organ", "Percussive Organ", "Rock Organ", "Timpani", "Whistle", "FX 2 (soundtrack)", "FX 3 (crystal)"])
def test_programs_that_the_soundfont_tunes_otherwise_sound_as_written(instrument):
    """findings/timbres_off_their_pitch.sh."""
    for written in (60, 67, 72):
        sound = render(notes_of([written]), row(instrument, 2), SETTINGS | {"reverb": 0}, RATE).astype(float)
        low = 12 if instrument in ("Whistle", "FX 3 (crystal)") else 0
        assert sounding_pitch(sound[3000:15000]) == pytest.approx(written - low, abs=0.3)


def test_notes_that_a_tuning_would_move_out_of_midi_stay():
    written = midi_bytes(notes_of([60, 115, 116]), row("Drawbar Organ", 3), SETTINGS, RATE)
    played = [message.note for message in mido.MidiFile(file=io.BytesIO(written)) if message.type == "note_on"]
    assert played == [72, 127, 116]


def test_rendered_onsets_lie_on_the_grid():
    quarter, count = 8 * GRID, 40
    notes = notes_of([72] * count, 2.0) | {"duration": np.full(count, 0.5)}
    # A square wave begins at once: what is late is the renderer. Without reverb nothing lingers.
    sound = render(notes, row("Lead 1 (square)", 2 * count), SETTINGS | {"reverb": 0}, RATE)
    beats = np.abs(sound[: 2 * count * quarter].astype(float)).reshape(count, 2 * quarter)
    late = np.argmax(beats > 0.05 * beats.max(), axis=1) / RATE
    # The renderer works in blocks of 1.3 ms; the last beat is as punctual as the first.
    assert late.max() < 0.002, late
    early = beats[:, -200:].max() / beats.max()
    assert early < 0.05


def test_loudness_is_that_of_the_settings_and_repeats_byte_for_byte():
    chord = {k: np.concatenate([notes_of([p] * 4, voice=v)[k] for v, p in enumerate((76, 67, 60, 48))])
             for k in notes_of([60])}
    made = [render(chord, row("Church Organ", 4), SETTINGS, RATE) for _ in range(2)]
    assert made[0].tobytes() == made[1].tobytes()
    rms = np.sqrt(np.mean((made[0] / 32767.0) ** 2))
    assert 20 * np.log10(rms) == pytest.approx(-20, abs=0.1)
    assert np.abs(made[0][-200:]).max() < 0.02 * 32767
    loud = render(chord, row("Church Organ", 4), SETTINGS | {"loudness_db": -6}, RATE)
    assert np.abs(loud).max() < 32767


def test_transpositions_stay_in_range():
    assert in_range(5, 55, 90, [55, 96], 12) == 5
    assert in_range(-5, 55, 80, [55, 96], 12) == 7
    assert in_range(0, 30, 50, [55, 96], 12) == 12


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Parse and render 6 chorales and 8 tunes as the stages do."""
    made = {}
    for name, count in (("chorales", 6), ("folk", 8)):
        folder = tmp_path_factory.mktemp(name)
        (folder / "scores").mkdir()
        settings = read_settings(name, ROOT)
        parse_corpus(name, settings, folder / "scores", max_pieces=count)
        pieces, notes = unpack(folder / "scores")
        rows = plan(pieces, notes, settings, AUDIO, SPLIT, seed=0)
        pack(rows, Renderer(folder / "scores", settings, RATE), folder, settings, AUDIO)
        made[name] = folder, rows, notes
    return made


@pytest.mark.parametrize("name", ["chorales", "folk"])
def test_a_corpus_is_packed_as_its_manifest_says(corpora, name):
    folder, rows, notes = corpora[name]
    manifest = pd.read_csv(folder / "manifest.csv", keep_default_na=False)
    audio = np.load(folder / "audio.npy", mmap_mode="r")
    assert list(manifest.columns) == COLUMNS
    assert audio.dtype == np.int16
    assert manifest.samples.sum() == len(audio)
    assert (manifest.start == np.cumsum([0, *manifest.samples[:-1]])).all()
    assert (manifest.samples % GRID == 0).all() and (manifest.beat_samples % GRID == 0).all()
    assert manifest.seconds.to_numpy() == pytest.approx(manifest.samples / RATE, abs=1e-3)
    assert set(manifest["split"]) == {"train", "valid", "test"}
    assert (manifest.groupby("melody")["split"].nunique() == 1).all()
    assert set(manifest["key"][manifest["mode"] == "major"]) <= {"C"}
    for clip, piece in zip(manifest.itertuples(), rows, strict=True):
        sound = audio[clip.start : clip.start + clip.samples] / 32767.0
        assert 0.08 < np.sqrt(np.mean(sound**2)) < 0.11
        score = notes[piece["index"]]
        # Barlines fall on beats: the clip begins on one, silence stands before a pickup.
        written = pd.read_csv(folder / "scores" / "pieces.csv").set_index("piece").loc[clip.piece]
        barline = (piece["lead"] + written.pickup) * piece["quarter_samples"]
        assert barline % clip.beat_samples == pytest.approx(0, abs=1e-6)
        first = int((piece["lead"] + score["onset"][0]) * piece["quarter_samples"])
        assert np.abs(sound[: max(0, first - 200)]).max(initial=0) < 1e-3
        assert np.abs(sound[first : first + 2000]).max() > 0.02


def test_a_smaller_number_of_pieces_is_part_of_a_larger(corpora, tmp_path):
    settings = read_settings("folk", ROOT)
    parse_corpus("folk", settings, tmp_path, max_pieces=4, workers=2)
    assert set(unpack(tmp_path)[0].piece) < set(unpack(corpora["folk"][0] / "scores")[0].piece)


def test_lists_of_settings_give_every_rendering(corpora):
    pieces, notes = unpack(corpora["folk"][0] / "scores")
    settings = read_settings("folk", ROOT) | {
        "renderings": "all", "transpose": [0, 2], "tempi_qpm": [161.5, 110],
        "instruments": ["Violin", "Flute"]}
    rows = plan(pieces, notes, settings, AUDIO, SPLIT, 0)
    assert len(rows) == 8 * len(pieces)
    assert {r["tempo_qpm"] for r in rows} <= {161.499, 107.666, 80.75, 53.833}
    assert all(len({r["split"] for r in rows if r["piece"] == p}) == 1 for p in pieces.piece)


def test_wrong_settings_say_what_was_expected():
    good = read_settings("folk", ROOT)
    for change, said in (({"reverb": 300}, "reverb: expected a whole number 0..127, got 300"),
                         ({"colour": "red"}, "colour is not a setting"),
                         ({"transpose": "up"}, "transpose: expected to_c, null or a list")):
        with pytest.raises(ValueError, match=said):
            check(good | change, "conf/data/folk.yaml")
    with pytest.raises(ValueError, match="expected one of chorales, cocochorales, folder, folk, maestro; got nonsense"):
        read_settings("nonsense", ROOT)
    with pytest.raises(ValueError, match="General MIDI name such as Violin"):
        Renderer("", good | {"instruments": ["Kazoo"]}, RATE)
