"""`chaconne check` and `chaconne harmonize` as people call them; ABC tunes; composers by rule."""

import json

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from chaconne.cli import app
from chaconne.counterpoint import first_species
from chaconne.counterpoint.composers.harmonizers import RuleHarmonizer, melody_of
from chaconne.counterpoint.composers.judging import judge
from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.pieces import join
from chaconne.scores.formats.abc.checking import problems
from chaconne.scores.formats.lines import read_score
from chaconne.scores.grid.grid import REST
from chaconne.scores.writing.midi import write_midi
from tests.counterpoint.test_rules import grid
from tests.counterpoint.test_species import DORIAN, FIRST, exercise, midi
from tests.scores.kinds import attributes, notes, satb, xml
from tests.scores.test_score_files import midi_file

CLEAN = "C5 G4 E4 C3 | B4 G4 D4 G2 | C5 G4 E4 C3 | C5 G4 E4 C3"
FAULTY = "C5 G4 E4 C3 | D5 A4 F4 D3 | C5 G4 E4 C3 | C5 G4 E4 C3"


def call(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def saved(made, path):
    write_midi(made, path)
    return path


def test_check_prints_like_a_linter_and_ends_with_a_status(tmp_path):
    good, bad = saved(grid(CLEAN), tmp_path / "good.mid"), saved(grid(FAULTY), tmp_path / "bad.mid")
    result = call("check", good)
    assert result.exit_code == 0 and "0 violations" in result.output
    result = call("check", bad, "--key", "C")
    assert result.exit_code == 1
    assert f"{bad}:1:2: parallels (soprano, bass): parallel octaves (C5/C3 -> D5/D3)" in result.output
    for made in ("bad.checked.musicxml", "bad.checked.svg"):
        assert (tmp_path / made).stat().st_size > 1000
    assert call("check", bad, good).exit_code == 1
    assert call("check", bad, "--ignore", "parallels", "--key", "C").exit_code == 0
    result = call("check", tmp_path / "absent.mid", bad)
    assert result.exit_code == 2 and ":1:2: parallels" in result.output  # the other one is checked all the same
    result = call("check", bad, "--select", "harmony")
    assert result.exit_code == 2 and "expected some of parallels, hidden" in result.output


def test_the_annotated_score_marks_the_notes_that_break_rules(tmp_path):
    from music21 import converter

    call("check", saved(grid(FAULTY), tmp_path / "bad.mid"), "--key", "C", "--out", tmp_path / "marked")
    score = converter.parse(tmp_path / "marked" / "bad.checked.musicxml", forceSource=True, storePickle=False)
    red = {(p.partName, float(n.offset)) for p in score.parts for n in p.recurse().notes if n.style.color}
    assert red == {(voice, beat) for voice in ("soprano", "alto", "tenor", "bass") for beat in (1.0, 2.0)} - {
        ("tenor", 1.0), ("tenor", 2.0)}
    words = [lyric.text for n in score.parts[0].recurse().notes for lyric in n.lyrics]
    assert set(words) == {"parallels"}


def test_json_says_the_same_and_nothing_else(tmp_path):
    path = saved(grid(FAULTY), tmp_path / "bad.mid")
    found = json.loads(call("check", path, "--json", "--no-write", "--key", "C").stdout)[0]
    assert found["counts"]["parallels"] == 4 and found["rates_per_100_beats"]["parallels"] == 100
    assert {tuple(v["voices"]) for v in found["violations"]} == {("soprano", "bass"), ("alto", "bass")}
    assert [(v["bar"], v["beat"]) for v in found["violations"]] == [(1, 2), (1, 2), (1, 3), (1, 3)]
    assert not list(tmp_path.glob("*.svg"))


def test_species_are_checked_and_the_cantus_firmus_is_found(tmp_path):
    path = saved(exercise(FIRST, DORIAN), tmp_path / "fux.mid")
    result = call("check", path, "--species", "1", "--cantus", "lower")
    assert result.exit_code == 0 and "cantus firmus: lower" in result.output
    path = saved(exercise("- A4 | D5 Bb4 | C5 C#5 | D5", "D4 F4 E4 D4"), tmp_path / "second.mid")
    result = call("check", path, "--species", "2", "--no-write")
    assert result.exit_code == 1 and ":2:3: dissonance (upper, lower)" in result.output
    result = call("check", path)
    assert result.exit_code == 2 and "name the species: --species 1" in result.output


TUNE = "X:1\nT:Test\nM:4/4\nL:1/8\nK:G\n"
TUNES = [
    ("GABc d2e2|g4 d4|]", []),
    ("D2|G2B2 d2B2|G6:|\nB2|d2B2 G2B2|d6:|", []),  # pick-ups that the sections' ends complete
    ("|:G2B2 d2B2|1 G6 D2:|2 G8|]", []),
    ("(3GAB c2 d2e2|g8|]", []),
    ("G2|GABc d2e|g8|]", ["bar 2: expected 4 quarters, got 3.5"]),
    ("GABc d2e2|g8 g2|g8|]", ["bar 2: expected 4 quarters, got 5"]),
    ("D2|G2B2 d2B2|G4|]", ["bar 3: expected 4 quarters, got 2"]),
    ("GABc d2e2|[M:3/4]g4 d2|g6|]", []),
    ("", ["expected notes, got none"]),
]


@pytest.mark.parametrize(("body", "expected"), TUNES)
def test_bars_of_tunes_add_up(body, expected, tmp_path):
    assert problems(TUNE + body + "\n") == expected
    path = tmp_path / "tune.abc"
    path.write_text(TUNE + body + "\n")
    result = call("check", path)
    assert result.exit_code == bool(expected)
    assert all(f"tune 1: {problem}" in result.output for problem in expected)


def test_tunes_that_do_not_parse_say_so():
    assert problems("X:1\nK:H\nC|")[0].startswith("expected ABC notation: K: expected a key")
    assert problems("no tune")[0].startswith("expected ABC notation")


MELODY = [(i, 1, p) for i, p in enumerate((67, 69, 71, 72, 74, 72, 71, 69))] + [(8, 2, 71), (10, 2, 69), (12, 4, 67)]


def test_harmonize_keeps_the_melody_and_breaks_few_rules(tmp_path):
    path = midi_file(tmp_path / "melody.mid", [MELODY])
    result = call("harmonize", path, "--key", "G", "--out", tmp_path / "made" / "chorale")
    assert result.exit_code == 0, result.output
    made, _ = read_score(tmp_path / "made" / "chorale.mid")
    again, _ = read_score(tmp_path / "made" / "chorale.musicxml")
    given, _ = read_score(path)
    assert np.array_equal(made.pitch, again.pitch) and np.array_equal(made.onset, again.onset)
    assert made.voices == 4 and np.array_equal(made.pitch[0], given.pitch[0])
    assert np.array_equal(made.onset[0], given.onset[0])
    counts = judge(made).counts
    assert counts["final_cadence"] == counts["parallels"] == counts["range"] == 0
    assert sum(counts.values()) <= 2
    sound, rate = soundfile.read(tmp_path / "made" / "chorale.wav")
    assert len(sound) / rate == pytest.approx(16 * 0.5 + 0.6, abs=0.01) and np.abs(sound).max() > 0.05


def test_harmonize_says_what_it_met(tmp_path):
    low = [(0, 1, 43), (2, 1, 45), (3, 1, 47), (4, 4, 43)]
    result = call("harmonize", midi_file(tmp_path / "low.mid", [low]), "--no-sound")
    assert result.exit_code == 0, result.output
    assert "moved 2 octaves up" in result.output and "rests of 1 quarters, the first in bar 1, beat 2" in result.output
    made, _ = read_score(tmp_path / "low.harmonized.mid")
    assert (made.pitch[:, 4:8] == REST).all()
    third = 1 / 3
    triplets = midi_file(tmp_path / "t.mid", [[(i * third, third, 67) for i in range(12)]])
    result = call("harmonize", triplets)
    assert result.exit_code == 2 and "bar 1, voice 1: expected sixteenths, got triplets" in result.output
    assert call("harmonize", triplets, "--snap", "--no-sound").exit_code == 0
    assert call("harmonize", triplets, "--harmonizer", "nobody").exit_code == 2


def test_a_pickup_that_midi_does_not_tell_can_be_said(tmp_path):
    path = saved(grid(FAULTY), tmp_path / "bad.mid")
    result = call("check", path, "--key", "C", "--pickup", "1", "--no-write")
    assert f"{path}:1:1: parallels" in result.output
    assert call("check", path, "--pickup", "5").exit_code == 2
    path = midi_file(tmp_path / "m.mid", [MELODY])
    assert call("harmonize", path, "--pickup", "1", "--no-sound").exit_code == 0
    assert read_score(tmp_path / "m.harmonized.mid")[0].pickup == 4


def test_the_harmonizer_repeats_itself_with_a_seed_and_differs_with_another(tmp_path):
    melody = melody_of(read_score(midi_file(tmp_path / "m.mid", [MELODY]), key="G")[0], [])
    made = [RuleHarmonizer().harmonize(melody, seed).pitch for seed in (0, 0, 1)]
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], made[2])


