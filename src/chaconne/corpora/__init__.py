"""Corpora: where music comes from, and how scores become audio.

One module per corpus, found by its name; its settings are conf/data/<name>.yaml. A corpus of scores defines

    sources(settings) -> list of str    what there is to parse, sorted, without parsing it
    parse(source) -> Score              one piece (chaconne.corpora.score); raises Unusable with the reason

and everything else (pool, melody groups, splits, rendering, packing) is shared. A corpus of recordings
plans its own rows and hands `chaconne.corpora.packing.pack` a function that returns a row's audio.
No module here imports another corpus, so that an edit of one never invalidates the other's files.
"""
