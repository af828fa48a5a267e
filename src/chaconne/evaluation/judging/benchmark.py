"""`chaconne benchmark judges`: the ladder on the corpus of the project."""

import pandas as pd

from chaconne.evaluation.judging import ladder
from chaconne.evaluation.judging.notes import Pieces
from chaconne.evaluation.reference import reference
from chaconne.running.models import load_codec
from chaconne.running.params.corpora import read_settings
from chaconne.running.params.reading import codec_folder
from chaconne.running.resume import Parts

CORPUS, SCORES = "data/corpus", "data/scores/corpus"
EMBEDDERS = ("logmel", "notes", "musicnn", "musicnn-msd")


def benchmark(params, clips, embedders, draws):
    """Return what ladder.run says of the corpus of params, with `clips` held-out clips. Raises one line where the
    corpus is not there."""
    settings, seed = read_settings(params["data"]), params["seed"]
    measured = params["evaluate"] | {"clips": clips, "embedders": list(embedders or EMBEDDERS)}
    place = codec_folder(params)
    parts = Parts("judges", [measured, settings, draws, seed, params["threads"]], [f"{CORPUS}/manifest.csv", place])
    folder = parts.folder / "reference"
    if not folder.exists():
        reference.build(CORPUS, folder, measured, seed)
    ground = reference.load(folder, measured["embedders"], measured["weights"])
    pieces = None
    if "kind" not in settings:      # rendered from scores
        crops = pd.read_csv(folder / "heldout.csv")
        pieces = Pieces(SCORES, settings, params["audio"], params["split"], seed, crops)
    return ladder.run(ground, parts, pieces, load_codec(place), draws, seed)
