"""The reader of ABC notation on snippets whose notes are known beforehand."""

import pytest

from chaconne.scores.formats.abc.fields import AbcError, parse_key, parse_length
from chaconne.scores.formats.abc.tunes import read_tune, tunes_of
from chaconne.scores.writing.abc import abc_of
from tests.counterpoint.test_rules import grid

HEAD = "X:1\nT:Test\nM:{metre}\nL:1/8\nK:{key}\n"


def abc(body, key="C", metre="4/4"):
    """Read a snippet; returns (onset, duration, pitch) of every note, in quarters and MIDI pitches."""
    return [note[:3] for note in read_tune(HEAD.format(key=key, metre=metre) + body, repeats=False).notes]


def pitches(body, **head):
    return [pitch for _, _, pitch in abc(body, **head)]


@pytest.mark.parametrize(("body", "expected"), [
    ("C c c' C,", [(0, 0.5, 60), (0.5, 0.5, 72), (1, 0.5, 84), (1.5, 0.5, 48)]),
    ("C2 C/ C// C3/2 C/4", [(0, 1, 60), (1, 0.25, 60), (1.25, 0.125, 60), (1.375, 0.75, 60),
                            (2.125, 0.125, 60)]),
    ("C>D E<F G>>A", [(0, 0.75, 60), (0.75, 0.25, 62), (1, 0.25, 64), (1.25, 0.75, 65),
                      (2, 0.875, 67), (2.875, 0.125, 69)]),
    ("(3CDE F", [(0, 1 / 3, 60), (1 / 3, 1 / 3, 62), (2 / 3, 1 / 3, 64), (1, 0.5, 65)]),
    ("C-C D2-|D2", [(0, 1, 60), (1, 2, 62)]),
    ("z C z2 D", [(0.5, 0.5, 60), (2, 0.5, 62)]),
    ('"G7"{ag}C ~D uvTE .F !trill!G', [(i / 2, 0.5, p) for i, p in enumerate((60, 62, 64, 65, 67))]),
    ("[CE]2 [G,C]", [(0, 1, 64), (0, 1, 60), (1, 0.5, 60), (1, 0.5, 55)]),
    ("((3CDE) D % a comment", [(0, 1 / 3, 60), (1 / 3, 1 / 3, 62), (2 / 3, 1 / 3, 64), (1, 0.5, 62)]),
    ("CD |1 E2 :|2 F2 |]", [(0, 0.5, 60), (0.5, 0.5, 62), (1, 1, 65)]),
    ("C [L:1/4] C [K:D] F", [(0, 0.5, 60), (0.5, 1, 60), (1.5, 1, 66)]),
])
def test_abc_is_read_as_the_standard_says(body, expected):
    assert abc(body) == [pytest.approx(note) for note in expected]


def test_abc_accidentals_last_until_the_barline_and_keys_have_modes():
    assert pitches("^F F f | F _B =B B") == [66, 66, 78, 65, 70, 71, 71]
    assert pitches("FCB", key="D") == [66, 61, 71]
    assert pitches("FCB", key="Ador") == [66, 60, 71]
    assert pitches("BEF", key="Gm") == [70, 63, 65]
    assert pitches("FCG", key="Amix") == [66, 61, 67]
    flat, minor = parse_key("Bb"), parse_key(" E minor")
    assert (flat.tonic, flat.mode, flat.sharps) == (10, "maj", -2)
    assert (minor.tonic, minor.mode, minor.sharps) == (4, "min", 1)


def test_abc_pickup_and_errors():
    assert read_tune(HEAD.format(key="G", metre="6/8") + "D|GAB d2e|").pickup == 0.5
    assert read_tune(HEAD.format(key="G", metre="C|") + "|:DEFG ABcd|").pickup == 0
    assert read_tune(HEAD.format(key="G", metre="C|") + "D|").metre == "2/2"
    for text in ("X:1\nK:H\nC", "X:1\nM:often\nK:C\nC", "X:1\nK:C\nC &&& }", "no tune at all", "X:1\nK:C\n",
                 "X:1\nL:0\nK:C\nC", "X:1\nK:C\nC99999", "X:1\nK:C\n|:C:|[0 D", "X:1\nP:A999\nK:C\nP:A\nC"):
        with pytest.raises(AbcError):
            read_tune(text)
    with pytest.raises(AbcError, match="length"):
        parse_length("1/0")


def test_what_follows_a_tune_is_none_of_it():
    first, second = tunes_of("M:3/4\n\nX:1\nK:C\nCDE\n\nNotes about it: X marks\n\nX:2\nM:4/4\nK:D\nDEFG\n")
    assert read_tune(first).metre == "3/4" and read_tune(second).metre == "4/4"
    assert len(read_tune(first).notes) == 3


def test_an_accidental_is_written_where_any_reader_needs_it():
    """Readers differ on whether a sharp holds in other octaves: both must read what was meant."""
    written = abc_of(grid("F#4 | F5 | F#5 | F4").select([0]))
    assert written.splitlines()[-1] == "^F4 =f4 ^f4 =F4 |]"
