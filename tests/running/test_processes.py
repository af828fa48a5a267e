"""One training in two processes: the losses and the weights of one process; a killed process costs a restart."""

import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from safetensors.torch import load_file

from chaconne.generators import diffusion, gan
from chaconne.running import processes
from chaconne.running.files import seal
from chaconne.training.engine.trainer import Trainer
from tests.conftest import ROOT
from tests.generators.test_generators import SIZES
from tests.training.test_fitting import workspace  # noqa: F401

SAME = 2e-5     # of losses and weights, relative: sums in another order
ABOUT = {"PYTHONPATH": f"{ROOT}/src:{ROOT}", "PATH": "/usr/bin:/bin"}


def begin(folder, kind, count, fault="", code=None):
    """Start tests.spread in `folder`."""
    command = [sys.executable, *(["-c", code] if code else ["-m", "tests.spread", kind, str(count), fault])]
    return subprocess.Popen(command, cwd=folder, env=ABOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end(process):
    """Return (exit status, what was said) of a process when it has ended."""
    said, _ = process.communicate(timeout=300)
    return process.returncode, said


def spread(folder, kind, count, fault=""):
    """Run tests.spread to a good end; returns (losses {name: [steps]}, weights, what was said)."""
    status, said = end(begin(folder, kind, count, fault))
    assert status == 0, said
    curves = {path.stem: pd.read_csv(path, sep="\t") for path in (folder / "metrics/curves/spread").rglob("*.tsv")}
    return ({name: curve.iloc[:, -1].to_numpy() for name, curve in curves.items()},
            load_file(folder / "model/model.safetensors"), said)


def assert_same(one, two):
    """Both are (losses, weights, ...) of a training."""
    assert one[0].keys() == two[0].keys() and one[0]
    for name in one[0]:
        np.testing.assert_allclose(two[0][name], one[0][name], rtol=SAME, atol=SAME, err_msg=name)
    difference = sum(float((one[1][name].double() - two[1][name].double()).square().sum()) for name in one[1])
    assert difference < SAME ** 2 * sum(float(weight.double().square().sum()) for weight in one[1].values())


@pytest.fixture
def places(workspace):  # noqa: F811
    """Two folders with the same latents and the same pretrained networks."""
    for name, module in (("gan", gan), ("diffusion", diffusion)):
        torch.manual_seed(1)
        folder = workspace / "data/models" / name
        folder.mkdir(parents=True)
        model = module.Model(SIZES[name], 6, 10.0, {"mode": ["minor"]})
        model.facts = {"corpora": [], "train_examples": 0}
        model.save(folder)
        seal(folder)
    for copy in ("genre_latents", "held"):
        shutil.copytree(workspace / "data/latents", workspace / "data" / copy)
    index = workspace / "data/held/index.csv"
    index.write_text(index.read_text().replace("train", "valid"))
    made = [workspace / name for name in ("one", "two")]
    for folder in made:
        shutil.copytree(workspace / "data", folder / "data")
    return made


@pytest.mark.parametrize(("kind", "fault"), [("gan", ""), ("diffusion", ""), ("musika", "early"), ("gan-lora", "")])
def test_two_processes_learn_as_one(places, kind, fault):
    one, two = spread(places[0], kind, 1, fault), spread(places[1], kind, 2, fault)
    assert ("stopped" in one[0]) == (fault == "early")
    assert_same(one, two)


def test_each_process_takes_its_rows():
    fabrics = [SimpleNamespace(global_rank=rank, world_size=3) for rank in range(3)]
    taken = [Trainer.part(SimpleNamespace(name="x", fabric=fabric), torch.arange(6), torch.arange(6) * 10)
             for fabric in fabrics]
    assert [[part.tolist() for part in parts] for parts in taken] == [
        [[0, 1], [0, 10]], [[2, 3], [20, 30]], [[4, 5], [40, 50]]]


def test_what_is_drawn_after_the_rows_were_taken_differs():
    drawn = set()
    for rank in range(3):
        torch.manual_seed(7)
        Trainer.part(SimpleNamespace(name="x", fabric=SimpleNamespace(global_rank=rank, world_size=3)), torch.arange(6))
        drawn.add(float(torch.rand(())))
    torch.manual_seed(7)
    assert len(drawn) == 3 and float(torch.rand(())) in drawn   # the first goes on as one process does


def test_a_killed_process_costs_a_restart(places):
    quiet, killed = spread(places[0], "gan", 2), spread(places[1], "gan", 2, "killed")
    assert (places[1] / "died").exists() and "going on at step 7" in killed[2]
    assert_same(quiet, killed)


def test_another_number_of_processes_goes_on(places):
    """What two began and lost, one ends."""
    whole = spread(places[0], "diffusion", 1)
    status, said = end(begin(places[1], "", 0, code=(
        "import runpy, sys; from chaconne.running import processes; processes.RESTARTS = 0; "
        "sys.argv[1:] = ['diffusion', '2', 'killed']; "
        "runpy.run_module('tests.spread', run_name='__main__', alter_sys=True)")))
    assert status == 1 and "one of 2 processes failed" in said, said
    gone_on = spread(places[1], "diffusion", 1)
    assert "going on at step 7" in gone_on[2]
    assert_same(whole, gone_on)


@pytest.mark.parametrize(("fault", "line"), [
    ("odd", "expected a batch that 2 processes can share, got 7"), ("wrong", "spread: samples are silent")])
def test_what_a_process_explains_is_not_tried_again(places, fault, line):
    """Also where the other one waits for it."""
    status, said = end(begin(places[0], "diffusion", 2, fault))
    assert status == 1 and line in said and "start again" not in said, said


def test_nothing_is_left_when_the_starter_is_killed(places):
    process = begin(places[0], "diffusion", 2, "still")
    marks, limit = [places[0] / f"rank_{i}" for i in range(2)], time.monotonic() + 120
    while not all(mark.exists() and mark.read_text() for mark in marks):
        assert time.monotonic() < limit and process.poll() is None
        time.sleep(0.2)
    ranks = [psutil.Process(int(mark.read_text())) for mark in marks]
    os.kill(process.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(ranks, timeout=30)
    process.communicate()
    assert not alive


def test_several_machines_need_their_launcher():
    with pytest.raises(ValueError, match=r"trainer.num_nodes is 2, but torchrun did not start this"):
        processes.spread_out({"devices": 4, "num_nodes": 2})


def test_more_processes_than_gpus_are_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match=r"expected as many GPUs as processes, got 1 and 4"):
        processes.spread_out({"devices": 4, "num_nodes": 1, "accelerator": "cuda"})
