"""Against forgetting and copying on small sets: frozen layers, low-rank additions, augmentation."""

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize

from chaconne.musika.layers import Conv, Dense, Up


class LowRank(nn.Module):
    """weight + up @ down (Hu 2021, Eq. 3) of a kernel laid out as a matrix; up starts at zero."""

    def __init__(self, shape, rank):
        super().__init__()
        rows, columns = shape[0], int(np.prod(shape[1:]))
        self.down = nn.Parameter(torch.randn(rank, columns) / columns ** 0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight):
        """weight: of any kind of layer -> the same shape."""
        return weight + (self.up @ self.down).reshape(weight.shape)


def adapt(network, rank):
    """Freeze the kernels of `network` and let low-rank additions learn; returns a function that merges them."""
    layers = [m for m in network.modules() if isinstance(m, (Conv, Up, Dense)) and m.weight.requires_grad
              and not parametrize.is_parametrized(m)]
    for layer in layers:
        layer.weight.requires_grad_(False)
        parametrize.register_parametrization(layer, "weight", LowRank(layer.weight.shape, rank))

    def merge():
        for layer in layers:
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
            layer.weight.requires_grad_(True)

    return merge


def freeze(parts, count, knob):
    """Let the first `count` of `parts` (lists of modules) stand still; `knob` names the number in an error."""
    if not 0 <= count < len(parts):
        raise ValueError(f"{knob}: expected 0 to {len(parts) - 1}, got {count}")
    for module in (m for part in parts[:count] for m in part):
        module.requires_grad_(False)


def augmented(latents, share):
    """The same kinds of damage to real and made latents [B, C, T], each to `share` of them (Zhao 2020, Eqs. 5-6).

    Shifted in time by up to an eighth, a quarter of the time silenced to the mean, noise of up to 0.1 deviations.
    Differentiable, so that the generator never learns the damage.
    """
    count, _, frames = latents.shape
    device = latents.device

    def chosen():
        return (torch.rand(count, 1, 1, device=device) < share).float()

    shift = (torch.randint(-(frames // 8), frames // 8 + 1, (count, 1), device=device) * chosen()[:, 0]).long()
    places = (torch.arange(frames, device=device) - shift).clamp(0, frames - 1)
    moved = latents.gather(2, places.unsqueeze(1).expand_as(latents))
    begin = torch.randint(frames - frames // 4 + 1, (count, 1, 1), device=device)
    place = torch.arange(frames, device=device)
    hole = ((place >= begin) & (place < begin + frames // 4)).float() * chosen()
    moved = torch.lerp(moved, moved.mean(2, keepdim=True).expand_as(moved), hole)
    return moved + 0.1 * latents.std().detach() * chosen() * torch.rand_like(hole[:, :, :1]) * torch.randn_like(moved)
