"""What runs stages changes no result: it is in no deps, so what it hands to them is pinned here.

That kills, resuming and locks change no byte is shown by tests/chaos on the whole pipeline.
"""

import json
import random

import pytest
import torch
from dvc.utils.serialize import parse_yaml

from chaconne.running import clocks
from chaconne.running.files import new_file, new_folder
from chaconne.running.params.plain import parse, read_yaml
from chaconne.running.params.reading import merge, read_params
from chaconne.running.stage import stage
from chaconne.running.workers import in_order
from tests.conftest import ROOT

SCALARS = ("010 0o10 0x1F 0b11 yes no on off True FALSE ~ null 1:30 1:30.5 1e5 4e-05 1.5e3 .5 5. +1 -0 1_000 012.5 08 "
           "'010' \"yes\" text 2020-01-01").split()


def test_a_stage_is_seeded_and_has_its_threads(tmp_path, monkeypatch):
    """The numbers are Python's and PyTorch's for the seed 3; other ones would make all results others."""
    monkeypatch.chdir(tmp_path)
    with stage("x", seed=3, threads=1):
        assert (torch.get_num_threads(), random.random()) == (1, 0.23796462709189137)
        assert torch.rand(1).item() == torch.rand(1, generator=torch.Generator().manual_seed(3)).item()
        assert torch.get_deterministic_debug_mode() == 1


@pytest.mark.parametrize("scalar", SCALARS)
def test_params_are_read_as_dvc_reads_them(scalar):
    """Also after `dvc exp run -S`, which writes them anew without the quotes that its own reader does not need."""
    ours = parse(f"k: {scalar}".encode(), "x.yaml")["k"]
    assert repr(ours) == repr(parse_yaml(f"k: {scalar}", "x.yaml")["k"])


@pytest.mark.parametrize("path", sorted([ROOT / "params.yaml", *ROOT.glob("conf/scale/*.yaml"),
                                         *ROOT.glob("conf/data/*.yaml")]), ids=lambda path: path.stem)
def test_files_of_params_are_read_as_dvc_reads_them(path):
    assert repr(read_yaml(path)) == repr(parse_yaml(path.read_text(), path))


def test_presets_lie_over_params():
    assert merge({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"c": 4}}) == {"a": {"b": 1, "c": 4}, "d": 3}
    params, preset = read_params(ROOT), read_yaml(ROOT / "conf/scale/laptop.yaml")
    assert params["gan"]["train"]["steps"] == preset["gan"]["train"]["steps"]
    assert params["gan"]["train"]["gamma"] == read_yaml(ROOT / "params.yaml")["gan"]["train"]["gamma"]


def test_files_and_folders_are_what_was_written(tmp_path):
    with new_file(tmp_path / "a.txt") as path:
        path.write_bytes(b"\r\n\x00")
    with new_folder(tmp_path / "b") as folder:
        (folder / "c.txt").write_bytes(b"\xff")
    assert (tmp_path / "a.txt").read_bytes() == b"\r\n\x00" and (tmp_path / "b/c.txt").read_bytes() == b"\xff"


def test_workers_give_what_one_would_in_order():
    assert list(in_order(abs, [-3, 1, -2], 2)) == list(in_order(abs, [-3, 1, -2], 1)) == [3, 1, 2]


def test_clocks_are_kept_beside_each_other_and_for_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seconds = {"wall_seconds": 2.0, "cpu_seconds": 3.0, "peak_mb": 100}
    clocks.record("train_gan", seconds | {"train_cpu_seconds": 1.5, "train_wall_seconds": 1.0})
    clocks.record("sample_gan", seconds | {"realtime_factor": 9.0})
    clocks.record("train_codec", seconds | {"train_cpu_seconds": 5.0})
    clocks.record("train_codec", seconds | {"wall_seconds": 4.0})
    table = json.loads((tmp_path / "metrics/timing.json").read_text())
    assert table["gan"] == {"train_cpu_seconds": 1.5, "train_wall_seconds": 1.0, "realtime_factor": 9.0}
    assert table["stages"] == {"train_gan": seconds, "sample_gan": seconds,
                               "train_codec": seconds | {"wall_seconds": 4.0}}
    assert set(table) == {"gan", "stages"}
    assert clocks.trained_for(["gan", "diffusion"]) == {}    # nobody timed the second
    clocks.record("train_diffusion", {"train_cpu_seconds": 2.25})
    clocks.record("train_distilled", {"train_cpu_seconds": 1.0} | clocks.trained_for(["gan", "diffusion"]))
    table = json.loads((tmp_path / "metrics/timing.json").read_text())
    assert table["distilled"] == {"train_cpu_seconds": 1.0, "begun_cpu_seconds": 3.75}
    name, text = (tmp_path / "metrics/timing.js").read_text().split(" = ", 1)
    assert name == "globalThis.chaconneClocks" and json.loads(text.rstrip(";\n")) == table
