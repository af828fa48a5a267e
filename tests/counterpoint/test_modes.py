"""Melodies in modes besides major and minor are harmonised, spelled and signed in their mode."""

import numpy as np
import pytest
import torch

from chaconne.counterpoint.composers.harmonizers import RuleHarmonizer, melody_of
from chaconne.counterpoint.composers.harmony import vocabulary
from chaconne.counterpoint.first_species import choices
from chaconne.counterpoint.learned import ModelHarmonizer
from chaconne.counterpoint.network.model import Network
from chaconne.scores.formats.lines import read_score
from chaconne.scores.grid.spelling import name, sharps_of
from chaconne.scores.pieces.modes import SCALES
from chaconne.scores.writing.abc import abc_of
from chaconne.scores.writing.midi import write_midi
from chaconne.scores.writing.musicxml import write_musicxml
from tests.counterpoint.test_counterpoint_model import READING
from tests.scores.kinds import tune

# The key as ABC has it, the signature's sharps, notes of eight bars that close on the tonic.
MELODIES = {
    "dorian": ("Ador", 1, "ABcd|e2c2|dBGB|A4|e2d2|cAGB|c2B2|A4|]"),
    "phrygian": ("Ephr", 0, "EFGA|B2G2|AFEF|E4|B2A2|GFGA|G2F2|E4|]"),
    "lydian": ("Flyd", 0, "FGAB|c2A2|BAGA|F4|c2B2|AGAB|A2G2|F4|]"),
    "mixolydian": ("Gmix", 0, "GABc|d2B2|cAFA|G4|d2c2|BAGF|A2F2|G4|]"),
    "freygish": ("Dphr ^f", -2, "DEFG|A2F2|GFED|D4|A2G2|FEFG|F2E2|D4|]"),
}


@pytest.fixture(params=MELODIES)
def melody(request, tmp_path):
    """Return (mode, sharps, Grid) of a melody."""
    key, sharps, notes = MELODIES[request.param]
    (tmp_path / "melody.abc").write_text(tune(notes, key))
    grid, _ = read_score(tmp_path / "melody.abc")
    return request.param, sharps, melody_of(grid, [])


def outside(grid):
    """Return the share of what sounds that is not in the mode."""
    sounding = grid.pitch[grid.pitch >= 0]
    return 1 - np.isin((sounding - grid.tonic) % 12, SCALES[grid.mode]).mean()


@pytest.mark.parametrize("who", ["rules", "network"])
def test_a_melody_is_harmonised_in_its_mode(melody, who):
    mode, sharps, grid = melody
    torch.manual_seed(0)
    harmonizer = RuleHarmonizer() if who == "rules" else ModelHarmonizer(Network(READING), k=2)
    made = harmonizer.harmonize(grid, 0)
    assert (made.mode, made.key) == (mode, grid.key) and sharps_of(made.key, made.mode) == sharps
    assert np.array_equal(made.pitch[0], grid.pitch[0])
    # By rules a cadence may raise the seventh, or end on the major third.
    assert outside(made) <= (0.04 if who == "rules" else 0.0)


def test_by_rules_it_ends_on_the_tonic_of_the_mode(melody):
    _, _, grid = melody
    made = RuleHarmonizer().harmonize(grid, 0)
    assert made.pitch[3, -1] % 12 == grid.tonic


def test_every_format_keeps_the_mode(melody, tmp_path):
    mode, sharps, grid = melody
    write_midi(grid, tmp_path / "score.mid")
    write_musicxml(grid, tmp_path / "score.musicxml")
    (tmp_path / "score.abc").write_text(abc_of(grid))
    for ending in ("mid", "musicxml", "abc"):
        again, _ = read_score(tmp_path / f"score.{ending}")
        assert np.array_equal(again.pitch, grid.pitch)
        if (mode, ending) != ("freygish", "musicxml"):  # which has no name for it
            assert (again.key, again.mode) == (grid.key, mode), ending
    assert f"<fifths>{sharps}</fifths>" in (tmp_path / "score.musicxml").read_text()


def test_notes_are_spelled_as_musicians_do():
    spelled = {mode: {name(p, sharps_of(tonic, mode))[:-1] for p in range(60, 72)
                      if (p - base) % 12 in SCALES[mode]} for mode, tonic, base in
               (("dorian", "A", 9), ("phrygian", "E", 4), ("freygish", "D", 2), ("mixolydian", "Bb", 10))}
    assert spelled == {"dorian": {"A", "B", "C", "D", "E", "F#", "G"}, "phrygian": set("ABCDEFG"),
                       "freygish": {"D", "E-", "F#", "G", "A", "B-", "C"},
                       "mixolydian": {"B-", "C", "D", "E-", "F", "G", "A-"}}


def test_only_modes_with_a_whole_tone_about_the_tonic_raise_their_seventh():
    raised = {mode for mode in ("dorian", "phrygian", "mixolydian", "freygish")
              if any(11 in chord.classes and chord.name == "V" for chord in vocabulary(mode))}
    assert raised == {"dorian", "mixolydian"}


def test_a_phrygian_cadence_has_no_leading_tone(melody):
    mode, _, grid = melody
    leading = (grid.tonic + 11) % 12
    takes_it = leading in choices(int(grid.pitch[0, 0]), grid, above=True, leading=True) % 12
    assert takes_it == (mode not in ("phrygian", "freygish"))
