"""Excerpts that no training saw: the voice that is given, and rows of accompaniments beside it.

The folder of a row holds
    clips.npy       int16 [N, samples], what one hears
    alone.npy       of a row that adds something to the voice: what it adds
    excerpts.csv    clip, piece, start, beat_samples, ... of every excerpt
    about.json      sample_rate_hz, clips, clip_seconds
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from chaconne.accompaniment.absence import PARTS
from chaconne.evaluation import crops
from chaconne.running.files import read_json
from chaconne.storage.files import load_array, read_table, write_csv, write_json
from chaconne.storage.latents.audio import to_int16

# The rows of the table. `true`: the other voices, through the codec; `made`: what the model adds; `mix`: all voices
# by the model, the given one too; `random`: the others of another piece; `free`: a piece made without hearing;
# `silent`: nothing is added.
ROWS = ("true", "made", "mix", "random", "free", "silent")
ALONE = ("mix",)        # rows that hold the given voice already


@dataclass
class Excerpts:
    """Stretches of held-out clips, on beats.

    table: clip, piece, start (sample of audio.npy), beat_samples, instrument and other columns of the manifest;
    given, rest: int16 [N, samples], as they were rendered or recorded; latents: {given, rest: raw [N, C, T]}; rate: Hz.
    """

    table: pd.DataFrame
    given: np.ndarray
    rest: np.ndarray
    latents: dict
    rate: int


def choose(corpus, voices, latents, count, seconds, seed, split="test"):
    """Return `count` Excerpts of a split, fewer where there are not so many.

    corpus: folder of the mix; voices, latents: folders with given and rest, as audio and as latents.
    """
    facts = read_json(Path(corpus, "corpus.json"))
    rate, grid = facts["sample_rate_hz"], facts["grid_samples"]
    manifest = read_table(Path(corpus, "manifest.csv"), ("clip", "start", "samples"), ("piece", "split"))
    hop, index = read_json(Path(latents, "given/latents.json"))["hop_samples"], read_table(
        Path(latents, "given/index.csv"), ("clip", "first", "frames"), ("split",)).set_index("clip")
    samples = round(seconds * rate)
    clips = manifest[manifest.split == split]
    table, _ = crops.choose(clips, count, samples, int(np.lcm(grid, hop)), seed)
    if len(table) < 2:
        raise ValueError(f"{corpus}: expected two held-out stretches of {seconds:g} s or more, got {len(table)}; take "
                         "more pieces (corpus.max_pieces)")
    table = table.merge(clips.drop(columns=["piece", "start"]), on="clip", how="left", validate="many_to_one")
    clip_start = table["clip"].map(clips.set_index("clip").start)
    first = (index["first"].loc[table["clip"]].to_numpy() + ((table.start - clip_start) // hop).to_numpy()).astype(int)
    frames = -(-samples // hop)
    last = (index["first"] + index["frames"]).loc[table["clip"]].to_numpy().astype(int)
    z = {}
    for part in PARTS:
        raw = load_array(Path(latents, part, "latents.npy"), np.float32, 2)
        z[part] = torch.from_numpy(np.stack([held(raw[a:min(a + frames, b)], frames) for a, b in
                                             zip(first, last, strict=True)])).mT.contiguous()
    sounds = [crops.read(load_array(Path(voices, part, "audio.npy"), np.int16, 1), table.start, samples)
              for part in PARTS]
    return Excerpts(table, *sounds, z, rate)


def held(latents, frames):
    """Return latents [T, C] with the last frame held until there are `frames`."""
    return np.pad(latents, ((0, frames - len(latents)), (0, 0)), mode="edge")


def conditions_of(table, attributes):
    """Return [{attribute: value}] of the columns of an excerpt's piece that the model knows."""
    return [{a: str(row[a]) for a in attributes if a in row and pd.notna(row[a])} for row in table.to_dict("records")]


def another(table):
    """Return for every excerpt the number of the next one of another piece, in the same mode where there is one.

    What is made is told the mode: another one would be wrong for a reason that nobody had to hear.
    """
    pieces, modes = table.piece.tolist(), table["mode"].tolist() if "mode" in table else [""] * len(table)
    found = []
    for i in range(len(pieces)):
        order = [(i + n) % len(pieces) for n in range(1, len(pieces))]
        others = [j for j in order if pieces[j] != pieces[i]] or order
        found.append(next((j for j in others if modes[j] == modes[i]), others[0]))
    return found


def latents_of(row, model, excerpts, knobs, seed):
    """Return raw latents [N, C, T] of a row."""
    if row == "true":
        return excerpts.latents["rest"]
    if row == "random":
        return excerpts.latents["rest"][another(excerpts.table)]
    asked = conditions_of(excerpts.table, model.vocabulary)
    heard = excerpts.latents["given"]
    if row == "free":
        return model.sample(heard.shape[-1] / model.rate_hz, seed, asked, knobs, count=len(asked))
    return model.accompany(heard, {"made": "rest", "mix": "mix"}[row], seed, asked, knobs)


def together(given, rest, balance_db):
    """Add int16 [..., samples] of a given voice to its accompaniment, both as loud as they were made.

    balance_db: how much louder the voice is than as it was made. Where the sum would clip all of it becomes softer.
    """
    total = given * 10 ** (balance_db / 20) + rest.astype(np.float64)
    peak = np.abs(total).max(-1, keepdims=True)
    return np.rint(total * np.minimum(1, 32000 / np.maximum(peak, 1))).astype(np.int16)


def heard(row, excerpts, alone, balance_db):
    """Return what one hears of a row, int16 [N, samples], where `alone` is what the model or the codec gives."""
    return alone if row in ALONE else together(excerpts.given, alone, balance_db)


def sound_of(row, model, codec, excerpts, knobs, seed):
    """Return what a row adds to the voice (of ALONE: all one hears), int16 [N, samples]."""
    if row == "silent":
        return np.zeros_like(excerpts.given)
    return decoded(codec, latents_of(row, model, excerpts, knobs, seed), excerpts)


def decoded(codec, latents, excerpts):
    """Return the audio of latents [N, C, T]: int16, as long as the excerpts."""
    samples = excerpts.given.shape[1]
    return np.concatenate([to_int16(codec.decode(part)[:, :samples]) for part in latents.split(16)])


def keep(folder, excerpts, clips, alone=None):
    """Write the folder of a row."""
    np.save(Path(folder, "clips.npy"), clips)
    if alone is not None:
        np.save(Path(folder, "alone.npy"), alone)
    write_csv(Path(folder, "excerpts.csv"), excerpts.table)
    write_json(Path(folder, "about.json"), {"sample_rate_hz": excerpts.rate, "clips": len(clips),
                                            "clip_seconds": clips.shape[1] / excerpts.rate})
