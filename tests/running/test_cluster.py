"""Ray on this machine: the same bytes as the pool, a worker that is killed costs a second try."""

import os
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest

from chaconne.running.workers import CLUSTER, at_most, in_order
from tests.conftest import ROOT

ray = pytest.importorskip("ray", reason="pip install -e '.[cluster]'")


@pytest.fixture(scope="module", autouse=True)
def two_processors():
    """A cluster of two processors, as a machine of this size has."""
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=True,
             logging_level=40, runtime_env={"env_vars": {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}})
    yield
    ray.shutdown()


def square(number):
    return number * number


def killed_once(item):
    """The worker that comes first is killed from outside, as a node that fails."""
    folder, number = item
    if number == 5:
        try:
            Path(folder, "died").touch(exist_ok=False)
        except FileExistsError:
            return number
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def failing(number):
    raise ValueError(f"{number} is no piece")


def test_it_yields_in_order_where_the_project_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(in_order(square, range(37), CLUSTER)) == [n * n for n in range(37)]
    assert set(in_order(where, range(4), CLUSTER, chunk=1)) == {str(tmp_path)}


def where(_):
    return os.getcwd()


def test_a_worker_that_is_killed_costs_a_second_try(tmp_path):
    items = [(str(tmp_path), number) for number in range(12)]
    assert list(in_order(killed_once, items, CLUSTER, chunk=1)) == list(range(12))
    assert (tmp_path / "died").exists()


def test_what_is_wrong_with_an_item_is_said_as_by_the_pool():
    with pytest.raises(ValueError) as error:
        list(in_order(failing, [3], CLUSTER))
    assert str(error.value) == "3 is no piece"


def test_a_worker_that_always_dies_is_told_as_by_the_pool():
    with pytest.raises(BrokenProcessPool):
        list(in_order(dying, [1], CLUSTER))


def dying(_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_corpus_has_the_same_bytes(tmp_path):
    """Rendering and encoding: what workers write themselves, and what they send back."""
    from chaconne.running.files import seal
    from chaconne.running.models import load_codec
    from chaconne.training.encoding import Encoder
    from tests import tiny
    from tests.accompaniment.test_accompaniment import AUDIO, corpus_of, packing, piece, plan, read_settings, score

    tiny.save(tiny.codec(), tmp_path / "codec")
    seal(tmp_path / "codec")
    settings = read_settings("chorales")
    found = {}
    for name, workers in (("pool", 2), ("ray", CLUSTER)):
        root = tmp_path / name
        corpus_of(root, [piece(f"p{i}", (72 + i, 60)) for i in range(5)])
        table, notes = score.unpack(root / "scores")
        rows = plan.plan(table, notes, settings, AUDIO, {"test": 0.3, "valid": 0.1}, 0)
        from chaconne.corpora.rendering.render import Renderer

        out = root / "again"
        out.mkdir()
        packing.pack(rows, Renderer(str(root / "scores"), settings, 22050), out, settings, AUDIO, workers)
        work = root / "work"
        work.mkdir()
        encoder = Encoder(out, load_codec, tmp_path / "codec", work, workers)
        spans = [(row["start"], row["samples"] // 2048 * 2048) for row in rows]
        found[name] = (np.load(out / "audio.npy").tobytes(), b"".join(z.tobytes() for z in encoder(spans)))
    assert found["pool"] == found["ray"]


def test_a_cluster_is_told_no_number():
    assert at_most(CLUSTER, 3) == CLUSTER and at_most(4, 3) == 3 and at_most(2, 3) == 2


def test_it_starts_one_of_its_own_and_leaves_signals_as_they_were(tmp_path):
    code = ("import signal\n"
            "from chaconne.running.workers import in_order\n"
            "signal.signal(signal.SIGTERM, keep := lambda *_: None)\n"
            "print(list(in_order(abs, [-1, 2], 'cluster')), signal.getsignal(signal.SIGTERM) is keep)")
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, cwd=tmp_path, env=os.environ | {
        "PYTHONPATH": str(ROOT / "src"), "RAY_ADDRESS": ""})
    assert done.stdout.strip().endswith("[1, 2] True"), done.stderr


def test_without_ray_one_line_says_how_to_get_it():
    code = ("import sys; sys.modules['ray'] = None\n"
            "from chaconne.running.workers import in_order\n"
            "try: list(in_order(abs, [1], 'cluster'))\n"
            "except ValueError as error: print(error)")
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, env=os.environ | {
        "PYTHONPATH": str(ROOT / "src")})
    assert "pip install -c constraints.txt -e '.[cluster]'" in done.stdout, done.stderr


