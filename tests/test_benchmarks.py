"""What the benchmarks compare with does the same work, and their entries say what was promised."""

import time

import numpy as np
import pytest
import torch

from benchmarks import against, plain, speed
from chaconne.codec import spectral
from chaconne.generators import diffusion, gan
from tests.codec.test_codec import RATE, SETTINGS, tones
from tests.generators.test_generators import KNOBS, SIZES


@pytest.mark.parametrize("kind", [gan, diffusion], ids=lambda kind: kind.Model.name)
def test_plain_networks_make_the_same_music(kind):
    name = kind.Model.name
    torch.manual_seed(0)
    model = kind.Model(SIZES[name], 8, 10.0, {}).eval()
    for weight in model.parameters():   # layers that start as zero would say nothing
        torch.nn.init.normal_(weight, std=0.1)
    other = plain.plain(model)
    assert any(isinstance(part, plain.Grouped) for part in other.modules())
    made = [one.sample(4.0, 0, {}, KNOBS[name]) for one in (model, other)]
    torch.testing.assert_close(*made, atol=1e-4, rtol=1e-4)


def test_the_plain_codec_makes_the_same_latents_and_about_the_same_sound():
    codec, audio = spectral.create(SETTINGS, RATE), tones(2, 16)
    spectral.fit_linear(codec, tones(24, 16))
    z = codec.eval().encode(audio)
    torch.testing.assert_close(plain.encode(codec, audio), z, atol=1e-4, rtol=1e-4)
    sounds = [codec.log_magnitudes(made) for made in (codec.decode(z), plain.decode(codec, z))]
    assert (sounds[0] - sounds[1]).abs().mean() < 0.2 * sounds[0].mean()


def test_an_entry_says_who_was_faster_and_by_how_much():
    rivals = speed.Rivals(rounds=3)
    a = torch.randn(64, 64)
    found = rivals.entry("sleep", lambda: time.sleep(0.01), lambda: time.sleep(0.03), 2, "naps a second", lambda: a @ a)
    assert set(found) == {"name", "ours", "reference", "ratio", "spread", "unit", "limit_fraction"}
    low, high = found["spread"]
    assert low <= found["ratio"] <= high and found["ours"] > found["reference"] > 0
    assert found["limit_fraction"] == pytest.approx(2 * 64 ** 3 / (2 / found["ours"]) / rivals.rate, rel=1e-6)
    assert "| sleep |" in speed.table([found])[2]


def test_a_step_of_training_is_the_one_that_trainings_do():
    torch.manual_seed(0)
    model = gan.Model(SIZES["gan"], 8, 10.0, {})
    before = {name: weight.clone() for name, weight in model.named_parameters()}

    def source(count, rng):
        return torch.from_numpy(rng.standard_normal((count, 8, 16), np.float32)), torch.zeros(count, 0).long()

    speed.steps_of(model, source, SIZES["gan"])()
    assert any(not torch.equal(weight, before[name]) for name, weight in model.named_parameters())


def test_two_builds_take_turns():
    """Works of the same name are compared, idle and beside a busy program; the order is warm-up, then turns."""
    asked = []

    def build(name, seconds):
        return lambda work: asked.append((name, work)) or seconds[work]

    builds = [build("ours", {"a": 1.0, "b": 2.0}), build("theirs", {"a": 3.0, "b": 2.0})]
    found = list(against.compared(builds, ["a", "b"], 2))
    assert asked[:2] == [("ours", "a"), ("theirs", "a")] and len(asked) == 2 * 2 * 2 * (against.WARM + 2)
    assert found[0]["idle"] == {"ours_s": 1.0, "theirs_s": 3.0, "ratio": 3.0, "spread": [3.0, 3.0]}
    assert found[1]["times_idle"] == 1.0
    assert "| a | 1.00 | 3.00 | 3.00 [3.00, 3.00] |" in against.table(found)[2]


def test_a_build_that_cannot_start_is_told(tmp_path):
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/bin/true")
    with pytest.raises(ValueError, match=r"expected an answer of benchmarks/turns\.py"):
        against.Build(tmp_path)
