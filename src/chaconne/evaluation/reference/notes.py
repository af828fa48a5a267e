"""Embedder `notes`: which notes sound and begin in each second, by the posteriors of basic-pitch.

Sees wrong notes (a quarter of them moved: 4 times the FAD of held-out clips), random notes and detuning more
than filtering, which `logmel` sees most.
"""

import numpy as np

from chaconne.evaluation.reference import transcription

COMPONENTS = 64  # kept of the 176 features, by principal components of the reference
MOST = 240  # reference clips are enough: each costs 0.1 s of a core, ten times as much as in logmel


def missing():
    """Return None, or what to do before this embedder can run."""
    return transcription.missing()


def embed(clips, sample_rate_hz):
    """Return the mean posteriors of notes and onsets over parts of about a second.

    clips: int16 [clips, samples]. Returns float32 [clips, parts, 176]; of long clips the first 3.6 s, four parts.
    """
    return np.stack([heard.features for heard in transcription.transcribe(clips, sample_rate_hz)])
