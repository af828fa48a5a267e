"""Encode the variants into latents, and describe them frame by frame: tempo, density, register, brightness."""

from tqdm import tqdm

from chaconne.controls.hearing.describing import describe
from chaconne.running.files import new_folder
from chaconne.running.models import load_codec
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.storage.files import read_table
from chaconne.storage.latents.latents import encode_corpus
from chaconne.training.encoding import Encoder

VARIANTS, LATENTS = "data/controls/variants", "data/controls/latents"


def main():
    """Write data/controls/latents, see chaconne.controls.wishes.described."""
    params = read_params()
    workers = params["corpus"]["workers"]
    with stage("controls/encode_variants", params["seed"], params["threads"]):
        place = codec_folder(params)
        parts = Parts("encode_variants", [params["seed"]], [place, VARIANTS])
        with new_folder(LATENTS) as out:
            encoder = Encoder(VARIANTS, load_codec, place, parts.folder, workers)
            encode_corpus(VARIANTS, load_codec(place), out, encoder, lambda rows: tqdm(
                rows, desc="encode variants", unit="clip", mininterval=2))
            index = read_table(out / "index.csv", ("start", "samples", "first", "frames"), ("split",))
            describe(VARIANTS, out, index, workers, lambda clips: tqdm(
                clips, desc="describe", total=len(index), unit="clip", mininterval=2))
        parts.finish()


if __name__ == "__main__":
    main()
