"""Musika in the pipeline: what dvc.yaml cannot name is sealed, and the default never trains it."""

import shutil

import pytest

from scripts.seal import SEALED, covered, seal_in, seal_of
from tests.conftest import ROOT
from tests.test_architecture import declared_code, needed_code, stage_scripts


@pytest.mark.parametrize("path", SEALED, ids=str)
def test_seals_are_current(path):
    assert seal_in(path) == seal_of(path), "run `python scripts/seal.py`: a file of chaconne.musika was edited"


def test_an_edit_breaks_the_seal_of_what_imports_it(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src")
    for name, broken in (("products", 1), ("small_sets", 1), ("layers", 2)):
        before = [seal_of(path, tmp_path) for path in SEALED]
        with open(tmp_path / f"src/chaconne/musika/{name}.py", "a") as file:
            file.write("\nEDITED = True\n")
        assert sum(a != seal_of(p, tmp_path) for a, p in zip(before, SEALED, strict=True)) == broken


@pytest.mark.parametrize("setting", [("musika", "laptop"), ("musika", "smoke")], ids="-".join)
def test_stages_declare_the_code_they_import_or_what_seals_it(pipelines, setting):
    wrong = []
    for name, stage in pipelines[setting].items():
        if not stage_scripts(stage):
            continue
        declared = declared_code(stage)
        sealed = {p for path in declared & set(SEALED) for p in covered(path)}
        missing = {p for p in needed_code(stage) - sealed if not {p, *p.parents} & declared}
        wrong += [f"{name}: deps lack {p}" for p in sorted(missing)]
    assert not wrong, "\n".join(wrong)


def test_the_default_does_not_need_it(pipelines):
    """train_musika lies in a file of its own: nothing that ./dvc.yaml runs by default depends on it."""
    stages = pipelines["gan", "laptop"]
    made = {out.def_path for out in stages["train_musika"].outs}
    assert not {name for name, stage in stages.items() if made & {d.def_path for d in stage.deps}}
    assert "sample@musika" not in stages and "sample@musika" in pipelines["musika", "laptop"]
