"""Latents and what can be said of them, frame by frame: the folder that controls are learned from.

Beside what chaconne.storage.latents.latents writes: `curves.npy`, float32 [frames, COLUMNS] in learned values of
chaconne.controls.wishes.numbers, and `numbers.json`, what `facts_of` says of the training split.
"""

from pathlib import Path

import numpy as np

from chaconne.running.files import read_json
from chaconne.storage.files import load_array
from chaconne.storage.latents.latents import Latents

CURVES, FACTS = "curves.npy", "numbers.json"


def open_described(folder, split, frames, on_beats=False):
    """Return (Latents, the same of the curves) of a split: drawn with one seed they give the same places.

    on_beats: whether crops start there; what has a clock need not guess where beats are.
    """
    latents, curves = (Latents(folder, split, frames, on_beats) for _ in range(2))
    curves.raw = load_array(Path(folder, CURVES), np.float32, 2)
    return latents, curves


def read_facts(folder):
    """Return what `facts_of` found."""
    return read_json(Path(folder, FACTS))
