"""Stopping in time: the best average of a training is kept, and it ends when held-out music is not approached any more.

The measure is the Fréchet distance between seconds of latents: means and deviations of every channel, 40 principal
components of the held-out ones. No audio is decoded, so that it costs little.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

MADE = 256      # contexts that a distance is measured on


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
                         "stop_every to 0, or change split in params.yaml")
    clips = (torch.from_numpy(np.array(raw[row.first:row.first + row.frames].T)) for row in index.itertuples())
    rows = torch.cat([embedding(clip[None], window) for clip in clips])
    return rows[torch.linspace(0, len(rows) - 1, min(most, len(rows))).long()]


class Stopper:
    """Keeps the best average of a training, and ends it when held-out music is not approached any more.

    folder: latents with a split `valid`. patience: measurements without a better one, after which it is over.
    """

    def __init__(self, folder, rate_hz, every, patience):
        self.every, self.patience, self.window = every, patience, max(2, round(rate_hz))
        self.best, self.waited, self.weights, self.ended = float("inf"), 0, {}, 0
        if every:
            rows = held_out(folder, self.window)
            self.centre = rows.mean(0)
            self.axes = torch.linalg.svd(rows - self.centre, full_matrices=False).Vh[:40].T
            self.known = (rows - self.centre) @ self.axes

    @property
    def over(self):
        """Whether there is nothing more to gain."""
        return bool(self.every) and self.waited >= self.patience

    def learned(self, steps):
        """How many of `steps` were learned before it was over."""
        return self.ended if self.over else steps

    def due(self, step):
        """Whether to measure after this step."""
        return bool(self.every) and (step + 1) % self.every == 0

    def measure(self, made, module):
        """made: latents [B, C, T] of `module`, whose weights are kept where it is the best so far; the distance."""
        distance = frechet((embedding(made.cpu(), self.window) - self.centre) @ self.axes, self.known)
        self.waited += 1
        self.ended += self.every
        if distance < self.best:
            self.best, self.waited = distance, 0
            self.weights = {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}
        return torch.tensor(distance)

    def state_dict(self):
        """What a resumed training needs."""
        return {"best": self.best, "waited": self.waited, "weights": self.weights, "ended": self.ended}

    def load_state_dict(self, state):
        """Take up where `state_dict` was."""
        self.best, self.waited, self.weights, self.ended = (state[k] for k in ("best", "waited", "weights", "ended"))
