"""Layers that generators share."""

import torch
from torch import nn
from torch.nn import functional


class Conditions(nn.Module):
    """Sum of one learned vector an attribute: codes [B, attributes] -> [B, width]; code 0 is 'free'.

    The vectors start large enough to be heard at once: started at 0.02, as embeddings of long
    trainings are, a GAN that has some hundred steps never tells two instruments apart.
    """

    def __init__(self, vocabulary, width):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(len(values) + 1, width) for values in vocabulary.values())
        self.width = width
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, codes):
        """codes: [B, attributes] -> [B, width]."""
        total = torch.zeros(len(codes), self.width, device=codes.device)
        for table, column in zip(self.tables, codes.unbind(1), strict=True):
            total = total + table(column)
        return total


class ScaledNorm(nn.LayerNorm):
    """A LayerNorm whose scale and shift are operations of their own.

    The gradients of torch's own are sums of one part for each thread: other threads give other bytes.
    """

    def forward(self, x):
        """x: [..., W]."""
        return torch.addcmul(self.bias, functional.layer_norm(x, self.normalized_shape, eps=self.eps), self.weight)


class Neighbours(nn.Module):
    """Depthwise convolution along places, [B, P, W] -> [B, P + 2 padding - size + 1, W].

    A sum of shifted copies. On a CPU nn.Conv1d with groups takes up to three times as long, and differentiated
    twice, as the penalties of a GAN need it, up to four times.
    """

    def __init__(self, width, size, padding=0):
        super().__init__()
        self.padding, bound = padding, size ** -0.5     # as nn.Conv1d starts
        self.weight = nn.Parameter(torch.empty(size, width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(width).uniform_(-bound, bound))

    def forward(self, x):
        """x: [B, P, W]."""
        x = functional.pad(x, (0, 0, self.padding, self.padding))
        places = x.shape[1] - len(self.weight) + 1
        total = self.bias
        for i, weight in enumerate(self.weight):
            total = torch.addcmul(total, x[:, i:i + places], weight)
        return total


def mean_square(a, b):
    """Mean squared difference of two tensors [B, ...], a scalar.

    Row by row first: a sum over all, which threads share among them, has other bytes with another number of them.
    """
    return (a - b).square().flatten(1).mean(1).mean()
