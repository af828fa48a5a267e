"""What Musika's networks are made of. Tensors are [batch, channels, places], places are time."""

import torch
from torch import nn
from torch.nn import functional


class Noise(nn.Module):
    """x + weight * n: one normal n for each sample and place, the same for all channels; at inference, too.

    `on`: whether anything is added. n comes from torch's global generator: torch.manual_seed repeats it.
    """

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.on = True

    def draw(self, x):
        """Return n [B, 1, W] for x [B, C, W]."""
        return torch.randn(len(x), 1, x.shape[-1], device=x.device, dtype=x.dtype)

    def forward(self, x):
        """x: [B, C, W] -> the same shape."""
        return x + self.weight * self.draw(x) if self.on else x


def switch_noise(module, on):
    """Switch every Noise of `module` on or off."""
    for layer in module.modules():
        if isinstance(layer, Noise):
            layer.on = on


class Conv(nn.Conv1d):
    """Convolution padded as TensorFlow's 'same' does: what is left over goes to the right. `valid`: no padding."""

    def __init__(self, inputs, outputs, size=1, stride=1, valid=False, bias=True):
        super().__init__(inputs, outputs, size, stride, bias=bias)
        self.valid = valid
        he_uniform(self)

    def forward(self, x):
        """x: [B, C, W] -> [B, outputs, ceil(W / stride)], or what fits when `valid`."""
        if not self.valid:
            width, size, stride = x.shape[-1], self.kernel_size[0], self.stride[0]
            total = max((-(-width // stride) - 1) * stride + size - width, 0)
            if total:
                x = functional.pad(x, (total // 2, total - total // 2))
        return super().forward(x)


class Up(nn.ConvTranspose1d):
    """Transposed convolution of four taps and stride 2, 'same': [B, C, W] -> [B, outputs, 2 W]."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 4, 2, padding=1)
        he_uniform(self)


class Dense(nn.Linear):
    """Fully connected layer, initialised as Musika's."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        he_uniform(self)


def he_uniform(layer):
    """Initialise as Keras's he_uniform with zero biases."""
    nn.init.kaiming_uniform_(layer.weight, a=0, nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
