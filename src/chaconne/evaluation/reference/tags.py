"""Columns that say in words what a music tagger hears of a row: piano, slow, strings."""

import numpy as np

from chaconne.evaluation.reference.chroma import mean_of

SHOWN = 8   # tags of a table: those the tagger is surest of in the training music


def surest(embedder, features):
    """Return the names of the SHOWN tags that an embedder with tags is surest of, the surest first.

    features: [M, S, F] of the reference clips.
    """
    names, means = embedder.tag_names(), embedder.tags(features).mean(0)
    return [names[i] for i in np.argsort(-means, kind="stable")[:SHOWN]]


def tag_statistics(features, reference):
    """Return {("tags", name): (statistic of kept clips, lowest, highest)} of the tags that the reference names.

    The value is how sure the tagger is, 0 to 1, on average over clips. features: {embedder: [N, S, F]}. Empty without
    the embedder `musicnn`.
    """
    embedder = reference.embedders.get("musicnn")
    if embedder is None:
        return {}
    sure = dict(zip(embedder.tag_names(), embedder.tags(features["musicnn"]).T, strict=True))
    return {("tags", name): (mean_of(sure[name].astype(np.float64)), 0.0, 1.0) for name in reference.about["tags"]}
