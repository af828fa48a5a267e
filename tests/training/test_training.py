"""The training loop: a killed run goes on to the same bytes, other settings start afresh, faults are told."""

import os
import shutil

import pytest
import torch

from chaconne.running import room
from chaconne.training.engine import trainer as training
from chaconne.training.engine.faults import check_samples
from chaconne.training.engine.optimisation import Average, cosine, set_learning_rate
from chaconne.training.engine.trainer import Trainer

SETTINGS = dict(accelerator="cpu", devices=1, num_nodes=1, precision="32-true", log_every=5, previews=2)


FULL = shutil._ntuple_diskusage(10**9, 10**9, 0)


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


def train(key="a", stop=None, steps=20, previews=None, poison=(), blow=None, hurt=()):
    """Fit a line with noisy steps; returns the weights. `stop`: the step in which the run is killed.

    poison: steps whose loss is NaN; hurt: steps whose data are; blow: the step from which the loss is huge.
    """
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 1)
    trainer = Trainer("line", SETTINGS, 7, key)
    module, optimizer = trainer.setup(model, 0.1)

    def step(i):
        if i == stop:
            raise Killed
        set_learning_rate(optimizer, 0.1 * cosine(i, steps, warmup=5))
        x = torch.randn(8, 4) * (float("nan") if i in hurt else 1)
        loss = (module(x) - x.sum(1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        trainer.fabric.backward(loss)
        optimizer.step()
        wrong = float("nan") if i in poison else 1e9 if blow is not None and i >= blow else 1
        return {"loss": loss * wrong}

    spent = trainer.run(steps, step, {"model": model, "optimizer": optimizer}, lambda path: path.write_bytes(b"sound"))
    trainer.finish(previews)
    return model.weight.detach().clone(), spent


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1)
    return tmp_path


def test_a_killed_run_ends_as_if_it_had_not_been(folder, capsys):
    whole, _ = train(previews="one")
    curves = {p.name: p.read_bytes() for p in (folder / "metrics/curves/line").rglob("*.tsv")}
    shutil.rmtree(folder / ".resume")
    with pytest.raises(Killed):
        train(stop=13)
    assert list((folder / ".resume/line").rglob("state.pt"))
    assert not list((folder / ".resume/line").rglob("finished"))
    resumed, spent = train(previews="two")
    assert "going on at step 10" in capsys.readouterr().out
    assert torch.equal(whole, resumed)
    assert curves == {p.name: p.read_bytes() for p in (folder / "metrics/curves/line").rglob("*.tsv")} != {}
    assert spent["train_wall_seconds"] > 0
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


def test_a_finished_run_is_kept_until_dvc_has_recorded_it(folder):
    whole, _ = train(previews="one")
    marks = list((folder / ".resume").rglob("finished"))
    assert len(marks) == 1
    again, _ = train(previews="two", stop=0)     # no step is left to do
    assert torch.equal(whole, again)
    assert (folder / "two/step_000020.wav").read_bytes() == b"sound"
    (folder / "dvc.lock").touch()
    os.utime(folder / "dvc.lock", (marks[0].stat().st_mtime + 5,) * 2)
    Trainer("other", SETTINGS, 7, "b")
    assert not marks[0].parent.exists()


@pytest.mark.parametrize("damage", [b"", b"junk", "half", "flip"])
def test_a_damaged_checkpoint_falls_back_on_the_one_before(folder, damage, capsys):
    whole, _ = train()
    shutil.rmtree(folder / ".resume")
    with pytest.raises(Killed):
        train(stop=13)
    state = next((folder / ".resume").rglob("state.pt"))
    content = bytearray(state.read_bytes())
    content[len(content) // 3] ^= 0xFF if damage == "flip" else 0
    state.write_bytes(damage if isinstance(damage, bytes) else content if damage == "flip"
                      else content[:len(content) // 2])
    resumed, _ = train()
    assert torch.equal(whole, resumed)
    if damage != "flip":    # one flipped bit may hit padding
        assert "state.pt is damaged" in (said := capsys.readouterr()).err
        assert "going on at step 5" in said.out


def test_a_checkpoint_runs_no_code(folder):
    """A pickle that would run a command is refused, and training starts anew."""
    class Hostile:
        def __reduce__(self):
            return os.system, (f"touch {folder}/hacked",)

    with pytest.raises(Killed):
        train(stop=7)
    for path in (folder / ".resume").rglob("*.pt"):
        torch.save({"step": 5, "spent": {}, "history": [], "state": Hostile()}, path)
    train()
    assert not (folder / "hacked").exists()


def test_old_states_of_other_settings_do_not_pile_up(folder):
    for key in range(8):
        with pytest.raises(Killed):
            train(key=key, stop=7)
    assert len(list((folder / ".resume/line").iterdir())) == 4


def test_one_bad_batch_is_passed_over_and_said(capsys):
    clean, _ = train(key="clean")
    hurt, _ = train(key="hurt", hurt=[7])
    assert hurt.isfinite().all() and not torch.equal(clean, hurt)
    assert "passed over 1 of 5 steps before step 10: loss was not finite there" in capsys.readouterr().err


def test_losses_that_are_not_finite_are_told_and_the_last_state_kept(folder):
    with pytest.raises(FloatingPointError, match=r"loss is not finite in 2 of the last 5 steps, at step 10; lower the "
                                                 r"learning rate.*last good state is in .resume/line"):
        train(hurt=[6, 7])
    state = torch.load(next((folder / ".resume").rglob("state.pt")), weights_only=True)
    assert state["step"] == 5 and all(t.isfinite().all() for t in state["state"]["model"].values())


def test_an_exploding_loss_is_told():
    with pytest.raises(FloatingPointError, match=r"loss exploded: .* at step 35, at most .* in the beginning; lower"):
        train(steps=60, blow=30)


def test_passing_over_changes_nothing_where_nothing_is_wrong(monkeypatch):
    guarded, _ = train(key="a")
    monkeypatch.setattr(training, "pass_over_bad_batches", lambda optimizer: None)
    plain, _ = train(key="b")
    assert torch.equal(guarded, plain)


def test_samples_that_are_no_music_are_told(capsys):
    torch.manual_seed(0)
    music, sound = torch.randn(8, 4, 16), torch.rand(1, 100) - 0.5
    check_samples(music, sound)
    assert capsys.readouterr().err == ""
    for latents, audio, said in ((music[:1].expand(8, -1, -1), sound, "all alike, collapsed .spread 0.000"),
                                 (music, sound * 1e-6, "silent"), (music * float("nan"), sound, "not finite")):
        with pytest.raises(FloatingPointError, match=said):
            check_samples(latents, audio)
    check_samples(music * 0.1, sound)
    check_samples(music, sound * 0, final=False)
    said = capsys.readouterr().err
    assert "vary little" in said and "silent" in said


def test_a_disk_that_cannot_hold_the_training_is_told_before_it(monkeypatch):
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: FULL)
    with pytest.raises(ValueError, match=r"line needs 0.0 MiB of disk, 0.0 MiB are free in .*; free some"):
        train()


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
