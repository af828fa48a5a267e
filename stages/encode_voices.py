"""Encode the voices that are given, and the rest, into latents aligned with those of the mix."""

from pathlib import Path

from tqdm import tqdm

from chaconne.accompaniment.absence import PARTS, absent, stand_in
from chaconne.running.files import new_folder
from chaconne.running.models import load_codec
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.storage.latents.latents import encode_corpus
from chaconne.training.encoding import Encoder

VOICES, LATENTS = "data/accompaniment/voices", "data/accompaniment/latents"


def main():
    """Write data/accompaniment/latents/given and rest."""
    params = read_params()
    with stage("accompaniment/encode_voices", params["seed"], params["threads"]):
        if reason := absent(VOICES):
            return stand_in(reason, LATENTS)
        place = codec_folder(params)
        codec = load_codec(place)
        parts = Parts("encode_voices", [params["seed"]], [place, VOICES])
        with new_folder(LATENTS) as out:
            for part in PARTS:
                work = parts.folder / part
                work.mkdir(exist_ok=True)
                encoder = Encoder(f"{VOICES}/{part}", load_codec, place, work, params["corpus"]["workers"])
                Path(out, part).mkdir()
                encode_corpus(f"{VOICES}/{part}", codec, Path(out, part), encoder, lambda rows, part=part: tqdm(
                    rows, desc=f"encode {part}", unit="clip", mininterval=2))
        parts.finish()


if __name__ == "__main__":
    main()
