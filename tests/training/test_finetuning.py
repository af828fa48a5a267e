"""Moving a model to other music: what is kept of the old, stopping in time, defaults by minutes."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch

from chaconne.storage.files import write_json
from chaconne.storage.latents.latents import Latents
from chaconne.training import stopping
from chaconne.training.contract.generator import Generator
from chaconne.training.engine.trainer import Trainer
from chaconne.training.finetuning.amounts import BY_MINUTES, minutes_of, settled
from chaconne.training.finetuning.keeping import apart, keeping
from chaconne.training.finetuning.watching import Watched
from chaconne.training.stopping import Stopper
from tests.generators.test_generators import MODULES, SIZES, TRAINER, make

OLD = dict(instrument="organ", mode="minor")
CODES = torch.tensor([[1, 2]])


@pytest.fixture(params=["gan", "diffusion"])
def name(request):
    return request.param


def latents(folder, splits=("train",), level=0.0, **attributes):
    """A folder with one clip of 64 frames a split, noise around `level`; returns it."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    np.save(folder / "latents.npy", level + rng.standard_normal((64 * len(splits), 6), np.float32))
    pd.DataFrame([dict(clip=i, split=split, first=64 * i, frames=64, beat_frames=8, **attributes)
                  for i, split in enumerate(splits)]).to_csv(folder / "index.csv", index=False)
    write_json(folder / "latents.json", dict(channels=6, sample_rate_hz=160, hop_samples=16, mean=[level] * 6,
                                             std=[1.0] * 6, corpora=[{"name": folder.name, "licence": "CC0"}]))
    return folder


def moved(name, tmp_path, monkeypatch, keep, steps=60):
    """Teach a model that knows old music another that stands at 2; returns how far it is from what it knew."""
    monkeypatch.chdir(tmp_path)
    old, new = (Latents(latents(tmp_path / f"{keep}{part}", **kind), "train", 16) for part, kind in
                (("old", OLD), ("new", dict(instrument="organ", mode="major"))))
    model = make(name)
    torch.nn.init.normal_(model.network.leave.weight, std=0.2)
    teacher = copy.deepcopy(model).eval()
    added = keeping(model, teacher, old, new, keep) if keep else None

    def source(count, rng):
        return torch.full((count, 6, 16), 2.0), torch.tensor([[1, 1]]).expand(count, -1)

    trainer = Trainer("test", TRAINER, 0, [name, keep])
    model.train().fit(source, trainer, {**SIZES[name], "steps": steps, "free": 0.0}, keep=added)
    trainer.finish()
    torch.manual_seed(1)
    with torch.no_grad():
        return float(model.eval().recall(teacher, old.draw(32, np.random.default_rng(0))[0], CODES.expand(32, -1)))


def test_a_model_recalls_what_it_was(name):
    """Nothing lies between a model and itself; the latents of both are compared in its own units."""
    model = make(name)
    torch.nn.init.normal_(model.network.leave.weight)
    raw, codes = torch.randn(4, 6, 16), CODES.expand(4, -1)
    assert model.recall(copy.deepcopy(model), raw, codes).item() == pytest.approx(0, abs=1e-10)
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.network.leave.bias += 1
    assert model.recall(other, raw, codes).item() > 0.01


def test_what_is_kept_is_forgotten_less(name, tmp_path, monkeypatch):
    assert moved(name, tmp_path, monkeypatch, keep=3.0) < 0.5 * moved(name, tmp_path, monkeypatch, keep=0.0)


def test_only_what_can_be_asked_for_apart_is_kept(tmp_path, capsys):
    """The teacher knows the value, the new music has other ones, and something is asked for at all."""
    model, teacher = make("gan", vocabulary={"instrument": ["organ", "oboe"], "mode": ["major", "minor"]}), make("gan")

    def codes(old, new):
        folders = [latents(tmp_path / str(len(list(tmp_path.iterdir()))), **kind) for kind in (old, new)]
        return apart(model, teacher, *(Latents(folder, "train", 16) for folder in folders)).tolist()

    assert codes(OLD, dict(instrument="oboe", mode="minor")) == [[1, 2]]
    assert codes(OLD, OLD) == [[0, 0]]
    assert codes(dict(instrument="oboe", mode="minor"), OLD) == [[0, 0]]      # the teacher never met an oboe
    assert codes({}, OLD) == [[0, 0]]
    same = Latents(latents(tmp_path / "same", **OLD), "train", 16)
    assert keeping(model, teacher, same, same, 1.0) is None
    assert "nothing of the old music is kept: it is asked for as the new is" in capsys.readouterr().out


