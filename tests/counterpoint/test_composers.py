"""Composers, tunes, the shelves they learn from, and the commands that people type."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from chaconne.cli import app
from chaconne.corpora import chorales
from chaconne.counterpoint import library, sounding
from chaconne.counterpoint.composers import samples
from chaconne.counterpoint.composers.composing import NetworkComposer, RuleComposer, lengthened, plan_of
from chaconne.counterpoint.composers.melodies import melody_on
from chaconne.counterpoint.composers.tunes import compose_tune
from chaconne.counterpoint.composers.wishes import DENSITY
from chaconne.counterpoint.network import shelves, tasks
from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.conditions import attributes_of
from chaconne.counterpoint.network.learning import train
from chaconne.counterpoint.network.model import Network, Shape, load
from chaconne.counterpoint.rules.writing.candidates import MEASURES
from chaconne.running.files import seal
from chaconne.running.params.corpora import read_settings
from chaconne.scores.collection import filling
from chaconne.scores.formats.abc.checking import file_problems, problems
from chaconne.scores.formats.lines import read_score
from chaconne.scores.grid.grid import bar_frames, from_notes
from chaconne.scores.pieces.score import Score, Unusable, order, pack, unpack
from chaconne.scores.writing.abc import abc_of, write_abc
from chaconne.scores.writing.midi import write_midi
from chaconne.storage.files import write_json
from tests.counterpoint.test_reinforcement import MACHINE, READING
from tests.scores.test_score_files import chorale

TUNE = Shape(width=32, depth=1, heads=2, head_width=16, dropout=0.0, blind=0.0, window=64, reader_depth=1)
BAND = {name: [0.5, 3.0] for name in MEASURES}


@pytest.fixture
def network(tmp_path):
    torch.manual_seed(0)
    folder = tmp_path / "network"
    folder.mkdir()
    Network(READING).save(folder)
    write_json(folder / "band.json", BAND)
    seal(folder)
    return folder


@pytest.mark.parametrize("source", ["BloodyOaksReel.abc", "0001-0050.abc#3", "0001-0050.abc#21", "0101-0200.abc#104"])
def test_tunes_go_out_as_abc_and_come_back(source, tmp_path):
    names = library.sources("tunes")
    source = source if source in names else names[len(source)]
    try:
        score = library.parse_tune(source)
    except library.Unusable:
        score = next(s for s, _ in (filling.attempt(library.parse_tune, name) for name in names[40:]) if s)
    grid = tune_grid(score)
    write_abc(grid, tmp_path / "tune.abc")
    again, _ = read_score(tmp_path / "tune.abc")
    heard = grid.pitch[:, :again.frames], grid.onset[:, :again.frames]  # a rest at the end is not read
    assert np.array_equal(again.pitch, heard[0]) and np.array_equal(again.onset, heard[1])
    assert (grid.pitch[:, again.frames:] == -1).all()
    assert (again.key, again.metre, again.pickup) == (grid.key, grid.metre, grid.pickup)
    assert file_problems(tmp_path / "tune.abc") == []


def tune_grid(score):
    """Return the Grid of a tune, silent to the end of its last bar."""
    grid = from_notes({"onset": [n[0] for n in score.notes], "duration": [n[1] for n in score.notes],
                       "pitch": [n[2] for n in score.notes], "voice": [0] * len(score.notes)}, 1, score.quarters,
                      metre=score.metre, pickup=round(score.pickup * 4), key=score.key, mode=score.mode,
                      **shelves.about(1))
    missing = -(grid.frames - grid.pickup) % bar_frames(grid.metre)
    return lengthened(replace(grid, mode="major" if grid.mode == "other" else grid.mode), missing)


def test_accidentals_ties_and_rests_are_written():
    pitch = np.repeat([67, 68, -1, 66, 66, 65, 77, 79], 4)[None].astype(np.int16)
    onset = np.zeros(pitch.shape, bool)
    onset[0, [0, 4, 12, 20, 24, 28]] = True
    grid = shelves.crop(tune_like(pitch, onset), 0, 32)
    text = abc_of(grid)
    assert text.splitlines()[-1] == "G4 ^G4 z4 F4- | F4 =F4 =f4 g4 |]"
    assert problems(text) == []
    with pytest.raises(ValueError, match="whole bars"):
        abc_of(shelves.crop(grid, 0, 30))


def tune_like(pitch, onset):
    from chaconne.scores.grid.grid import Grid

    return Grid(pitch, onset, np.zeros_like(onset), key="G", **shelves.about(1))


@pytest.mark.parametrize(("key", "mode", "metre"), [("G", "major", "6/8"), ("Bb", "minor", "4/4"),
                                                    ("F#", "major", "3/4")])
def test_composed_tunes_are_valid_abc(key, mode, metre, tmp_path):
    torch.manual_seed(0)
    grid = compose_tune(Network(TUNE, voices=1), key, mode, metre, bars=4, k=3)
    write_abc(grid, tmp_path / "tune.abc")
    assert file_problems(tmp_path / "tune.abc") == []
    again, _ = read_score(tmp_path / "tune.abc")
    assert again.tonic == grid.tonic and again.mode == mode
    assert np.array_equal(again.pitch, grid.pitch)


def test_polyphony_and_tunes_are_parsed_and_packed(tmp_path):
    source = next(name for name in library.sources("polyphony") if name.startswith("palestrina"))
    score = library.parse("polyphony", source)
    voices = [[n[2] for n in score.notes if n[3] == v] for v in range(4)]
    assert [np.mean(v) for v in voices] == sorted((np.mean(v) for v in voices), reverse=True)
    assert np.mean([n[1] for n in score.notes]) < library.SLOW
    counts = library.fill("tunes", tmp_path, 5)
    pieces, notes = unpack(tmp_path)
    assert counts["pieces"] == len(pieces) == 5 and all((one["voice"] == 0).all() for one in notes)


def test_played_midi_stands_with_other_polyphony_once_and_on_the_grid(tmp_path, monkeypatch):
    """Four voices as CocoChorales has them, two takes of one file; what has three voices or no pulse is left out."""
    rng = np.random.default_rng(0)

    def played(piece, title, voices=4, loose=0.03):
        notes = [(max(0, beat + rng.uniform(-loose, loose)), 0.95, 72 - 7 * voice + int(rng.integers(5)), voice, 0)
                 for beat in range(16) for voice in range(voices)]
        return Score(piece, title, "CocoChorales", "CC BY 4.0", "C", "other", "4/4", 0.0, 16.0, 0, order(notes))

    scores = [played("train/a", "1.mid"), played("train/b", "1.mid"), played("train/c", "2.mid"),
              played("train/d", "3.mid", voices=3), played("train/e", "4.mid", loose=0.12)]
    (tmp_path / "corpus").mkdir()
    pack(scores, [score.piece for score in scores], tmp_path / "corpus")
    found = {}
    for number in (0, 2, 3, 4):
        try:
            found[number] = library.parse("polyphony", f"beside#{number}", str(tmp_path / "corpus"))
        except Unusable as reason:
            found[number] = str(reason)
    assert found[3] == "not four parts" and found[4] == "notes off the grid of sixteenths"
    times = np.array([note[:2] for note in found[0].notes])
    assert (times * 4 % 1 == 0).all() and found[0].licence == "CC BY 4.0"
    assert len({note[:1] + note[3:4] for note in found[0].notes}) == 64
    monkeypatch.setattr(library, "sources", lambda shelf: [])
    library.fill("polyphony", tmp_path, beside=tmp_path / "corpus")
    pieces, _ = unpack(tmp_path)
    assert sorted(pieces.piece[pieces.piece.str.startswith("beside")]) == ["beside.train/a", "beside.train/c"]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    library.fill("bach", folder, 8)
    return shelves.read(folder, 0, 0.2, 0.2)


def test_crops_are_what_the_pieces_are_in_other_keys(shelf):
    assert all(shelf.values()) and len({id(g) for s in shelf.values() for g in s}) == 8
    grid = shelf["train"][0]
    higher = shelves.transposed(grid, 3)
    assert (higher.pitch[grid.pitch >= 0] - grid.pitch[grid.pitch >= 0] == 3).all()
    assert (higher.tonic - grid.tonic) % 12 == 3
    one = shelves.Crops(shelf["train"], 48, 6).draw(np.random.default_rng(1))
    for symbols, cut, start, real in zip(one.symbols, one.grids, one.start, one.real, strict=True):
        assert int(start) == -cut.pickup
        pitch, onset = sy.grid_arrays(symbols[:, :cut.frames].numpy())
        assert np.array_equal(pitch, cut.pitch) and np.array_equal(onset, cut.onset)
        assert int(real.sum()) == cut.frames - (not real[0, 0])


def test_training_goes_on_from_another_shelf_and_repeats_itself(shelf, tmp_path, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = {"width": 32, "depth": 1, "heads": 2, "head_width": 16, "reader_depth": 1, "window": 64, "dropout": 0.1,
                "blind": 0.1, "blind_frames": 0.1, "learning_rate": 0.01, "weight_decay": 0.1, "ema": 0.9, "checks": 2,
                "frames": 48, "batch": 4, "steps": 24}
    untrained = tasks.both(Network(Shape(width=32, depth=1, heads=2, head_width=16, window=64, reader_depth=1)).eval(),
                           shelf["valid"])
    first, _, found = train("once", shelf, settings, MACHINE, 0)
    resumed, *_ = train("once", shelf, settings, MACHINE, 0)
    assert torch.equal(first.past.start, resumed.past.start)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    second, *_ = train("once", shelf, settings, MACHINE, 0)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert found < 0.8 * untrained and found == pytest.approx(tasks.both(first, shelf["valid"]), abs=1e-6)
    further, _, better = train("twice", shelf, settings, MACHINE, 0, first)
    assert better < found and not torch.equal(further.past.start, first.past.start)


def test_the_best_of_several_is_the_one_nearest_to_the_band():
    torch.manual_seed(0)
    composer = NetworkComposer(Network(READING).eval(), BAND, k=4)
    plans = [plan_of("G", "major", "4/4", 2), plan_of("E", "minor", "4/4", 2)]
    made = composer.compose(plans, seed=1)
    assert [(g.key, g.mode, g.pickup, g.frames) for g in made] == [(p.key, p.mode, p.pickup, p.frames) for p in plans]
    drawn = NetworkComposer(composer.network).compose([p for p in plans for _ in range(4)], seed=1)
    away = [samples_distance(grid) for grid in drawn]
    assert [samples_distance(grid) for grid in made] == [min(away[:4]), min(away[4:])]
    with pytest.raises(ValueError, match="band"):
        NetworkComposer(composer.network, k=2)


def samples_distance(grid):
    from chaconne.counterpoint.rules.writing import bands, candidates

    setting = candidates.setting_of([grid], grid.frames)
    return float(bands.distances(candidates.measure(grid.pitch[None], setting), BAND)[0])


def test_a_density_is_asked_for_and_ranges_are_kept():
    torch.manual_seed(0)
    network, plans = Network(READING).eval(), [plan_of("G", "major", "4/4", 2)]
    read, asked = network.read, []
    network.read = lambda conditions: asked.append(conditions) or read(conditions)
    grid = chorale("bwv66.6.mxl")
    density = grid.onset.sum() / 4 / (grid.frames / 4)
    ranges = {"soprano": (70, 74), "bass": (40, 48)}
    made = NetworkComposer(network, BAND, 4, density=density, ranges=ranges).compose(plans)[0]
    without, with_it = (one.attributes[:, DENSITY] for one in asked)
    assert (without == 0).all() and (with_it == attributes_of(grid)[DENSITY]).all()
    assert (asked[0].attributes[:, 0] > 0).all()  # the key is told all the same
    for voice, (low, high) in ((0, ranges["soprano"]), (3, ranges["bass"])):
        sounding = made.pitch[voice][made.pitch[voice] >= 0]
        assert len(sounding) and low <= sounding.min() and sounding.max() <= high
    free = NetworkComposer(network, BAND, 4).compose(plans)[0]
    assert free.pitch[0].max() > 74 or free.pitch[0][free.pitch[0] >= 0].min() < 70


@pytest.mark.parametrize(("ask", "said"), [
    (["--range", "soprano=60"], "expected VOICE=LOW-HIGH in MIDI pitches"), (["--range", "tuba=40-60"], "got 'tuba'"),
    (["--range", "bass=60-40"], "expected MIDI pitches LOW-HIGH"), (["--density", "1"], "only a trained network")])
def test_wishes_that_cannot_be_are_explained(ask, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["compose", "--model", "rules", *ask])
    assert result.exit_code == 2 and said in result.output.replace("\n", " ")


def test_rules_alone_compose_without_breaking_many():
    plan = plan_of("D", "minor", "3/4", 6)
    melody = melody_on(plan, 3)
    steps = np.diff(melody.pitch[0][melody.onset[0]].astype(int))
    assert np.abs(steps).max() <= 9 and melody.pitch[0, -1] % 12 == 2
    grid = RuleComposer().compose([plan], seed=3)[0]
    assert grid.pitch.shape == (4, plan.frames) and (grid.pitch >= 0).all()
    row = samples.describe([grid])
    assert row["rates"]["parallels"] == 0 and row["TOTAL"] < 60


def test_the_commands_write_what_they_say(network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    options = ["--model", str(network), "--bars", "2", "-k", "2"]
    result = runner.invoke(app, ["compose", *options, "--key", "e", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["key"] == "E minor" and all((tmp_path / path).exists() for path in found["files"])
    assert {path.rsplit(".")[-1] for path in found["files"]} == {"mid", "musicxml", "svg", "wav"}
    beginning = samples.shortened(chorale("bwv66.6.mxl"), 36)
    write_midi(beginning, tmp_path / "beginning.mid")
    result = runner.invoke(app, ["continue-score", "beginning.mid", *options, "--no-sound"])
    assert result.exit_code == 0, result.output
    whole, _ = read_score(tmp_path / "beginning.continued.mid")
    assert np.array_equal(whole.pitch[:, :36], beginning.pitch) and whole.frames > 36
    assert (whole.key, whole.pickup) == (beginning.key, beginning.pickup)
    result = runner.invoke(app, ["compose", "--model", "rules", "--bars", "4", "--out", "ruled", "--no-sound"])
    assert result.exit_code == 0 and (tmp_path / "ruled.mid").exists(), result.output


def test_commands_say_what_is_wrong_in_one_line(network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_midi(chorale("bwv66.6.mxl").select([0]), tmp_path / "melody.mid")
    for arguments, said in ((["compose", "--model", "nowhere"], "expected rules or a folder with network.json"),
                            (["compose", "--key", "H", "--model", str(network)], "key: expected a key"),
                            (["compose", "--metre", "x", "--model", str(network)], "metre: expected a time signature"),
                            (["continue-score", "melody.mid", "--model", str(network)], "expected four voices, got 1"),
                            (["continue", "melody.mid"], "`chaconne continue-score melody.mid`"),
                            (["compose", "--tune", "--model", str(network)], "needs a network of one voice")):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 2 and said in result.output, result.output
        assert len(result.output.strip().splitlines()) == 1
    (network / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="damaged"):
        load(network)


def test_pieces_are_kept_and_measured_as_they_are(tmp_path):
    plans = samples.plans_for([chorale("bwv66.6.mxl"), chorale("bwv269.mxl")], 3, 64)
    samples.keep_plans(tmp_path, plans)
    again = samples.read_row(tmp_path, "bach")
    assert all(np.array_equal(a.pitch, b.pitch) for a, b in zip(again, plans, strict=True))
    assert samples.describe(again) == samples.describe(plans)
    assert samples.agreement(again, plans) == 1
    lower = [replace(grid, pitch=grid.pitch - 1) for grid in plans]
    assert samples.agreement(lower, plans) < 0.2
    assert samples.describe(plans)["in_key"] > 0.9 > 0.8 > samples.describe(lower)["in_key"]
    silent = replace(plans[0], pitch=np.full_like(plans[0].pitch, -1), onset=np.zeros_like(plans[0].onset))
    assert samples.in_key(silent) == 0
    with pytest.raises(ValueError, match="expected pieces to hear, got silence"):
        sounding.clips_of([silent], tmp_path, {}, {}, 1, 6.0, 0)


def test_pieces_sound_as_the_corpus_does(tmp_path):
    grid, score = chorale("bwv66.6.mxl"), chorales.parse("bwv66.6.mxl")
    made = sounding.score_of(grid, 7)
    assert [note[:4] for note in made.notes] == [note[:4] for note in score.notes]
    for name in ("key", "mode", "metre", "pickup", "quarters", "to_c_semitones"):
        assert getattr(made, name) == getattr(score, name), name
    settings, audio = read_settings("chorales"), {"sample_rate_hz": 22050, "grid_samples": 2048}
    clips = sounding.clips_of([grid, grid], tmp_path, settings, audio, 4, 6.0, seed=0)
    assert clips.shape == (4, 132300) and clips.dtype == np.int16 and (clips.std(1) > 500).all()
    # The same music twice: what is heard of one is heard of the other.
    sound = np.load(tmp_path / "sound/audio.npy")
    assert np.array_equal(*sound.reshape(2, -1))
    with pytest.raises(ValueError, match=r"room for 999 clips of 6 s, got room for \d+; raise counterpoint"):
        sounding.clips_of([grid], tmp_path, settings, audio, 999, 6.0, seed=0)


def test_crops_need_pieces():
    with pytest.raises(ValueError, match="expected pieces to train on"):
        shelves.Crops([], 16, 2)
