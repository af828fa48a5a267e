"""Folders of audio, made with whatever tool, as clips that can be measured.

A folder becomes the packed array and the manifest of a corpus (see crops.py): mono, 16 bits, 22.05 kHz. Files
are read in pieces, so that an hour costs no more memory than a minute.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import soxr
from tqdm import tqdm

from chaconne.evaluation import crops
from chaconne.evaluation.reference.batches import BATCH, SILENT, levels
from chaconne.storage.files import load_array, write_json

SAMPLE_RATE_HZ = 22050  # of everything that is measured
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
GRID_SAMPLES = 1  # beats are unknown: clips lie side by side
BLOCK_S = 60.0  # of a file in memory at once
SHORT_S = 0.05  # what a clip may lack of its length, made up with silence: encoders and resamplers cut a little
HEADER = {"descr": "<i2", "fortran_order": False}


def audio_files(folder):
    """Return the audio files below a folder, sorted; raises ValueError in one line where there are none."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder}: expected a folder of audio files, found {'a file' if folder.exists() else 'none'}")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not files:
        raise ValueError(f"{folder}: expected audio files ({', '.join(s[1:] for s in SUFFIXES)}), found none")
    return files


def decode(path):
    """Yield the samples of a file in pieces: float32 [samples], mono (the mean of channels), 22.05 kHz.

    Raises ValueError in one line, with the name, for what is no audio and for samples that are not finite.
    """
    try:
        with soundfile.SoundFile(path) as file:
            stream = soxr.ResampleStream(file.samplerate, SAMPLE_RATE_HZ, 1, dtype="float32")
            read, frames = 0, round(BLOCK_S * file.samplerate)
            while len(block := file.read(frames, dtype="float32", always_2d=True)):
                read += len(block)
                if not np.isfinite(block).all():
                    raise ValueError(f"{path}: expected numbers, found NaN or infinite samples; make it anew")
                yield stream.resample_chunk(np.ascontiguousarray(block.mean(1)))
            if read:
                yield stream.resample_chunk(np.zeros(0, np.float32), last=True)
    except soundfile.SoundFileError as error:
        raise ValueError(f"{path}: cannot be read as audio ({error}); mend it or take it out of the folder") from error


def pack(folder, out, seconds):
    """Write audio.npy (int16 [samples]; what is beyond full scale is clipped) and corpus.json; return the manifest.

    The manifest has a row for each file: clip, piece (its name), start, samples. Files shorter than `seconds`
    are left out. Raises ValueError in one line: no files, one that cannot be read, a silent one, none long enough.
    """
    folder, rows, start = Path(folder), [], 0
    least = round(seconds * SAMPLE_RATE_HZ)
    files = audio_files(folder)
    Path(out).mkdir(parents=True, exist_ok=True)
    with open(Path(out, "audio.npy"), "wb") as packed:
        np.lib.format.write_array_header_1_0(packed, HEADER | {"shape": (0,)})
        for path in tqdm(files, desc=f"reading {folder.name}", unit="file", delay=2, leave=False):
            samples, energy, first = 0, 0.0, packed.tell()
            for block in decode(path):
                packed.write((block.clip(-1, 1) * 32767).round().astype("<i2").tobytes())
                samples, energy = samples + len(block), energy + float(np.square(block, dtype=np.float64).sum())
            if least - SHORT_S * SAMPLE_RATE_HZ <= samples < least:
                packed.write(bytes(2 * (least - samples)))
                samples = least
            if samples < least:
                packed.seek(first)
                packed.truncate()
                continue
            if energy < samples * SILENT**2:
                raise ValueError(f"{path} is silent; take it out of the folder")
            rows.append((len(rows), path.relative_to(folder).as_posix(), start, samples))
            start += samples
        packed.seek(0)  # numpy leaves room in a header for the length to grow
        np.lib.format.write_array_header_1_0(packed, HEADER | {"shape": (start,)})
    if not rows:
        raise ValueError(f"{folder}: expected files of {seconds:g} s or more, all {len(files)} are shorter; "
                         "use a smaller --seconds")
    if len(rows) < len(files):
        print(f"{folder}: {len(files) - len(rows)} of {len(files)} files are shorter than {seconds:g} s: left out")
    facts = {"name": folder.name, "sample_rate_hz": SAMPLE_RATE_HZ, "grid_samples": GRID_SAMPLES}
    write_json(Path(out, "corpus.json"), facts)
    return pd.DataFrame(rows, columns=["clip", "piece", "start", "samples"])


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
