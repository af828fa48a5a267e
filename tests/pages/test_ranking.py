"""Checks of listeners, and systems ranked by simulated listeners whose strengths are known."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize
from typer.testing import CliRunner

from chaconne.cli import app
from chaconne.pages.listening import ranking, tally
from chaconne.pages.listening.answers import Answers
from tests.pages.listeners import everyone, key_of, listen

RUN = CliRunner()
THREE = ("codec", "diffusion", "gan")
KNOWN = {"codec": 1.0, "diffusion": 0.0, "gan": -1.0}


def test_a_clicker_fails_the_checks_and_counts_in_nothing(tmp_path):
    key, path = key_of(tmp_path, ["gan", "diffusion"], 20)
    files = everyone(tmp_path, key, 4, {"diffusion": 2.0})
    clicker = listen(tmp_path, key, "Carl", {}, np.random.default_rng(0), attentive=False)
    with_carl, without = (tally.preference(some, path) for some in ([*files, clicker], files))
    assert with_carl["pooled"] == without["pooled"] and with_carl["checks"]["left_out"] == ["Carl"]
    assert all(one["passed"] == one["checks"] == 4 for one in without["checks"]["listeners"].values())
    kept = tally.preference([*files, clicker], path, keep=True)
    assert sum(kept["pooled"]["wins"].values()) == 100 and kept["checks"]["left_out"] == []

    said = RUN.invoke(app, ["preference", *map(str, [*files, clicker]), "--key", str(path)]).output.splitlines()
    missed = 4 - with_carl["checks"]["listeners"]["Carl"]["passed"]
    assert f'"Carl" is left out: {missed} checks missed' in said
    assert "Checks: who misses one is left out; 4 of 5 listeners count." in said
    assert any(line.startswith('"L000": ') and "; checks 4 of 4, repeats agreed " in line for line in said)
    said = RUN.invoke(app, ["preference", str(clicker), "--key", str(path)]).output
    assert said.endswith("No preference shown: no listener passed the checks.\n")
    said = RUN.invoke(app, ["preference", str(clicker), "--key", str(path), "--may-miss", "4"]).output
    assert "1 of 1 listeners count" in said and "by 1 listener" in said


def test_clickers_are_found_as_often_as_the_binomial_says(tmp_path):
    key, path = key_of(tmp_path, ["gan", "diffusion"], 4, repeats=0)
    rng = np.random.default_rng(3)
    files = [listen(tmp_path, key, f"C{i}", {}, rng, attentive=False) for i in range(200)]
    kept = 200 - len(tally.preference(files, path)["checks"]["left_out"])
    assert 3 <= kept <= 25          # 12.5 expected


def test_a_check_without_an_answer_is_missed(tmp_path):
    key, path = key_of(tmp_path, ["gan", "diffusion"], 4)
    file = listen(tmp_path, key, "Anna", {}, np.random.default_rng(0))
    told = json.loads(file.read_text())
    check = next(name for name, pair in key["pairs"].items() if "check" in pair)
    told["answers"] = [answer for answer in told["answers"] if answer["pair"] != check]
    file.write_text(json.dumps(told))
    assert tally.preference([file], path)["checks"]["left_out"] == ["Anna"]


def test_repeats_are_compared_and_not_counted(tmp_path):
    key, path = key_of(tmp_path, ["gan", "diffusion"], 10, repeats=5)
    found = tally.preference([listen(tmp_path, key, "Anna", {"gan": 50}, np.random.default_rng(0))], path)
    assert found["pooled"]["wins"] == {"gan": 10, "diffusion": 0}
    one = found["checks"]["listeners"]["Anna"]
    assert (one["agreed"], one["repeats"]) == (5, 5)
    always_a = tmp_path / "a.json"
    answers = [{"pair": pair, "choice": "A"} for pair in key["pairs"]]
    always_a.write_text(json.dumps({"format": key["format"], "test": "t1", "listener": "A", "answers": answers}))
    assert tally.preference([always_a], path)["checks"]["listeners"]["A"]["agreed"] == 0


def test_where_one_must_choose_a_tie_is_no_answer(tmp_path):
    key, path = key_of(tmp_path, ["gan", "diffusion"], 4)
    file = listen(tmp_path, key, "Anna", {}, np.random.default_rng(0))
    file.write_text(file.read_text().replace('"choice": "A"', '"choice": "tie"', 1))
    said = RUN.invoke(app, ["preference", str(file), "--key", str(path)])
    assert said.exit_code == 2 and "expected one answer (A, B) to each known pair" in said.output
    path.write_text(json.dumps(key | {"forced": False}))
    assert RUN.invoke(app, ["preference", str(file), "--key", str(path)]).exit_code == 0


@pytest.mark.parametrize("broken", [
    {"systems": ["gan"]}, {"systems": ["gan", ["diffusion"]]}, {"pairs": {"p": {"A": "gan", "B": "gan"}}},
    {"pairs": {"p": {"A": "gan", "B": "noise"}}}, {"pairs": {"p": {"A": "real", "B": "noise", "check": "gan"}}},
    {"pairs": {"p": {"A": "real", "B": "noise", "check": ["real"]}}},
    {"pairs": {"p": {"A": "gan", "B": "diffusion", "repeats": "q"}}}, {"pairs": [1]}])
def test_a_damaged_key_is_refused_in_one_line(tmp_path, broken):
    key, path = key_of(tmp_path, ["gan", "diffusion"], 4)
    file = listen(tmp_path, key, "Anna", {}, np.random.default_rng(0))
    path.write_text(json.dumps(key | broken))
    said = RUN.invoke(app, ["preference", str(file), "--key", str(path)])
    assert said.exit_code == 2 and said.output.startswith(f"chaconne: {path}: expected the key that")
    assert said.output.count("\n") == 1


def test_strengths_are_those_that_made_the_wins():
    """Of wins as the model expects them the fit gives the strengths back; the prior moves little."""
    logs = np.array([1.0, 0.2, -1.2])
    chance = 1 / (1 + np.exp(logs - logs[:, None]))
    fitted = ranking.fitted(1e6 * chance * (1 - np.eye(3)))
    assert fitted - fitted.mean() == pytest.approx(logs, abs=1e-3)
    few = np.array([[0, 9, 5], [3, 0, 8], [0, 0, 0.0]])
    sought = minimize(lambda s: -(few * np.log(1 / (1 + np.exp(s - s[:, None])))).sum()
                      - ranking.PRIOR * np.log(1 / (1 + np.exp(-s)) * (1 / (1 + np.exp(s)))).sum(), np.zeros(3)).x
    assert ranking.fitted(few) == pytest.approx(sought, abs=1e-4)
    two = ranking.fitted(np.array([[0.0, 30.0], [10.0, 0.0]]))      # a share of 75 %: log 3, and a little less
    assert two[0] - two[1] == pytest.approx(np.log(3), abs=0.1)


def test_the_order_of_simulated_listeners_is_found(tmp_path):
    key, path = key_of(tmp_path, THREE, 30)
    found = tally.preference(everyone(tmp_path, key, 12, KNOWN, taste=0.3), path)
    assert [(one["system"], one["rank"]) for one in found["ranking"]] == [("codec", 1), ("diffusion", 2), ("gan", 3)]
    for one in found["ranking"]:
        low, high = one["interval"]
        assert low < KNOWN[one["system"]] < high and high - low < 1.5
    assert found["apart"] == [["codec", "diffusion"], ["codec", "gan"], ["diffusion", "gan"]]
    assert all(found["wins"][a][b] + found["wins"][b][a] == found["answers"][a][b] == 120
               for a, b in found["apart"])
    assert found["text"].startswith("codec before diffusion, codec before gan, diffusion before gan: 360 answers")
    again = tally.preference(sorted(tmp_path.glob("L*.json")), path)
    assert again == found and "pooled" not in found


def test_equal_systems_share_a_rank(tmp_path):
    key, path = key_of(tmp_path, THREE, 30)
    equal = tally.preference(everyone(tmp_path, key, 6, {}, seed=1), path)
    assert [one["rank"] for one in equal["ranking"]] == [1, 1, 1] and equal["text"].startswith("No order shown: 180")
    files = everyone(tmp_path, key, 10, {"codec": 2.0})
    found = tally.preference(files, path)
    assert [one["rank"] for one in found["ranking"]] == [1, 2, 2] and found["ranking"][0]["system"] == "codec"
    assert "1 of 3 pairs of systems are not parted" in found["text"]
    said = RUN.invoke(app, ["preference", *map(str, files), "--key", str(path)])
    assert said.exit_code == 0 and "\n1. codec: " in said.output and "; chosen over diffusion " in said.output


def test_who_wins_everything_has_a_finite_strength_and_much_doubt(tmp_path):
    key, path = key_of(tmp_path, THREE, 15)
    found = tally.preference(everyone(tmp_path, key, 3, {"codec": 90.0, "gan": -90.0}), path)
    first, middle, last = found["ranking"]
    assert [one["system"] for one in (first, middle, last)] == ["codec", "diffusion", "gan"]
    assert all(np.isfinite([one["strength"], *one["interval"]]).all() for one in found["ranking"])
    assert first["interval"][1] - first["interval"][0] > 1.5 and found["answers"]["codec"]["gan"] == 15
    one = tally.preference([tmp_path / "L000.json"], path)
    assert one["ranking"][0]["rank"] == 1 and "1 listener" in one["text"]


def test_the_intervals_of_strengths_hold_the_truth():
    """Six listeners with tastes of their own, 18 pairs: about 95 of 100 intervals."""
    key = {"systems": list(THREE), "pairs": {f"p{i}": dict(zip("AB", sides, strict=True)) for i, sides in enumerate(
        6 * [("codec", "diffusion"), ("diffusion", "gan"), ("gan", "codec")])}}
    rng, held = np.random.default_rng(2), []
    for seed in range(25):
        people = []
        for name in range(6):
            taste = {system: value + 0.3 * rng.normal() for system, value in KNOWN.items()}
            people.append(Answers(str(name), {pair: sides["A"] if rng.random() < 1 / (1 + np.exp(
                taste[sides["B"]] - taste[sides["A"]])) else sides["B"] for pair, sides in key["pairs"].items()}))
        held += [low < KNOWN[one["system"]] < high for one in ranking.ranking(people, key, seed)["ranking"]
                 for low, high in [one["interval"]]]
    assert np.mean(held) >= 0.88
