"""Musika's autoencoder as a codec of the pipeline: the contract, published weights, training."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from chaconne.codec import musika
from chaconne.musika import codec_training, published
from chaconne.musika.autoencoder import Autoencoder, Sizes
from chaconne.storage.files import write_json
from chaconne.storage.latents.audio import to_int16
from chaconne.storage.latents.latents import Latents, encode_corpus
from chaconne.training import fitting
from chaconne.training.encoding import Encoder
from chaconne.training.engine import trainer as training
from chaconne.training.engine.trainer import Trainer
from tests.codec.test_codec import tones
from tests.generators.test_generators import KNOBS, MODULES, SIZES, TRAINER

RATE = 22050
SETTINGS = dict(weights="", revision="", channels=16, width=16, noise=True, crop_frames=4, batch=2, steps=8,
                learning_rate=0.003, critic_learning_rate=0.001, latent_noise=0.02, magnitude_weight=5.0,
                adversarial_from=0.5, adversarial_weight=0.1, matching_weight=1.0)


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def draw(count, samples, rng):
    """Crops of chords."""
    audio = tones(count, 16, seed=int(rng.integers(4)))
    return audio[:, :samples]


def train(stop=None, **changes):
    """Train a small codec; `stop`: the draw at which it is killed."""
    settings, calls = {**SETTINGS, **changes}, []

    def mortal(*args):
        calls.append(1)
        if len(calls) == stop:
            raise KeyboardInterrupt
        return draw(*args)

    trainer = Trainer("codec", {**TRAINER, "log_every": 2}, 0, settings)
    codec, _ = musika.train(settings, mortal, RATE, trainer)
    trainer.finish()
    return codec


def test_the_contract(tmp_path):
    codec = musika.create(SETTINGS, RATE).eval()
    assert (codec.sample_rate_hz, codec.hop_samples, codec.channels) == (RATE, 2048, 16)
    audio = tones(2, 16)[:, :9 * 2048]
    z = codec.encode(audio)
    assert z.shape == (2, 16, 9)
    made = codec.decode(z, seed=3)
    assert made.shape == audio.shape and made.abs().max() <= 1
    codec.save(tmp_path)
    again = musika.Codec.load(tmp_path)
    assert torch.equal(again.decode(z, seed=3), made) and torch.equal(again.encode(audio), z)
    with pytest.raises(ValueError, match="multiple of 2048"):
        codec.encode(audio[:, :-1])
    with pytest.raises(ValueError, match="expected a rate at which"):
        musika.create(SETTINGS, 22051)


@pytest.mark.parametrize("name", MODULES)
def test_the_generators_of_this_project_learn_its_latents(name, tmp_path):
    """From audio to audio, with what the stages call; `pytest -m long` runs the stages themselves."""
    folder, codec = tmp_path / "corpus", musika.create(SETTINGS, RATE).eval()
    folder.mkdir(), (tmp_path / "latents").mkdir()
    audio = tones(4, 32)
    np.save(folder / "audio.npy", to_int16(audio.flatten()))
    pd.DataFrame([dict(clip=i, split="train", start=i * audio.shape[1], samples=audio.shape[1], beat_samples=8 * 2048,
                       mode=("major", "minor")[i % 2]) for i in range(4)]).to_csv(folder / "manifest.csv", index=False)
    write_json(folder / "corpus.json", {"name": "tones", "licence": "CC0"})
    encode_corpus(folder, codec, tmp_path / "latents", Encoder(folder, lambda _: codec, "", tmp_path))

    latents = Latents(tmp_path / "latents", "train", 16)
    settings = {**SIZES[name], "steps": 6}
    model = fitting.create(MODULES[name].Model, settings, latents, ["mode"], 0)
    model.train().fit(fitting.source_of(latents, model), Trainer("train", TRAINER, 0, settings), settings)
    made = codec.decode(model.eval().sample(3.0, 0, {"mode": "minor"}, KNOBS[name], count=2))
    assert made.shape == (2, 33 * 2048) and made.isfinite().all() and made.std() > 0


def test_published_weights_serve_as_they_are(tmp_path):
    torch.manual_seed(3)
    model, folder = Autoencoder(Sizes(latents=5, width=8)), tmp_path / "ae"
    folder.mkdir()
    published.export_autoencoder(model, folder)
    codec = train(weights=str(folder), steps=0)
    assert all(torch.equal(v, codec.model.state_dict()[k]) for k, v in model.state_dict().items())
    assert codec.config["origin"]["source"] == str(folder) and set(codec.config["origin"]["sha256"]) == set(
        published.FILES["autoencoder"])
    moved = train(weights=str(folder), steps=2).model.state_dict()
    assert not all(torch.equal(v, moved[k]) for k, v in model.state_dict().items())


def test_spectral_loss_knows_the_same_from_other_audio():
    audio = tones(1, 8)
    assert codec_training.spectral_loss(audio, audio) < 1e-4
    near = codec_training.spectral_loss(audio + 0.01 * torch.randn_like(audio), audio)
    assert 0.05 < near < codec_training.spectral_loss(torch.randn_like(audio), audio)


@pytest.mark.parametrize("begin", [1.0, 0.25])
def test_training_comes_nearer(begin):
    def distance(codec):
        audio = tones(4, 16, seed=1)[:, :8 * 2048]
        return float(codec_training.spectral_loss(codec.decode(codec.encode(audio)), audio))

    before, after = distance(train(steps=0)), distance(train(steps=30, adversarial_from=begin))
    assert after < 0.97 * before


def test_the_judges_learn_and_a_killed_training_ends_as_if_it_had_not_been(tmp_path):
    whole = train().model.state_dict()
    curves = tmp_path / "metrics/curves/codec/plots/metrics"
    judged = np.genfromtxt(curves / "judges.tsv", names=True)
    assert judged["step"].tolist() == [6, 8]        # not before half of the steps
    shutil.rmtree(".resume")        # finished work stays until DVC has recorded it
    with pytest.raises(KeyboardInterrupt):
        train(stop=7)
    resumed = train().model.state_dict()
    assert all(torch.equal(v, resumed[k]) for k, v in whole.items())
