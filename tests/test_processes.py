"""One training in two processes: the losses and the weights of one process; a killed process costs a restart."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from chaconne import processes
from chaconne.files import seal
from chaconne.generators import diffusion, gan
from tests.conftest import ROOT
from tests.spread import STEPS
from tests.test_fitting import workspace  # noqa: F401
from tests.test_generators import SIZES

SAME = 2e-5     # of losses and weights, relative: sums in another order


def spread(folder, kind, count, die_at=-1):
    """Run tests.spread in `folder`; returns (losses [steps, names], weights, what was said)."""
    about = {"PYTHONPATH": f"{ROOT}/src:{ROOT}", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run([sys.executable, "-m", "tests.spread", kind, str(count), str(die_at)], cwd=folder, env=about,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    curves = [pd.read_csv(path, sep="\t") for path in sorted((folder / "metrics/curves/spread").rglob("*.tsv"))]
    assert curves and all(curve.step.tolist() == list(range(1, STEPS + 1)) for curve in curves)
    losses = np.stack([curve.iloc[:, -1] for curve in curves], 1)
    return losses, load_file(folder / "model/model.safetensors"), done.stdout + done.stderr


def apart(a, b):
    """Return how far apart two states are, over the size of the first."""
    difference = sum(float((a[name].double() - b[name].double()).square().sum()) for name in a)
    return (difference / sum(float(one.double().square().sum()) for one in a.values())) ** 0.5


@pytest.fixture
def places(workspace):  # noqa: F811
    """Three folders with the same latents and the same pretrained networks, named one, two, killed."""
    for name, module in (("gan", gan), ("diffusion", diffusion)):
        torch.manual_seed(1)
        folder = workspace / "data/models" / name
        folder.mkdir(parents=True)
        model = module.Model(SIZES[name], 6, 10.0, {"mode": ["minor"]})
        model.facts = {"corpora": [], "train_examples": 0}
        model.save(folder)
        seal(folder)
    shutil.copytree(workspace / "data/latents", workspace / "data/genre_latents")
    made = [workspace / name for name in ("one", "two", "killed")]
    for folder in made:
        shutil.copytree(workspace / "data", folder / "data")
    return made


@pytest.mark.parametrize("kind", ["gan", "diffusion", "musika", "gan-lora"])
def test_two_processes_learn_as_one(places, kind):
    one, weights, _ = spread(places[0], kind, 1)
    two, others, _ = spread(places[1], kind, 2)
    np.testing.assert_allclose(two, one, rtol=SAME, atol=SAME)
    assert apart(weights, others) < SAME
    clock = json.loads((places[1] / "data/timing/spread.json").read_text())
    assert clock["wall_seconds"] > 0 and clock["peak_mb"] > 10


def test_a_killed_process_costs_a_restart(places):
    quiet, weights, _ = spread(places[1], "gan", 2)
    killed, others, said = spread(places[2], "gan", 2, die_at=7)
    assert (places[2] / "died").exists() and "going on at step 7" in said
    np.testing.assert_array_equal(killed, quiet)
    assert apart(weights, others) == 0


def test_another_number_of_processes_goes_on(places):
    """What two began and lost, one ends."""
    whole, weights, _ = spread(places[0], "diffusion", 1)
    about = {"PYTHONPATH": f"{ROOT}/src:{ROOT}", "PATH": "/usr/bin:/bin", "HOME": str(places[1])}
    command = [sys.executable, "-c", "import sys; from chaconne import processes; processes.RESTARTS = 0; "
               "import runpy; sys.argv[1:] = ['diffusion', '2', '7']; "
               "runpy.run_module('tests.spread', run_name='__main__', alter_sys=True)"]
    lost = subprocess.run(command, cwd=places[1], env=about, capture_output=True, text=True, timeout=300)
    assert lost.returncode == 1 and "one of 2 processes failed" in lost.stderr, lost.stderr
    losses, others, said = spread(places[1], "diffusion", 1)
    assert "going on at step 7" in said
    np.testing.assert_allclose(losses, whole, rtol=SAME, atol=SAME)
    assert apart(weights, others) < SAME


def test_a_batch_that_cannot_be_shared_is_told(places):
    about = {"PYTHONPATH": f"{ROOT}/src:{ROOT}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-m", "tests.spread", "gan", "2", "-1", "7"], cwd=places[0], env=about,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "expected a batch that 2 processes can share, got 7" in done.stderr and "start again" not in done.stderr


def test_several_machines_need_their_launcher(monkeypatch):
    monkeypatch.setattr(processes, "spread", lambda: False)
    with pytest.raises(SystemExit, match=r"trainer.num_nodes is 2, but torchrun did not start this"):
        processes.spread_out({"devices": 4, "num_nodes": 2})
