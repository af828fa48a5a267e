"""Any two folders of audio measured against each other: `chaconne evaluate REFERENCE SAMPLES`.

The reference is split by file: most of it is what samples are measured against, the rest is the floor, the
row `real`. Its embeddings, and the rows `real` and `noise`, are kept in a cache, under a key of the files' bytes, the
settings and the code: the second evaluation costs the samples only.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from chaconne import evaluation
from chaconne.evaluation import tables
from chaconne.evaluation.outside import folders
from chaconne.evaluation.reference import amounts, coverage, reference
from chaconne.evaluation.reference.batches import BATCH
from chaconne.evaluation.reference.embedding import choose
from chaconne.evaluation.rows import rows
from chaconne.running.files import read_json
from chaconne.storage.files import write_json

EMBEDDERS = ("logmel", "notes", "musicnn")
DRAWS = 200  # resamplings an interval is made of
HELD_OUT = 3  # at most one in three clips of the reference is held out for the floor
MOST = 5000  # clips of the reference


def cache_folder():
    """Return the folder of caches: that of the system's convention, below the home folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "chaconne")


def cache_key(folder, settings):
    """Return 32 hex digits of the names and bytes of a folder's files, the settings, and the code that measures.

    Embedders that can run here count, so that one whose weights came later is not missed.
    """
    ready, _ = choose(settings["embedders"], settings["weights"])
    code = sorted(Path(evaluation.__file__).parent.rglob("*.py"))
    digest = hashlib.sha256(json.dumps(settings | {"ready": list(ready)}, sort_keys=True).encode())
    for path in [*folders.audio_files(folder), *code]:
        digest.update(str(path.relative_to(folder) if path not in code else path.name).encode())
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:32]


def split(manifest, seconds, most, seed):
    """Return which files are held out: `train` or `test` for each row of the manifest.

    Files are drawn by `seed` until their clips are `most`, or until one clip in three is held out; a file is
    one or the other as a whole.
    """
    sizes, held = folders.clips_in(manifest, seconds), 0
    chosen = np.full(len(sizes), "train", dtype="<U5")
    for i in np.random.default_rng(seed).permutation(len(sizes)):
        if held < most and (held + sizes[i]) * HELD_OUT <= sizes.sum():
            chosen[i], held = "test", held + sizes[i]
    return chosen


def open_reference(folder, settings, cache):
    """Return the Reference of a folder of audio, out of the cache where it was made before.

    settings: embedders, weights (folder of theirs, '' for the usual caches), clips (at most, of a row), clip_seconds,
    seed.
    """
    kept = Path(cache, cache_key(folder, settings))
    if (kept / "about.json").exists():
        print(f"{folder}: embeddings taken from {kept}", flush=True)
        return reference.load(kept, settings["embedders"], settings["weights"])
    with tempfile.TemporaryDirectory() as corpus:
        seconds, seed = settings["clip_seconds"], settings["seed"]
        manifest, left_out = folders.pack(folder, corpus, seconds)
        manifest["split"] = split(manifest, seconds, settings["clips"], seed)
        sizes = folders.clips_in(manifest, seconds)
        train, test = (int(sizes[manifest["split"] == part].sum()) for part in ("train", "test"))
        if test < reference.FEWEST:
            raise ValueError(
                f"{folder}: expected {reference.FEWEST * HELD_OUT} clips of {seconds:g} s or more, in several files "
                f"so that whole files can be held out for the floor; found {sizes.sum()} in {len(manifest)} "
                "(held out: at most one clip in three); add files, or use a smaller --seconds"
            )
        manifest.to_csv(Path(corpus, "manifest.csv"), index=False)
        counts = {"clips": min(test, settings["clips"]), "reference_clips": min(train, MOST)}
        reference.build(corpus, kept, settings | counts, seed)
        write_json(kept / "left_out.json", left_out)
        print(f"{folder}: embeddings kept in {kept}", flush=True)
    return reference.load(kept, settings["embedders"], settings["weights"])


def noise_like(clips, path, seed):
    """Write white noise as loud as clips int16 [N, samples], of the same shape, into an .npy file."""
    rng = np.random.default_rng(seed)
    level = np.sqrt(np.mean([np.mean(np.square(clip, dtype=np.float64)) for clip in clips]))
    noise = np.lib.format.open_memmap(path, "w+", np.int16, clips.shape)
    for i in range(0, len(clips), BATCH):
        block = rng.standard_normal(clips[i : i + BATCH].shape) * level
        noise[i : i + BATCH] = block.clip(-32767, 32767).astype(np.int16)
    return noise


def real_and_noise(ground, real, seed):
    """Return (rows, intervals) of held-out clips int16 [N, samples] and of noise as loud: measured once, then kept."""
    kept = ground.folder / f"beside_{len(real)}.json"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as temporary:
            clips = {"real": real, "noise": noise_like(real, Path(temporary, "noise.npy"), seed)}
            write_json(kept, rows.table(clips, ground, {"bootstrap": DRAWS}, seed))
    return read_json(kept)


def evaluate(reference_folder, samples_folder, settings, cache):
    """Return the table of two folders: settings, intervals, unavailable, warnings, left_out (see folders.pack), and
    rows as in comparison.json.

    Rows: `samples`; `real`, held-out files of the reference: the floor; `noise`, white and as loud. All have the
    same number of clips. settings: as in `open_reference`. Raises ValueError in one line for what cannot be
    measured.
    """
    seconds, seed = settings["clip_seconds"], settings["seed"]
    with tempfile.TemporaryDirectory() as temporary:
        manifest, left_out = folders.pack(samples_folder, temporary, seconds)
        there = int(folders.clips_in(manifest, seconds).sum())
        if there < reference.FEWEST:
            raise ValueError(f"{samples_folder}: expected {reference.FEWEST} clips of {seconds:g} s or more, found "
                             f"{there}; add files, or use a smaller --seconds")
        ground = open_reference(reference_folder, settings, cache)
        real = reference.heldout(ground)
        count = min(there, len(real))
        ground.about |= {"clips": count, "heldout": reference.heldout_music(ground, count)}
        clips = folders.write_clips(Path(temporary, "samples.npy"), samples_folder, temporary, manifest, count, seconds,
                                    seed)
        measured, intervals = rows.table({"samples": clips}, ground, {"bootstrap": DRAWS}, seed)
        beside, bounds = real_and_noise(ground, real[:count], seed)
        measured, intervals = measured | beside, intervals | bounds
    warnings = tables.few_clips(ground) + amounts.warnings_of(ground.about, measured["real"], intervals["real"])
    warnings += coverage.warnings_of("samples", measured["samples"], intervals["samples"])
    about = {"reference": str(reference_folder), "samples": str(samples_folder)}
    settings = tables.settings_of(ground, seed) | amounts.told(ground.about) | about
    return measured | {"settings": settings, "intervals": intervals, "unavailable": ground.unavailable,
                       "warnings": warnings, "left_out": {why: read_json(ground.folder / "left_out.json")[why] + lines
                                    for why, lines in left_out.items()}}
