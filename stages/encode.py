"""Encode a corpus into packed latents: `corpus` -> data/latents, `genre` -> data/genre_latents."""

import sys

from tqdm import tqdm

from chaconne.files import new_folder
from chaconne.latents import encode_corpus
from chaconne.modules import load_codec
from chaconne.stage import read_params, stage

NAMES = {"corpus": ("encode", "data/latents"), "genre": ("encode_genre", "data/genre_latents")}


def main(which):
    """Write the latents of data/<which>."""
    params = read_params()
    name, out = NAMES[which]
    with stage(name, params["seed"], params["threads"]) as clock:
        codec = load_codec("data/codec")
        with new_folder(out) as temporary:
            clock["seconds_of_audio"] = encode_corpus(
                f"data/{which}", codec, temporary, lambda rows: tqdm(rows, desc=name, unit="clip", mininterval=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
