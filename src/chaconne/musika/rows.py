"""Layers of Musika's GAN over rows [B batch, W places, C channels]: matrix products, differentiable twice.

The same numbers as the layers' own `forward`; a step of training takes three quarters of the CPU time. A convolution
is one product over windows that are laid side by side, a transposed one a product whose parts are added where they
overlap. Laying out and adding are each other's derivative, so that the gradient of a gradient (R1) consists of such
products, too.
"""

import torch
from torch.nn.functional import linear

from chaconne.musika.layers import Up


class Windows(torch.autograd.Function):
    """[B, W, C] -> [B, count, size, C]: window i holds the places from stride i - before on; zeros beyond the ends."""

    @staticmethod
    def forward(ctx, x, before, count, size, stride):
        """Copy a tap of all windows at once."""
        ctx.plan = x.shape[1], before, stride
        made = x.new_empty(len(x), count, size, x.shape[2])
        for tap in range(size):
            inside, places = meeting(tap, x.shape[1], before, count, stride)
            made[:, :inside.start, tap] = made[:, inside.stop:, tap] = 0
            made[:, inside, tap] = x[:, places]
        return made

    @staticmethod
    def backward(ctx, gradient):
        """Add up what the windows share."""
        return Overlap.apply(gradient, *ctx.plan), None, None, None, None


class Overlap(torch.autograd.Function):
    """[B, count, size, C] -> [B, W, C]: windows added up where `Windows` of [B, W, C] takes them from."""

    @staticmethod
    def forward(ctx, windows, width, before, stride):
        """Add a tap of all windows at once."""
        count, size = windows.shape[1:3]
        ctx.plan = before, count, size, stride
        total = windows.new_zeros(len(windows), width, windows.shape[3])
        for tap in range(size):
            inside, places = meeting(tap, width, before, count, stride)
            total[:, places] += windows[:, inside, tap]
        return total

    @staticmethod
    def backward(ctx, gradient):
        """Lay out."""
        return Windows.apply(gradient, *ctx.plan), None, None, None


def meeting(tap, width, before, count, stride):
    """Return (which of `count` windows have `tap` inside of `width` places, those places): two slices."""
    first = max(0, -((tap - before) // stride))
    stop = max(first, min(count, (width - 1 + before - tap) // stride + 1))
    place = stride * first + tap - before
    return slice(first, stop), slice(place, place + stride * (stop - first), stride)


def over(layer, x):
    """Run a Conv or Up of chaconne.musika.layers: x [B, W, C] -> [B, its W, its C]."""
    width, weight = x.shape[1], layer.weight
    if isinstance(layer, Up):
        parts = linear(x, weight.permute(2, 1, 0).flatten(0, 1)).unflatten(2, (4, -1))
        return Overlap.apply(parts, 2 * width, 1, 2) + layer.bias
    size, stride = layer.kernel_size[0], layer.stride[0]
    if size == 1:
        return linear(x, weight[:, :, 0], layer.bias)
    count = -(-width // stride)
    padding = max((count - 1) * stride + size - width, 0)
    windows = Windows.apply(x, padding // 2, count, size, stride)
    return linear(windows.flatten(2), weight.transpose(1, 2).flatten(1), layer.bias)


def shaken(noise, x):
    """Run a Noise: x [B, W, C] -> the same shape, drawn as for [B, C, W]."""
    return x + noise.weight * noise.draw(x.mT).mT if noise.on else x


def pooled(x):
    """Means of pairs of places: [B, W, C] -> [B, W / 2, C]."""
    return x.unflatten(1, (-1, 2)).mean(2)
