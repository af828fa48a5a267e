"""The codec as it ships with the project."""

import shutil
from pathlib import Path

from chaconne.running.files import new_folder, read_json, seal
from chaconne.trained.packs.card import codec_card


def ship_codec(codec, measured, out):
    """Write the codec in the folder `codec` as it ships: with its card, which says what `measured` (JSON) does."""
    with new_folder(out) as folder:
        for name in ("codec.json", "codec.safetensors", "provenance.json"):
            shutil.copyfile(Path(codec, name), folder / name)
        text = codec_card(read_json(folder / "codec.json"), read_json(folder / "provenance.json"), read_json(measured))
        (folder / "README.md").write_text(text, encoding="utf-8")
        seal(folder)
