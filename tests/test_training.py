"""The training loop: a killed run goes on to the same bytes, other settings start afresh, NaN is told."""

import pytest
import torch

from chaconne import training
from chaconne.optimisation import Average, cosine
from chaconne.training import Trainer

SETTINGS = dict(accelerator="cpu", devices=1, num_nodes=1, precision="32-true", log_every=5, previews=2)


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


def train(key="a", stop=None, steps=20, previews=None, poison=None):
    """Fit a line with noisy steps; returns the weights. `stop`: the step in which the run is killed."""
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 1)
    trainer = Trainer("line", SETTINGS, 7, key)
    module, optimizer = trainer.setup(model, 0.1)

    def step(i):
        if i == stop:
            raise Killed
        x = torch.randn(8, 4)
        loss = (module(x) - x.sum(1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        trainer.fabric.backward(loss)
        optimizer.step()
        return {"loss": loss * float("nan") if i == poison else loss}

    spent = trainer.run(steps, step, {"model": model, "optimizer": optimizer}, lambda path: path.write_bytes(b"sound"))
    trainer.finish(previews)
    return model.weight.detach().clone(), spent


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1)
    return tmp_path


def test_a_killed_run_ends_as_if_it_had_not_been(folder):
    whole, _ = train(previews="one")
    curves = {p.name: p.read_bytes() for p in (folder / "metrics/curves/line").rglob("*.tsv")}
    with pytest.raises(Killed):
        train(stop=13)
    assert list((folder / ".resume/line").rglob("state.pt"))
    resumed, spent = train(previews="two")
    assert torch.equal(whole, resumed)
    assert curves == {p.name: p.read_bytes() for p in (folder / "metrics/curves/line").rglob("*.tsv")} != {}
    assert spent["train_wall_seconds"] > 0
    assert not list((folder / ".resume").rglob("state.pt"))
    assert sorted(p.name for p in (folder / "two").iterdir()) == ["step_000010.wav", "step_000020.wav"]


def test_other_settings_start_afresh(folder):
    with pytest.raises(Killed):
        train(key="a", stop=13)
    seen = []
    with pytest.raises(Killed):
        torch.manual_seed(0)
        trainer = Trainer("line", SETTINGS, 7, "b")

        def step(i):
            seen.append(i)
            raise Killed

        trainer.run(5, step, {})
    assert seen == [0]


def test_a_loss_that_is_not_finite_is_told():
    with pytest.raises(FloatingPointError, match=r"loss is not finite at step 10; lower the learning rate"):
        train(poison=7)


def test_average_forgets_its_start_and_follows():
    module = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(module.weight, 0.0)
    average = Average(module, 0.9)
    torch.nn.init.constant_(module.weight, 1.0)
    for step in range(60):
        average.update(module, step)
    assert average.module.weight.item() == pytest.approx(1.0, abs=0.01)


def test_learning_rate_rises_then_falls():
    rates = [cosine(i, 500) for i in range(500)]
    assert rates[0] < 0.05 and max(rates) == pytest.approx(1.0, abs=0.03) and rates[-1] < 0.03
    assert all(b <= a for a, b in zip(rates[50:], rates[51:], strict=False))