def test_a_generator_that_cannot_recall_is_told(tmp_path, capsys):
    class Forgetful(MODULES["gan"].Model):
        recall = Generator.recall

    old = Latents(latents(tmp_path / "old", **OLD), "train", 16)
    new = Latents(latents(tmp_path / "new", instrument="organ", mode="major"), "train", 16)
    model = Forgetful(SIZES["gan"], 6, 10.0, make("gan").vocabulary)
    assert keeping(model, model, old, new, 1.0) is None
    assert "nothing of the old music is kept: gan cannot recall it" in capsys.readouterr().out
    other = MODULES["gan"].Model(SIZES["gan"], 7, 10.0, make("gan").vocabulary)
    assert keeping(other, model, old, new, 1.0) is None
    assert "the latents have 7 channels, had 6" in capsys.readouterr().out


def test_the_best_average_is_what_stays(name, tmp_path, monkeypatch):
    """The distances rise after the second: training ends after one more, and the model is that of the second."""
    monkeypatch.chdir(tmp_path)
    folder = latents(tmp_path / "new", ("train", "valid"), **OLD)
    original, kept, distances = Stopper.measure, [], iter([3.0, 2.0, 4.0, 1.0])

    def measure(self, made, module):
        assert made.shape[1:] == (6, 16) and made.isfinite().all()
        kept.append(copy.deepcopy(module.state_dict()))
        return original(self, made, module)

    monkeypatch.setattr(Stopper, "measure", measure)
    monkeypatch.setattr(stopping, "frechet", lambda a, b: next(distances))

    model = make(name)
    watched = Watched(Trainer("test", TRAINER, 0, [name]), model, folder, CODES, every=4, patience=1)

    def source(count, rng):
        return torch.from_numpy(rng.standard_normal((count, 6, 16))).float(), CODES.expand(count, -1)

    model.train().fit(source, watched, {**SIZES[name], "steps": 40})
    assert len(kept) == 3 and watched.learned == 12
    for key, value in model.network.state_dict().items():
        assert torch.equal(value, kept[1][key])


def test_defaults_follow_the_minutes(tmp_path, capsys):
    # 64 frames of 0.1 s a clip.
    assert minutes_of(latents(tmp_path / "new", ("train", "train", "valid"))) == pytest.approx(
        {"train": 12.8 / 60, "valid": 6.4 / 60})
    knobs = dict.fromkeys(BY_MINUTES[0], "auto") | {"learning_rate": 0.1}
    for minutes in (0.0, 3.0, 10.0, 1e6):
        row = BY_MINUTES[max(least for least in BY_MINUTES if least <= minutes)]
        assert settled(knobs, {"train": minutes, "valid": 1.0}, "gan") == row | {"learning_rate": 0.1}
    assert "min of music: layers" in capsys.readouterr().out
    assert settled(knobs | {"layers": "io"}, {"train": 3.0, "valid": 1.0}, "diffusion")["layers"] == "io"


def test_a_flow_learns_a_few_minutes_by_low_rank_additions():
    layers = {(name, minutes): settled(dict.fromkeys(BY_MINUTES[0], "auto"), {"train": minutes}, name)["layers"]
              for name in ("gan", "diffusion") for minutes in (4.9, 5.0)}
    assert layers == {("gan", 4.9): "all", ("gan", 5.0): "all", ("diffusion", 4.9): "lora", ("diffusion", 5.0): "all"}


def test_without_held_out_music_all_steps_are_done():
    knobs = dict.fromkeys(BY_MINUTES[0], "auto")
    assert settled(knobs, {"train": 3.0, "valid": 1.0}, "gan")["stop_every"] > 0
    for minutes in ({"train": 3.0}, {"train": 3.0, "valid": 0.1}):
        assert settled(knobs, minutes, "gan")["stop_every"] == 0
    assert settled(knobs | {"stop_every": 7}, {"train": 3.0}, "gan")["stop_every"] == 7
