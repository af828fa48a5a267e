"""The searches of conf/search.yaml: every row can run, and what ran becomes a table."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from chaconne.running import pipeline
from chaconne.running.params import selectors
from chaconne.running.params.reading import merge
from scripts import search
from scripts.smoke import commit, environment
from tests.conftest import OWN_CODEC, ROOT, read_stages
from tests.small import dvc
from tests.test_architecture import SELECTORS, covers, declared_params

SEARCHES = search.read(ROOT / "conf/search.yaml")
ROWS = [(name, row) for name, one in SEARCHES.items() for row in one["rows"]]
MEASURE = """import json, os, yaml
params = yaml.safe_load(open("params.yaml"))
os.makedirs("metrics", exist_ok=True)
row = {"fad": {"logmel": params["knob"] + params["seed"]}, "coverage": 0.5, "adjacent_similarity": 0.25,
       "notes": {"onset_rate": 1.5}}
json.dump({"after": row}, open("metrics/small.json", "w"))
"""


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_every_row_can_run(name, row):
    """Its knobs are there and their values fit."""
    trees = {"params.yaml": yaml.safe_load((ROOT / "params.yaml").read_text())}
    for knob, value in (SEARCHES[name]["base"] | SEARCHES[name]["rows"][row]).items():
        file, _, place = knob.rpartition(":")
        tree = trees.setdefault(file or "params.yaml", yaml.safe_load((ROOT / (file or "params.yaml")).read_text()))
        *above, last = place.split(".")
        for key in above:
            tree = tree[key]
        assert last in tree, f"{knob} is not a setting"
        tree[last] = value
    preset = trees.get("conf/scale/laptop.yaml", {})
    assert selectors.problems_of_knobs(merge(trees["params.yaml"], preset or yaml.safe_load(
        (ROOT / "conf/scale/laptop.yaml").read_text())), preset, "conf/scale/laptop.yaml") == []


def test_searches_end_with_stages_that_write_what_is_read():
    stages = read_stages(ROOT)
    for one in SEARCHES.values():
        assert one["read"][0] in {str(out.fs_path if os.path.isabs(out.fs_path) else out).removeprefix(f"{ROOT}/")
                                  for out in stages[named(one)].outs}


def named(one):
    """Return the name of the stage that a search ends with; what it runs is the stage's address."""
    return one["run"].rpartition(":")[2]


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_name_stages_as_dvc_takes_them(name):
    """In the root: one of another branch has its file before its name."""
    assert SEARCHES[name]["run"].partition("@")[0] in pipeline.read_stages(ROOT)


@pytest.mark.parametrize("name", SEARCHES)
def test_every_knob_reaches_what_is_read(name, pipelines):
    """What no stage on the way to the figures declares would give the same figures in every row."""
    one = SEARCHES[name]
    stages = pipelines[OWN_CODEC if one["base"].get("codec") == "own" else ("gan", "laptop")]
    above = upstream(stages, named(one))
    assert "encode" in above and "report" not in above
    declared = {knob for stage in above for names in declared_params(stages[stage]).values() for knob in names}
    knobs = {knob.rpartition(":")[2] for settings in (one["base"], *one["rows"].values()) for knob in settings}
    assert {knob for knob in knobs - SELECTORS if not covers(declared, knob)} == set()


def upstream(stages, name):
    """Return the names of a stage and of all that it needs."""
    found, makers = {name}, {Path(out.def_path): maker for maker, stage in stages.items() for out in stage.outs}
    todo = [name]
    while todo:
        deps = {Path(dep.def_path) for dep in stages[todo.pop()].deps}
        more = {maker for out, maker in makers.items()
                if any(dep in (out, *out.parents) or out in dep.parents for dep in deps)} - found
        found |= more
        todo += more
    return found


def test_unknown_rows_are_named():
    with pytest.raises(SystemExit, match=r"expected some of kept, .*; got nothing"):
        search.experiments("gan", SEARCHES["gan"], ["kept", "nothing"], [0])


def test_a_search_runs_goes_on_and_is_shown(tmp_path):
    (tmp_path / "conf").mkdir()
    files = {"params.yaml": "knob: 1\nseed: 0\n", "measure.py": MEASURE, ".gitignore": "/metrics\n",
             "dvc.yaml": yaml.safe_dump({"stages": {"measure": {"cmd": "python measure.py", "params": ["knob", "seed"],
                                                                "metrics": ["metrics/small.json"]}}}),
             "conf/search.yaml": yaml.safe_dump({"small": {"run": "measure", "read": ["metrics/small.json", "after"],
                                                           "rows": {"kept": {}, "more": {"knob": 7}}}})}
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"]):
        subprocess.run(command, cwd=tmp_path, env=environment(), check=True)
    assert dvc(tmp_path, "repro").returncode == 0
    commit(tmp_path, "A search")

    def run(*arguments):
        return subprocess.run([sys.executable, "scripts/search.py", *arguments], cwd=tmp_path, env=environment(),
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)

    assert run().stdout == "small: kept, more\n" and run("large").returncode == 2
    first = run("small", "--only", "more")
    assert first.returncode == 0, first.stdout
    missing = "| kept | 0 | not run | not run | not run | not run |"
    assert run("small", "--table").stdout.splitlines()[2] == missing
    assert first.stdout.splitlines()[-1].split() == "| more | 0 | 7 | 0.5 | 0.25 | 1.5 |".split()
    whole = run("small", "--seeds", "0", "1")
    assert whole.returncode == 0 and "search-small-more-0: already there" in whole.stdout, whole.stdout
    assert [line.split(" | ")[:3] for line in run("small", "--seeds", "0", "1", "--table").stdout.splitlines()[2:]] == [
        ["| kept", "0", "1"], ["| kept", "1", "2"], ["| more", "0", "7"], ["| more", "1", "8"]]
    assert (tmp_path / "params.yaml").read_text() == files["params.yaml"]
