"""Scores as an engraver sets them: what stands there, what is red, when each note sounds."""

import re
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import numpy as np
import pytest

from chaconne.counterpoint.composers.judging import judge
from chaconne.scores.grid.grid import QUARTER
from chaconne.scores.writing.engraving import engrave, write_svg
from tests.counterpoint.test_rules import grid

PARALLELS = "C5 G4 E4 C3 | D5 A4 F4 D3 | B4 G4 D4 G3 | C5 G4 E4 C3"


@pytest.fixture(scope="module")
def piece():
    """Return four chords, the second in parallels with the first."""
    return grid(PARALLELS, fermatas=(3,))


def quarters(svg):
    """Return when the notes of an SVG begin, sorted, in quarters from the start."""
    return sorted({float(at) for at in re.findall(r'data-at="([^"]+)"', svg)})


def test_every_note_knows_when_it_sounds(piece):
    svg = engrave(piece)
    assert quarters(svg) == [0.0, 1.0, 2.0, 3.0]
    assert svg.count("data-at=") == int(piece.onset.sum()) == 16
    assert f'data-tempo="{piece.tempo_qpm:g}"' in svg


def test_a_choir_stands_on_two_staves_with_fermatas_at_its_outer_voices(piece):
    svg = engrave(piece)
    assert svg.count('class="clef"') == 2 and svg.count('class="fermata"') == 2


def test_broken_rules_are_red_with_their_names(piece):
    judgement = judge(piece)
    svg = engrave(piece, judgement.violations)
    assert "parallels" in svg and svg.count('fill="#D01C1C"') >= 2
    assert "parallels" not in engrave(piece)


def test_it_is_plain_svg_of_one_file(piece, tmp_path):
    write_svg(piece, tmp_path / "score.svg")
    text = (tmp_path / "score.svg").read_text()
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert "<script" not in text and "font-face" not in text
    assert not re.findall(r'href="(?!#)', text)


def test_two_runs_are_the_same_and_two_scores_share_no_names(piece):
    assert engrave(piece) == engrave(piece)
    other = grid("C5 G4 E4 C3 | C5 A4 F4 F3")
    ids = [set(re.findall(r' id="([^"]+)"', engrave(one))) for one in (piece, other)]
    assert ids[0] and not ids[0] & ids[1]


def test_every_thread_may_engrave(piece):
    """The studio makes every piece in a thread of its own; see findings/verovio_fonts_of_one_thread.sh."""
    with ThreadPoolExecutor(1) as one:
        first = one.submit(engrave, piece).result()
    with ThreadPoolExecutor(1) as other:
        assert other.submit(engrave, piece).result() == first


def test_only_the_first_bars_where_asked(piece):
    long = grid(" | ".join([PARALLELS] * 3))
    assert quarters(engrave(long, judge(long).violations, bars=2)) == list(np.arange(8.0))
    assert quarters(engrave(long)) == list(np.arange(long.frames / QUARTER))


def test_one_voice_and_a_pick_up():
    line = grid("D5 A4 F#4 D3 | G4 D4 B3 G2 | A4 E4 C4 A2").select([0])
    line.pickup = QUARTER
    svg = engrave(line)
    assert svg.count('class="clef"') == 1 and quarters(svg) == [0.0, 1.0, 2.0]
