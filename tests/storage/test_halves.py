"""Weights at half their size: as near as float16 can be, and refused where it cannot hold them."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from chaconne.storage.halves import save_halves


def test_numbers_are_at_most_half_a_thousandth_off(tmp_path):
    torch.manual_seed(0)
    size = 10 ** (8 * torch.rand(20000) - 4)        # 0.0001 to 10000
    given = {"weight": size * torch.randn(20000).sign(), "matrix": torch.randn(3, 5), "none": torch.zeros(0, 4)}
    save_file(given, tmp_path / "model.safetensors")
    before = (tmp_path / "model.safetensors").stat().st_size
    save_halves(tmp_path / "model.safetensors")
    kept = load_file(tmp_path / "model.safetensors")
    assert {name: tensor.shape for name, tensor in kept.items()} == {k: tensor.shape for k, tensor in given.items()}
    assert {tensor.dtype for tensor in kept.values()} == {torch.float16}
    error = (kept["weight"].float() / given["weight"] - 1).abs()
    assert 1e-5 < error.max() <= 0.0005
    assert (tmp_path / "model.safetensors").stat().st_size < 0.51 * before


def test_the_smallest_numbers_lose_next_to_nothing(tmp_path):
    given = {"weight": torch.logspace(-12, -4, 100)}
    save_file(given, tmp_path / "a.safetensors")
    save_halves(tmp_path / "a.safetensors")
    assert (load_file(tmp_path / "a.safetensors")["weight"].float() - given["weight"]).abs().max() < 3.1e-8


def test_halves_of_halves_are_the_same_bytes(tmp_path):
    save_file({"b": torch.randn(7), "a": torch.randn(2, 2)}, tmp_path / "a.safetensors")
    save_halves(tmp_path / "a.safetensors")
    once = (tmp_path / "a.safetensors").read_bytes()
    save_halves(tmp_path / "a.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == once


@pytest.mark.parametrize("number", [65520.0, -1e6, float("inf"), float("nan")])
def test_what_does_not_fit_is_refused_and_the_file_stays(tmp_path, number):
    save_file({"fine": torch.ones(3), "large": torch.tensor([1.0, number])}, tmp_path / "a.safetensors")
    before = (tmp_path / "a.safetensors").read_bytes()
    with pytest.raises(ValueError, match=r"a\.safetensors: large has numbers that float16 cannot hold"):
        save_halves(tmp_path / "a.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_the_largest_number_fits(tmp_path):
    save_file({"large": torch.tensor([65504.0])}, tmp_path / "a.safetensors")
    save_halves(tmp_path / "a.safetensors")
    assert load_file(tmp_path / "a.safetensors")["large"].item() == 65504
