"""What the table of the page does not say of the music: python benchmarks/music.py [OUT.json]

Run it where `dvc repro` ran. For every timbre: how well the codec keeps chords (cosine between the constant-Q chroma of
held-out music before and after, frame by frame). For every generator: is the end of a two-minute piece as good as its
beginning (Fréchet distance, log-mel, of its first and its last half minute)? And how fast latents become sound.
"""

import sys
import time
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from chaconne.evaluation.reference import reference
from chaconne.evaluation.reference.batches import in_batches
from chaconne.evaluation.rows import frechet, resampling
from chaconne.running.models import load_codec, load_generator
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.storage.files import load_array, write_json
from chaconne.storage.latents.audio import from_int16, to_int16
from chaconne.training.sampling import draw_conditions

CLIPS, CLIP_S = 24, 20          # of every timbre
PIECES, PIECE_S, PART_S = 96, 120, 30
DRAWS = 200                     # of pieces, for intervals
QUIET = 0.01                    # chroma frames below this share of the loudest are silence
ROUNDS = 3                      # of decoding; the best counts


def kept_chords(codec, corpus):
    """Return {instrument: mean cosine} over the first seconds of held-out pieces of a corpus folder."""
    table = pd.read_csv(Path(corpus, "manifest.csv"))
    audio = load_array(Path(corpus, "audio.npy"), np.int16, 1)
    length = CLIP_S * codec.sample_rate_hz // codec.hop_samples * codec.hop_samples
    table = table[(table.split == "test") & (table.samples >= length)]
    found = {}
    for instrument, rows in table.groupby("instrument"):
        cosines = []
        for start in tqdm(rows.start[:CLIPS], desc=f"chroma of {instrument}", unit="clip", mininterval=1):
            real = from_int16(np.asarray(audio[start:start + length]))
            with torch.no_grad():
                heard = codec.decode(codec.encode(real[None]))[0]
            cosines.append(cosine(*(chroma(sound.numpy(), codec.sample_rate_hz) for sound in (real, heard[:length]))))
        found[instrument] = round(float(np.mean(cosines)), 4)
    return found


def chroma(sound, rate):
    """Return the constant-Q chroma [12, frames] of float32 [samples], not normalised."""
    return librosa.feature.chroma_cqt(y=sound, sr=rate, norm=None)


def cosine(a, b):
    """Return the mean cosine between frames of two chromas [12, frames]; frames of silence do not count."""
    loud = np.linalg.norm(a, axis=0) > QUIET * np.linalg.norm(a, axis=0).max()
    a, b = a[:, loud], b[:, loud]
    return float(np.mean((a * b).sum(0) / (np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0) + 1e-9)))


def ends(name, codec, params, ground):
    """Return {first, last, ratio, interval}: distances of the first and the last half minute of PIECES pieces.

    interval: of the ratio last / first, from draws of pieces (measures.resampling): the styles of a few
    dozen pieces alone make it differ by a third.
    """
    model, rate, seconds = load_generator(f"data/models/{name}"), codec.sample_rate_hz, ground.about["clip_seconds"]
    asked = draw_conditions("data/latents/index.csv", params["conditions"], PIECES, params["seed"])
    first, last = [], []
    for number in tqdm(range(PIECES), desc=f"pieces of {name}", unit="piece", mininterval=1):
        z = model.sample(PIECE_S, params["seed"] + number, asked[number], params[name]["sample"])
        with torch.no_grad():
            sound = to_int16(codec.decode(z)[0, :PIECE_S * rate])
        for parts, part in ((first, sound[:PART_S * rate]), (last, sound[-PART_S * rate:])):
            parts.append(embed(cut(part, seconds, rate), ground))
    moments = frechet.moments(ground.spaces["logmel"].embeddings)
    begins, closes = (frechet.Distances(np.stack(parts), moments) for parts in (first, last))
    every, kept = np.ones((1, PIECES)), resampling.subsets(PIECES, DRAWS, params["seed"])
    ratio, interval = resampling.estimate(lambda rows: closes(rows) / begins(rows), PIECES, kept, 0.0)
    found = {"first": begins(every)[0], "last": closes(every)[0], "ratio": ratio}
    return {key: round(float(value), 3) for key, value in found.items()} | {"interval": [round(x, 3) for x in interval]}


def cut(sound, seconds, rate):
    """Cut int16 [samples] into clips [N, seconds * rate]."""
    length = round(seconds * rate)
    return sound[:len(sound) // length * length].reshape(-1, length)


def embed(clips, ground):
    """Return the log-mel embeddings [S, D] of all seconds of int16 [N, samples]."""
    found = in_batches(ground.embedders["logmel"].embed, clips, ground.about["sample_rate_hz"])
    found = ground.spaces["logmel"].project(found)
    return found.reshape(-1, found.shape[-1])


def decoding(codec, seconds=180):
    """Return the seconds of music that the codec decodes in a second."""
    frames = int(seconds * codec.sample_rate_hz / codec.hop_samples)
    z = torch.from_numpy(np.load("data/latents/latents.npy", mmap_mode="r")[:frames].copy())
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with torch.no_grad():
            codec.decode(z.float().T[None])
        spent.append(time.perf_counter() - began)
    return round(seconds / min(spent), 1)


def main(out=None):
    """Print the figures, and write them to `out`."""
    params = read_params()
    torch.set_num_threads(params["threads"])
    codec = load_codec(codec_folder(params))
    ground = reference.load("data/reference", ["logmel"])
    found = {"threads": params["threads"], "decoding_times_real_time": decoding(codec),
             "chroma_cosine": kept_chords(codec, "data/corpus") | kept_chords(codec, "data/genre"), "pieces": {}}
    for name in params["generators"]:
        found["pieces"][name] = ends(name, codec, params, ground)
    for key, value in found.items():
        print(f"{key}: {value}")
    if out:
        write_json(out, found)


if __name__ == "__main__":
    main(*sys.argv[1:])
