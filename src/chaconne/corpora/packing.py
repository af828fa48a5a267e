"""One packed corpus on disk: audio.npy, manifest.csv, corpus.json."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.lib.format import open_memmap
from tqdm import tqdm

from chaconne.corpora.plan import COLUMNS
from chaconne.corpora.workers import in_order
from chaconne.files import write_json


def pack(rows, audio_of, folder, settings, audio, workers=1):
    """Write a corpus into `folder`.

    rows: dictionaries with the manifest's COLUMNS (start and samples say where a clip lies);
    audio_of: a picklable function of a row that returns int16 [row['samples']];
    settings: name, licence, citation; audio: sample_rate_hz, grid_samples.
    Workers write straight into the file, so that memory stays bounded. Returns a dictionary of facts.
    """
    total = sum(row["samples"] for row in rows)
    path = Path(folder, "audio.npy")
    open_memmap(path, mode="w+", dtype=np.int16, shape=(total,)).flush()
    # Long clips first, so that no worker is left alone with one at the end.
    longest_first = sorted(rows, key=lambda row: (-row["samples"], row["clip"]))
    done = in_order(partial(_write, audio_of, str(path)), longest_first, workers, chunk=1)
    hours = total / audio["sample_rate_hz"] / 3600
    for _ in tqdm(done, total=len(rows), desc=f"render {settings['name']}", unit="clip", mininterval=1):
        pass
    table = pd.DataFrame(rows)[COLUMNS]
    table.to_csv(Path(folder, "manifest.csv"), index=False, lineterminator="\n")
    facts = {"clips": len(rows), "hours": round(hours, 4)}
    about = {key: settings.get(key, settings["name"]) for key in ("name", "title", "licence", "citation")}
    write_json(Path(folder, "corpus.json"), about | dict(audio) | facts)
    counts = table.groupby("split").seconds.sum().div(3600).round(2).to_dict()
    print(f"{settings['name']}: {len(rows)} clips, {hours:.2f} hours; by split {counts}")
    return facts


def _write(audio_of, path, row):
    """Put one clip into its place of the packed file."""
    packed = np.load(path, mmap_mode="r+")
    packed[row["start"] : row["start"] + row["samples"]] = audio_of(row)
