"""The species of Fux on hand-made exercises: allowed ones are clean, and each broken one breaks one rule."""

import numpy as np
import pytest

from chaconne.counterpoint.composers import species
from chaconne.counterpoint.composers.exercise import Setting
from chaconne.counterpoint.composers.violations import places
from chaconne.counterpoint.rules import pieces
from chaconne.scores.grid.grid import Grid

DORIAN = "D4 F4 E4 D4 G4 F4 A4 G4 F4 E4 D4"  # Fux's own cantus firmus
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def midi(name):
    """'C#5' -> 73; '-' -> -1 (rest)."""
    return -1 if name == "-" else 12 * (int(name[-1]) + 1) + STEPS[name[0]] + name.count("#") - name[1:].count("b")


def voice(text, bar=16):
    """Notes of equal length within a bar, bars parted by |; ~ holds the note before; returns pitch and onset."""
    pitch, onset = [], []
    for measure in text.split("|"):
        names = measure.split()
        for name in names:
            length = bar // len(names)
            pitch += [pitch[-1] if name == "~" else midi(name)] * length
            onset += [name not in "~-"] + [False] * (length - 1)
    return np.array(pitch), np.array(onset)


def exercise(counterpoint, cantus, below=False):
    given = voice("|".join(cantus.split()))
    made = voice(counterpoint)
    upper, lower = (given, made) if below else (made, given)
    pitch, onset = (np.stack(pair) for pair in zip(upper, lower, strict=True))
    return Grid(pitch, onset, np.zeros_like(onset), key="D", mode="minor", names=("upper", "lower"),
                instruments=(19, 19))


