"""Against forgetting and copying on small sets: frozen layers, low-rank additions, augmentation, stopping in time."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn.utils import parametrize

from chaconne.musika.layers import Conv, Dense, Up

MADE = 256          # contexts that a distance is measured on


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


def embedding(latents, window):
    """Means and deviations of every channel over `window` latents: [B, C, T] -> [N, 2 C]."""
    count, channels, frames = latents.shape
    parts = latents[:, :, :frames // window * window].reshape(count, channels, -1, window).transpose(1, 2)
    return torch.cat([parts.mean(-1), parts.std(-1)], dim=-1).flatten(0, 1).double()


def frechet(a, b):
    """Fréchet distance between normals fitted to rows a, b [N, D] (Heusel 2017, Eq. 6)."""
    means, covariances = [x.mean(0) for x in (a, b)], [torch.cov(x.T) for x in (a, b)]
    values, vectors = torch.linalg.eigh(covariances[0])
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    overlap = torch.linalg.eigvalsh(root @ covariances[1] @ root).clamp(min=0).sqrt().sum()
    return float((means[0] - means[1]).square().sum() + covariances[0].trace() + covariances[1].trace() - 2 * overlap)


def held_out(folder, window, most=4096):
    """Return `embedding` of the split `valid` in a folder of latents, at most `most` rows, evenly spread."""
    raw, index = np.load(Path(folder, "latents.npy"), mmap_mode="r"), pd.read_csv(Path(folder, "index.csv"))
    index = index[(index.split == "valid") & (index.frames >= window)]
    if index.empty:
        raise ValueError(f"{folder}: expected clips of split valid, at least {window} latents long, found none; set "
                         "musika.train.stop_every to 0, or change split in params.yaml")
    clips = (torch.from_numpy(np.array(raw[row.first:row.first + row.frames].T)) for row in index.itertuples())
    rows = torch.cat([embedding(clip[None], window) for clip in clips])
    return rows[torch.linspace(0, len(rows) - 1, min(most, len(rows))).long()]


class Stopper:
    """Keeps the best average of a training, and ends it when held-out music is not approached any more.

    The measure is the Fréchet distance between seconds of latents: means and deviations of every channel, 40
    principal components of the held-out ones. No audio is decoded, so that it costs little.
    folder: latents with a split `valid`. patience: measurements without a better one, after which it is over.
    """

    def __init__(self, folder, rate_hz, every, patience):
        self.every, self.patience, self.window = every, patience, max(2, round(rate_hz))
        self.best, self.waited, self.weights = float("inf"), 0, {}
        if every:
            rows = held_out(folder, self.window)
            self.centre = rows.mean(0)
            self.axes = torch.linalg.svd(rows - self.centre, full_matrices=False).Vh[:40].T
            self.known = (rows - self.centre) @ self.axes

    @property
    def over(self):
        """Whether there is nothing more to gain."""
        return bool(self.every) and self.waited >= self.patience

    def due(self, step):
        """Whether to measure after this step."""
        return bool(self.every) and (step + 1) % self.every == 0

    def measure(self, made, module):
        """made: latents [B, C, T] of `module`, whose weights are kept where it is the best so far; the distance."""
        distance = frechet((embedding(made.cpu(), self.window) - self.centre) @ self.axes, self.known)
        self.waited += 1
        if distance < self.best:
            self.best, self.waited = distance, 0
            self.weights = {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}
        return torch.tensor(distance)

    def state_dict(self):
        """What a resumed training needs."""
        return {"best": self.best, "waited": self.waited, "weights": self.weights}

    def load_state_dict(self, state):
        """Take up where `state_dict` was."""
        self.best, self.waited, self.weights = state["best"], state["waited"], state["weights"]
