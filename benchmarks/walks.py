"""Is a walk from one instrument to another heard as such? python benchmarks/walks.py

Run it where `dvc repro stages/controls/dvc.yaml` ran. Steered models walk from every instrument to every other one,
with one seed (`chaconne morph SEED SEED --condition instrument=A --towards instrument=B`); the judges of
metrics/controls.json, who know no network, hear the first, the middle and the last third of each walk.
"""

import sys
from itertools import permutations
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from chaconne.controls.measuring.tables import Ground
from chaconne.editing.making import morphed_seeds
from chaconne.running.params.reading import read_params
from chaconne.storage.files import write_json
from chaconne.storage.latents.audio import to_int16
from chaconne.trained.packs.places import Workspace

OUT, NAME = "benchmarks/walks.json", "instrument"
WALKS = 12          # of a model
THIRDS = ("begin", "middle", "end")


def main():
    """Measure, print and keep the rows."""
    params = read_params()
    ground = Ground("data/controls/known", params["evaluate"]["bootstrap"], params["seed"])
    seconds, found = params["controls"]["clip_seconds"], {}
    for kind in ("gan", "diffusion"):
        trained = Workspace(Path()).found(f"steered_{kind}").load()
        pairs = list(permutations(trained.generator.vocabulary[NAME], 2))
        asked = [pairs[i % len(pairs)] for i in range(WALKS)]
        samples, sounds = round(seconds * trained.codec.sample_rate_hz), []
        for seed, (begin, end) in enumerate(tqdm(asked, desc=f"walks of {kind}", unit="walk")):
            blocks = morphed_seeds(trained, [seed, seed], 3 * seconds, {NAME: begin}, {NAME: end})
            sounds.append(to_int16(torch.cat(list(blocks))[:3 * samples]).reshape(3, samples))
        parts = dict(zip(THIRDS, np.stack(sounds, 1), strict=True))
        heard = {third: list(ground.panel.hear(clips)[NAME]) for third, clips in parts.items()}
        walks = [(*ends, *(heard[third][i] for third in THIRDS)) for i, ends in enumerate(asked)]
        found[kind] = {
            "begins_as_asked": float(np.mean([begin == one for begin, _, one, _, _ in walks])),
            "middle_is_one_of_both": float(np.mean([one in (begin, end) for begin, end, _, one, _ in walks])),
            "ends_as_asked": float(np.mean([end == one for _, end, *_, one in walks])),
            "distance": {third: round(float(ground.distance(clips)[0]), 2) for third, clips in parts.items()},
            "walks": walks}     # from, to, and what is heard of each third
        print(kind, {key: value for key, value in found[kind].items() if key != "walks"})
    write_json(OUT, found)


if __name__ == "__main__":
    main()
