"""The fixed set that every row of a table is measured against, and the held-out clips beside it.

A reference folder holds
    about.json        sample rate, numbers of clips, eighth in samples, what notes the reference holds; `heldout` and
                      `training`: how much music the crops cover, {recordings, seconds}
    <embedder>.npz    one `Space` for each embedder that can run
    heard.npz         the transcription of the held-out clips, so that no stage repeats it (embedder `notes`)
    clips.csv         clip, piece, start (sample of audio.npy) of the reference crops: split `train`
    heldout.csv       the same for the held-out crops: split `test`
    heldout.npy       int16 [clips, samples], those crops: the floor of every table
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from chaconne.evaluation import crops
from chaconne.evaluation.reference import chroma, space, transcription
from chaconne.evaluation.reference.amounts import music_in
from chaconne.evaluation.reference.batches import BATCH, in_batches
from chaconne.evaluation.reference.embedding import choose
from chaconne.evaluation.reference.note_statistics import counts_of
from chaconne.evaluation.reference.tags import surest
from chaconne.running.files import new_folder, read_json
from chaconne.storage.files import load_array, new_array, read_table, write_json

EIGHTH_S = 0.25  # where the corpus does not know its beats
HEARD = "heard.npz"
FEWEST = 8  # clips of a set that can still be measured
# In small sets copies are looked for in more crops than `reference_clips`, so that one that begins anywhere is found.
# A clip that begins 0.2 s off a training crop lies within 0.45 of the unit of coverage.COPY (60 each of chorales,
# fiddle tunes, a piano), at 0.3 s one in ten does not; here none begins more than 0.15 s off, which leaves room for
# what a codec changes. So many crops are half an hour of music, and in logmel half a minute of a core.
APART_S, MOST_CLOSE = 0.3, 6000


@dataclass
class Reference:
    """What `load` read: about.json, one space per embedder, and what the missing embedders need."""

    about: dict
    spaces: dict
    embedders: dict
    unavailable: dict
    folder: Path


def build(corpus, folder, settings, seed):
    """Choose, embed and write the reference of a corpus folder. Returns about.json's content.

    settings: params' `evaluate`. Raises FileNotFoundError or ValueError in one line.
    """
    embedders, unavailable = choose(settings["embedders"], settings["weights"])
    corpus = Path(corpus)
    manifest = read_manifest(corpus)
    facts = read_json(corpus / "corpus.json")
    rate, grid = facts["sample_rate_hz"], facts["grid_samples"]
    samples = round(settings["clip_seconds"] * rate)
    train, test = (manifest[manifest["split"] == split] for split in ("train", "test"))
    chosen, chosen_overlap = crops.choose(train, settings["reference_clips"], samples, grid, seed)
    heldout, heldout_overlap = crops.choose(test, settings["clips"], samples, grid, seed + 1)
    check_enough(corpus, chosen, heldout, settings)
    audio = load_array(corpus / "audio.npy", np.int16, 1)
    eighth = eighth_samples(train, rate)
    # Never fewer than the clips of a row: density and coverage are defined for equal numbers.
    used = {
        name: thinned(chosen["start"], max(embedder.MOST or len(chosen), len(heldout)))
        for name, embedder in embedders.items()
    }
    features = {name: embed(name, embedders[name], audio, used[name], samples, rate) for name in embedders}
    classes = np.concatenate([
        chroma.pitch_classes(chroma.chroma(crops.read(audio, starts, samples), rate, eighth))
        for starts in batches(chosen["start"].to_numpy())
    ])
    about = {
        "clip_seconds": settings["clip_seconds"],
        "clips": len(heldout),
        "corpus": facts["name"],
        "eighth_samples": eighth,
        "embedded_clips": {name: len(rows) for name, rows in features.items()},
        "heldout": music_in(heldout, samples, rate),
        "heldout_clips_overlap": heldout_overlap,
        "pitch_classes": np.nanmean(classes, axis=0).tolist(),
        "reference_clips": len(chosen),
        "reference_clips_overlap": chosen_overlap,
        "sample_rate_hz": rate,
        "seed": seed,
        "training": music_in(chosen, samples, rate),
        "unavailable": unavailable,
    }
    if "musicnn" in embedders:
        about["tags"] = surest(embedders["musicnn"], features["musicnn"])
    if "notes" in embedders:
        parts = [transcription.transcribe(crops.read(audio, part, samples), rate) for part in batches(used["notes"])]
        about["harmony"] = counts_of([heard for part in parts for heard in part])
    first = next(iter(embedders))  # neighbours are looked for in its space
    close, more = crops.closely(train, samples, round(APART_S * rate)), {}
    if len(close) <= MOST_CLOSE and embedders[first].MOST is None:  # None: it is fast
        more[first] = embed(first, embedders[first], audio, close, samples, rate)
    with new_folder(folder) as temporary:
        clips = new_array(temporary / "heldout.npy", np.int16, (len(heldout), samples))
        for i in range(0, len(clips), BATCH):
            clips[i : i + BATCH] = crops.read(audio, heldout["start"][i : i + BATCH], samples)
        for name, embedder in embedders.items():
            held = in_batches(embedder.embed, clips, rate)
            fitted = space.fit(features[name], held, embedder.COMPONENTS, more.get(name))
            fitted.save(temporary / f"{name}.npz")
        if "notes" in embedders:
            transcription.save(temporary / HEARD, clips, rate)
        clips.flush()
        chosen.to_csv(temporary / "clips.csv", index=False)
        heldout.to_csv(temporary / "heldout.csv", index=False)
        write_json(temporary / "about.json", about)
    return about


def thinned(starts, most):
    """Return `most` of the starts, evenly spread, or all where there are no more: an array."""
    starts = np.asarray(starts)
    return starts[np.linspace(0, len(starts) - 1, min(most, len(starts))).round().astype(int)]


def batches(starts):
    """Yield the starts, a few at a time."""
    for i in range(0, len(starts), BATCH):
        yield starts[i : i + BATCH]


def embed(name, embedder, audio, starts, samples, rate):
    """Return the features [M, S, F] of the crops of memory-mapped audio that begin at `starts`."""
    some = tqdm(list(batches(starts)), desc=f"embedding the reference: {name}", unit="batch", mininterval=1)
    return np.concatenate([embedder.embed(crops.read(audio, part, samples), rate) for part in some])


def read_manifest(corpus):
    """Read manifest.csv of a corpus folder; says which stage makes it when it is not there."""
    path = Path(corpus, "manifest.csv")
    stage = "stages/genre/dvc.yaml:genre_corpus" if Path(corpus).name == "genre" else "corpus"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `dvc repro {stage}` first")
    return read_table(path, ("clip", "start", "samples"), ("piece", "split"))


def check_enough(corpus, chosen, heldout, settings):
    """Raise ValueError when a corpus is too small to be measured."""
    for table, split, knob, least in (
        (chosen, "train", "reference_clips", FEWEST),
        (heldout, "test", "clips", settings["clips"]),
    ):
        if len(table) < least:
            raise ValueError(
                f"{corpus}: split `{split}` has {len(table)} stretches of {settings['clip_seconds']} s, "
                f"evaluate.{knob} needs {least}; take more pieces (corpus.max_pieces) or shorter clips"
            )


def eighth_samples(manifest, rate):
    """Return half of the corpus's commonest beat in samples, 0.25 s where beats are unknown.

    The commonest, not the median: between jigs and reels the median is a beat that no tune has.
    """
    beats = manifest["beat_samples"] if "beat_samples" in manifest else pd.Series(dtype=float)
    beats = beats[beats > 0]
    return int(beats.mode().min() / 2) if len(beats) else round(EIGHTH_S * rate)


def load(folder, names, weights=""):
    """Read a reference folder for the embedders in `names`; errors name the stage to run.

    weights: folder of pretrained weights, '' for the usual caches.
    """
    folder = Path(folder)
    # As `dvc repro` takes it.
    stage = f"stages/genre/dvc.yaml:{folder.name}" if folder.name == "genre_reference" else folder.name
    if not (folder / "about.json").exists():
        raise FileNotFoundError(f"{folder}/about.json is missing: run `dvc repro {stage}` first")
    embedders, unavailable = choose(names, weights)
    for name in embedders:
        if not (folder / f"{name}.npz").exists():
            raise FileNotFoundError(f"{folder}/{name}.npz is missing: run `dvc repro -f {stage}` first")
    if "notes" in embedders:
        transcription.load(folder / HEARD)
    spaces = {name: space.load(folder / f"{name}.npz") for name in embedders}
    return Reference(read_json(folder / "about.json"), spaces, embedders, unavailable, folder)


def heldout(reference):
    """Open the held-out clips of a reference: int16 [clips, samples]."""
    return load_array(reference.folder / "heldout.npy", np.int16, 2)


def heldout_music(reference, count):
    """Return {recordings, seconds} that the first `count` held-out clips cover together."""
    table = read_table(reference.folder / "heldout.csv", ("start",), ("piece",))[:count]
    rate = reference.about["sample_rate_hz"]
    return music_in(table, round(reference.about["clip_seconds"] * rate), rate)


def heldout_pieces(reference):
    """Return the recording that each held-out clip is from: names [clips]."""
    return read_table(reference.folder / "heldout.csv", (), ("piece",))["piece"].to_numpy(str)


def training_pieces(reference, name):
    """Return the recording that each clip of the space of an embedder is from: names [M]."""
    pieces = read_table(reference.folder / "clips.csv", (), ("piece",))["piece"]
    return thinned(pieces, len(reference.spaces[name].embeddings)).astype(str)