def broken(counterpoint, cantus, kind, below=False):
    """Return [(rule, bar)] of an exercise, in time."""
    setting = Setting(kind, 0 if below else 1)
    grid = exercise(counterpoint, cantus, below)
    joined = pieces.join([grid])
    found = species.find(joined, setting)
    return [(list(found)[rule], int(frame) // 16 + 1) for _, frame, rule, _ in places(joined, found).tolist()]


FIRST = "A4 | A4 | G4 | A4 | B4 | C5 | C5 | B4 | D5 | C#5 | D5"  # Fux, figure 5
ALLOWED = [
    (1, FIRST, DORIAN, False),
    (1, "D3 | D3 | C#3 | D3", "D4 F4 E4 D4", True),
    (2, "- A4 | D5 A4 | B4 C#5 | D5", "D4 F4 E4 D4", False),
    (3, "D4 E4 F4 G4 | A4 B4 C5 D5 | G4 A4 B4 C#5 | D5", "D4 F4 E4 D4", False),
    (3, "D5 C5 A4 B4 | A4 B4 C5 D5 | G4 A4 B4 C#5 | D5", "D4 F4 E4 D4", False),  # begins with a cambiata
    (3, "F4 G4 F4 E4 | D4", "D4 D4", False),  # a neighbouring fourth
    (4, "- A4 | ~ D5 | ~ C#5 | D5", "D4 F4 E4 D4", False),  # 7-6 into the cadence
    (4, "- D5 | ~ C5 | ~ B4 | C5", "D4 E4 D4 C4", False),
    (5, "D4 ~ E4 ~ F4 ~ G4 ~ | A4 ~ ~ ~ D5 ~ ~ ~ | ~ ~ ~ ~ C#5 ~ B4 C#5 | D5", "D4 F4 E4 D4", False),
]


@pytest.mark.parametrize(("kind", "line", "cantus", "below"), ALLOWED)
def test_what_fux_allows_breaks_no_rule_of_style(kind, line, cantus, below):
    about_frame = {"opening", "ending", "cadence"}  # excerpts need not begin and end like exercises
    assert [b for b in broken(line, cantus, kind, below) if b[0] not in about_frame] == []


def test_a_whole_exercise_of_fux_is_clean():
    assert broken(FIRST, DORIAN, 1) == []


BROKEN = [
    # rule, bar, species, counterpoint, cantus, below
    ("dissonance", 2, 1, "A4 | B4 | C#5 | D5", "D4 F4 E4 D4", False),  # tritone
    ("dissonance", 2, 1, "D5 | Bb4 | C#5 | D5", "D4 F4 E4 D4", False),  # fourth
    ("dissonance", 2, 2, "- A4 | D5 Bb4 | C5 C#5 | D5", "D4 F4 E4 D4", False),  # reached and left by leap
    ("dissonance", 1, 3, "D5 A4 E4 A4 | A4", "D4 D4", False),
    ("dissonance", 2, 4, "- G4 | ~ F4 | ~ C#5 | D5", "D4 F4 E4 D4", False),  # the tie was dissonant before
    ("suspension", 3, 4, "- A4 | ~ D5 | ~ E5 | D5", "D4 F4 E4 D4", False),  # rises
    ("parallels", 2, 1, "A4 | C5 | C#5 | D5", "D4 F4 E4 D4", False),
    ("parallels", 3, 1, "A4 | F5 | E5 | D5", "D4 F4 E4 D4", False),  # octaves
    ("parallels", 2, 2, "A4 B4 | C5 D5 | C5 C#5 | D5", "D4 F4 E4 D4", False),  # fifths past a second
    ("parallels", 3, 4, "- D5 | ~ E5 | ~ D5 | C5", "D4 E4 D4 C4", False),
    ("parallels", 3, 2, "- A4 | D5 C5 | B4 C5 | D5", "D4 F4 E4 D4", False),  # fifths from the weak beat
    ("hidden", 2, 1, "D4 | C5 | C#5 | D5", "D4 F4 E4 D4", False),
    ("opening", 1, 1, "F4 | A4 | C#5 | D5", "D4 F4 E4 D4", False),
    ("opening", 1, 1, "G3 | D4 | C#4 | D4", "D4 F4 E4 D4", True),  # a fifth below
    ("ending", 4, 1, "A4 | A4 | C#5 | A4", "D4 F4 E4 D4", False),
    ("cadence", 4, 1, "A4 | A4 | G4 | D5", "D4 F4 E4 D4", False),
    ("melodic", 3, 1, "D5 | D5 | G#4 | D5", "D4 F4 E4 D4", False),
    ("melodic", 2, 1, "F4 | D5 | C#5 | D5", "D4 B4 E4 D4", False),  # a major sixth
    ("repeated", 1, 2, "A4 A4 | D5 C5 | B4 C#5 | D5", "D4 F4 E4 D4", False),
    ("unison", 2, 1, "A4 | F4 | G4 | D4", "D4 F4 E4 D4", False),
    ("crossing", 2, 1, "A4 | D4 | C#5 | D5", "D4 F4 E4 D4", False),
    ("rhythm", 2, 1, "A4 | A4 D5 | C#5 | D5", "D4 F4 E4 D4", False),
    ("rhythm", 2, 3, "D4 E4 F4 G4 | A4 D5 | G4 A4 B4 C#5 | D5", "D4 F4 E4 D4", False),
    ("rhythm", 2, 5, "D4 E4 | A4 B4 C5 ~ ~ ~ D5 ~ | C5 C#5 | D5", "D4 F4 E4 D4", False),  # eighths on the downbeat
]


@pytest.mark.parametrize(("rule", "bar", "kind", "line", "cantus", "below"), BROKEN)
def test_each_rule_is_broken_by_what_breaks_it(rule, bar, kind, line, cantus, below):
    assert (rule, bar) in broken(line, cantus, kind, below)


def test_leaps_that_are_allowed_and_not():
    cantus = "D4 D4"
    assert {step for step in range(-13, 14) if ("melodic", 2) in broken(
        f"C5 | {'C C# D Eb E F F# G G# A Bb B'.split()[(step) % 12]}{5 + step // 12}", cantus, 1)} == {
        -13, -11, -10, -9, -8, -6, 6, 9, 10, 11, 13}


def test_many_exercises_at_once_are_judged_as_one_by_one():
    setting = Setting(1, 1)
    lines = [FIRST, FIRST.replace("C5 | C5", "C5 | E5"), FIRST.replace("B4 | D5", "A4 | C5")]
    grids = [exercise(line, DORIAN) for line in lines]
    together = species.find(pieces.join(grids), setting)
    for number, grid in enumerate(grids):
        alone = species.find(pieces.join([grid]), setting)
        span = slice(number * grid.frames, (number + 1) * grid.frames)
        assert all((together[name][:, span] == mask).all() for name, mask in alone.items())


def test_what_is_no_exercise_is_refused():
    with pytest.raises(ValueError, match="notes of equal length"):
        species.find(pieces.join([exercise("A4 B4 | C5 | D5", "D4 F4 D4")]), Setting(1, 0))
    with pytest.raises(ValueError, match=r"expected 1\.\.5"):
        Setting(6, 1)
