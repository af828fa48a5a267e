"""Scores and recordings to packed audio with a manifest: python -m stages.corpus corpus|genre."""

import shutil
import sys

from chaconne.corpora.rendering.packing import pack
from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.rendering.recorded import pack_recordings
from chaconne.corpora.rendering.render import Renderer
from chaconne.running.params.corpora import read_settings_or_exit
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.scores.pieces.score import unpack

NAMES = {"corpus": "data", "genre": "genre"}  # folder: selector


def main(folder="corpus"):
    """Render or decode what data/scores/<folder> names into data/<folder>."""
    params, scores = read_params(), f"data/scores/{folder}"
    with stage(folder, seed=params["seed"]) as clock:
        settings, audio = read_settings_or_exit(params[NAMES[folder]]), params["audio"]
        split, workers = params["split"], params["corpus"]["workers"]
        parts = Parts(folder, [settings, audio, split, params["seed"]], [scores])
        packed = parts.folder / "packed"
        if "kind" in settings:
            decoded = parts.folder / "decoded"
            parts.make("packed", lambda out: pack_recordings(
                scores, out, decoded, settings, audio, split, params["seed"], workers))
            shutil.rmtree(decoded, ignore_errors=True)
        else:
            packed.mkdir(exist_ok=True)
            pieces, notes = unpack(scores)
            rows = plan(pieces, notes, settings, audio, split, params["seed"])
            renderer = Renderer(scores, settings, audio["sample_rate_hz"])
            clock.update(pack(rows, renderer, packed, settings, audio, workers, parts.folder / "packed.json"))
        parts.place(f"data/{folder}", {"packed": ""})


if __name__ == "__main__":
    main(*sys.argv[1:])
