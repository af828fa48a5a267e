"""One packed corpus on disk: audio.npy, manifest.csv, corpus.json."""

import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from chaconne.corpora.rendering.plan import COLUMNS
from chaconne.running.files import read_json, to_disk
from chaconne.running.resume import seconds_between
from chaconne.running.room import check_room
from chaconne.running.workers import in_order
from chaconne.storage.files import new_array, write_csv, write_json

CHECKPOINT_SECONDS = 10  # between notes of how many clips are done; decides nothing about the result


def pack(rows, audio_of, folder, settings, audio, workers=1, journal=None):
    """Write a corpus into `folder`.

    rows: dictionaries with the manifest's COLUMNS (start and samples say where a clip lies);
    audio_of: a picklable function of a row that returns int16 [row['samples']];
    settings: name, licence, citation; audio: sample_rate_hz, grid_samples.
    journal: a file that notes how many clips are done; where it exists, `folder` has them and they stay.
    Workers write straight into the file, so that memory stays bounded. Returns a dictionary of facts.
    """
    total = sum(row["samples"] for row in rows)
    path = Path(folder, "audio.npy")
    first = read_json(journal)["clips"] if journal and Path(journal).exists() else 0
    if not first:
        check_room(f"rendering {settings['name']}", disk_bytes=3 * 2 * total, folder=folder)
        new_array(path, np.int16, (total,)).flush()
    # Long clips first, so that no worker is left alone with one at the end.
    longest_first = sorted(rows, key=lambda row: (-row["samples"], row["clip"]))[first:]
    done = in_order(partial(_write, audio_of, str(path)), longest_first, workers, chunk=1)
    hours = total / audio["sample_rate_hz"] / 3600
    progress = tqdm(done, initial=first, total=len(rows), desc=f"render {settings['name']}", unit="clip", mininterval=1)
    saved, every = time.perf_counter(), seconds_between(CHECKPOINT_SECONDS)
    for count, _ in enumerate(progress, first + 1):
        if journal and time.perf_counter() - saved > every:
            to_disk(path)  # the clips before the note that says they are there
            write_json(journal, {"clips": count})
            saved = time.perf_counter()
    table = pd.DataFrame(rows)[COLUMNS]
    write_csv(Path(folder, "manifest.csv"), table)
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
    packed.flush()  # where a cluster shares the file, others see it only then
