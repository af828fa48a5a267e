"""What `precision: auto` becomes, by what the processor says it can."""

import pytest

from chaconne.training.engine import precision

AMD = "processor : 0\nflags\t\t: fpu avx512f avx512_bf16 sse\nbugs : none\n"
ARM = "processor : 0\nFeatures\t: fp asimd sve svebf16 i8mm\n"
OLD = "processor : 0\nflags\t\t: fpu avx2 avx512f\nmodel name : named avx512_bf16 for a test\n"


@pytest.mark.parametrize(("said", "expected"), [
    (AMD, "bf16-mixed"), (ARM, "bf16-mixed"), (OLD, "32-true"), (None, "32-true")])
def test_the_processor_is_asked(said, expected, tmp_path, monkeypatch, capsys):
    path = tmp_path / "cpuinfo"
    if said:
        path.write_text(said)
    found = precision.instructions(path)
    monkeypatch.setattr(precision, "instructions", lambda: found)
    assert precision.settled("auto", "cpu", "train_gan") == expected
    assert f"train_gan: precision {expected}: " in capsys.readouterr().out


@pytest.mark.parametrize("asked", ["32-true", "bf16-mixed"])
def test_what_is_asked_for_stays(asked, capsys):
    assert precision.settled(asked, "cpu", "x") == asked
    assert not capsys.readouterr().out


@pytest.mark.parametrize(("able", "expected"), [(True, "bf16-mixed"), (False, "16-mixed")])
def test_a_card_is_asked(able, expected, monkeypatch):
    monkeypatch.setattr(precision.torch.cuda, "is_bf16_supported", lambda: able)
    assert precision.settled("auto", "cuda", "x") == expected
