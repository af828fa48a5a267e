"""Several runs of a training: each has its own seed and folder, and a killed stage takes up every one of them."""

import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from chaconne.accompaniment.listening import learning
from chaconne.accompaniment.listening.listener import Accompanist
from chaconne.controls.steering import learning as steering
from chaconne.controls.wishes.numbers import COLUMNS
from chaconne.generators import diffusion, gan
from chaconne.running.files import read_json, verify
from chaconne.running.models import load_generator, load_variation
from chaconne.storage.files import runs_in, write_json
from chaconne.storage.latents.latents import Latents
from chaconne.training import distilling, fitting
from chaconne.training.engine import trainer as training
from chaconne.training.engine.optimisation import Average
from stages import train_musika
from tests import tiny
from tests.generators.test_generators import SIZES, TRAINER

PARAMS = {"conditions": ["mode"], "seed": 5, "threads": 1, "trainer": TRAINER}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace that holds nothing but latents; checkpoints are written at every row of the curves."""
    folder = tmp_path / "data/latents"
    folder.mkdir(parents=True)
    np.save(folder / "latents.npy", np.random.default_rng(0).standard_normal((64, 6), np.float32))
    pd.DataFrame([dict(clip=0, split="train", first=0, frames=64, beat_frames=8, mode="minor")]).to_csv(
        folder / "index.csv", index=False)
    write_json(folder / "latents.json", dict(
        channels=6, sample_rate_hz=160, hop_samples=16, mean=[0.0] * 6, std=[1.0] * 6,
        corpora=[{"name": "noise", "licence": "CC0"}]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fitting, "load_codec", lambda folder: None)     # there are no previews
    monkeypatch.setattr(fitting, "read_params", lambda: {"codec": "spectral"})
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1)
    return tmp_path


def train(out, kind=gan.Model, seed=5, runs=1, afresh=True):
    if afresh:
        shutil.rmtree(".resume", ignore_errors=True)
    fitting.pretrain("train_gan", kind, SIZES["gan"], PARAMS | {"seed": seed}, out, None, runs)
    return [(folder, open(f"{folder}/model.safetensors", "rb").read()) for folder in runs_in(out)]


def test_a_model_carries_the_licence_of_its_corpus(workspace):
    train("one")
    assert read_json("one/model.json")["facts"]["corpora"] == [{"name": "noise", "licence": "CC0"}]


def test_each_run_has_the_next_seed(workspace):
    (_, first), (_, second), (third, _) = train("three", runs=3)
    assert third == "three/run_2"
    assert first == train("one")[0][1] != second == train("two", seed=6)[0][1]


def test_a_killed_stage_takes_up_every_run(workspace, capsys):
    class Killed(BaseException):
        """Stands for SIGKILL: nothing may catch it."""

    class Mortal(gan.Model):
        calls = 0

        def fit(self, *args):
            Mortal.calls += 1
            if Mortal.calls == 2:
                raise Killed
            return super().fit(*args)

    with pytest.raises(Killed):
        train("killed", Mortal, runs=2)
    resumed = train("again", runs=2, afresh=False)     # DVC would have removed the folder of the first attempt
    assert "train_gan: going on at step 40" in capsys.readouterr().out
    assert [model for _, model in resumed] == [model for _, model in train("whole", runs=2)]


class Codec:
    """Sounds of latents, as far as a training looks at them."""

    sample_rate_hz = 160

    def decode(self, latents):
        """latents: [B, C, T] -> audio [B, 16 T]."""
        return latents.mean(1).repeat_interleave(16, dim=1).clamp(-1, 1)


def previews(folder, latents_of):
    """Return the Previews of a model whose samples `latents_of(count, frames)` gives."""
    knobs = SIZES["gan"]
    model = gan.Model(knobs, 6, 10.0, {})
    model.generate = lambda count, frames, codes, knobs: latents_of(count, frames)
    return fitting.Previews(Codec(), folder, model, Average(model.network, 0.9))


def test_the_last_weights_that_made_music_are_kept(tmp_path):
    music = previews(tmp_path, lambda count, frames: torch.randn(count, 6, frames))
    music(tmp_path / "a.wav")
    assert (tmp_path / "a.wav").exists()
    before = (tmp_path / "last_good/model.safetensors").read_bytes()
    load_generator(tmp_path / "last_good")
    alike = previews(tmp_path, lambda count, frames: torch.ones(count, 6, frames))
    alike.look()    # early it is only said
    kept = (tmp_path / "last_good/model.safetensors").read_bytes()
    with pytest.raises(FloatingPointError, match="collapsed"):
        alike(tmp_path / "b.wav")
    assert (tmp_path / "last_good/model.safetensors").read_bytes() == kept
    assert kept == before


def test_a_published_model_is_sealed_as_a_trained_one_is(workspace, monkeypatch):
    published = SimpleNamespace(save=lambda folder: (folder / "model.safetensors").write_bytes(b"weights"))
    monkeypatch.setattr(train_musika, "imported", lambda *_: published)
    train_musika.bring({}, PARAMS)
    model = workspace / train_musika.MODEL
    verify(model)
    (model / "model.safetensors").write_bytes(b"Weights")
    with pytest.raises(ValueError, match=r"model.safetensors is damaged"):
        verify(model)


def placed(module, optimizer):
    """As Fabric.setup, on `meta`: parameters move there as others, which no optimizer made before knows."""
    return module, torch.optim.AdamW(p for p in module.to("meta").parameters() if p.requires_grad)


class Elsewhere(training.Trainer):
    """One on the device `meta`: whatever stays on the processor does not meet what lies there."""

    seed, folder = 0, "nowhere"
    fabric = SimpleNamespace(device=torch.device("meta"), global_rank=0, world_size=1,
                             backward=lambda loss: loss.backward(), clip_gradients=lambda *_, **more: None,
                             setup=placed)

    def __init__(self):
        pass

    def setup(self, module, *knobs, **more):
        return placed(module, None)

    def run(self, steps, step, state, preview=None):
        values = [step(i) for i in range(2)]
        assert {value.device.type for row in values for value in row.values()} == {"meta"}
        raise StopIteration


def test_what_is_distilled_goes_on_from_the_flow_and_the_gan_of_the_same_run(workspace, monkeypatch):
    params = PARAMS | {"runs": 2, "distilled": {"train": SIZES["distilled"] | {"steps": 1, "learning_rate": 1e-9}}}
    fitting.pretrain("train_diffusion", diffusion.Model, SIZES["diffusion"], params, distilling.FLOW, None, 2)
    train(distilling.GAN, runs=2, afresh=False)
    spent = distilling.distil("train_distilled", params, "made", None)
    assert set(spent) == {"train_cpu_seconds", "train_wall_seconds"}     # nothing timed the two
    made, flows = ([load_generator(folder) for folder in runs_in(place)] for place in ("made", distilling.FLOW))
    blocks = [[dict(model.named_parameters())["network.blocks.0.qkv.weight"] for model in models]
              for models in (made, flows)]
    for own, known in zip(*blocks, strict=True):
        torch.testing.assert_close(own, known, atol=1e-6, rtol=0)
    assert not torch.allclose(*blocks[0]) and made[0].facts["train_examples"] == SIZES["distilled"]["batch"]
    keys = []
    monkeypatch.setattr(fitting, "Trainer", lambda name, *key: keys.append(key) or stop())
    with pytest.raises(StopIteration):
        distilling.distil("train_distilled", params, "again", None)
    assert {str(path) for path in keys[0][-1]} >= {f"{distilling.FLOW}/model.safetensors",
                                                   f"{distilling.GAN}/model.safetensors"}


def stop():
    raise StopIteration


@pytest.mark.parametrize("name", ["gan", "diffusion"])
def test_steering_goes_where_the_trainer_is(name, workspace):
    latents, curves = (Latents("data/latents", "train", tiny.SIZES[name]["frames"]) for _ in range(2))
    curves.raw = np.zeros((len(latents.raw), len(COLUMNS)), np.float32)
    base = fitting.create({"gan": gan, "diffusion": diffusion}[name].Model, tiny.SIZES[name], latents, ["mode"], 0)
    model = steering.untrained(load_variation("controls", f"steered_{name}").Model, latents, curves, tiny.NUMBERS,
                               base, {}, ["mode"], 0)
    with pytest.raises(StopIteration):
        fitting.learn(model, steering.source_of(latents, curves, model), Elsewhere(), model.settings, "nowhere")


@pytest.mark.parametrize("name", ["gan", "diffusion", "distilled", "accompaniment"])
def test_training_goes_where_the_trainer_is(name, workspace):
    kind = {"accompaniment": Accompanist, **{key: module.Model for key, module in tiny.KINDS.items()}}[name]
    settings = tiny.SIZES.get(name, tiny.SIZES["diffusion"])
    latents = Latents("data/latents", "train", settings["frames"])
    model = fitting.create(kind, settings, latents, ["mode"], 0)
    sets = dict.fromkeys(("mix", "given", "rest"), latents)
    source = fitting.source_of(latents, model) if name != "accompaniment" else learning.source_of(sets, model)
    with pytest.raises(StopIteration):
        fitting.learn(model, source, Elsewhere(), settings, "nowhere")
