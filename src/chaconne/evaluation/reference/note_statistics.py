"""The columns of a row that listen to pitch and rhythm: from the signal, and from a transcription of it."""

import numpy as np

from chaconne.evaluation.reference import chroma, harmony, transcription
from chaconne.evaluation.reference.batches import in_batches

# column: (counts of harmony.describe that are compared with the reference's)
DISTANCES = {
    "pitch_distance": "pitch_classes", "interval_distance": "intervals", "simultaneity_distance": "simultaneity",
}
HIGHEST = {"density": np.inf, "polyphony": 128.0, "dissonance": 1.0, "onset_regularity": 1.0}


def note_statistics(clips, reference):
    """Return {path in the row: (statistic of kept clips, lowest, highest possible value)}.

    clips: int16 [N, samples]. What comes from the transcription is absent without the embedder `notes`.
    """
    found = signal_statistics(clips, reference.about)
    if "notes" in reference.embedders:
        rate = reference.about["sample_rate_hz"]
        found |= transcribed_statistics(transcription.transcribe(clips, rate), reference.about["harmony"])
    return found


def signal_statistics(clips, about):
    """Return the part of `note_statistics` that needs no transcription. about: about.json of the reference."""
    rate = about["sample_rate_hz"]
    windows = in_batches(chroma.chroma, clips, rate, about["eighth_samples"])
    classes = chroma.pitch_classes(windows)
    if not np.isfinite(classes).any():
        raise ValueError("all clips are silent: nothing to measure; look at the learning curves")
    same = chroma.pitch_class_distance_of(classes, np.array(about["pitch_classes"]))
    per_clip = {
        "in_key": chroma.in_key(classes),
        "onset_rate": in_batches(chroma.onset_rate, clips, rate),
        "silence": in_batches(chroma.silence, clips, rate),
    }
    highest = {"in_key": 1.0, "onset_rate": np.inf, "silence": 1.0}
    found = {("notes", key): (chroma.mean_of(values), 0.0, highest[key]) for key, values in per_clip.items()}
    found["notes", "pitch_class_distance"] = (same, 0.0, 1.0)
    found["adjacent_similarity",] = (chroma.mean_of(chroma.adjacent_similarity(windows)), -1.0, 1.0)
    return found


def transcribed_statistics(heard, reference_counts):
    """Return the part of `note_statistics` that a transcription gives.

    heard: list of transcription.Heard, one per clip; reference_counts: from `counts_of` the reference.
    """
    figures = harmony.describe_all(heard)
    found = {("notes", key): (chroma.mean_of(figures[key]), 0.0, high) for key, high in HIGHEST.items()}
    for column, counts in DISTANCES.items():
        distance = harmony.histogram_distance_of(figures[counts], np.array(reference_counts[counts]))
        found["notes", column] = (distance, 0.0, 1.0)
    return found


def counts_of(heard):
    """Return what the distances of other clips are taken from: {counts: shares [bins]}, lists that add up to 1.

    Raises ValueError when no note is heard, or no two at once (of nothing there are no shares).
    """
    figures = harmony.describe_all(heard)
    shares = {}
    for counts in DISTANCES.values():
        total = figures[counts].sum(0)
        if not total.sum() > 0:
            raise ValueError(f"the transcription of the reference holds no {counts}: leave `notes` out of embedders")
        shares[counts] = (total / total.sum()).tolist()
    return shares
