"""The networks as one would write them down first: what the benchmarks compare with. Same weights, same numbers."""

import copy

import torch
from torch import nn
from torchaudio.functional import griffinlim

from chaconne.codec.spectral import COMPRESSION, FFT, HOP, MOMENTUM
from chaconne.training.contract.layers import Neighbours


class Grouped(nn.Module):
    """Neighbours as a grouped convolution: [B, P, W] -> [B, P', W]."""

    def __init__(self, other):
        super().__init__()
        size, width = other.weight.shape
        self.conv = nn.Conv1d(width, width, size, padding=other.padding, groups=width)
        self.conv.weight.data = other.weight.detach().T[:, None].clone()
        self.conv.bias.data = other.bias.detach().clone()

    def forward(self, x):
        """x: [B, P, W]."""
        return self.conv(x.mT).mT


def plain(model):
    """Return a copy of a generator whose depthwise convolutions are PyTorch's own."""
    model = copy.deepcopy(model)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, Neighbours):
                setattr(module, name, Grouped(child))
    return model


@torch.no_grad()
def encode(codec, audio):
    """audio [B, S] -> latents [B, C, S / 2048], the batch at once."""
    return codec.project(codec.log_magnitudes(audio))


@torch.no_grad()
def decode(codec, latents, iterations=32):
    """latents [B, C, T] -> audio [B, 2048 T], the batch at once, phases by torchaudio's fast Griffin-Lim."""
    logs = codec.reconstruct(latents)
    magnitudes = nn.functional.pad(torch.expm1(logs.clamp(max=12)) * COMPRESSION, (0, 0, 0, 1)).mT
    return griffinlim(magnitudes, codec.window, FFT, HOP, FFT, 1.0, iterations, MOMENTUM, logs.shape[1] * HOP, True)
