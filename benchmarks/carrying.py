"""What the codec carries: python benchmarks/carrying.py OUT.json [NAME=FOLDER_OF_RECORDINGS ...]

Round trip (chaconne.evaluation.round_trip) of fixed 6-second clips that no training met: held-out pieces of the
corpora of this workspace, unseen pieces in unseen timbres where `dvc repro stages/packs/dvc.yaml:timbres` ran, and any
recordings of yours. Means over recordings (pieces; for timbres: instruments) with 95 % t intervals.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from chaconne.corpora.rendering.decoding import SUFFIXES, mono
from chaconne.evaluation.round_trip import round_trip
from chaconne.evaluation.rows.resampling import mean_of_runs
from chaconne.running.models import load_codec
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.storage.files import load_array, read_table, write_json
from chaconne.storage.latents.audio import from_int16

FRAMES = 64                 # latent frames of a clip: 5.94 s
CLIPS = 8                   # of a recording, evenly spread; of a timbre
PIECES = 48                 # of a corpus, one clip each
LEVEL, PEAK = 0.1, 0.977    # root mean square and most of a recording, as corpora are (-20 dB)
MEASURES = ("chroma_cosine", "log_spectral_l1")


def packed(folder, split, by, most, samples):
    """Yield (name, clips [count, samples]) of a packed corpus: the middle of its clips, grouped by a column."""
    table, audio = read_table(Path(folder, "manifest.csv"), ("start", "samples"), ("split", by)), load_array(
        Path(folder, "audio.npy"), np.int16, 1)
    table = table[(table.split == split) & (table.samples >= samples)]
    for name, rows in table.groupby(by):
        first = rows.start + (rows.samples - samples) // 2
        yield name, torch.stack([from_int16(audio[at:at + samples]) for at in first[:most]])


def recorded(folder, rate, samples):
    """Yield (name, clips [CLIPS, samples]) of every recording in a folder."""
    for path in sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES):
        sound = np.concatenate(list(mono(path, rate)))
        sound = sound * min(LEVEL / np.sqrt(np.square(sound, dtype=np.float64).mean()), PEAK / np.abs(sound).max())
        starts = np.linspace(rate, len(sound) - samples - rate, CLIPS).astype(int)
        yield path.name, torch.stack([torch.from_numpy(sound[at:at + samples]).float() for at in starts])


def carried(codec, groups, what):
    """Return {measure: mean over groups, `intervals`, `recordings`, `clips`} of [(name, clips)]."""
    found, clips = [], 0
    for _, some in tqdm(groups, desc=what, unit="recording"):
        found.append(round_trip(codec, some))
        clips += len(some)
    table = {name: mean_of_runs([one[name] for one in found]) for name in MEASURES}
    return {name: round(mean, 4) for name, (mean, _) in table.items()} | {
        "intervals": {name: [round(x, 4) for x in span] for name, (_, span) in table.items()},
        "recordings": len(found), "clips": clips}


def main(out, *named):
    """Measure all sets and write OUT.json."""
    params = read_params()
    torch.set_num_threads(params["threads"])
    codec = load_codec(codec_folder(params))
    rate, samples = codec.sample_rate_hz, FRAMES * codec.hop_samples
    sets = {params["data"]: list(packed("data/corpus", "test", "piece", 1, samples))[:PIECES]}
    if Path("data/genre").exists():
        sets[params["genre"]] = list(packed("data/genre", "test", "piece", 1, samples))[:PIECES]
    if Path("data/timbres/timbres").exists():
        sets["timbres held out"] = list(packed("data/timbres/timbres", "valid", "instrument", CLIPS, samples))
    for text in named:
        name, _, folder = text.partition("=")
        sets[name] = recorded(folder, rate, samples)
    table = {name: carried(codec, groups, name) for name, groups in sets.items()}
    for name, row in table.items():
        print(f"{name}: " + ", ".join(f"{key} {row[key]} {row['intervals'][key]}" for key in MEASURES)
              + f" ({row['recordings']} recordings, {row['clips']} clips)")
    write_json(out, {"codec": codec.config, "sets": table})


if __name__ == "__main__":
    main(*sys.argv[1:])
