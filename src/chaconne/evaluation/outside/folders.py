"""Folders of audio, made with whatever tool, as clips that can be measured.

A folder becomes the packed array and the manifest of a corpus (see crops.py): mono, 16 bits, 22.05 kHz. Files
are read in pieces, so that an hour costs no more memory than a minute.
"""

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from chaconne.corpora.rendering.decoding import SUFFIXES, Unreadable, mono
from chaconne.evaluation import crops
from chaconne.evaluation.reference.batches import BATCH, SILENT, levels
from chaconne.storage.files import load_array, write_json

SAMPLE_RATE_HZ = 22050  # of everything that is measured
GRID_SAMPLES = 1  # beats are unknown: clips lie side by side
LEVEL_DB = -20.0    # root mean square of a folder, in decibels of full scale, as the corpora have it
BLOCK = 1 << 20     # samples in memory at once
SHORT_S = 0.05  # what a clip may lack of its length, made up with silence: encoders and resamplers cut a little
HEADER = {"descr": "<i2", "fortran_order": False}


def audio_files(folder):
    """Return the audio files below a folder, sorted; raises ValueError in one line where there are none."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder}: expected a folder of audio files, found {'a file' if folder.exists() else 'none'}")
    files = sorted(path for path in folder.rglob("*") if is_audio(path))
    if not files:
        raise ValueError(f"{folder}: expected audio files ({', '.join(s[1:] for s in SUFFIXES)}), found none")
    return files


def is_audio(path):
    """Is a file called as audio is? What macOS leaves beside files on other disks (._*) is none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith("._") and path.is_file()


def others(folder):
    """Return lines, one or none, about the files below a folder that are not taken for audio."""
    found = Counter(path.suffix.lower() or "no suffix" for path in Path(folder).rglob("*")
                    if path.is_file() and not is_audio(path))
    kinds = ", ".join(f"{count} of {suffix}" for suffix, count in sorted(found.items()))
    return [f"{folder}: {sum(found.values())} files are not taken for audio: {kinds}"] if found else []


def decode(path, out, remarks):
    """Append the samples of a file, float32, mono, 22.05 kHz, to the open file `out`: (samples, energy, peak).

    Raises Unreadable for what is no audio and for samples that are not finite.
    """
    samples, energy, peak = 0, 0.0, 0.0
    for block in mono(path, SAMPLE_RATE_HZ, remarks):
        out.write(block.astype("<f4").tobytes())
        samples, energy = samples + len(block), energy + float(np.square(block, dtype=np.float64).sum())
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
    return samples, energy, peak


def pack(folder, out, seconds):
    """Write audio.npy (int16 [samples]) and corpus.json; return (manifest, {unreadable, remarks: lines}).

    All files have one gain, which brings the folder to LEVEL_DB: how loud somebody mastered a set changes no distance,
    and nothing beyond full scale is cut off. The manifest has a row for each file: clip, piece (its name), start,
    samples. Files shorter than `seconds` and those that cannot be read are left out. Raises ValueError in one line:
    no files, a silent one, none long enough.
    """
    folder, rows, kept = Path(folder), [], []
    left_out = {"unreadable": [], "remarks": others(folder)}
    least = round(seconds * SAMPLE_RATE_HZ)
    files = audio_files(folder)
    Path(out).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=out) as scratch:
        for path in tqdm(files, desc=f"reading {folder.name}", unit="file", delay=2, leave=False):
            first, remarks = scratch.tell(), []
            try:
                samples, energy, peak = decode(path, scratch, remarks)
            except Unreadable as error:
                left_out["unreadable"].append(f"{path}: cannot be read: {error}")
                scratch.seek(first)
                continue
            left_out["remarks"] += [f"{path}: {remark}" for remark in remarks]
            if least - SHORT_S * SAMPLE_RATE_HZ <= samples < least:
                scratch.write(bytes(4 * (least - samples)))
                samples = least
            if samples < least:
                scratch.seek(first)
                continue
            kept.append((path, samples, energy, peak))
        if not kept:
            raise ValueError(f"{folder}: expected files of {seconds:g} s or more, all {len(files)} are shorter"
                             f"{' or cannot be read' if left_out['unreadable'] else ''}; use a smaller --seconds")
        total = sum(samples for _, samples, _, _ in kept)
        level = np.sqrt(sum(energy for _, _, energy, _ in kept) / total)
        gain = min(10 ** (LEVEL_DB / 20) / max(level, 1e-30), 1 / max(max(peak for *_, peak in kept), 1e-30))
        for path, samples, energy, _ in kept:
            if gain * np.sqrt(energy / samples) < SILENT:
                raise ValueError(f"{path} is silent; take it out of the folder")
            rows.append((len(rows), path.relative_to(folder).as_posix(), sum(row[3] for row in rows), samples))
        scratch.seek(0)
        with open(Path(out, "audio.npy"), "wb") as packed:
            np.lib.format.write_array_header_1_0(packed, HEADER | {"shape": (total,)})
            for first in range(0, total, BLOCK):
                block = np.frombuffer(scratch.read(4 * min(BLOCK, total - first)), "<f4")
                packed.write(np.rint(block * gain * 32767).astype("<i2").tobytes())
    if len(rows) < len(files):
        print(f"{folder}: {len(files) - len(rows)} of {len(files)} files are shorter than {seconds:g} s or cannot be "
              "read: left out")
    facts = {"name": folder.name, "sample_rate_hz": SAMPLE_RATE_HZ, "grid_samples": GRID_SAMPLES}
    write_json(Path(out, "corpus.json"), facts)
    return pd.DataFrame(rows, columns=["clip", "piece", "start", "samples"]), left_out


def clips_in(manifest, seconds):
    """Return how many clips that do not overlap each row of a manifest holds: int [rows]."""
    samples = round(seconds * SAMPLE_RATE_HZ)
    return np.array([len(crops.side_by_side(row, samples, GRID_SAMPLES)) for row in manifest.itertuples()], int)


def write_clips(path, folder, packed, manifest, count, seconds, seed):
    """Cut `count` clips out of a packed folder into an .npy file: memory-mapped int16 [count, samples].

    packed: the folder that `pack` wrote. Every file gives one clip before any gives a second. Raises ValueError
    for a silent clip, naming file and time.
    """
    samples = round(seconds * SAMPLE_RATE_HZ)
    table, _ = crops.choose(manifest, count, samples, GRID_SAMPLES, seed)
    audio = load_array(Path(packed, "audio.npy"), np.int16, 1)
    clips = np.lib.format.open_memmap(path, "w+", np.int16, (len(table), samples))
    for i in range(0, len(table), BATCH):
        clips[i : i + BATCH] = crops.read(audio, table["start"][i : i + BATCH], samples)
    refuse_silence(folder, table, manifest, clips)
    return clips


def refuse_silence(folder, table, manifest, clips):
    """Raise ValueError for the first silent clip of a table of crops, naming file and time."""
    starts = manifest.set_index("clip")["start"]
    for row, clip in zip(table.itertuples(), clips, strict=True):
        if levels(clip[None])[0] < SILENT:
            at = (row.start - starts[row.clip]) / SAMPLE_RATE_HZ
            raise ValueError(f"{Path(folder, row.piece)} is silent from {at:.1f} to "
                             f"{at + len(clip) / SAMPLE_RATE_HZ:.1f} s; cut that out, or take the file away")
