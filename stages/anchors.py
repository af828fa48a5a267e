"""Make the rows that every generator is compared with: real, codec, shuffled, noise."""

from pathlib import Path

import numpy as np
import torch

from chaconne.running.files import read_json
from chaconne.running.models import load_codec
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.storage.files import load_array, write_json
from chaconne.training.sampling import encode_clips, write_clips


def main():
    """Write data/samples/anchors/<row> from the held-out clips of the evaluation."""
    params = read_params()
    seconds = params["evaluate"]["clip_seconds"]
    with stage("anchors", params["seed"], params["threads"]):
        place = codec_folder(params)
        codec = load_codec(place)
        real = load_array("data/reference/heldout.npy", np.int16, 2)
        parts = Parts("anchors", [seconds, params["seed"], params["threads"]],
                      [place, "data/reference/heldout.npy", "data/latents/latents.json"])

        def keep(folder):
            np.save(Path(folder, "clips.npy"), real)
            write_json(Path(folder, "about.json"), {
                "sample_rate_hz": codec.sample_rate_hz, "clip_seconds": seconds, "clips": len(real)})

        parts.make("real", keep)
        # Drawn before any part is left out: a run that goes on must draw the same.
        latents = encode_clips(codec, real)
        order = torch.rand(len(latents), 1, latents.shape[2]).argsort(dim=2).expand_as(latents)
        facts = read_json("data/latents/latents.json")
        mean, std = (torch.tensor(facts[k])[:, None] for k in ("mean", "std"))
        decoded = {"codec": latents, "shuffled": latents.gather(2, order),
                   "noise": torch.randn_like(latents) * std + mean}
        for row, z in decoded.items():
            parts.make(row, lambda folder, z=z: write_clips(folder, codec, z, seconds))
        parts.place("data/samples/anchors", {row: row for row in ("real", *decoded)})


if __name__ == "__main__":
    main()
