"""Layers over rows are the layers, their derivatives too; Adam is TensorFlow's."""

import pytest
import torch

from chaconne.musika.adam import KerasAdam
from chaconne.musika.layers import Conv, Noise, Up
from chaconne.musika.rows import Overlap, Windows, over, shaken

LAYERS = {"1": (Conv, 1), "3": (Conv, 3), "4": (Conv, 4), "4, stride 2": (Conv, 4, 2), "3, stride 2": (Conv, 3, 2),
          "no bias": (Conv, 1, 1, False, False), "up": (Up,)}


@pytest.mark.parametrize("width", [2, 4, 12])
@pytest.mark.parametrize("name", LAYERS)
def test_rows_are_the_layers_and_so_are_gradients_of_gradients(name, width):
    torch.manual_seed(0)
    kind, *sizes = LAYERS[name]
    layer = kind(5, 6, *sizes).double()
    found = []
    for way in (lambda x: layer(x.mT).mT, lambda x: over(layer, x)):
        x = torch.randn(3, width, 5, dtype=torch.double, generator=torch.Generator().manual_seed(1)).requires_grad_()
        made = way(x)
        slope, = torch.autograd.grad(made.sin().sum(), x, create_graph=True)
        penalty = slope.square().sum()
        found.append([made, slope, *torch.autograd.grad(penalty, [x, layer.weight])])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("plan", [(0, 3, 2, 2), (1, 4, 4, 1), (1, 2, 4, 2), (0, 1, 7, 1)], ids=str)
def test_laying_out_and_adding_are_each_others_derivative(plan):
    before, count, size, stride = plan
    x = torch.randn(2, 5, 3, dtype=torch.double, requires_grad=True)
    windows = torch.randn(2, count, size, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: Windows.apply(x, *plan).sin(), x)
    assert torch.autograd.gradgradcheck(lambda w: Overlap.apply(w, 5, before, stride).sin(), windows)
    there, back = (Windows.apply(x, *plan) * windows).sum(), (Overlap.apply(windows, 5, before, stride) * x).sum()
    torch.testing.assert_close(there, back)


def test_noise_is_drawn_alike():
    noise, x = Noise(), torch.zeros(2, 4, 3)
    with torch.no_grad():
        noise.weight.fill_(0.5)
    torch.manual_seed(3)
    ours = shaken(noise, x)
    torch.manual_seed(3)
    assert torch.equal(ours.mT, noise(x.mT)) and ours.std() > 0
    noise.on = False
    assert torch.equal(shaken(noise, x), x)


def test_adam_adds_its_epsilon_where_tensorflow_does():
    """Gradients as small as epsilon show it. Numbers by hand: m and v are one step old."""
    p = torch.nn.Parameter(torch.zeros(2, dtype=torch.double))
    optimizer = KerasAdam([p], lr=0.1, beta1=0.5, beta2=0.999, eps=1e-7)
    m = v = expected = torch.zeros(2, dtype=torch.double)
    for t in (1, 2, 3):
        p.grad = torch.tensor([1e-7, 3.0], dtype=torch.double) * t
        optimizer.step()
        m, v = 0.5 * m + 0.5 * p.grad, 0.999 * v + 0.001 * p.grad ** 2
        expected = expected - 0.1 * (1 - 0.999 ** t) ** 0.5 / (1 - 0.5 ** t) * m / (v ** 0.5 + 1e-7)
    torch.testing.assert_close(p.detach(), expected)
    again = KerasAdam([torch.nn.Parameter(p.detach().clone())])
    again.load_state_dict(optimizer.state_dict())
    assert again.param_groups[0]["steps"] == 3
