"""Muon: what it moves, how far, and that it goes on from what it saved."""

import io

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn
from torch.nn.utils import parametrize

from chaconne.training.contract import muon
from chaconne.training.finetuning.layers import LowRank

RATE = 0.01


def learn(optimizer, parameters, seed, steps=1):
    """Give `parameters` drawn gradients and step; returns how far each moved."""
    draws = torch.Generator().manual_seed(seed)
    before = [p.detach().clone() for p in parameters]
    for _ in range(steps):
        for p in parameters:
            p.grad = torch.randn(p.shape, generator=draws)
        optimizer.step()
    return [(p.detach() - old) for p, old in zip(parameters, before, strict=True)]


@pytest.fixture
def parameters():
    """Two matrices, one wide and one tall, and what is none."""
    torch.manual_seed(0)
    return [nn.Parameter(torch.randn(shape)) for shape in ((8, 24), (40, 8), (24,))]


def optimizer_of(parameters, weight_decay=0.0):
    return muon.Muon(parameters[:2], parameters[2:], RATE, weight_decay)


def test_every_direction_moves_alike(parameters):
    wide, tall, bias = learn(optimizer_of(parameters), parameters, 1)
    for move in (wide, tall):
        values = torch.linalg.svdvals(move)
        assert values.min() > 0.97 * values.max()
        assert move.square().mean().sqrt() == pytest.approx(RATE * muon.MOVED, rel=1e-4)
    assert bias.abs().min() == pytest.approx(RATE, rel=1e-3)    # the first step of AdamW


def test_the_root_is_made_anew_now_and_then(parameters):
    optimizer, roots = optimizer_of(parameters), []
    for step in range(2 * muon.ROOT_EVERY):
        learn(optimizer, parameters, step)
        roots.append(optimizer.state[parameters[0]]["root"].clone())
    fresh = [step for step in range(1, len(roots)) if not torch.equal(roots[step], roots[step - 1])]
    assert fresh == [muon.ROOT_EVERY]


def test_weights_decay(parameters):
    plain, decayed = optimizer_of(parameters), optimizer_of(parameters, weight_decay=0.5)
    start = [p.detach().clone() for p in parameters]
    moved = learn(plain, parameters, 1)
    for p, value in zip(parameters, start, strict=True):
        p.data.copy_(value)
    for move, other, value in zip(moved, learn(decayed, parameters, 1), start, strict=True):
        assert torch.allclose(other, move - RATE * 0.5 * value, atol=1e-6)


def test_gradients_that_are_none_move_nothing(parameters):
    optimizer = optimizer_of(parameters)
    learn(optimizer, parameters, 1)
    before = [p.detach().clone() for p in parameters]
    for p in parameters:
        p.grad = torch.full_like(p, float("nan"))
    optimizer.step()
    assert all(torch.equal(p, old) for p, old in zip(parameters, before, strict=True))
    assert all(move.isfinite().all() and move.any() for move in learn(optimizer, parameters, 2))


def test_it_goes_on_from_what_it_saved(parameters):
    optimizer, saved = optimizer_of(parameters, 0.1), io.BytesIO()
    learn(optimizer, parameters, 1, steps=3)
    torch.save([optimizer.state_dict(), [p.detach().clone() for p in parameters]], saved)
    whole = learn(optimizer, parameters, 2, steps=5)
    saved.seek(0)
    state, values = torch.load(saved, weights_only=True)
    for p, value in zip(parameters, values, strict=True):
        p.data.copy_(value)
    again = optimizer_of(parameters, 0.1)
    again.load_state_dict(state)
    assert all(torch.equal(a, b) for a, b in zip(whole, learn(again, parameters, 2, steps=5), strict=True))


def test_what_learns_is_shared_out():
    network = nn.Sequential(*(nn.Linear(8, 8) for _ in range(4)))
    network[1].requires_grad_(False)
    network[2].weight.requires_grad_(False)
    parametrize.register_parametrization(network[2], "weight", LowRank(8, 8, 2))

    class Trainer:
        """What `setup` needs of one."""

        fabric = Fabric(accelerator="cpu", devices=1)

    _, optimizer = muon.setup(Trainer, network, [layer.weight for layer in network[:3]], RATE, 0.0)
    others, matrices = ([p.data_ptr() for p in group["params"]] for group in optimizer.param_groups)
    assert matrices == [network[0].weight.data_ptr()]
    additions = network[2].parametrizations.weight[0]
    assert {additions.up.data_ptr(), additions.down.data_ptr(), network[3].weight.data_ptr()} <= set(others)
    assert network[1].weight.data_ptr() not in others
