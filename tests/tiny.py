"""A project with tiny models that make sound in milliseconds: real codec, real generators, nearly untrained."""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import soundfile
import torch

from chaconne.accompaniment.listening.listener import Accompanist
from chaconne.codec import spectral
from chaconne.controls.steering.learning import begin_as
from chaconne.generators import diffusion, distilled, gan
from chaconne.running.files import seal
from chaconne.running.models import load_variation
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.running.pipeline import FILES
from chaconne.storage.halves import save_halves
from chaconne.trained.packs.codec import ship_codec
from chaconne.trained.packs.packing import ship
from tests.conftest import ROOT

RATE, CHANNELS = 22050, 6
SIZES = {
    "gan": dict(frames=16, patch=4, beat=2, width=24, depth=2, style=8, coordinates=4, period=3, noise=4,
                critic_width=24, critic_depth=1, critic_stages=2, batch=4, steps=1, learning_rate=0.001,
                critic_learning_rate=0.001, gamma=0.3, penalty_every=6, ema=0.9, free=0.3),
    "diffusion": dict(frames=16, patch=2, beat=4, width=24, depth=1, heads=2, batch=4, steps=1, learning_rate=0.002,
                      weight_decay=0.0, ema=0.9, free=0.3, prediction="data", time_mean=-0.5, time_deviation=1.0),
}
SIZES["distilled"] = {**{key: SIZES["diffusion"][key] for key in ("frames", "patch", "beat", "width", "depth", "heads",
                                                                 "prediction")},
                      "critic_width": 24, "critic_depth": 1, "critic_stages": 2, "again": 0.6, "twice": 0.3,
                      "given": 0.3, "estimate": 3.0, "batch": 4, "steps": 1, "learning_rate": 0.001,
                      "critic_learning_rate": 0.001, "gamma": 0.3, "penalty_every": 6, "ema": 0.9, "free": 0.3}
KINDS = {"gan": gan, "diffusion": diffusion, "distilled": distilled}
VOCABULARY = {"instrument": ["Church Organ", "Violin"], "mode": ["major", "minor"]}
CORPORA = [{"name": "chords", "title": "Chords of sines", "licence": "CC0-1.0", "citation": "these tests"}]


def chords(seconds, rate=RATE, seed=0):
    """Return float32 [samples]: a new chord of three tones every half second, loudness about -20 dB."""
    rng, t = np.random.default_rng(seed), np.arange(round(0.5 * rate)) / rate
    count = int(np.ceil(2 * seconds))
    notes = [sum(np.sin(2 * np.pi * 220 * 2 ** (k / 12) * t) for k in rng.integers(0, 24, 3)) for _ in range(count)]
    return (0.08 * np.concatenate(notes)[:round(seconds * rate)]).astype(np.float32)


def codec():
    """Return a codec whose linear part is fitted to chords."""
    torch.manual_seed(0)
    made = spectral.Codec(RATE, CHANNELS, 24, 16, 1, 2)
    spectral.fit_linear(made, torch.from_numpy(chords(24))[:2048 * 256].reshape(8, -1))
    return made.eval()


def generator(name, seed=0):
    """Return an untrained generator whose every input counts."""
    torch.manual_seed(seed)
    model = KINDS[name].Model(SIZES[name], CHANNELS, RATE / 2048, VOCABULARY).eval()
    with torch.no_grad():
        for p in model.parameters():
            p += 0.05 * torch.randn_like(p)
    model.facts = {"parameters": 1000, "inference_parameters": 900, "train_examples": 4, "corpora": CORPORA}
    return model


def save(made, folder):
    """Write a codec or generator into a sealed folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made.save(folder)
    seal(folder)


def accompanist(base):
    """Return an accompanist that begins as the diffusion model `base`."""
    model = Accompanist(base.settings, CHANNELS, RATE / 2048, base.vocabulary)
    model.begin_as(base)
    return model.eval()


NUMBERS = {"numbers": {name: {"mean": 0.0, "deviation": 1.0, "low": low, "high": high} for name, low, high in (
    ("tempo", 5.0, 7.0), ("density", 0.0, 3.0), ("register", 50.0, 70.0), ("brightness", 8.0, 11.0))},
    "beats": True, "examples": [
        {"tempo": 6.0, "density": 1.0, "register": 60.0, "brightness": 9.0, "instrument": "Violin", "mode": "major"},
        {"tempo": 5.5, "density": 2.0, "register": 52.0, "brightness": 9.5, "instrument": "Church Organ",
         "mode": "minor"}]}


def steered(name, base=None):
    """Return a steered model that begins as `base`, a plain one; what rides beside counts nothing yet."""
    base = base or generator(name)
    kind = load_variation("controls", f"steered_{name}").Model
    model = kind({**base.settings, **NUMBERS}, CHANNELS, RATE / 2048, base.vocabulary)
    begin_as(model, base)
    model.facts = base.facts
    return model.eval()


def project(root, names=("gan", "diffusion")):
    """Make a project's folder with tiny models; returns it."""
    root.mkdir(parents=True, exist_ok=True)
    for path in (path for pattern in ("params.yaml", *FILES) for path in ROOT.glob(pattern)):
        (root / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / path.relative_to(ROOT))
    shutil.copytree(ROOT / "conf", root / "conf")
    place = root / codec_folder(read_params(root))
    save(codec(), place)
    (place / "provenance.json").write_text(json.dumps(CORPORA))
    seal(place)
    for name in names:
        save(generator(name), root / f"data/models/{name}")
    save(accompanist(generator("diffusion")), root / "data/accompaniment/model")
    return root


def recording(path, seconds=6.0, rate=RATE, channels=1, gain=1.0):
    """Write chords as a sound file of any kind; returns the path."""
    sound = gain * chords(seconds, rate)
    soundfile.write(path, np.stack([sound] * channels, 1) if channels > 1 else sound, rate)
    return path


def shipped(root, names=("gan", "diffusion")):
    """Put the codec and the models of the project in `root` into its pretrained/, as `make packs` does."""
    measured = {"chords": {"chroma_cosine": 0.95, "log_spectral_l1": 0.3, "frames_per_second": RATE / 2048}}
    with contextlib.chdir(root):
        place = Path(codec_folder(read_params()))
        save_halves(place / "codec.safetensors")
        seal(place)
        Path("measured.json").write_text(json.dumps(measured))
        ship_codec(place, "measured.json", "pretrained/codec")
        Path("measured.json").unlink()
        for name in names:
            ship(name, f"pretrained/{name}")
    return root
