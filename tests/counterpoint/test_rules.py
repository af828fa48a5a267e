"""The rules of four-part writing on hand-made bars: what breaks each, and what is allowed beside it."""

import numpy as np
import pytest

from chaconne.counterpoint.composers.violations import places, violations
from chaconne.counterpoint.rules import pieces, rules, statistics
from chaconne.scores.grid.grid import Grid
from tests.counterpoint.test_species import midi

CADENCE = "C5 G4 E4 C3"


def grid(text, key="C", mode="major", metre="4/4", fermatas=(), frames=4):
    """A Grid of chords 'S A T B', one a quarter, parted by |; ~ holds the note before; fermatas: chords under one."""
    chords = [chord.split() for chord in text.split("|")]
    pitch, onset = np.full((4, len(chords) * frames), -1), np.zeros((4, len(chords) * frames), bool)
    fermata = np.zeros_like(onset)
    for i, chord in enumerate(chords):
        for voice, name in enumerate(chord):
            here = slice(i * frames, (i + 1) * frames)
            pitch[voice, here] = pitch[voice, i * frames - 1] if name == "~" else midi(name)
            onset[voice, i * frames] = name not in "~-"
            fermata[voice, here] = i in fermatas
    return Grid(pitch.astype(np.int16), onset, fermata, key=key, mode=mode, metre=metre)


