"""Parse a corpus of scores, in parallel, into one packed folder."""

import sys
from collections import Counter
from functools import partial

from tqdm import tqdm

from chaconne.corpora import melody
from chaconne.corpora.score import Unusable, arrays, pack
from chaconne.corpora.splits import fraction
from chaconne.corpora.workers import in_order
from chaconne.modules import load_variation


def parse_one(name, source):
    """Parse one source of corpus `name`: (Score, None), or (None, reason) where it is unusable."""
    try:
        return load_variation("corpora", name).parse(source), None
    except Unusable as reason:
        return None, str(reason)


def parse_corpus(name, settings, folder, max_pieces=None, workers=1):
    """Parse corpus `name` into `folder` (scores.npz, pieces.csv) and say what was left out and why.

    max_pieces: None for all, or a number: taken in the order of a hash of their names, so that they
    are spread over the corpus and a smaller number is a part of a larger one.
    Returns a dictionary of counts.
    """
    sources = load_variation("corpora", name).sources(settings)
    wanted = min(max_pieces or len(sources), len(sources))
    drawn = sorted(sources, key=lambda source: (fraction(source), source))
    scores, reasons = [], Counter()
    parsed = in_order(partial(parse_one, name), drawn, workers)
    with tqdm(total=wanted, desc=f"parse {name}", unit="piece", mininterval=1) as bar:
        for score, reason in parsed:
            bar.update()
            if score is None:
                reasons[reason] += 1
            else:
                scores.append(score)
            if len(scores) == wanted:
                break
    parsed.close()
    if not scores:
        raise ValueError(f"{name}: expected pieces, got none of {len(sources)} usable: {dict(reasons)}")
    scores.sort(key=lambda score: score.piece)
    twice = [name for name, count in Counter(score.piece for score in scores).items() if count > 1]
    if twice:
        raise ValueError(f"{name}: expected different piece names, got {twice[:3]} twice; change sources()")
    pack(scores, melody.groups([(arrays(score), score.pickup) for score in scores]), folder)
    for reason, count in reasons.most_common(10):
        print(f"{name}: left out {count}: {reason}", file=sys.stderr)
    if len(reasons) > 10:
        print(f"{name}: and {len(reasons) - 10} more reasons", file=sys.stderr)
    notes = sum(len(score.notes) for score in scores)
    print(f"{name}: {len(scores)} pieces, {notes} notes")
    return {"pieces": len(scores), "notes": notes, "left_out": sum(reasons.values())}

