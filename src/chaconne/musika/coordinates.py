"""Latent coordinates: the line that Musika's generator walks along.

Rows are [coordinate, style]: the coordinate moves straight from one random anchor to the next, the style stays the
same for a whole piece. `frames` is the generator's context in latents (256); anchors are 3/2 contexts apart. Every
row is the mean of two neighbours, so that an anchor lies between two rows.
"""

import torch


def straight(begin, end, count):
    """`count` points from `begin` [..., C] towards `end`, which is left out: [..., count, C]."""
    shares = (torch.arange(count, device=begin.device) / count)[:, None]
    return begin.unsqueeze(-2) * (1 - shares) + end.unsqueeze(-2) * shares


def between(rows):
    """Means of neighbours: [..., N, C] -> [..., N - 1, C]."""
    return (rows[..., :-1, :] + rows[..., 1:, :]) / 2


def around(left, centre, right, frames):
    """Rows around one anchor: three times [B, C] -> [B, 3 frames, C], `centre` in the middle."""
    count = 3 * frames // 2
    rows = torch.cat([straight(left, centre, count), straight(centre, right, count), right.unsqueeze(-2)], dim=-2)
    return between(rows)


def crop(rows, frames, place):
    """Context number `place` (0, 1 or 2) of rows from `around`: [B, 3 frames, C] -> [B, frames, C]."""
    first = frames // 4 + place * (frames // 2)
    return rows[..., first:first + frames, :]


def training_rows(draws, frames, place):
    """draws: style, left, centre, right, [4, B, C] -> generator inputs [B, frames, 2 C]."""
    style, left, centre, right = draws
    rows = crop(around(left, centre, right, frames), frames, place)
    return torch.cat([rows, style.unsqueeze(1).expand_as(rows)], dim=-1)


def along(anchors, style, frames):
    """Contexts one after another: anchors [N + 2, C], style [1, C] -> [N, frames, 2 C]."""
    chunks = len(anchors) - 2
    rows = between(straight(anchors[:-1], anchors[1:], 3 * frames // 2).reshape(-1, anchors.shape[-1]))
    rows = rows[frames // 4:frames // 4 + chunks * frames].reshape(chunks, frames, -1)
    return torch.cat([rows, style.expand(chunks, frames, -1)], dim=-1)


def truncated_normal(shape, limit):
    """Normals, drawn again where they lie outside [-limit, limit]; limit is above 0."""
    values = torch.randn(shape)
    while (outside := values.abs() > limit).any():
        values[outside] = torch.randn(int(outside.sum()))
    return values


def drawn(chunks, width, limit, frames):
    """Rows [chunks, frames, 2 width] of one new piece: anchors and style are truncated normals."""
    return along(truncated_normal((chunks + 2, width), limit), truncated_normal((1, width), limit), frames)
