"""Who is ahead: worked out by hand for cases whose answer is known."""

import json

import numpy as np
import pytest

from chaconne.evaluation.rows import projection
from chaconne.evaluation.verdict.contest import leader
from chaconne.evaluation.verdict.verdict import COMMITTEE, judges, verdict


@pytest.mark.parametrize(("better", "a", "b", "real", "ahead"), [
    ("lower", [1.0, 2.0], [2.1, 3.0], None, "a"),
    ("lower", [1.0, 2.0], [2.0, 3.0], None, None),          # they touch
    ("higher", [0.1, 0.2], [0.3, 0.4], None, "b"),
    ("higher", [0.1, 0.35], [0.3, 0.4], None, None),
    ("real", [0.8, 0.9], [1.5, 1.6], [1.0, 1.0], "a"),
    ("real", [0.80, 0.88], [1.12, 1.20], [1.0, 1.0], None),  # apart, but as far from real on either side
    ("real", [0.8, 0.9], [1.5, 1.6], [0.9, 1.3], None),     # real music itself may be nearer to b
    ("real", [1.1, 1.2], [1.3, 1.6], [0.7, 1.0], "a"),      # both on one side: where exactly real is does not matter
    ("real", [0.8, 0.9], [1.5, 1.6], None, None),
    ("", [1.0, 2.0], [3.0, 4.0], None, None),
])
def test_two_contestants(better, a, b, real, ahead):
    assert leader(better, ["a", "b"], {"a": a, "b": b}, real) == ahead


def test_the_best_of_three_must_beat_the_other_two():
    spans = {"a": [1, 2], "b": [2.5, 4], "c": [1.9, 3]}
    assert leader("lower", list(spans), spans) is None
    assert leader("lower", list(spans), spans | {"c": [2.1, 3]}) == "a"


def test_nobody_is_ahead_alone_or_without_an_interval():
    assert leader("lower", ["a"], {"a": [1, 2]}) is None
    assert leader("lower", ["a", "b"], {"a": [1, 2]}) is None


def test_equal_systems_are_rarely_told_apart():
    """Two means of 50 draws each from the same distribution, a thousand times."""
    means = np.random.default_rng(0).standard_normal((1000, 2)) / np.sqrt(50)
    half = 1.96 / np.sqrt(50)
    wrong = sum(leader("lower", ["a", "b"], {"a": [a - half, a + half], "b": [b - half, b + half]}) is not None
                for a, b in means)
    assert wrong <= 15  # 5.6 expected: two intervals part when the difference exceeds 2.8 of its deviations


def table(**changed):
    """Return (rows, intervals) of real music and two generators that differ in nothing but `changed`."""
    alike = {"fad.logmel": 4.0, "fad_infinity.logmel": 3.0, "kad.logmel": 0.5, "kad.notes": 0.3, "fad.notes": 2.0,
             "coverage": 0.9, "nearest_train": 1.0, "adjacent_similarity": 0.6, "notes.onset_rate": 2.0,
             "notes.simultaneity_distance": 0.1, "notes.in_key": 0.9, "function_evaluations": 4}
    values = {"real": alike | {"fad.logmel": 1.0}, "gan": dict(alike), "diffusion": dict(alike)}
    for path, (gan, diffusion) in changed.items():
        path = path.replace("__", ".")
        values["gan"][path], values["diffusion"][path] = gan, diffusion
    rows, intervals = {}, {}
    for name, flat in values.items():
        for path, value in flat.items():
            for tree, leaf in ((rows, value), (intervals, [value - 0.05 * abs(value), value + 0.05 * abs(value)])):
                if tree is intervals and path == "function_evaluations":
                    continue
                *above, last = [name, *path.split(".")]
                for key in above:
                    tree = tree.setdefault(key, {})
                tree[last] = leaf
    return rows, intervals


def judged(**changed):
    return verdict(*table(**changed), ["gan", "diffusion"], ["logmel", "notes"])


def test_equal_generators_show_no_difference_anywhere():
    found = judged()
    assert list(found) == ["fidelity", "diversity", "notes", "rhythm", "memorisation", "speed"]
    assert {entry["ahead"] for entry in found.values()} == {None}
    assert all(entry["text"].startswith("No difference shown") for entry in found.values())


def test_a_leader_is_named_with_numbers_and_with_what_agrees():
    entry = judged(kad__notes=(0.6, 0.3), kad__logmel=(0.9, 0.3), fad__logmel=(6.0, 3.0))["fidelity"]
    assert entry["metric"] == "kad.notes" and entry["ahead"] == "diffusion"
    assert entry["values"] == {"gan": 0.6, "diffusion": 0.3}
    assert entry["intervals"]["gan"] == pytest.approx([0.57, 0.63])
    assert entry["measures"] == {"kad.notes": "diffusion", "kad.logmel": "diffusion", "fad.logmel": "diffusion",
                                 "fad_infinity.logmel": None}
    assert entry["committee"] == {"kad.notes": "diffusion", "kad.logmel": "diffusion"}
    assert entry["text"] == ("diffusion is ahead, also by kad.logmel and fad.logmel; kad.notes: gan 0.6 (0.57 to "
                             "0.63), diffusion 0.3 (0.285 to 0.315), real 0.3.")