def test_minor_pickups_and_six_eight_are_harmonised(tmp_path):
    tune = [(0, 0.5, 64), *((0.5 + i / 2, 0.5, p) for i, p in enumerate((69, 71, 72, 76, 74, 72))), (3.5, 2.5, 69)]
    made = read_score(midi_file(tmp_path / "m.mid", [tune], metre=(6, 8)), key="a")[0]
    made.pickup = 2
    chorale = RuleHarmonizer().harmonize(melody_of(made, []))
    found = rules.find(join([chorale]))
    assert sum(found[name].sum() for name in ("parallels", "crossing", "range", "spacing")) == 0
    assert (chorale.pitch >= 0).all()


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize(("cantus", "key", "mode"), [
    (DORIAN, "D", "minor"), ("C4 E4 F4 G4 E4 A4 G4 E4 F4 E4 D4 C4", "C", "major")])
def test_first_species_is_composed_without_a_fault(cantus, key, mode, below):
    pitches = [midi(name) for name in cantus.split()]
    given = 0 if below else 1
    made = [first_species.compose(first_species.cantus_of(pitches, key, mode, below), given, seed)
            for seed in (0, 0, 1)]
    assert not any(first_species.broken_rules(made[0], given).values())
    assert made[0].pitch[given, ::16].tolist() == pitches
    assert np.array_equal(made[0].pitch, made[1].pitch) and not np.array_equal(made[0].pitch, made[2].pitch)


