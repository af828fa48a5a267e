"""The autoencoder's networks as matrix products over tensors with channels last: the same numbers, faster on CPUs.

A convolution over pieces this short spends most of its time outside of the products. Here every layer is one
product, biases included, activations in place; the taps of a transposed convolution are added where they overlap.

Shapes: N pieces, W places, C channels; tensors are [N, W, C].
"""

import torch
from torch.nn import functional
from torch.nn.functional import linear

from chaconne.musika.autoencoder import STACK, UNIT
from chaconne.musika.layers import Conv, Noise, Up


def windows(x, count, size, stride):
    """`count` windows of `size` neighbours, laid side by side: [N, W, C] -> [N, count, size C], a view."""
    channels = x.shape[-1]
    return x.as_strided((len(x), count, size * channels), (x.stride(0), stride * channels, 1))


def product(x, weight, bias=None):
    """x: [N, W, C] -> [N, W, outputs], as one product of all rows: piece by piece is slower."""
    rows = x.reshape(-1, x.shape[-1])
    return linear(rows, weight, bias).reshape(*x.shape[:2], -1)


def overlapped(taps, bias):
    """Taps [N, W, 4 C] of a transposed convolution -> [N, 2 W, C]: tap k of place w belongs to place 2 w + k - 1."""
    taps = taps.unflatten(2, (4, -1))
    made = taps.new_empty(*taps.shape[:2], 2, len(bias))
    torch.add(taps[:, :, 1], bias, out=made[:, :, 0])
    torch.add(taps[:, :, 2], bias, out=made[:, :, 1])
    made[:, 1:, 0] += taps[:, :-1, 3]
    made[:, :-1, 1] += taps[:, 1:, 0]
    return made.flatten(1, 2)


class Products:
    """What `Autoencoder` computes, with weights laid out for products when this is made."""

    def __init__(self, model):
        self.model = model
        self.weights = {layer: laid_out(layer) for layer in model.modules() if isinstance(layer, (Conv, Up))}

    def layer(self, layer, x):
        """One convolution of either kind."""
        x = x.contiguous()
        if isinstance(layer, Up):
            return overlapped(product(x, self.weights[layer]), layer.bias.detach())
        size, stride, places = layer.kernel_size[0], layer.stride[0], x.shape[1]
        if size == 1:
            return product(x, self.weights[layer], layer.bias)
        if layer.valid:
            count = (places - size) // stride + 1
        else:
            count = -(-places // stride)
            total = max((count - 1) * stride + size - places, 0)
            x = functional.pad(x, (0, 0, total // 2, total - total // 2))
        return product(windows(x, count, size, stride), self.weights[layer], layer.bias)

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
    """Weight of a convolution as a matrix [outputs, taps C]; of a transposed one [taps outputs, C]."""
    weight = layer.weight.detach()
    if isinstance(layer, Up):
        return weight.permute(2, 1, 0).flatten(0, 1).contiguous()
    return weight.transpose(1, 2).reshape(len(weight), -1).contiguous()


def add_noise(layer, x):
    """Noise, in place, over x [N, W, C]: drawn as for [N, C, W], so that both ways give the same."""
    if layer.on:
        x.add_((layer.weight * layer.draw(x.mT)).mT)
