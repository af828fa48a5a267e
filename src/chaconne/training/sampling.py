"""From a generator to audio on disk."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from chaconne.running.room import check_room
from chaconne.storage.files import new_array, read_table, write_json
from chaconne.storage.latents.audio import to_int16


def draw_conditions(index_csv, attributes, count, seed):
    """Return `count` sets of attributes, as often as they occur in the training split of `index_csv`."""
    index = read_table(index_csv, texts=["split"], sizes=["seconds"])
    index = index[index.split == "train"]
    if not index.seconds.sum() > 0:
        raise ValueError(f"{index_csv}: expected clips of the split train that last some time, found none")
    rows = np.random.default_rng(seed).choice(len(index), size=count, p=index.seconds / index.seconds.sum())
    drawn = index.iloc[rows].to_dict("records")     # whole rows: of no columns at all there would be no records
    return [{a: str(row[a]) for a in attributes if pd.notna(row[a])} for row in drawn]


def write_clips(folder, codec, latents, seconds, facts=None):
    """Decode latents [count, C, T] into clips.npy (int16 [count, samples]) and about.json.

    Every clip is `seconds` long and is decoded on its own, so that clips do not depend on each other.
    """
    samples = round(seconds * codec.sample_rate_hz)
    Path(folder).mkdir(parents=True, exist_ok=True)
    check_room(f"decoding {len(latents)} clips", disk_bytes=3 * 2 * len(latents) * samples, folder=folder)
    clips = new_array(Path(folder, "clips.npy"), np.int16, (len(latents), samples))
    for first in range(0, len(latents), 16):
        clips[first:first + 16] = to_int16(codec.decode(latents[first:first + 16])[:, :samples])
    clips.flush()
    write_json(Path(folder, "about.json"), {
        "sample_rate_hz": codec.sample_rate_hz, "clip_seconds": seconds, "clips": len(latents), **(facts or {})})


def sample_clips(folder, model, codec, conditions, knobs, seconds, seed):
    """Sample one clip for every entry of `conditions` and write them with the generator's facts."""
    latents = model.sample(seconds, seed, conditions, knobs, count=len(conditions))
    write_clips(folder, codec, latents, seconds,
                {**model.facts, "function_evaluations": model.function_evaluations(knobs)})


@torch.no_grad()
def encode_clips(codec, clips):
    """int16 [count, samples] -> latents [count, C, T]; the last frame is filled with silence."""
    audio = torch.from_numpy(np.asarray(clips, np.float32) / 32767)
    padding = -audio.shape[1] % codec.hop_samples
    padded = torch.nn.functional.pad(audio, (0, padding))
    return torch.cat([codec.encode(part) for part in padded.split(16)])
