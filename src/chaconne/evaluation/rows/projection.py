"""Clips as points of a plane, for the eye: the two directions in which the reference spreads most.

Nothing is measured here: two clouds that lie apart do differ, two that lie on each other may still.
A folder data/projection/NAME holds <row>.npy (float32 [N, 2]), `reference.npy` and about.json.
"""

from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from chaconne.evaluation.reference.coverage import clip_vectors
from chaconne.storage.files import write_json


def plane(reference_embeddings):
    """Fit the plane on the clips of a reference [M, S, D]; returns a PCA of two components.

    The side of each axis is fixed (its largest weight is positive), so that all rows share one picture.
    """
    pca = PCA(2, svd_solver="full").fit(clip_vectors(reference_embeddings).astype(np.float64))
    largest = np.abs(pca.components_).argmax(1)
    pca.components_ *= np.sign(pca.components_[[0, 1], largest])[:, None]
    return pca


def write(folder, embedder, reference_embeddings, embedded):
    """Write the points of the reference and of every row of `embedded` {row: [N, S, D]} into a folder.

    embedder: its name. about.json says what share of the reference's variance each axis holds.
    """
    pca, folder = plane(reference_embeddings), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, clips in {"reference": reference_embeddings, **embedded}.items():
        np.save(folder / f"{name}.npy", pca.transform(clip_vectors(clips)).astype(np.float32))
    shares = [float(f"{share:.6g}") for share in pca.explained_variance_ratio_]
    write_json(folder / "about.json", {"embedder": embedder, "variance": shares})
