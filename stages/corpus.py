"""Render the parsed scores to packed audio with a manifest: python -m stages.corpus corpus|genre."""

import sys

from chaconne.corpora.packing import pack
from chaconne.corpora.plan import plan
from chaconne.corpora.render import Renderer
from chaconne.corpora.score import unpack
from chaconne.corpora.settings import read_settings_or_exit
from chaconne.resume import Parts
from chaconne.stage import read_params, stage

NAMES = {"corpus": "data", "genre": "genre"}  # folder: selector


def main(folder="corpus"):
    """Render data/scores/<folder> into data/<folder>."""
    params = read_params()
    with stage(folder, seed=params["seed"]) as clock:
        settings, audio = read_settings_or_exit(params[NAMES[folder]]), params["audio"]
        pieces, notes = unpack(f"data/scores/{folder}")
        rows = plan(pieces, notes, settings, audio, params["split"], params["seed"])
        renderer = Renderer(f"data/scores/{folder}", settings, audio["sample_rate_hz"])
        parts = Parts(folder, [settings, audio, params["split"], params["seed"]], [f"data/scores/{folder}"])
        packed = parts.folder / "packed"
        packed.mkdir(exist_ok=True)
        clock.update(pack(rows, renderer, packed, settings, audio, params["corpus"]["workers"],
                          parts.folder / "packed.json"))
        parts.place(f"data/{folder}", {"packed": ""})


if __name__ == "__main__":
    main(*sys.argv[1:])
