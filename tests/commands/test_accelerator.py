"""The check of a GPU finds what is wrong, and code that never met one works on other devices."""

import json
import re

import pytest
import torch
from typer.testing import CliRunner

from chaconne.accompaniment.listening.listener import Accompanist
from chaconne.cli import app
from chaconne.commands.doctoring import accelerator
from chaconne.running.params.reading import read_params
from tests import tiny
from tests.conftest import ROOT


@pytest.fixture
def params():
    """Those of the project, with networks that are made in no time."""
    found = read_params(ROOT)
    found["spectral"] |= {"width": 16, "depth": 1, "channels": accelerator.CHANNELS}
    return found | {name: {"train": tiny.SIZES[name] | {"frames": 16}} for name in ("gan", "diffusion")}


@pytest.fixture
def quick(monkeypatch):
    """Without the compiler, which takes half a minute: a test of its own has it."""
    monkeypatch.setattr(torch, "compile", lambda network: network)
    monkeypatch.setattr(accelerator, "MATRIX", 64)


def test_a_device_that_agrees_is_fine(params, quick):
    found = list(accelerator.look(params, "cpu"))
    assert {one.level for one in found} == {"fine"}
    assert {"codec", "diffusion, gradients", "gan: penalty", "sampling", "mixed precision", "torch.compile"} <= {
        one.name for one in found}


def test_a_device_that_computes_wrongly_is_found(params, quick, monkeypatch):
    right = accelerator.moved

    def wrong(module, device):
        moved = right(module, device)
        with torch.no_grad():
            for weight in moved.parameters():
                weight.mul_(1.01)
        return moved

    monkeypatch.setattr(accelerator, "moved", wrong)
    levels = {one.name: one.level for one in accelerator.look(params, "cpu")}
    # These do not look at the processor.
    same = {"device", "speed", "mixed precision", "torch.compile", "gan: training", "diffusion: training"}
    assert {name for name, level in levels.items() if level == "fine"} == same


def test_a_kernel_that_fails_is_one_line_and_the_rest_goes_on(params, quick, monkeypatch):
    def broken(network):
        raise RuntimeError("no kernel image is available\nfor execution on the device")

    monkeypatch.setattr(torch, "compile", broken)
    found = {one.name: one for one in accelerator.look(params, "cpu")}
    assert found["torch.compile"].level == "missing" and "no kernel image" in found["torch.compile"].text
    assert "\n" not in found["torch.compile"].text and found["sampling"].level == "fine"


def test_a_device_that_there_is_not_is_one_line(params):
    (found,) = accelerator.look(params, "cuda:7" if not torch.cuda.is_available() else "xpu")
    assert found.level == "missing" and "cannot be used" in found.text and "\n" not in found.text


@pytest.mark.skipif(accelerator.found() is not None, reason="this machine has an accelerator")
def test_without_an_accelerator_it_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tiny.project(tmp_path / "p"))
    run = CliRunner().invoke(app, ["doctor", "--gpu", "--json"])
    assert run.exit_code == 1
    (said,) = [one for one in json.loads(run.output) if one["area"] == "accelerator"]
    assert said["level"] == "missing" and "CUDA" in said["text"] and said["mend"]
    alone = CliRunner().invoke(app, ["doctor", "--device", "cuda"])
    assert alone.exit_code == 2 and "--gpu" in alone.output


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gan", "diffusion"])
def test_networks_compile_and_give_the_same(name):
    model = tiny.generator(name)
    codes = torch.zeros(2, 2, dtype=torch.long)
    inputs = ((torch.randn(2, tiny.CHANNELS, 16), torch.rand(2), codes) if name == "diffusion" else
              (model.line(2, 4), torch.randn(2, 8), codes))
    assert accelerator.compiled(model.network, inputs, "cpu") < accelerator.SAME


def test_every_tensor_is_made_where_the_others_are():
    """On the device `meta` a tensor that is made on the processor would not meet the others."""
    codes = torch.zeros(2, 2, dtype=torch.long, device="meta")
    z = torch.randn(2, tiny.CHANNELS, 16, device="meta")
    flow = tiny.generator("diffusion").to("meta")
    assert flow.network(z, torch.rand(2, device="meta"), codes).shape == z.shape
    objective = flow.objective(flow.network, tiny.SIZES["diffusion"])
    assert objective(*objective.drawn(z, codes)).shape == ()
    gan = tiny.generator("gan").to("meta")
    line = gan.line(2, 4).to("meta")
    made = gan.network(line, torch.randn(2, 8, device="meta"), codes)
    assert made.shape == z.shape and gan.critic(made, codes).ndim == 2
    hearing = Accompanist(tiny.SIZES["diffusion"], tiny.CHANNELS, 10.0, tiny.VOCABULARY).to("meta")
    beside = torch.randn(2, 2 * tiny.CHANNELS + 1, 16, device="meta")
    assert hearing.network(beside, torch.rand(2, device="meta"), torch.zeros(2, 3, dtype=torch.long, device="meta")
                           ).shape == beside.shape


def test_no_code_names_one_kind_of_device():
    for path in (ROOT / "src").rglob("*.py"):
        assert not re.search(r"\.cuda\(\)|\.to\(\"cuda", path.read_text()), path
