"""Lay the codec that ships with the project where the pipeline finds it, whole and checked."""

import shutil
from pathlib import Path

from chaconne.running.files import new_folder, seal, verify
from chaconne.running.models import load_codec
from chaconne.running.stage import stage

SHIPPED, OUT = Path("pretrained/codec"), "data/codecs/spectral"
PARTS = ("codec.json", "codec.safetensors", "provenance.json")


def main():
    """Write data/codecs/spectral."""
    with stage("codec", keep_clock=False):
        verify(SHIPPED)
        with new_folder(OUT) as temporary:
            for part in PARTS:
                shutil.copyfile(SHIPPED / part, temporary / part)
            seal(temporary)
        print(f"{OUT}: {load_codec(OUT).config}")


if __name__ == "__main__":
    main()
