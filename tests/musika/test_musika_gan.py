"""Musika's GAN in this project: training that resumes, what stands still, low ranks, stopping in time, exchange."""

import copy
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from chaconne.generators import musika
from chaconne.musika import published, small_sets
from chaconne.musika.adversaries import Generator, Shape
from chaconne.storage.latents.latents import Latents
from chaconne.training import stopping
from chaconne.training.engine import trainer as training
from chaconne.training.engine.trainer import Trainer
from chaconne.training.finetuning.finetuning import prepare, transplant
from tests.generators.test_generators import TRAINER, VOCABULARY
from tests.musika.test_musika_files import gan  # noqa: F401 (a fixture)
from tests.training.test_finetuning import latents

SETTINGS = dict(pretrained="", revision="", context=0, sides=2, frames=32, base=2, coordinates=3, learning_rate=0.002,
                critic_learning_rate=0.002, beta1=0.5, r1=10.0, free=0.3, freeze_generator=0, freeze_critic=0,
                lora_rank=0, augment=0.0, stop_every=0, patience=2, heldout="held", batch=4, steps=12, ema=0.9)


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def make(**changes):
    torch.manual_seed(0)
    return musika.Model({**SETTINGS, **changes}, 6, 10.77, VOCABULARY)


def source(count, rng):
    """Latents near 0.5."""
    z = torch.from_numpy(rng.standard_normal((count, 6, 32))).float()
    return 0.5 + 0.1 * z, torch.ones(count, 2, dtype=torch.long)


def train(model, stop=None, **changes):
    """Fit `model`; `stop`: the draw at which it is killed."""
    calls = []

    def mortal(count, rng):
        calls.append(1)
        if len(calls) == stop:
            raise KeyboardInterrupt
        return source(count, rng)

    knobs = {**model.settings, **changes}
    trainer = Trainer("musika", {**TRAINER, "log_every": 3}, 0, knobs)
    model.train().fit(mortal, trainer, knobs)
    trainer.finish()
    return model.eval()


def moved(before, model):
    after = dict(model.named_parameters())
    assert after.keys() == before.keys()
    return {name for name in before if not torch.equal(before[name], after[name])}


