"""The autoencoder's networks as matrix products over tensors with channels last: the same numbers, faster on CPUs.

A convolution over pieces this short spends most of its time outside of the products. Here every layer is one
product (a transposed convolution: two, its even and its odd places), biases included, activations in place.

Shapes: N pieces, W places, C channels; tensors are [N, W, C].
"""

import torch
from torch.nn import functional
from torch.nn.functional import linear

from chaconne.musika.autoencoder import STACK, UNIT
from chaconne.musika.layers import Conv, Noise, Up


def windows(x, first, count, size, stride=1):
    """`count` windows of `size` neighbours, laid side by side: [N, W, C] -> [N, count, size C], a view."""
    channels = x.shape[-1]
    shape, steps = (len(x), count, size * channels), (x.stride(0), stride * channels, 1)
    return x.as_strided(shape, steps, x.storage_offset() + first * channels)


def product(x, weight, bias):
    """x: [N, W, C] -> [N, W, outputs], as one product of all rows: piece by piece is slower."""
    rows = x.reshape(-1, x.shape[-1])
    return linear(rows, weight, bias).reshape(*x.shape[:2], -1)


class Products:
    """What `Autoencoder` computes, with weights laid out for products when this is made."""

    def __init__(self, model):
        self.model = model
        self.weights = {layer: laid_out(layer) for layer in model.modules() if isinstance(layer, (Conv, Up))}

    def layer(self, layer, x):
        """One convolution of either kind."""
        x = x.contiguous()
        if isinstance(layer, Up):
            padded = functional.pad(x, (0, 0, 1, 1))
            made = x.new_empty(x.shape[0] * x.shape[1], 2, layer.out_channels)
            for i, weight in enumerate(self.weights[layer]):
                rows = windows(padded, i, x.shape[1], 2).reshape(len(made), -1)
                torch.addmm(layer.bias.detach(), rows, weight.T, out=made[:, i])
            return made.reshape(len(x), -1, layer.out_channels)
        size, stride, places = layer.kernel_size[0], layer.stride[0], x.shape[1]
        if size == 1:
            return product(x, self.weights[layer], layer.bias)
        if layer.valid:
            count = (places - size) // stride + 1
        else:
            count = -(-places // stride)
            total = max((count - 1) * stride + size - places, 0)
            x = functional.pad(x, (0, 0, total // 2, total - total // 2))
        return product(windows(x, 0, count, size, stride), self.weights[layer], layer.bias)

    def run(self, layers, x):
        """Layers one after another, as in a Sequential."""
        for layer in layers:
            if isinstance(layer, (Conv, Up)):
                x = self.layer(layer, x)
            elif isinstance(layer, Noise):
                add_noise(layer, x)
            else:
                x = functional.silu(x, inplace=True) if isinstance(layer, torch.nn.SiLU) else layer(x)
        return x

    def encode(self, spectrograms):
        """[B, K, F] -> latents [B, latents, F / 16], as Autoencoder.encode."""
        count = len(spectrograms)
        codes = self.run(self.model.enc, spectrograms.mT)
        latents = self.run(self.model.enc2, codes.reshape(-1, STACK, codes.shape[-1]))
        return latents.reshape(count, -1, latents.shape[-1]).mT

    def step(self, name, x):
        """Layer `name` of the decoder, its noise, its activation."""
        x = self.layer(getattr(self.model.dec, name), x)
        add_noise(self.model.dec.noise[name], x)
        return functional.silu(x, inplace=True)

    def decode(self, latents):
        """[B, latents, T] -> magnitudes and phases [B, K, 16 T], as Autoencoder.decode."""
        count, width = len(latents), latents.shape[1]
        codes = self.run(self.model.dec2, latents.mT.reshape(-1, UNIT, width))
        g0 = self.step("g0", codes)
        g1 = self.step("g1", g0)
        g2 = self.step("g2", g1)
        g22 = self.step("g22", self.step("g3", g2))
        g11 = self.step("g11", g2.add_(g22))
        p1 = self.step("p1", g22)
        g00 = self.step("g00", g1.add_(g11))
        p2 = self.step("p2", p1.add_(g11)).add_(g00)
        found = (self.layer(layer, x).clamp_(-1, 1)
                 for layer, x in ((self.model.dec.magnitude, g0.add_(g00)), (self.model.dec.phase, p2)))
        return tuple(x.reshape(count, -1, x.shape[-1]).mT for x in found)


def laid_out(layer):
    """Weight of a convolution as a matrix [outputs, taps C]; of a transposed one, for its even and odd places."""
    weight = layer.weight.detach()
    if isinstance(layer, Up):
        taps = weight.permute(2, 1, 0)      # [4, outputs, C]
        return tuple(torch.cat([taps[i], taps[j]], dim=1).contiguous() for i, j in ((3, 1), (2, 0)))
    return weight.transpose(1, 2).reshape(len(weight), -1).contiguous()


def add_noise(layer, x):
    """Noise, in place, over x [N, W, C]: drawn as for [N, C, W], so that both ways give the same."""
    if layer.on:
        x.add_((layer.weight * layer.draw(x.mT)).mT)
