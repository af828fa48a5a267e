"""Hostile and broken files, thousands of them: no traceback, no hang, no code run, always one clear line."""

import contextlib
import copy
import json
import random
import shutil
import signal

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from chaconne.evaluation.reference import reference
from chaconne.running.files import seal
from chaconne.running.models import load_codec, load_generator, load_variation
from chaconne.running.params import corpora as settings
from chaconne.running.params.plain import read_yaml
from chaconne.running.params.reading import merge
from chaconne.running.params.selectors import problems, read_selectors
from chaconne.running.stage import explain
from chaconne.storage.latents.audio import Recordings
from chaconne.storage.latents.latents import Latents
from chaconne.training.engine.trainer import Trainer
from chaconne.training.sampling import draw_conditions
from tests.conftest import ROOT

SECONDS = 10        # no single file may take longer
TOKENS = [b"-1", b"1e309", b"NaN", b"9" * 30, b"null", b"", b"[]", b"{}", b"\x00", b"\xff\xfe", b"../../x", b"=1+1",
          b"<script>", b"true", b"&a [*a]", b"!!python/object/apply:os.system ['touch hacked']", b"'", b'"', b"\n",
          b":", b"- ", b"[" * 3000, b"0", b"1.5", b"2e-4", b"\x93NUMPY", b",", b"}", b"]"]
VALUES = [None, -1, 0, 10**12, 10**30, 1.5, float("nan"), float("inf"), "", "x" * 10**5, "../x", [], [[]], {}, {"a": 1},
          True, [None], "2e-4"]
TRAINING = dict(accelerator="cpu", devices=1, num_nodes=1, precision="32-true", log_every=5, previews=0)
SMOKE = merge(yaml.safe_load((ROOT / "params.yaml").read_text()),
              yaml.safe_load((ROOT / "conf/scale/smoke.yaml").read_text()))