def weights(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("changes", [{}, {"lora_rank": 2}, {"augment": 0.5}], ids=str)
def test_a_killed_training_ends_as_if_it_had_not_been(changes):
    whole = weights(train(make(), **changes))
    shutil.rmtree(".resume")        # finished work stays until DVC has recorded it
    with pytest.raises(KeyboardInterrupt):
        train(make(), stop=8, **changes)
    resumed = weights(train(make(), **changes))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_training_changes_what_is_made_and_goes_where_the_data_is():
    model = make(base=4)
    before = model.sample(3.0, 1, {}, {"truncation": 2.0}, count=64)
    after = train(model, steps=120).sample(3.0, 1, {}, {"truncation": 2.0}, count=64)

    assert not torch.allclose(before, after)
    assert (after - 0.5).square().mean() < 0.7 * (before - 0.5).square().mean()


def test_it_learns_in_mixed_precision(monkeypatch):
    """On a GPU that is the default (conf/scale/gpu.yaml): Fabric refuses penalties of its own modules there."""
    monkeypatch.setitem(TRAINER, "precision", "bf16-mixed")
    model = make(base=4)
    before = model.sample(3.0, 1, {}, {"truncation": 2.0}, count=64)
    after = train(model, steps=60).sample(3.0, 1, {}, {"truncation": 2.0}, count=64)
    assert after.dtype == torch.float32 and after.isfinite().all()
    assert (after - 0.5).square().mean() < (before - 0.5).square().mean()


def test_what_is_frozen_stands_still():
    model = make()
    before = weights(model)
    changed = moved(before, train(model, freeze_generator=3, freeze_critic=2))
    still = ("network.generator.start", "network.generator.first.0.", "network.generator.second.1.",
             "network.generator.skip.1.", "critic.critic.enter", "critic.critic.blocks.0")
    assert not {name for name in changed if name.startswith(still)}
    learned = {"network.generator.first.2.c.weight", "network.generator.out.weight", "critic.critic.judge.weight"}
    assert learned <= changed
    with pytest.raises(ValueError, match=r"freeze_generator: expected 0 to 5, got 6"):
        train(make(), freeze_generator=6)


def test_low_rank_additions_have_that_rank_and_are_merged():
    model = make()
    before = weights(model)
    train(model, lora_rank=1)
    name = "network.generator.second.3.c.weight"
    assert name in moved(before, model)
    change = (dict(model.named_parameters())[name] - before[name]).flatten(1)
    assert torch.linalg.matrix_rank(change, rtol=1e-3) == 1


def test_it_stops_when_held_out_music_is_not_approached_and_keeps_the_best(tmp_path, monkeypatch):
    folder = tmp_path / "held"
    folder.mkdir()
    np.save(folder / "latents.npy", source(20, np.random.default_rng(9))[0].mT.reshape(-1, 6).numpy())
    pd.DataFrame([dict(split="valid", first=32 * i, frames=32) for i in range(20)]).to_csv(folder / "index.csv")
    seen = []
    measure, told = stopping.frechet, iter([3.0, 2.0, 4.0, 5.0])     # rises, as where a network collapses
    monkeypatch.setattr(stopping, "frechet", lambda a, b: seen.append(measure(a, b)) or next(told))
    trainers = []
    monkeypatch.setattr(Trainer, "finish", lambda self: trainers.append(self) or shutil.rmtree(self.folder))
    model = train(make(), steps=40, stop_every=4, patience=2)
    assert trainers[0].learned == 16        # what model.facts count as examples seen
    assert len(seen) == 4 and all(np.isfinite(seen))
    assert (tmp_path / "metrics/curves/musika/plots/metrics/frechet.tsv").exists()
    exact = train(make(), steps=8)
    assert not hasattr(trainers[1], "learned"), "what stops it from outside counts itself"
    assert torch.equal(model.network.generator.out.weight, exact.network.generator.out.weight)


def test_moved_to_other_music_it_is_stopped_by_the_trainer_alone(tmp_path):
    knobs = {"learning_rate": 0.002, "critic": "new", "layers": "all", "keep": 0.0, "steps": 9}
    new = Latents(latents(tmp_path / "new", instrument="organ", mode="major"), "train", 32)
    settings = prepare(make(stop_every=4), new, knobs, 0)[1]
    assert (settings["stop_every"], settings["steps"]) == (0, 9)


def test_frechet_distance_of_two_normals():
    a = torch.randn(200_000, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    # (3 - 0)^2 + (2 - 1)^2 for the first axis, 0 for the second.
    b = a * torch.tensor([2.0, 1.0]) + torch.tensor([3.0, 0.0])
    assert stopping.frechet(a, b) == pytest.approx(10.0, rel=0.02)
    assert stopping.frechet(a, a) == pytest.approx(0.0, abs=1e-6)


def test_augmentation_damages_its_share_and_lets_gradients_through():
    torch.manual_seed(0)
    z = torch.randn(200, 3, 32, requires_grad=True)
    assert torch.equal(small_sets.augmented(z, 0.0), z)
    made = small_sets.augmented(z, 0.2)
    share = (made != z).flatten(1).any(1).float().mean()
    assert 0.3 < share < 0.65       # 1 - 0.8 ** 3 = 0.49
    made.sum().backward()
    assert z.grad.abs().sum() > 0


def imported(folder, **changes):
    return musika.imported({**SETTINGS, "pretrained": str(folder), **changes}, 6, 10.77, list(VOCABULARY))


def test_a_published_gan_is_taken_as_it_is_and_written_back(gan, tmp_path):  # noqa: F811
    networks, _, folder = gan
    model = imported(folder)
    assert model.settings["sides"] == 2 and model.settings["coordinates"] == 3
    rows, codes = torch.randn(2, 32, 6), torch.zeros(2, 2, dtype=torch.long)
    torch.manual_seed(5)
    ours = model.network(rows, codes)
    torch.manual_seed(5)
    assert torch.equal(ours, networks[2](rows))
    assert torch.equal(model.critic(ours, codes), networks[1](ours))
    assert model.facts["origin"]["moments"]["gen"].startswith("read")
    out = tmp_path / "out"
    out.mkdir()
    musika.export(model, out)
    again = imported(out)
    assert all(torch.equal(v, again.state_dict()[k]) for k, v in model.state_dict().items() if "conditions" not in k)
    assert published.read_switch(out / "switch.npy") == -0.25


def test_it_moves_to_a_genre_and_learns(gan):  # noqa: F811
    _, _, folder = gan
    old = imported(folder)
    new = musika.Model(old.settings, 6, 10.77, VOCABULARY)
    assert transplant(old, new) == []
    before = copy.deepcopy(new).eval().sample(2.0, 3, {}, {"truncation": 2.0})
    assert torch.equal(before, old.sample(2.0, 3, {}, {"truncation": 2.0}))
    assert not torch.equal(train(new).sample(2.0, 3, {}, {"truncation": 2.0}), before)


def test_another_context_makes_only_what_does_not_fit_anew(gan, capsys):  # noqa: F811
    networks, _, folder = gan
    model = imported(folder, context=64)
    assert model.settings["frames"] == 64
    assert torch.equal(model.network.generator.out.weight, networks[2].out.weight)
    assert "made anew for contexts of 64 latents" in capsys.readouterr().out
    assert model.sample(9.0, 0, {}, {"truncation": 2.0}).shape == (1, 6, 97)


def test_a_codec_it_does_not_speak_is_explained(gan):  # noqa: F811
    with pytest.raises(ValueError, match=r"set codec=musika and musika\.weights"):
        musika.imported({**SETTINGS, "pretrained": str(gan[2])}, 5, 10.77, [])


def test_pieces_of_any_length_come_from_one_line():
    """Contexts are made side by side; the first of a long piece does not depend on how many follow."""
    model = make().eval()
    for layer in model.modules():
        if isinstance(layer, musika.adversaries.Noise):
            layer.on = False
    z = model.sample(20.0, 0, {}, {"truncation": 2.0}, count=2)
    assert z.shape == (2, 6, 216)
    assert Generator(Shape(32, 2, 6, 12))(torch.randn(1, 32, 6)).shape == (1, 12, 32)
