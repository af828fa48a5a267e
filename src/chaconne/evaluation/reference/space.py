"""A reference seen through one embedder: everything a row is measured against, in one .npz file."""

from dataclasses import asdict, dataclass

import numpy as np
from sklearn.decomposition import PCA

from chaconne.evaluation.reference.coverage import clip_vectors, nearest
from chaconne.evaluation.reference.distances import kernel_sums, mean_of_pairs, median_bandwidth
from chaconne.running.files import new_file
from chaconne.storage.files import save_arrays


@dataclass
class Space:
    """Projection, reference and held-out clips, and figures that every row needs. M, N clips of S seconds."""

    offset: np.ndarray  # [features], subtracted before the projection
    components: np.ndarray  # [D, features]
    embeddings: np.ndarray  # [M, S, D] float32, the reference clips
    heldout: np.ndarray  # [N, S, features] float32, the held-out clips before the projection
    known: np.ndarray  # [K, D] float32, clip vectors of training music, in which copies are looked for; K >= M
    bandwidth: float  # of the kernel distance
    kernel_mean: float  # mean kernel between different reference clips
    heldout_nearest: float  # median distance from held-out clips to the nearest of `known`

    def project(self, features):
        """Return features [N, S, features] as embeddings [N, S, D], float32."""
        return ((features - self.offset) @ self.components.T).astype(np.float32)

    def save(self, path):
        """Write the space to an .npz file."""
        with new_file(path) as temporary:
            save_arrays(temporary, **asdict(self))


def load(path):
    """Read what Space.save wrote."""
    with np.load(path) as file:
        return Space(**{name: file[name] if file[name].ndim else float(file[name]) for name in file.files})


def fit(features, heldout, components, more=None):
    """Fit a space on reference features [M, S, F] and held-out features [N, S, F].

    components: principal components to keep, None for the features as they are. Fewer are kept when
    the reference has fewer seconds. more: features [K - M, S, F] of training clips in which, too, copies are
    looked for; they change nothing but `known` and `heldout_nearest`.
    """
    flat = features.reshape(-1, features.shape[-1]).astype(np.float64)
    if components is None:
        offset, matrix = np.zeros(flat.shape[1]), np.eye(flat.shape[1])
    else:
        pca = PCA(min(components, len(flat) - 1, flat.shape[1]), svd_solver="full").fit(flat)
        offset, matrix = pca.mean_, pca.components_
    space = Space(offset, matrix, np.empty(0), heldout.astype(np.float32), np.empty(0), 0.0, 0.0, 0.0)
    space.embeddings = space.project(features)
    space.known = clip_vectors(space.embeddings)
    if more is not None:
        space.known = np.concatenate([space.known, clip_vectors(space.project(more))])
    space.bandwidth = median_bandwidth(space.embeddings)
    pairs = kernel_sums(space.embeddings, space.embeddings, space.bandwidth)
    space.kernel_mean = mean_of_pairs(pairs, features.shape[1])
    distances = nearest(clip_vectors(space.project(heldout)), space.known)
    space.heldout_nearest = float(np.median(distances))
    if not space.heldout_nearest > 0:
        raise ValueError("held-out clips are copies of training clips (median distance 0): check the split")
    return space
