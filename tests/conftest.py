"""What several tests share: this checkout, copies of it, and the pipeline as DVC reads it."""

import os
import signal
from pathlib import Path

import pytest

from scripts.smoke import copy_checkout, set_param

ROOT = Path(__file__).resolve().parents[1]
OWN_CODEC = ("gan", "better")    # the setting of `pipelines` in which the codec is learned from the corpora
LONGEST = ("test_chaos", "test_musika_dag", "test_pipeline")  # the pipeline runs in them
os.environ.setdefault("DVC_NO_ANALYTICS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# A shell lets jobs in the background ignore Ctrl-C, and all their children after them; some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    """Say how often tests/chaos kills the pipeline, and what it compares with; test_pipeline takes that one, too."""
    group = parser.getgroup("chaos")
    group.addoption("--kills", type=int, default=0, help="kill the pipeline so often; 0 leaves the test out")
    # With the sign: before it knows the option pytest takes a folder beside it for one of tests.
    group.addoption("--quiet-run", default="", help="=FOLDER of a finished `python scripts/smoke.py FOLDER`")
    group.addoption("--chaos-seed", type=int, default=0, help="another seed, other moments")


def pytest_collection_modifyitems(items):
    """Long files first: workers take files whole, and none is to be left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.stem not in LONGEST, item.path not in slow))


def read_stages(root):
    """Return {name: stage} of every dvc.yaml of the checkout, every template resolved by DVC itself."""
    from dvc.repo import Repo

    with Repo(root) as repo:
        return {stage.name: stage for stage in repo.index.stages}


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory):
    """Return {(model, scale): stages} for settings that differ in every selector a test may meet."""
    found = {}
    for model, scale in (("gan", "laptop"), ("diffusion", "smoke"), ("gan", "gpu"), OWN_CODEC, ("musika", "laptop"),
                         ("musika", "smoke"), ("musika", "gpu")):
        copy = copy_checkout(tmp_path_factory.mktemp("pipeline") / "copy", scale)
        set_param(copy, "model", model)
        set_param(copy, "codec", "own" if (model, scale) == OWN_CODEC else {"musika": "musika"}.get(model, "spectral"))
        found[model, scale] = read_stages(copy)
    return found