def test_species_writes_an_exercise_and_checks_it(tmp_path):
    path = midi_file(tmp_path / "cantus.mid", [[(4 * i, 4, midi(n)) for i, n in enumerate(DORIAN.split())]])
    result = call("species", path, "--key", "d", "--below")
    assert result.exit_code == 0 and "0 violations" in result.output, result.output
    made, _ = read_score(tmp_path / "cantus.first.mid")
    assert made.pitch[0, ::16].tolist() == [midi(n) for n in DORIAN.split()]
    assert (tmp_path / "cantus.first.wav").stat().st_size > 10000
    done = call("species", tmp_path / "cantus.first.mid", "--key", "d")
    assert done.exit_code == 2 and "expected one voice, got 2: cantus firmus, counterpoint (--parts" in done.output
    assert call("species", tmp_path / "cantus.first.mid", "--key", "d", "--parts", "cantus firmus").exit_code == 0


def test_a_cantus_firmus_that_is_none_is_refused():
    uneven = first_species.cantus_of([62, 65, 62], "D", "minor")
    uneven.onset[1, 4] = True
    with pytest.raises(ValueError, match="notes of equal length"):
        first_species.compose(uneven)


def test_parts_are_taken_out_of_a_fuller_score(tmp_path):
    """A choir with its piano: without --parts the voices are too many, with a name that is not there they are named."""
    piano = {"Piano": [attributes(more="<staves>1</staves>") + notes("C5+E5+G5:4"), notes("C5+E5+G5:4")]}
    (tmp_path / "choir.musicxml").write_bytes(xml("choir", satb(**piano), []).data)
    done = call("check", tmp_path / "choir.musicxml")
    assert done.exit_code == 2 and "expected 4 voices, got 7" in done.output
    done = call("check", tmp_path / "choir.musicxml", "--parts", "Soprano, Alto,Tenor,Bass")
    assert done.exit_code == 0 and "left out: Piano" in done.output
    done = call("check", tmp_path / "choir.musicxml", "--parts", "Soprano,Oboe")
    assert done.exit_code == 2
    assert "expected names of parts that are there (Soprano, Alto, Tenor, Bass, Piano), got 'Oboe'" in done.output


def test_one_broken_file_ends_nothing(tmp_path):
    (tmp_path / "good.musicxml").write_bytes(xml("good", satb(), []).data)
    (tmp_path / "bad.mid").write_bytes(b"MThd\0\0\0\6\0\1")
    done = call("check", tmp_path / "bad.mid", tmp_path / "good.musicxml", tmp_path / "none.abc")
    assert done.exit_code == 2
    assert "bad.mid: expected a MIDI file" in done.output and "good.musicxml: four-part writing" in done.output
    assert "none.abc: expected a score" in done.output


def test_scores_are_converted(tmp_path):
    (tmp_path / "in.musicxml").write_bytes(xml("in", satb(), []).data)
    for ending in ("mid", "abc", "krn", "svg"):
        done = call("convert", tmp_path / "in.musicxml", tmp_path / f"out.{ending}")
        assert done.exit_code == 0, done.output
    kept = [read_score(tmp_path / f"out.{ending}")[0].pitch.tolist() for ending in ("mid", "abc", "krn")]
    assert kept[0] == kept[1] == kept[2] == read_score(tmp_path / "in.musicxml")[0].pitch.tolist()
    done = call("convert", tmp_path / "in.musicxml", tmp_path / "out.doc")
    assert done.exit_code == 2 and "expected a name that ends in .mid" in done.output
