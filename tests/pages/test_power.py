"""How many answers part two systems: against the test itself, and against listeners who are simulated."""

import numpy as np
import pytest
from scipy.stats import binomtest
from typer.testing import CliRunner

from chaconne.cli import app
from chaconne.pages.listening import power, tally
from chaconne.pages.listening.answers import Answers
from tests.conftest import ROOT
from tests.pages.listeners import everyone, key_of

RUN = CliRunner()


def by_trying(answers, share):
    """Return the power of the exact test by asking it about every outcome."""
    from scipy.stats import binom

    found = [k for k in range(answers + 1) if binomtest(k, answers).pvalue <= 0.05]
    return binom.pmf(found, answers, share).sum()


@pytest.mark.parametrize("share", [0.6, 0.7, 0.9])
def test_the_number_is_where_the_power_stays(share):
    number = power.answers_needed(share, 0.8)
    assert by_trying(number - 1, share) < 0.8
    assert all(by_trying(n, share) >= 0.8 for n in range(number, number + 12))
    tried = [by_trying(n, share) for n in range(1, 40)]
    assert power.binomial_power(np.arange(1, 40), share) == pytest.approx(tried, abs=1e-12)


def test_numbers_that_are_known():
    assert power.answers_needed(1.0, 0.8) == 6          # 5 of 5 have p = 0.0625, 6 of 6 have 0.031
    assert power.answers_needed(0.6, 0.8) == power.answers_needed(0.4, 0.8)
    assert power.listeners_needed(0.6, 210, power.Alike(), 0.8) == 1
    assert power.listeners_needed(0.6, 20, power.Alike(listeners=1.0), 0.8) >= 210      # each says one thing only
    assert power.listeners_needed(0.6, 20, power.Alike(pairs=0.2), 0.8) is None         # worth 100 answers at most
    assert power.alike_in(np.array([[1.0] * 6, [0.0] * 6])).listeners == 1.0
    assert power.alike_in(np.array([[1.0, 0.0]] * 6)).pairs == 1.0


@pytest.mark.parametrize(("deviation", "pairs"), [(0.1, 20), (0.05, 10), (0.2, 20)])
def test_simulated_tests_have_the_power_that_was_planned(deviation, pairs):
    """Share 65 %, listeners who differ: of tests as large as planned about 80 % show it."""
    alike = power.between(deviation, 0.65)
    count = power.listeners_needed(0.65, pairs, alike, 0.8)
    rng, shown = np.random.default_rng(1), []
    for _ in range(120):
        own = rng.beta(*(np.array([0.65, 0.35]) * (1 / alike.listeners - 1)), count)
        people = [Answers(str(i), {f"p{p}": "b" if rng.random() < own[i] else "a" for p in range(pairs)})
                  for i in range(count)]
        low, _ = tally.both(people, ["a", "b"], 0)["pooled"]["interval"]
        shown.append(low > 0.5)
    assert 0.68 <= np.mean(shown) <= 0.92


def test_variation_is_measured_as_it_was_made():
    rng = np.random.default_rng(0)
    people, items = rng.normal(0, 0.15, (200, 1)), rng.normal(0, 0.1, 200)
    table = (rng.random((200, 200)) < 0.6 + people + items).astype(float)
    found = power.alike_in(table)
    assert found.listeners == pytest.approx(0.15 ** 2 / 0.24, rel=0.25)
    assert found.pairs == pytest.approx(0.1 ** 2 / 0.24, rel=0.25)


def test_the_table_of_an_expected_share():
    said = RUN.invoke(app, ["power", "--share", "0.6", "--pairs", "21", "--pairs", "10"])
    cells = said.output.splitlines()[3].split()
    assert said.exit_code == 0 and cells[:3] == ["60", "%", "210"] and int(cells[3]) > int(cells[4]) > 10
    assert len(RUN.invoke(app, ["power"]).output.splitlines()) == 9
    more = RUN.invoke(app, ["power", "--share", "0.6", "--pairs", "10", "--between", "0.1"]).output
    assert int(more.split()[-1]) > int(cells[3])


def test_the_table_of_the_documentation_is_what_the_command_says():
    page = (ROOT / "docs/how-to/listen.md").read_text()
    rows = [line.replace("|", " ").split() for line in page.splitlines() if line[:2] == "| " and line[4:6] == " %"]
    assert rows == [line.split() for line in RUN.invoke(app, ["power"]).output.splitlines()[3:]]


def test_the_table_of_what_answers_show(tmp_path):
    key, path = key_of(tmp_path, ["gan", "diffusion"], 20)
    files = everyone(tmp_path, key, 8, {"diffusion": 1.5}, taste=0.3)
    said = RUN.invoke(app, ["power", *map(str, files), "--key", str(path)])
    pooled = tally.preference(files, path)["pooled"]
    assert said.exit_code == 0 and f"diffusion against gan: {100 * pooled['share']:.0f} % (" in said.output
    rows = {line.split(" %")[1].split("  ")[0].strip(): line.split()[3:] for line in said.output.splitlines()[4:]}
    assert int(rows["measured"][0]) < int(rows["nearer end"][1])
    three, path = key_of(tmp_path, ["codec", "gan", "diffusion"], 9)
    files = everyone(tmp_path, three, 2, {})
    said = RUN.invoke(app, ["power", *map(str, files), "--key", str(path)]).output
    assert said.count(" by 2 listeners;") == 3 and "no number of answers is enough" in said


@pytest.mark.parametrize(("options", "said"), [
    (["--share", "0.5"], "--share: expected 0 to 1, and 0.01 or more off one half, got 0.5"),
    (["--share", "1.2"], "got 1.2"),
    (["--power", "1"], "--power: expected 0.5 to 0.999, got 1"),
    (["--share", "0.6", "--between", "0.6"], "--between: expected 0 to 0.49"),
    (["--share", "0.6", "x.json"], "expected files or --share"),
    (["x.json"], "found no file")])
def test_what_cannot_be_planned_is_said_in_one_line(options, said):
    result = RUN.invoke(app, ["power", *options])
    assert result.exit_code == 2 and said in result.output and result.output.startswith("chaconne: ")
