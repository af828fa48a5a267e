"""Describing a corpus frame by frame: from its scores where there are some, by ear where there are none."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from chaconne.controls.hearing import hearing
from chaconne.controls.sounding.sounding import read_notes
from chaconne.controls.wishes.described import CURVES, FACTS
from chaconne.controls.wishes.numbers import COLUMNS, NUMBERS, facts_of, of_notes
from chaconne.running.files import read_json
from chaconne.running.workers import in_order
from chaconne.storage.files import load_array, write_json
from chaconne.storage.latents.audio import from_int16


@dataclass(frozen=True)
class Described:
    """Describes a clip of a corpus folder: a worker's function."""

    corpus: str
    rate: int
    hop: int

    def __call__(self, one):
        """one: (row of the index as a dictionary, notes [N, 3] or None) -> float32 [frames, COLUMNS]."""
        row, notes = one
        frames, each = int(row["frames"]), self.rate / self.hop
        start = int(row["start"])
        sound = from_int16(load_array(Path(self.corpus, "audio.npy"))[start:start + frames * self.hop]).numpy()
        told = hearing.heard(sound, self.rate, frames) if notes is None else of_notes(notes, frames, each)
        told["brightness"] = hearing.brightness(sound, self.rate, frames)
        curves = np.full((frames, len(COLUMNS)), np.nan, np.float32)
        if pd.notna(row.get("tempo_qpm")):      # of scores alone: where beats are is known, too
            told["tempo"] = np.full(frames, row["tempo_qpm"])
            curves[:, -1] = np.arange(frames) / each * row["tempo_qpm"] / 60
        for place, (name, number) in enumerate(NUMBERS.items()):
            curves[:, place] = number.learned(told[name])
        return curves


def describe(corpus, folder, index, workers, progress=iter):
    """Write curves.npy and numbers.json into a folder of latents. index: that of the latents, a DataFrame."""
    facts, notes = read_json(Path(folder, "latents.json")), read_notes(corpus)
    work = Described(str(corpus), facts["sample_rate_hz"], facts["hop_samples"])
    items = list(zip(index.to_dict("records"), notes or [None] * len(index), strict=True))
    curves = np.concatenate(list(progress(in_order(work, items, workers, chunk=1))))
    np.save(Path(folder, CURVES), curves)
    write_json(Path(folder, FACTS), facts_of(curves, index[index.split == "train"]))