def broken(text, names=None, **about):
    """Return [(rule, voices, chord)] of what rules say, in time."""
    made = grid(text, **about)
    asked = rules.FOUR_PART + rules.FINAL
    return [(v.rule, "".join(name[0].upper() for name in v.voices), v.frame // 4)
            for v in violations(made, asked, rules.find) if names is None or v.rule in names]


BREAKS = [
    # 1. parallel fifth, octave, unison; by two different intervals of one class (a fifth and a twelfth)
    ("parallels", "C5 G4 E4 C3 | D5 A4 F4 D3", [("SB", 1), ("AB", 1)]),
    ("parallels", "E5 G4 C4 C3 | F5 A4 C4 D3", [("AB", 1)]),
    ("parallels", "G4 G4 E4 C3 | A4 A4 E4 C3", [("SA", 1)]),
    # 2. hidden octave and fifth of the outer voices, with a leap above
    ("hidden", "E4 C4 G3 C3 | A4 C4 A3 D3", [("SB", 1)]),
    ("hidden", "G4 E4 C4 A2 | C5 E4 G3 C3", [("SB", 1)]),
    # 3. crossing, of each pair
    ("crossing", "C5 G4 E4 C3 | G4 A4 E4 C3", [("SA", 1)]),
    ("crossing", "C5 G4 E4 C3 | C5 E4 F4 C3", [("AT", 1)]),
    ("crossing", "C5 G4 E4 C3 | C5 G4 C3 D3", [("TB", 1)]),
    # 4. overlap, upwards and downwards
    ("overlap", "C5 G4 E4 C3 | E5 D5 F4 C3", [("SA", 1)]),
    ("overlap", "C5 G4 E4 C3 | E4 D4 C4 C3", [("SA", 1), ("AT", 1)]),
    # 5. more than an octave above the tenor, more than two above the bass; once while it lasts
    ("spacing", "C5 B3 E3 C3 | C5 B3 F3 C3", [("SA", 0)]),
    ("spacing", "C5 G4 E4 C3 | C5 G4 E4 D2", [("TB", 1)]),
    # 6. range: too low and too high
    ("range", "B3 G3 E3 C3 | C4 G3 E3 C3", [("S", 0)]),
    ("range", "C5 G4 E4 E4 | C5 G4 E4 F4", [("B", 1)]),
    ("range", "C5 Eb5 E4 C3", [("A", 0)]),
    # 7. the leading tone of V, of V7 and of vii in the soprano
    ("leading_tone", "B4 G4 D4 G2 | G4 G4 E4 C3", [("S", 1)]),
    ("leading_tone", "B4 F4 D4 G2 | G4 E4 E4 C3", [("S", 1)]),
    ("leading_tone", "B4 F4 D4 D3 | C4 E4 C4 C3", [("S", 1)]),
    # 8. doubled, in V and in vii
    ("doubled_leading_tone", "B4 G4 D4 B2", [("SATB", 0)]),
    ("doubled_leading_tone", "B4 F4 B3 D3", [("SATB", 0)]),
    # 9. the seventh rises, or leaps down
    ("seventh", "B4 F4 D4 G2 | C5 G4 E4 C3", [("A", 1)]),
    ("seventh", "B4 F4 D4 G2 | C5 C4 C4 C3", [("A", 1)]),
    # 10. tritone, seventh, more than an octave, and in minor the augmented second
    ("melodic", "C5 F4 E4 C3 | C5 B4 E4 C3", [("A", 1)]),
    ("melodic", "C5 G4 E4 C3 | C5 G4 E4 Bb3", [("B", 1)]),
    ("melodic", "C5 G4 E4 C3 | C5 G4 E4 D2", [("B", 1)]),
    ("melodic", "C5 G4 E4 A2 | C5 G4 E4 B3", [("B", 1)]),
    # 11. both voices move into a second or a seventh that is no seventh chord
    ("dissonance", "C5 G4 E4 C3 | F5 G4 F4 E3", [("SB", 1), ("TB", 1)]),
    # 12.
    ("nonchord", "C5 G4 F4 C3", [("SATB", 0)]),
    # 13.
    ("final_cadence", "C5 G4 E4 C3 | B4 G4 D4 G2", [("SATB", 1)]),
    ("final_cadence", "C5 G4 C4 E3", [("SATB", 0)]),
]


@pytest.mark.parametrize(("rule", "text", "expected"), BREAKS, ids=[f"{r}-{i}" for i, (r, _, _) in enumerate(BREAKS)])
def test_a_broken_rule_is_found_with_voices_and_place(rule, text, expected):
    assert sorted((voices, chord) for _, voices, chord in broken(text, {rule})) == sorted(expected)


ALLOWED = [
    ("parallels", "C5 G4 E4 C3 | C5 G4 E4 C3", {}),  # nothing moves
    ("parallels", "C5 G4 E4 C3 | C5 A4 F4 F2", {}),  # the fifth is left by one voice
    ("parallels", "C5 G4 E4 C3 | D5 A4 F4 F2", {}),  # contrary motion, other intervals
    ("parallels", "C5 G4 E4 C3 | D5 A4 F4 D3", {"fermatas": (0,)}),  # a phrase ends between them
    ("parallels", "C5 G4 E4 C3 | - - - - | D5 A4 F4 D3", {}),  # a rest between them
    ("hidden", "E4 C4 G3 C3 | F4 C4 A3 Bb2", {}),  # contrary
    ("hidden", "B4 F4 D4 G2 | C5 E4 C4 C3", {}),  # the soprano moves by step
    ("crossing", "G4 G4 E4 C3", {}),  # a unison
    ("overlap", "C5 G4 E4 C3 | G4 E4 C4 C3", {}),  # reaches the note that is left
    ("overlap", "C5 G4 E4 C3 | E5 D5 F4 C3", {"fermatas": (0,)}),
    ("spacing", "C5 C4 C3 C2 | C5 C4 C4 C2", {}),  # an octave, and two
    ("range", "A5 D5 A4 E4 | C4 F3 C3 C2", {}),  # the ends of the ranges
    ("leading_tone", "B4 G4 D4 G2 | C5 G4 E4 C3", {}),
    ("leading_tone", "B4 G4 D4 G2 | A4 F4 D4 F3", {}),  # not into I
    ("leading_tone", "D5 B4 G4 G2 | E5 G4 G4 C3", {}),  # an inner voice may fall
    ("doubled_leading_tone", "B4 G4 E4 B2", {}),  # a tone of iii
    ("doubled_leading_tone", "B4 G4 D4 B2", {"key": "D"}),
    ("seventh", "B4 F4 D4 G2 | C5 E4 C4 C3", {}),
    ("seventh", "B4 F4 D4 G2 | A4 F4 C4 F2", {}),  # held
    ("seventh", "B4 F4 D4 G2 | D5 G4 B3 F3", {}),  # the root stays
    ("melodic", "C5 G4 E4 C3 | C6 G4 E4 C3", {}),  # an octave
    ("melodic", "C5 Ab4 Eb4 F3 | C5 G4 D4 G3", {"key": "C"}),
    ("dissonance", "C5 G4 E4 C3 | D5 F4 G3 B2", {}),  # a seventh chord
    ("dissonance", "C5 G4 E4 C3 | D5 G4 E4 A3", {}),  # the lower tone is held
    ("dissonance", "C5 G4 E4 C3 | ~ F4 D4 B2", {}),  # suspended: one voice holds
    ("nonchord", "C5 G4 E4 C3 | B4 F4 D4 G2 | C5 G4 E4 C3", {}),
    ("nonchord", "C5 E4 E4 C3", {}),  # without fifth
    ("final_cadence", "G4 C4 G3 G2 | G4 B3 G3 G2 | G4 C4 E3 C3", {}),
    ("final_cadence", "C5 G4 E4 C3", {"mode": "minor"}),  # Picardy
]


@pytest.mark.parametrize(("rule", "text", "about"), ALLOWED, ids=[f"{r}-{i}" for i, (r, _, _) in enumerate(ALLOWED)])
def test_what_is_allowed_is_not_found(rule, text, about):
    assert broken(text, {rule}, **about) == []


def test_an_augmented_second_is_one_in_minor_only():
    text = "C5 Ab4 Eb4 Ab3 | D5 G4 D4 B3"
    assert broken(text, {"melodic"}, mode="minor") == [("melodic", "B", 1)]
    assert broken(text, {"melodic"}, mode="major") == []


def test_off_the_beat_dissonances_and_passing_chords_are_free():
    made = grid("C5 G4 E4 C3 | F5 G4 F4 E3 | C5 G4 F4 C3", frames=1)
    found = {v.rule for v in violations(made, rules.FOUR_PART, rules.find)}
    assert not {"dissonance", "nonchord"} & found


def test_a_beat_of_six_eight_is_a_dotted_quarter():
    # The wrong chord sounds on the second quarter alone, which is no beat in 6/8.
    text = f"{CADENCE} | {CADENCE} | C5 G4 F4 C3 | {CADENCE}"
    assert broken(text, {"nonchord"}, frames=2) == [("nonchord", "SATB", 1)]
    assert broken(text, {"nonchord"}, frames=2, metre="6/8") == []


def test_many_pieces_at_once_give_what_each_gives_alone():
    grids = [grid(text) for _, text, _ in BREAKS]
    joined = pieces.join(grids)
    found = rules.find(joined)
    assert statistics.by_piece(joined)["VL"].shape == (len(grids),)
    counts = rules.counts(joined, found)
    for number, alone in enumerate(grids):
        single = pieces.join([alone])
        assert (counts[number] == rules.counts(single, rules.find(single))[0]).all()
    every = places(joined, found)
    assert len(every) == counts.sum()
    assert (np.diff(every[:, 0]) >= 0).all()


def test_a_batch_of_arrays_is_judged_like_grids():
    grids = [grid(text) for _, text, _ in BREAKS if text.count("|") == 1]
    joined = pieces.join(grids)
    stacked = pieces.batch(np.stack([g.pitch for g in grids]), [0] * len(grids), [False] * len(grids))
    for name, mask in rules.find(joined).items():
        assert (mask == rules.find(stacked)[name]).all(), name


def test_statistics_on_a_piece_whose_numbers_are_known():
    made = pieces.join([grid("C5 G4 E4 C3 | D5 A4 F4 D3 | C5 G4 E4 C3 | C5 G4 E4 C3")])
    row = statistics.describe(made)
    assert row["rates"]["parallels"] == pytest.approx(100 * 4 / 4)  # two pairs, twice, in four beats
    assert row["VL"] == pytest.approx(sum(row["rates"][r.name] for r in rules.VOICE_LEADING))
    assert row["TOTAL"] == pytest.approx(sum(row["rates"].values()))
    assert row["density"] == pytest.approx(8 / 16)
    assert row["entropy"]["sonority"] == pytest.approx(-(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25)))
    assert statistics.entropy(np.arange(8)[:, None]) == pytest.approx(3)


