"""Make the rows that every generator is compared with: real, codec, shuffled, noise."""

import json
from pathlib import Path

import numpy as np
import torch

from chaconne.files import new_folder, write_json
from chaconne.modules import load_codec
from chaconne.sampling import encode_clips, write_clips
from chaconne.stage import read_params, stage


def main():
    """Write data/samples/anchors/<row> from the held-out clips of the evaluation."""
    params = read_params()
    seconds = params["evaluate"]["clip_seconds"]
    with stage("anchors", params["seed"], params["threads"]), new_folder("data/samples/anchors") as temporary:
        codec = load_codec("data/codec")
        real = np.load("data/reference/heldout.npy", mmap_mode="r")
        Path(temporary, "real").mkdir()
        np.save(Path(temporary, "real", "clips.npy"), real)
        write_json(Path(temporary, "real", "about.json"), {
            "sample_rate_hz": codec.sample_rate_hz, "clip_seconds": seconds, "clips": len(real)})
        latents = encode_clips(codec, real)
        write_clips(Path(temporary, "codec"), codec, latents, seconds)
        order = torch.rand(len(latents), 1, latents.shape[2]).argsort(dim=2).expand_as(latents)
        write_clips(Path(temporary, "shuffled"), codec, latents.gather(2, order), seconds)
        facts = json.loads(Path("data/latents/latents.json").read_text())
        mean, std = (torch.tensor(facts[k])[:, None] for k in ("mean", "std"))
        write_clips(Path(temporary, "noise"), codec, torch.randn_like(latents) * std + mean, seconds)


if __name__ == "__main__":
    main()
