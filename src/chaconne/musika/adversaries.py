"""Musika's generator and critic. Shapes: B batch, W places (latents), C channels; layer names are Musika's.

Latents are [B, C, W] outside, as everywhere; inside channels come last (chaconne.musika.rows).

Published sizes: frames 256 (`--small`: 128), base 128, 64 coordinates + 64 values of style, 128 latent channels.
Contexts of 64 and 32 follow the same rule as `--small`: one more block keeps the number of places.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import leaky_relu, silu

from chaconne.musika import coordinates
from chaconne.musika.layers import Conv, Dense, Noise, Up
from chaconne.musika.rows import over, pooled, shaken

HALF = 0.5 ** 0.5
FULL = 5            # halvings from half a context of 256 latents to four
CONTEXTS = {32: 2, 64: 3, 128: 4, 256: 5}


@dataclass(frozen=True)
class Shape:
    """frames: context in latents. base: unit of channel counts. inputs: coordinate + style. latents: channels."""

    frames: int = 256
    base: int = 128
    inputs: int = 128
    latents: int = 128

    def __post_init__(self):
        if self.frames not in CONTEXTS:
            raise ValueError(f"musika.train.frames: expected one of {sorted(CONTEXTS)}, got {self.frames}")

    @property
    def halvings(self):
        """From half a context down to four places."""
        return CONTEXTS[self.frames]


class Modulated(nn.Module):
    """Convolution, noise, adaptive scale, swish: x [B, W, C], rows [B, W', inputs] -> [B, W', outputs].

    The scale is adaptive instance normalisation without its mean and shift (after Huang 2017, Eq. 8).
    """

    def __init__(self, layer, outputs, inputs):
        super().__init__()
        self.c, self.r, self.style = layer, Noise(), Conv(inputs, outputs)

    def forward(self, x, rows):
        """Deviation over time, by sample and channel."""
        return silu(scaled(shaken(self.r, over(self.c, x)), over(self.style, rows)))


def scaled(x, scale):
    """x / its deviation over time * scale, all [B, W, C]."""
    return x / (x.var(1, correction=0, keepdim=True).sqrt() + 1e-5) * scale


def unfolded(x):
    """Half the channels, twice the places: [B, W, C] -> [B, 2 W, C / 2]."""
    return x.unflatten(2, (-1, 2)).mT.flatten(1, 2)


class Generator(nn.Module):
    """Rows [B, frames, inputs] (coordinate, style) -> latents [B, latents, frames]; the halves never meet."""

    def __init__(self, shape):
        super().__init__()
        self.shape, base, inputs = shape, shape.base, shape.inputs
        self.kept = FULL - shape.halvings       # blocks that keep the number of places
        self.start, self.start_noise = Dense(2 * inputs, 28 * base), Noise()
        self.start_scale = Conv(inputs, 7 * base)
        self.first, self.second, self.skip = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for i in range(4):
            before, after = (7 - i) * base, (6 - i) * base
            keep = i < self.kept
            self.first.append(Modulated(Conv(before, after) if keep else Up(before, after), after, inputs))
            self.second.append(Modulated(Conv(after, after, 1 if keep else 4), after, inputs))
            self.skip.append(Conv(before if keep else before // 2, after))
        self.last = Modulated(Up(3 * base, 2 * base), 2 * base, inputs)
        self.out = Conv(2 * base, shape.latents, 4)

    def weighted(self):
        """Return {Musika's name: layer}, in the order of its files."""
        found = {"00d": self.start, "00n": self.start_noise, "00ai": self.start_scale}
        for i, blocks in enumerate(zip(self.first, self.second, strict=True)):
            tail = "_small" if i < self.kept else ""
            for name, block in zip((f"{2 * i}{tail}", f"{2 * i + 1}{tail}"), blocks, strict=True):
                found |= {f"{name}c": block.c, f"{name}r": block.r, f"{name}ai": block.style}
            found[f"res{i + 1}c{tail}"] = self.skip[i]
        return found | {"8c": self.last.c, "8r": self.last.r, "8ai": self.last.style, "9c": self.out}

    def forward(self, rows):
        """rows: [B, frames, inputs]."""
        count = len(rows)
        levels = [torch.cat(rows.chunk(2, dim=1))]
        for _ in range(self.shape.halvings + 1):
            levels.append(pooled(levels[-1]))
        g = self.start(levels[-1].flatten(1)).unflatten(1, (4, -1))
        g = silu(scaled(shaken(self.start_noise, g), over(self.start_scale, levels[-2])))
        for i, (first, second, skip) in enumerate(zip(self.first, self.second, self.skip, strict=True)):
            keep = i < self.kept
            style = levels[self.shape.halvings - max(0, i + 1 - self.kept)]
            y = HALF * second(HALF * first(g, style), style)
            g = y + over(skip, g if keep else unfolded(g))
        return torch.cat(over(self.out, self.last(g, levels[0])).split(count), dim=1).mT


@torch.no_grad()
def compose(generator, length, truncation, at_once=64):
    """Make one piece, its contexts side by side in batches: latents [latents, length] of a Generator.

    truncation: largest coordinate and style, in deviations. Randomness comes from the global generator.
    """
    shape, chunks = generator.shape, -(-length // generator.shape.frames)
    rows = coordinates.drawn(chunks, shape.inputs // 2, truncation, shape.frames)
    return torch.cat([latents for part in rows.split(at_once) for latents in generator(part)], dim=-1)[:, :length]


class Block(nn.Module):
    """Residual block of the critic: [B, W, inputs] -> [B, W / 2, outputs]."""

    def __init__(self, inputs, outputs, size=4):
        super().__init__()
        self.c0, self.c1 = Conv(inputs, inputs, size), Conv(inputs, outputs, 4, 2)
        self.c3 = Conv(inputs, outputs, bias=False) if inputs != outputs else None

    def forward(self, x):
        """The residual branch is scaled twice, the skip is not."""
        y = HALF * leaky_relu(over(self.c1, HALF * leaky_relu(over(self.c0, x), 0.2)), 0.2)
        x = pooled(x)
        return y + (x if self.c3 is None else over(self.c3, x))


class Critic(nn.Module):
    """Latents [B, latents, frames] -> judgements [B, 1]."""

    def __init__(self, shape):
        super().__init__()
        base, widths = shape.base, [3, 4, 5, 6, 7, 7]
        widths = widths[:shape.halvings + 1]
        self.enter = Conv(shape.latents, 3 * base, 4, 2)
        # The sixth block of the full size keeps its channels, and its first convolution has one tap.
        self.blocks = nn.ModuleList(Block(a * base, b * base, 1 if a == b else 4)
                                    for a, b in zip(widths[:-1], widths[1:], strict=True))
        self.width = widths[-1] * base
        self.leave, self.judge = Conv(self.width, self.width, 3), Dense(4 * self.width, 1)

    def weighted(self):
        """Return {Musika's name: layer}, in the order of its files."""
        found = {"1c": self.enter}
        for i, block in enumerate(self.blocks):
            found |= {f"{i + 2}{name}": layer for name, layer in block.named_children() if layer is not None}
        return found | {"7c": self.leave, "7d": self.judge}

    def features(self, latents):
        """latents: [B, latents, frames] -> [B, 4, width]."""
        h = leaky_relu(over(self.enter, latents.mT), 0.2)
        for block in self.blocks:
            h = block(h)
        return leaky_relu(over(self.leave, h), 0.2)

    def forward(self, latents):
        """latents: [B, latents, frames] -> [B, 1]."""
        return self.judge(self.features(latents).flatten(1))
