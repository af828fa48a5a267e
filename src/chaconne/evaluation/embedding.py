"""The contract of embedders, and which of them can run here.

An embedder is a module with
    COMPONENTS                      principal components to keep, or None to keep the features as they are
    missing()                       None, or one line saying what to do (fetch weights, install a package)
    embed(clips, sample_rate_hz)    int16 [clips, samples] -> float32 [clips, frames, features]
Anything slow to import belongs inside its functions. A new embedder is one file and one entry here.
"""

from chaconne.evaluation import logmel

EMBEDDERS = {"logmel": logmel}


def choose(names):
    """Split embedder names into those that can run and those that cannot.

    Returns ({name: module}, {name: what to do}). Raises ValueError for a name that does not exist,
    and when no embedder is left.
    """
    unknown = [name for name in names if name not in EMBEDDERS]
    if unknown:
        raise ValueError(
            f"params evaluate.embedders: no embedder is called {', '.join(map(repr, unknown))}; "
            f"those that exist: {', '.join(sorted(EMBEDDERS))}"
        )
    unavailable = {name: EMBEDDERS[name].missing() for name in names if EMBEDDERS[name].missing()}
    ready = {name: EMBEDDERS[name] for name in names if name not in unavailable}
    if not ready:
        raise ValueError(f"params evaluate.embedders: none can run ({unavailable}); logmel needs no weights")
    return ready, unavailable
