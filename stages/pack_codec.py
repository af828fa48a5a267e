"""The codec as it ships with the project."""

from chaconne.running.stage import stage
from chaconne.trained.packs.codec import ship_codec


def main():
    """Write data/packs/codec; `make packs` puts it into pretrained/."""
    with stage("pack_codec", keep_clock=False):
        ship_codec("data/codecs/trained", "metrics/codec.json", "data/packs/codec")


if __name__ == "__main__":
    main()
