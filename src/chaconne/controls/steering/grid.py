"""Latents on a grid of beats, where every tempo looks the same: music is stretched onto it, and back.

A GAN makes patches that are as long as a part of a beat. On the grid they are so at every tempo, so that the tempo is
no matter of learning: of real clips that are laid on the grid and taken back, the judges hear nothing (docs/search.md).

Shapes: B batch, C channels, T frames of latents, G frames of the grid.
"""

import torch


def places(qpm, per_beat, rate_hz):
    """Return where on the grid every frame lies, from 0 on: quarter notes a minute [B, T] -> [B, T] in its frames.

    per_beat: frames of the grid in a quarter note. Where the tempo is not known (NaN) both have the same frames.
    """
    steps = (qpm / 60 * per_beat / rate_hz).nan_to_num(1.0)[:, :-1].double()
    return torch.cat([steps.new_zeros(len(steps), 1), steps.cumsum(1)], 1)


def times(places, count):
    """Return the inverse of `places` [B, T]: which frame, in parts, lies at each of `count` frames of the grid."""
    wanted = torch.arange(count, device=places.device, dtype=places.dtype).expand(len(places), -1).contiguous()
    after = torch.searchsorted(places.contiguous(), wanted, right=True).clamp(1, places.shape[1] - 1)
    left, right = places.gather(1, after - 1), places.gather(1, after)
    return (after - 1 + (wanted - left) / (right - left)).clamp(0, places.shape[1] - 1)


def between(z, at):
    """Return z [B, C, T] at the places `at` [B, G] between its frames: cubic (Catmull and Rom 1974), [B, C, G]."""
    first = at.floor().long()
    share = (at - first).to(z)[:, None]

    def tap(offset):
        index = (first + offset).clamp(0, z.shape[2] - 1)
        return z.gather(2, index[:, None].expand(-1, z.shape[1], -1))

    a, b, c, d = (tap(offset) for offset in (-1, 0, 1, 2))
    return b + share / 2 * (c - a + share * (2 * a - 5 * b + 4 * c - d + share * (3 * (b - c) + d - a)))


def nearest(values, at):
    """Return values [B, C, T] at the frames nearest to `at` [B, G]: [B, C, G]. What is not known stays so."""
    return values.gather(2, at.round().long()[:, None].expand(-1, values.shape[1], -1))