def mutated(content, rng):
    """Return bytes with one to four places changed, cut out, doubled or replaced."""
    content = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(content) + 1)
        length = min(len(content) - at, int(rng.expovariate(0.2)))
        way = rng.randrange(6)
        if way == 0 and at < len(content):
            content[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            del content[at:at + length]
        elif way == 2:
            content[at:at] = content[at:at + length]
        elif way == 3:
            content[at:at + length] = rng.choice(TOKENS)
        elif way == 4:
            content[at:at] = rng.choice(TOKENS)
        elif rng.random() < 0.3:
            del content[at:]
    return bytes(content)


def reshaped(tree, rng):
    """Return nested data with one to three values replaced, removed, or new keys beside them."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.randint(1, 3)):
        place, keys = tree, None
        while isinstance(place, (dict, list)) and place:
            above, keys = place, list(place) if isinstance(place, dict) else range(len(place))
            key = rng.choice(keys)
            place = above[key]
            if rng.random() < 0.2:
                break
        if keys is None:
            return rng.choice(VALUES)
        way = rng.random()
        if way < 0.7:
            above[key] = copy.deepcopy(rng.choice(VALUES))
        elif way < 0.85 or isinstance(above, list):
            del above[key]
        else:
            above[rng.choice(["stray", "", "model_config", "copy", "__class__"])] = 1
    return tree


@contextlib.contextmanager
def in_time():
    """Fail when the block takes longer than SECONDS."""
    def late(*_):
        raise TimeoutError("a file took too long")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(work, *arguments):
    """Return 'fine', or the one line that a stage would say; anything else is a failure of the test."""
    try:
        with in_time():
            work(*arguments)
        return "fine"
    except (ValueError, FileNotFoundError, FloatingPointError) as error:
        said = explain(error)
        assert said and "\n" not in said and len(said) < 2000, repr(error)
        return said


def fuzz(root, names, read, count, expected, seed=0):
    """Break one of the files `names` in `root` and `read()`, `count` times; returns how often that was told.

    expected: what every message must hold, so that people know which file is meant.
    """
    rng, told = random.Random(seed), 0
    for _ in range(count):
        path = root / rng.choice(names)
        whole = path.read_bytes()
        as_data = path.suffix == ".json" and rng.random() < 0.6
        path.write_bytes(json.dumps(reshaped(json.loads(whole), rng)).encode() if as_data else mutated(whole, rng))
        said = outcome(read)
        if said != "fine":
            told += 1
            assert expected in said, said
        path.write_bytes(whole)
    assert outcome(read) == "fine"
    return told


@pytest.fixture(autouse=True)
def nothing_runs(tmp_path, monkeypatch):
    """No mutated file may run a command: the tokens would leave a file `hacked`."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / "hacked").exists()


@pytest.fixture
def checkout(tmp_path):
    """Return a folder with params.yaml and conf/, and the names of codecs and generators."""
    for name in ("conf", "params.yaml"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    (tmp_path / "src/chaconne").mkdir(parents=True)
    (tmp_path / "music").mkdir()
    for name in ("codec", "generators"):
        (tmp_path / "src/chaconne" / name).symlink_to(ROOT / "src/chaconne" / name)
    return tmp_path


def test_800_params_files_and_presets(checkout):
    def read():
        wrong = problems(read_selectors(checkout), checkout)
        assert all("\n" not in line and len(line) < 1000 for line in wrong)
        if wrong:
            raise ValueError("; ".join(wrong)[:1900])

    assert fuzz(checkout, ["params.yaml", "conf/scale/laptop.yaml"], read, 800, "") > 400


def test_400_params_of_wrong_types(checkout):
    """What YAML can say, in places where it should not."""
    rng, params = random.Random(1), read_selectors(ROOT)
    for _ in range(400):
        for line in problems(reshaped(params, rng), checkout):
            assert "\n" not in line and len(line) < 1000
            assert "expected" in line or "is not a setting" in line, line


def test_200_settings_of_corpora(checkout):
    def read():
        for name in ("folk", "chorales"):
            if wrong := settings.problems(read_yaml(checkout / f"conf/data/{name}.yaml"), name):
                raise ValueError("; ".join(wrong))

    assert fuzz(checkout, ["conf/data/folk.yaml", "conf/data/chorales.yaml"], read, 200, "") > 80


@pytest.fixture
def corpus(tmp_path):
    """Return a corpus folder of four clips."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    np.save(folder / "audio.npy", np.arange(8000, dtype=np.int16))
    rows = [dict(clip=i, piece=f"p{i}", split="train" if i < 3 else "test", start=2000 * i, samples=2000,
                 beat_samples=160, seconds=12.5) for i in range(4)]
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)
    return folder


def test_400_manifests_of_corpora(corpus):
    def read():
        reference.read_manifest(corpus)
        draw_conditions(corpus / "manifest.csv", ["piece"], 4, 0)
        Recordings([corpus], "train").draw(2, 500, np.random.default_rng(0))

    assert fuzz(corpus, ["manifest.csv", "manifest.csv", "audio.npy"], read, 400, "corpus") > 100


@pytest.fixture
def latents(tmp_path):
    """Return a folder of latents, without sums: as somebody hostile would hand it over."""
    folder = tmp_path / "latents"
    folder.mkdir()
    np.save(folder / "latents.npy", np.random.default_rng(0).normal(size=(96, 3)).astype(np.float32))
    pd.DataFrame([dict(clip=i, split="train", first=32 * i, frames=32, beat_frames=8, seconds=3.0)
                  for i in range(3)]).to_csv(folder / "index.csv", index=False)
    facts = dict(channels=3, sample_rate_hz=160, hop_samples=16, frames=96, mean=[0.0] * 3, std=[1.0] * 3)
    (folder / "latents.json").write_text(json.dumps(facts))
    return folder


def test_400_folders_of_latents(latents):
    def read():
        one = Latents(latents, "train", 16)
        one.statistics()
        one.draw(4, np.random.default_rng(0))

    assert fuzz(latents, ["latents.npy", "index.csv", "latents.json"], read, 400, "latents") > 150


def test_200_damaged_folders_that_carry_sums(latents):
    seal(latents)
    told = fuzz(latents, ["latents.npy", "index.csv", "latents.json"], lambda: Latents(latents, "train", 16), 100,
                "latents")
    assert told > 80    # all that changed anything
    fuzz(latents, ["SHA256SUMS"], lambda: Latents(latents, "train", 16), 100, "SHA256SUMS")


@pytest.mark.parametrize("name", ["gan", "diffusion", "distilled"])
def test_150_models_of_each_kind(tmp_path, name):
    torch.manual_seed(0)
    sizes = {} if name != "distilled" else SMOKE["gan"]["train"] | SMOKE["diffusion"]["train"]
    settings = sizes | SMOKE[name]["train"]
    model = load_variation("generators", name).Model(settings, 5, 10.0, {"mode": ["major", "minor"]})
    model.save(tmp_path)
    told = fuzz(tmp_path, ["model.json", "model.json", "model.safetensors"], lambda: load_generator(tmp_path), 150,
                str(tmp_path))
    assert told > 50


def test_100_codecs(tmp_path):
    load_variation("codec", "spectral").create(SMOKE["spectral"], 22050).save(tmp_path)
    assert fuzz(tmp_path, ["codec.json", "codec.json", "codec.safetensors"], lambda: load_codec(tmp_path), 100,
                str(tmp_path)) > 30


def test_200_checkpoints(tmp_path, capsys):
    """A broken one is left out and said; a training never goes on from half of one."""
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 1)
    trainer = Trainer("line", TRAINING, 0, "a")
    trainer.save(5, {"train_cpu_seconds": 1.0}, [(5, {"loss": 1.0})], {"model": model})
    before, path = copy.deepcopy(model.state_dict()), trainer.folder / "state.pt"
    rng, whole, left_out = random.Random(0), path.read_bytes(), 0
    for _ in range(200):
        path.write_bytes(mutated(whole, rng))
        said = outcome(trainer.resume, {"model": model})
        left_out += "damaged" in capsys.readouterr().err
        assert said == "fine" or str(trainer.folder) in said, said
        model.load_state_dict(before)
    assert left_out > 100