def test_wrong_numbers_of_voices_are_refused():
    with pytest.raises(ValueError, match="expected 4 voices, got 2"):
        rules.find(pieces.join([grid(CADENCE).select([0, 1])]))
    with pytest.raises(ValueError, match="same number of voices"):
        pieces.join([grid(CADENCE), grid(CADENCE).select([0, 1])])


# Violations in 100 beats of Bach's chorales in music21, as an independent prototype counted them.
REFERENCE = {"parallels": 0.24, "crossing": 2.00, "overlap": 3.54, "dissonance": 2.81, "nonchord": 8.81}


@pytest.mark.slow
def test_bach_is_where_others_found_him(tmp_path):
    """All chorales of music21 (half a minute): every rule of the reference's table, VL and TOTAL, within 15 %."""
    from chaconne.corpora.gathering.scores import parse_corpus
    from chaconne.scores.grid.grid import from_corpus
    from chaconne.scores.pieces.score import unpack

    parse_corpus("chorales", {}, tmp_path)
    rows, notes = unpack(tmp_path)
    row = statistics.describe(pieces.join([from_corpus(p, n) for p, n in zip(rows.itertuples(), notes, strict=True)]))
    assert {name: row["rates"][name] for name in REFERENCE} == pytest.approx(REFERENCE, rel=0.15)
    assert (row["VL"], row["TOTAL"]) == pytest.approx((10.0, 21.6), rel=0.15)
