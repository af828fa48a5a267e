"""The package as a stranger meets it: importing does nothing, help comes at once, contracts hold."""

import os
import pkgutil
import subprocess
import sys

import pytest
import torch
import yaml

import chaconne.generators
from chaconne.running.models import load_generator, load_variation
from chaconne.running.params.reading import merge, read_params
from tests.conftest import ROOT

GENERATORS = [module.name for module in pkgutil.iter_modules(chaconne.generators.__path__)]
VOCABULARY = {"instrument": ["organ", "violin"], "mode": ["major", "minor"]}

IMPORT_ALL = """
import importlib, pkgutil, socket, chaconne
def refuse(*args, **kwargs): raise SystemExit("the package opened a network connection on import")
socket.socket.connect = socket.create_connection = refuse
for module in pkgutil.walk_packages(chaconne.__path__, "chaconne."):
    importlib.import_module(module.name)
"""


def run_python(*args, cwd):
    """Run Python on this checkout's package; returns the finished process."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *args], cwd=cwd, env=environment, capture_output=True, text=True)


def test_importing_does_nothing_else(tmp_path):
    done = run_python("-c", IMPORT_ALL, cwd=tmp_path)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (0, "", []), done.stderr


def test_help_comes_without_loading_the_heavy_libraries(tmp_path):
    done = run_python("-c", "from chaconne.cli import app; app(prog_name='chaconne')", "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "chaconne" in done.stdout
    loaded = run_python("-c", "import sys, chaconne.cli; print(*sys.modules)", cwd=tmp_path).stdout.split()
    assert not {"torch", "dvc", "librosa", "music21", "pandas"} & set(loaded)


@pytest.fixture(params=GENERATORS)
def generator(request):
    """Return (model, knobs of sampling): every generator, untrained, for latents of 5 channels at 10 Hz."""
    smoke = yaml.safe_load((ROOT / "conf/scale/smoke.yaml").read_text())
    params = merge(read_params(ROOT), smoke)
    knobs = params[request.param]
    if request.param == "distilled":    # it has the sizes of the two that it goes on from
        knobs = merge({"train": params["gan"]["train"] | params["diffusion"]["train"]}, knobs)
    torch.manual_seed(0)
    model = load_variation("generators", request.param).Model(knobs["train"], 5, 10.0, VOCABULARY).eval()
    # Some networks begin as zero or identity; a little noise lets every input count.
    with torch.no_grad():
        for p in model.parameters():
            p += 0.05 * torch.randn_like(p)
    return model, knobs["sample"]


def test_generators_make_music_of_any_length(generator):
    model, knobs = generator
    for seconds, frames in ((1.0, 10), (6.05, 61), (30.0, 300)):
        made = model.sample(seconds, 1, {"instrument": "organ"}, knobs, count=2)
        assert made.shape == (2, 5, frames)
        assert made.isfinite().all()


def test_generators_repeat_with_the_seed_and_differ_without(generator):
    model, knobs = generator
    first, again, other = (model.sample(2.0, seed, {}, knobs) for seed in (1, 1, 2))
    assert first.equal(again)
    assert not first.equal(other)


def test_generators_heed_conditions_and_take_unknown_values_as_free(generator):
    model, knobs = generator
    free, organ, violin, unknown = (model.sample(2.0, 1, c, knobs) for c in (
        {}, {"instrument": "organ"}, {"instrument": "violin"}, {"instrument": "kazoo"}))
    assert not organ.equal(violin)
    assert unknown.equal(free)


def test_generators_keep_on_disk(generator, tmp_path):
    model, knobs = generator
    model.mean += 1.0
    model.save(tmp_path)
    loaded = load_generator(tmp_path)
    assert type(loaded) is type(model)
    assert loaded.sample(2.0, 1, {}, knobs).equal(model.sample(2.0, 1, {}, knobs))


def test_generators_name_the_layers_that_meet_the_latents(generator):
    model, _ = generator
    layers = dict(model.named_modules())
    assert model.input_output and set(model.input_output) <= set(layers)


def test_an_unknown_variation_is_told_what_exists():
    with pytest.raises(ValueError, match=r"diffusion.*gan.*nonsense"):
        load_variation("generators", "nonsense")
