"""Encode a corpus into packed latents: `corpus` -> data/latents, `genre` -> data/genre_latents."""

import sys

from tqdm import tqdm

from chaconne.running.files import new_folder
from chaconne.running.models import load_codec
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.storage.latents.latents import encode_corpus
from chaconne.training.encoding import Encoder

NAMES = {"corpus": ("encode", "data/latents"), "genre": ("encode_genre", "data/genre_latents")}


def main(which):
    """Write the latents of data/<which>."""
    params = read_params()
    name, out = NAMES[which]
    with stage(name, params["seed"], params["threads"]) as clock:
        place = codec_folder(params)
        codec = load_codec(place)
        parts = Parts(name, [params["seed"]],
                      [place, f"data/{which}/manifest.csv", f"data/{which}/audio.npy"])
        with new_folder(out) as temporary:
            encoder = Encoder(f"data/{which}", load_codec, place, parts.folder, params["corpus"]["workers"])
            clock["seconds_of_audio"] = encode_corpus(f"data/{which}", codec, temporary, encoder, lambda rows: tqdm(
                rows, desc=name, unit="clip", mininterval=2))
        parts.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
