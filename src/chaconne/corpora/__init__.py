"""Corpora: where music comes from, and how scores become audio.

One module per corpus, found by its name; its settings are conf/data/<name>.yaml. A corpus of scores defines

    sources(settings) -> list of str    what there is to parse, sorted, without parsing it
    parse(source) -> Score              one piece (chaconne.scores.pieces.score); raises Unusable with the reason

and everything else (pool, melody groups, splits, rendering, packing) is shared. A corpus of recordings
(kind: recordings in its conf) defines

    gather(settings, folder, limits, seed) -> counts    finds or fetches what the settings select, and writes it down in
                                                        `folder` with chaconne.corpora.gathering.recordings.write

and everything else (decoding, silence, loudness, clips, duplicates, splits, stems) is `recorded`. What is bad is listed
with its reason; what the settings cannot mean is a ValueError of one line.
No module here imports another corpus, so that an edit of one never invalidates the other's files.
"""
