"""The contract of embedders, and which of them can run here.

An embedder is a module or an object with
    COMPONENTS                      principal components to keep, or None to keep the features as they are
    MOST                            reference clips that are enough (when a row has no more), or None for all
    missing()                       None, or one line saying what to do (fetch weights, install a package)
    embed(clips, sample_rate_hz)    int16 [clips, samples] -> float32 [clips, frames, features]
Anything slow to import belongs inside its functions. A new embedder is one file and one entry here.
"""

from functools import partial

from chaconne.evaluation.reference import logmel, notes
from chaconne.evaluation.reference.musicnn import embedder as musicnn
from chaconne.evaluation.reference.pretrained import NETWORKS, Pretrained

# name: function of the folder of weights ('' for the usual caches) that gives the embedder
EMBEDDERS = {"logmel": lambda weights: logmel, "notes": lambda weights: notes}
EMBEDDERS |= {name: lambda weights, name=name: musicnn.Musicnn(name) for name in musicnn.NETWORKS}
EMBEDDERS |= {name: partial(Pretrained, name) for name in NETWORKS}


def choose(names, weights=""):
    """Split embedder names into those that can run and those that cannot.

    weights: folder of pretrained weights, '' for the usual caches. Returns ({name: embedder},
    {name: what to do}). Raises ValueError for a name that does not exist, and when no embedder is left.
    """
    unknown = [name for name in names if name not in EMBEDDERS]
    if unknown:
        raise ValueError(
            f"params evaluate.embedders: no embedder is called {', '.join(map(repr, unknown))}; "
            f"those that exist: {', '.join(sorted(EMBEDDERS))}"
        )
    opened = {name: EMBEDDERS[name](weights) for name in names}
    todo = {name: embedder.missing() for name, embedder in opened.items()}
    unavailable = {name: what for name, what in todo.items() if what}
    ready = {name: embedder for name, embedder in opened.items() if name not in unavailable}
    if not ready:
        raise ValueError(f"params evaluate.embedders: none can run ({unavailable}); logmel needs no weights")
    return ready, unavailable
