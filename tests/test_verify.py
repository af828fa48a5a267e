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


def told(change):
    """Return what is said of the committed table against one that `change` edited."""
    other = copy.deepcopy(TABLE)
    change(other)
    return list(verify.differences(TABLE, other, "x"))


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
    ("real", 1.0, True), ("noise", 1.04, True), ("noise", 1.3, False), ("gan", 1.35, True), ("gan", 4.0, False),
    ("diffusion", 0.7, True), ("diffusion", 0.2, False)])
def test_rows_agree_within_their_tolerance(row, factor, agrees):
    lines = told(scaled(row, factor, "fad", "logmel"))
    assert lines == [] if agrees else len(lines) == 1 and lines[0].startswith(f"x: {row}.fad.logmel: committed ")


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
