"""Selectors: a wrong name is caught before anything is computed, and the right ones are named."""

import os
import subprocess
import sys

import pytest

from chaconne.running.params.selectors import problems, read_selectors
from tests.conftest import ROOT


def test_the_checked_in_params_are_right():
    assert problems(read_selectors(ROOT), ROOT) == []


CORPORA = "expected one of chorales, cocochorales, folder, folk, maestro"


@pytest.mark.parametrize(("name", "value", "said"), [
    ("model", "nonsense",
     "expected one of diffusion, distilled, gan, musika; got nonsense; try `dvc exp run -S model=gan`"),
    ("data", "nonsense", f"{CORPORA}; got nonsense; try `dvc exp run -S data=chorales`"),
    ("genre", 7, f"{CORPORA}; got 7; try `dvc exp run -S genre=folk`"),
    ("codec", "encodec", "expected one of musika, own, spectral; got encodec; try `dvc exp run -S codec=spectral`"),
    ("scale", None, "expected one of better, gpu, laptop, smoke; got None; try `dvc exp run -S scale=laptop`"),
    ("seed", "x", "expected a whole number 0..2147483647; got x; try `dvc exp run -S seed=0`"),
    ("runs", 0, "expected a whole number 1..64; got 0; try `dvc exp run -S runs=1`"),
    ("threads", 0, "expected a whole number 1..256; got 0; try `dvc exp run -S threads=1`"),
])
def test_a_wrong_selector_names_those_that_exist(name, value, said):
    assert problems(read_selectors(ROOT) | {name: value}, ROOT) == [f"{name}: {said}"]


def test_a_folder_that_is_not_there_is_named():
    said = "folder: expected a folder of music, got /nowhere; try `dvc exp run -S folder=music`"
    assert problems(read_selectors(ROOT) | {"folder": "/nowhere"}, ROOT) == [said]


def test_the_stage_exits_with_2_and_writes_nothing(tmp_path):
    for part in ("conf", "src", "music"):
        (tmp_path / part).symlink_to(ROOT / part)
    text = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("model: gan", "model: nonsense"))
    command = [sys.executable, "-m", "stages.selectors"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def run():
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    failed = run()
    assert failed.returncode == 2
    assert failed.stderr.startswith("model: expected one of diffusion, distilled, gan, musika; got nonsense")
    assert not (tmp_path / "data").exists()
    (tmp_path / "params.yaml").write_text(text)
    assert run().returncode == 0
    assert (tmp_path / "data" / "selectors.txt").read_text() == "ok\n"
    assert (tmp_path / "data" / "codec.txt").read_text() == "spectral\n"
    assert (tmp_path / "data" / "generators.txt").read_text() == "diffusion\ndistilled\ngan\n"
    (tmp_path / "params.yaml").write_text(text.replace("codec: spectral", "codec: own"))
    assert run().returncode == 0 and (tmp_path / "data" / "codec.txt").read_text() == "own\n"
