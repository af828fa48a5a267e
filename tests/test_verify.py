"""`make verify` agrees with what must agree, and names what does not."""

import copy
import json
import subprocess
import sys

import pytest

from scripts import verify
from scripts.smoke import commit, copy_checkout, environment
from tests.conftest import ROOT

TABLE = json.loads((ROOT / "metrics/comparison.json").read_text())
LUCK = json.loads((ROOT / verify.LUCK).read_text())


def told(change, luck=LUCK):
    """Return what is said of the committed table against one that `change` edited."""
    other = copy.deepcopy(TABLE)
    change(other)
    return list(verify.differences(TABLE, other, "x", luck))


def scaled(row, factor, *path):
    """Return an edit: a number of a row times `factor`, its interval too."""
    def change(table):
        for tree in (table[row], table["intervals"][row]):
            for key in path[:-1]:
                tree = tree[key]
            value = tree[path[-1]]
            tree[path[-1]] = [factor * v for v in value] if isinstance(value, list) else factor * value
    return change


@pytest.mark.parametrize(("row", "factor", "agrees"), [
    ("real", 1.0, True), ("noise", 1.04, True), ("noise", 1.3, False), ("gan", 1.08, True), ("gan", 1.25, False),
    ("diffusion", 0.93, True), ("diffusion", 1.25, False)])
def test_rows_agree_within_their_tolerance(row, factor, agrees):
    lines = told(scaled(row, factor, "fad", "logmel"))
    assert lines == [] if agrees else len(lines) == 1 and lines[0].startswith(f"x: {row}.fad.logmel: committed ")


def test_a_small_number_is_judged_by_its_own_luck():
    """What seeds and processors move by a factor may move by it here; what they hardly move may not."""
    still = {why: {"gan": {"notes.simultaneity_distance": 0.0}} for why in ("seeds", "processors")}
    moved = still | {"seeds": {"gan": {"notes.simultaneity_distance": 0.5}}}
    change = scaled("gan", 2.0, "notes", "simultaneity_distance")
    assert len(told(change, still)) == 1 and told(change, moved) == []
    assert len(told(scaled("gan", 6.0, "notes", "simultaneity_distance"), moved)) == 1


def test_no_luck_excuses_a_model_that_is_a_quarter_worse():
    wild = {why: {row: {"fad.logmel": 9.0} for row in ("gan", "diffusion")} for why in ("seeds", "processors")}
    assert len(told(scaled("diffusion", 1.25, "fad", "logmel"), wild)) == 1
    tuned = {"after": {"fad": {"logmel": 30.0}}}
    worse = {"after": {"fad": {"logmel": 37.5}}}
    assert len(list(verify.differences(tuned, worse, "x", LUCK))) == 1
    assert list(verify.differences(tuned, {"after": {"fad": {"logmel": 31.5}}}, "x", LUCK)) == []


def test_sizes_settings_and_rows_must_be_the_same():
    assert len(told(lambda table: table["gan"].update(parameters=1))) == 1
    assert len(told(lambda table: table["settings"].update(clips=1))) == 1
    assert told(lambda table: table["gan"].pop("coverage")) == ["x: gan.coverage is only in the committed metrics"]


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(SystemExit, match=r"comparison.json is missing; expected the folder of a finished"):
        verify.main(tmp_path)


@pytest.mark.slow
@pytest.mark.long
def test_a_fresh_run_agrees_with_committed_metrics_and_not_with_others(tmp_path):
    """`make verify`, in a checkout that commits what scale smoke gives."""
    root = copy_checkout(tmp_path / "copy")
    subprocess.run(["dvc", "repro", "report"], cwd=root, env=environment(), check=True)
    commit(root, "Results at scale smoke")
    command = [sys.executable, root / "scripts/verify.py"]
    done = subprocess.run(command, cwd=root, env=environment() | {"TMPDIR": str(tmp_path)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0 and "agree with the committed ones" in done.stdout, done.stdout[-3000:]
    path = root / "metrics/comparison.json"
    table = json.loads(path.read_text())
    table["real"]["fad"]["logmel"] *= 2
    path.write_text(json.dumps(table))
    commit(root, "Numbers of somebody else")
    fresh, = tmp_path.glob("tmp*/verify")
    done = subprocess.run([*command, fresh], cwd=root, env=environment(), text=True, stdout=subprocess.PIPE)
    assert done.returncode == 1 and "comparison.json: real.fad.logmel: committed" in done.stdout
