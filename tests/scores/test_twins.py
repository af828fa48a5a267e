"""Twins: melodies that vary another are found in any key and at any tempo, others are not; none crosses a split."""

from functools import cache

import numpy as np
import pytest

from chaconne.counterpoint import jsb
from chaconne.running.models import load_variation
from chaconne.running.params.reading import read_params
from chaconne.scores.collection import melody, twins
from chaconne.scores.grid.grid import REST
from chaconne.scores.pieces.score import Unusable, arrays
from chaconne.scores.pieces.splits import assign, fraction
from tests.conftest import ROOT

SCALE = np.array([0, 2, 4, 5, 7, 9, 11])
PUBLISHED = ROOT.parent / "shared/data/jsb"


@cache
def scores(corpus, most=None):
    """The scores of a corpus, all, or some that are spread over it."""
    module, found = load_variation("corpora", corpus), []
    for source in sorted(module.sources({}), key=lambda source: (fraction(source), source)):
        try:
            found.append(module.parse(source))
        except Unusable:
            continue
        if len(found) == most:
            break
    return found


def lines(some):
    return [twins.melody(melody.tune(arrays(score))[1]) for score in some]


def wandering(notes, seed):
    """A melody through the scale of C that never repeats a note."""
    rng = np.random.default_rng(seed)
    degrees = 14 + np.cumsum(rng.choice([-3, -2, -1, 1, 2, 3], notes))
    degrees = np.abs((degrees - 7) % 28 - 14) + 7    # reflected at both ends
    return twins.melody(36 + 12 * (degrees // 7) + SCALE[degrees % 7])


def similarity(a, b):
    return float(twins.similarities([a], [b])[0, 0])


def test_a_melody_has_neither_key_nor_repetitions_nor_length():
    line = wandering(40, 0)
    assert similarity(line, line) == 1
    assert similarity(line, twins.melody(np.repeat(line + 5, 3))) == 1
    assert similarity(line, np.concatenate([line[:30][::-1] + 1, line, line[10:] - 3])) == 1
    others = [wandering(60, seed) for seed in range(70)]    # more than are aligned at once
    assert np.array_equal(twins.similarities([line], others)[0], [similarity(line, other) for other in others])
    with pytest.raises(ValueError, match="expected a melody with notes"):
        twins.melody([])


def test_what_differs_costs_what_is_said():
    leaps = twins.melody(60 + np.cumsum(np.tile([5, -3, 7, -4, -8, 3], 8)))    # no ornament anywhere
    notes = len(leaps)
    other, more = leaps.copy(), np.insert(leaps, 20, leaps[19] + 6)
    other[20] += 1
    assert similarity(leaps, other) == pytest.approx((notes - 2) / notes)
    assert similarity(leaps, more) == pytest.approx((notes - 1) / notes)
    third = int(np.flatnonzero(np.diff(leaps) == 3)[2])
    passing = np.insert(leaps, third + 1, leaps[third] + 1)
    assert similarity(leaps, passing) == pytest.approx((notes - twins.ORNAMENT) / notes)
    turning = np.insert(leaps, third + 1, [leaps[third] + 2, leaps[third]])
    assert similarity(leaps, turning) == pytest.approx((notes - 2 * twins.ORNAMENT) / notes)
    assert similarity(leaps[:12], leaps) == pytest.approx(12 / twins.LEAST)    # fits, and proves little


def varied(score, rng, semitones=2, often=0.3):
    """The notes of a score a tone higher and twice as fast, with passing and neighbour notes in its melody."""
    notes = arrays(score)
    order = np.argsort(notes["onset"][notes["voice"] == 0], kind="stable")
    onset, pitch = (values[order] for values in melody.tune(notes))
    made = []
    for i, (start, note) in enumerate(zip(onset / 2, pitch + semitones, strict=True)):
        made.append((start, note))
        if i + 1 == len(pitch) or rng.random() >= often:
            continue
        length, leap = (onset[i + 1] - onset[i]) / 2, int(pitch[i + 1]) - int(pitch[i])
        if abs(leap) in (3, 4):
            made.append((start + length / 2, note + 2 * np.sign(leap)))
        elif abs(leap) <= 2:
            made += [(start + length / 3, note + rng.choice([-2, -1, 1, 2])), (start + 2 * length / 3, note)]
    starts, pitches = map(np.array, zip(*made, strict=True))
    return {"onset": starts, "pitch": pitches, "voice": np.zeros(len(made), int)}


@pytest.mark.parametrize("corpus", ["folk", "chorales"])
def test_variations_are_found_and_strangers_are_not(corpus):
    some, rng = scores(corpus, 110), np.random.default_rng(0)
    library, others = lines(some[:80]), lines(some[80:])
    threshold, moved = twins.chance(library + others), rng.choice(len(library), 5, replace=False)
    asked = [twins.melody(melody.tune(varied(some[i], rng))[1]) for i in moved]
    assert [twin.line for twin in twins.find(asked, library, threshold)] == [*range(5)]
    assert (twins.similarities(asked, library)[range(5), moved] > threshold).all()
    # Strangers with the same intervals: one of 200 may pass.
    assert len(twins.find(twins.disguised(others), library, threshold)) <= 2


def test_families_are_twins_and_twins_of_twins():
    a, b, c, stranger = (wandering(60, seed) for seed in range(4))
    middle = np.concatenate([a[5:], b[5:]])     # has nearly all of two that have nothing in common
    found = twins.families([a + 3, stranger, middle, c, b - 2], workers=2)
    assert found.tolist() == [0, 1, 0, 2, 0]


def test_tunes_are_no_twins_of_chorales():
    chorales, tunes = lines(scores("chorales", 110)), lines(scores("folk", 110))
    assert not twins.find(tunes, chorales, twins.chance(chorales))


def test_the_published_benchmark_has_twins():
    if not PUBLISHED.exists():
        pytest.skip(f"{PUBLISHED} is absent")
    pieces = jsb.read(PUBLISHED)
    found, threshold = jsb.twins_of(pieces)
    # By another way: sopranos with the same intervals, note for note.
    steps = {split: [tuple(np.diff(twins.melody(p[0][p[0] != REST]))) for p in pieces[split]]
             for split in ("train", "test")}
    same = {i for i, line in enumerate(steps["test"]) if line in steps["train"]}
    assert same and same <= {twin["test"] for twin in found}
    for twin in found:
        if steps["test"][twin["test"]] == steps["train"][twin["train"]]:
            assert twin["similarity"] == 1
    # Nothing lies near the threshold that chance sets: who is a twin does not depend on where exactly it is.
    both = [[twins.melody(p[0][p[0] != REST]) for p in pieces[split]] for split in ("test", "train")]
    assert all(len(twins.find(*both, threshold + more)) == len(found) for more in (-0.02, 0.02))


@pytest.mark.slow
@pytest.mark.parametrize("corpus", ["chorales", "folk"])
def test_no_twin_crosses_the_splits(corpus):
    params, some = read_params(), sorted(scores(corpus), key=lambda score: score.piece)
    groups = melody.groups([(arrays(score), score.pickup) for score in some])
    every, crossing = lines(some), []
    shares = params["split"]["test"], params["split"]["valid"], params["seed"]
    split = np.array(assign(groups, *shares, twins.families(every, 2)))
    threshold = twins.chance(every, 2)
    for asked, known in (("test", "train"), ("valid", "train"), ("test", "valid")):
        mine, theirs = np.flatnonzero(split == asked), np.flatnonzero(split == known)
        crossing += [f"{asked} {some[mine[t.line]].piece}, {known} {some[theirs[t.other]].piece}: {t.similarity:.2f}"
                     for t in twins.find([every[i] for i in mine], [every[i] for i in theirs], threshold)]
    assert not crossing, "\n".join(crossing)
