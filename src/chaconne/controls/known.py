"""Real clips of which everything is known: for those who judge, and to measure the judges with."""

from pathlib import Path

import numpy as np
import pandas as pd

from chaconne.controls.wishes.described import CURVES
from chaconne.controls.wishes.numbers import NUMBERS
from chaconne.evaluation import crops
from chaconne.running.files import read_json
from chaconne.storage.files import load_array, read_table, write_json


def known(variants, latents, folder, names, split, count, seconds, seed):
    """Write real clips of a split, at most `count`, and what is known of each (told.json), into `folder`."""
    facts = read_json(Path(variants, "corpus.json"))
    rate, samples = facts["sample_rate_hz"], round(seconds * facts["sample_rate_hz"])
    manifest = read_table(Path(variants, "manifest.csv"), ("clip", "start", "samples"), ("piece", "split"))
    table, _ = crops.choose(manifest[manifest.split == split], count, samples, facts["grid_samples"], seed)
    if len(table) < 8:
        raise ValueError(f"{variants}: expected 8 stretches of {seconds:g} s or more of the split {split}, got "
                         f"{len(table)}; take more pieces (corpus.max_pieces) or shorter ones (controls.clip_seconds)")
    index = read_table(Path(latents, "index.csv"), ("clip", "first", "start"), ("split",)).set_index("clip")
    hop, curves = read_json(Path(latents, "latents.json"))["hop_samples"], load_array(Path(latents, CURVES))
    audio = load_array(Path(variants, "audio.npy"), np.int16, 1)
    clips = crops.read(audio, table.start, samples)
    told = [told_of(index.loc[row.clip], curves, row.start, samples, hop, names) for row in table.itertuples()]
    np.save(Path(folder, "clips.npy"), clips)
    write_json(Path(folder, "told.json"), told)
    write_json(Path(folder, "about.json"), {"sample_rate_hz": rate, "clips": len(clips), "clip_seconds": seconds})


def told_of(clip, curves, start, samples, hop, names):
    """Return what is known of a stretch of a clip: {number: mean in its unit, name: value}."""
    first = int(clip["first"] + (start - clip["start"]) // hop)
    part = curves[first:first + samples // hop]
    found = {}
    for place, (name, number) in enumerate(NUMBERS.items()):
        column = part[:, place][np.isfinite(part[:, place])]
        if len(column):
            found[name] = float(number.told(column.astype(np.float64).mean()))
    return found | {name: str(clip[name]) for name in names if name in clip and pd.notna(clip[name])}