def test_nobody_is_ahead_on_fidelity_where_one_judge_sees_no_difference():
    entry = judged(kad__notes=(0.6, 0.3))["fidelity"]
    assert entry["ahead"] is None and entry["committee"] == {"kad.notes": "diffusion", "kad.logmel": None}
    assert entry["text"].startswith("The judges do not agree: diffusion is ahead by kad.notes, no difference shown by "
                                    "kad.logmel; kad.notes: gan 0.6 ")


def test_measures_that_contradict_leave_nobody_ahead():
    entry = judged(kad__notes=(0.6, 0.3), kad__logmel=(0.3, 0.9))["fidelity"]
    assert entry["ahead"] is None
    assert entry["text"].startswith(
        "The measures disagree: diffusion is ahead by kad.notes; gan is ahead by kad.logmel. kad.notes: gan 0.6 ")


def test_a_measure_beside_the_deciding_one_does_not_decide():
    entry = judged(fad__notes=(2.0, 1.0))["notes"]
    assert entry["ahead"] is None and entry["metric"] == "notes.simultaneity_distance"
    assert entry["text"].endswith("Of the others: diffusion is ahead by fad.notes.")


@pytest.mark.parametrize(("near", "ahead", "said"), [
    ((0.2, 1.0), "diffusion", "Nearer to training clips than unseen music is: gan; that is copying."),
    ((1.0, 1.6), None, "No sign of copying."),  # farther than unseen music is no virtue
    ((0.2, 0.3), "diffusion", "Nearer to training clips than unseen music is: gan and diffusion; that is copying."),
])
def test_memorisation_counts_copying_only(near, ahead, said):
    entry = judged(nearest_train=near)["memorisation"]
    assert entry["ahead"] == ahead and entry["text"].endswith(said)


@pytest.mark.parametrize(("low", "said"), [
    (0.7, "No sign of copying."), (0.1, "too little unseen music to tell by this distance whether anybody copies.")])
def test_who_copies_is_told_only_where_unseen_music_has_a_floor(low, said):
    rows, intervals = table(nearest_train=(0.3, 1.0) if low < 0.5 else (1.0, 1.0))
    intervals["real"]["nearest_train"] = [low, 1.3]
    assert verdict(rows, intervals, ["gan", "diffusion"], ["logmel"])["memorisation"]["text"].endswith(said)


def test_speed_is_counted_and_needs_no_interval():
    entry = judged(function_evaluations=(1, 15))["speed"]
    assert entry["ahead"] == "gan" and entry["intervals"] == {} and "gan 1, diffusion 15" in entry["text"]


def test_the_committee_is_ordered_by_what_followed_damage_best_not_by_params():
    rows, intervals = table()
    for row in rows.values():
        row["kad"]["musicnn"] = 1.0
    found = verdict(rows, intervals, ["gan", "diffusion"], ["logmel", "notes", "musicnn"])["fidelity"]
    assert list(found["committee"]) == judges(["notes", "musicnn", "logmel"]) == [
        f"{measure}.{name}" for name, measure in COMMITTEE.items()]
    assert found["metric"] == next(iter(found["committee"]))
    assert judges(["encodec", "logmel"])[-1] == "kad.encodec"


def test_without_transcription_the_signal_speaks_of_notes():
    rows, intervals = table()
    for row in rows.values():
        del row["notes"]["simultaneity_distance"]
        row["notes"]["pitch_class_distance"] = 0.1
    assert verdict(rows, intervals, ["gan", "diffusion"], ["logmel"])["notes"]["metric"] == "notes.pitch_class_distance"


@pytest.mark.parametrize("generators", [["gan"], ["gan", "diffusion", "third"]])
def test_any_number_of_generators(generators):
    rows, intervals = table(kad__logmel=(0.3, 0.9))
    rows["third"], intervals["third"] = rows["diffusion"], intervals["diffusion"]
    entry = verdict(rows, intervals, generators, ["logmel"])["fidelity"]
    assert list(entry["values"]) == generators
    assert entry["ahead"] == ("gan" if len(generators) > 1 else None)
    assert len(generators) > 1 or entry["text"].startswith("One generator, nothing to compare it with")
    assert verdict(rows, intervals, [], ["logmel"]) == {}


def test_the_plane_shows_the_two_widest_directions(tmp_path):
    rng = np.random.default_rng(1)
    draws = rng.standard_normal((200, 6))
    columns = np.linalg.qr(draws - draws.mean(0))[0] * np.sqrt(200)  # uncorrelated, deviation 1
    centres = columns[:, None] * [1.0, 9.0, 0.1, 5.0, 0.1, 0.1]
    reference = (centres + 0.01 * rng.standard_normal((200, 4, 6))).astype(np.float32)
    moved = reference + np.array([0, 30, 0, 0, 0, 0], np.float32)
    projection.write(tmp_path, "logmel", reference, {"gan": moved})
    known, shown = np.load(tmp_path / "reference.npy"), np.load(tmp_path / "gan.npy")
    assert known.shape == (200, 2) and known.dtype == np.float32
    assert known.std(0) == pytest.approx([9, 5], rel=0.01)
    assert (shown - known).mean(0) == pytest.approx([30, 0], abs=0.1)  # the sign of the axis is fixed, too
    about = json.loads((tmp_path / "about.json").read_text())
    assert about["embedder"] == "logmel" and about["variance"] == pytest.approx([81 / 107, 25 / 107], abs=0.01)
