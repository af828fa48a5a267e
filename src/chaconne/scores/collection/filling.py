"""Parse sources, in parallel, into one packed folder of scores."""

import sys
from collections import Counter
from functools import partial

from tqdm import tqdm

from chaconne.running.workers import CLUSTER, in_order
from chaconne.scores.collection import melody, twins
from chaconne.scores.pieces.score import Unusable, arrays, pack
from chaconne.scores.pieces.splits import fraction


def attempt(parse, source):
    """Return (parse(source), None), or (None, reason) where it is unusable."""
    try:
        return parse(source), None
    except Unusable as reason:
        return None, str(reason)


def fill(name, sources, parse, folder, most=None, workers=1, related=True):
    """Parse sources into `folder` (scores.npz, pieces.csv) and say what was left out and why.

    name: what they are called in messages; parse(source) -> Score or raises Unusable, for other processes too.
    most: pieces, None for all; they are taken in the order of a hash of their names, so that they are spread over
    all and a smaller number is a part of a larger one. related: whether families of twins are looked for, which takes
    half a minute for a thousand pieces.
    Returns a dictionary of counts; ValueError where nothing is usable or two pieces share a name.
    """
    drawn = sorted(sources, key=lambda source: (fraction(source), source))
    wanted, scores, reasons = min(most or len(drawn), len(drawn)), [], Counter()
    parsed = in_order(partial(attempt, parse), drawn, workers)
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
        raise ValueError(f"{name}: expected pieces, got none of {len(drawn)} usable: {dict(reasons)}")
    scores.sort(key=lambda score: score.piece)
    twice = [name for name, count in Counter(score.piece for score in scores).items() if count > 1]
    if twice:
        raise ValueError(f"{name}: expected different piece names, got {twice[:3]} twice; change sources()")
    notes = [arrays(score) for score in scores]
    melodies = melody.groups([(one, score.pickup) for one, score in zip(notes, scores, strict=True)])
    families = None
    if related:
        lines = [twins.melody(melody.tune(one)[1]) for one in notes]
        families = twins.families(lines, 1 if workers == CLUSTER else workers)
    pack(scores, melodies, folder, families)
    for reason, count in reasons.most_common(10):
        print(f"{name}: left out {count}: {reason}", file=sys.stderr)
    if len(reasons) > 10:
        print(f"{name}: and {len(reasons) - 10} more reasons", file=sys.stderr)
    total = sum(len(score.notes) for score in scores)
    print(f"{name}: {len(scores)} pieces, {total} notes")
    return {"pieces": len(scores), "notes": total, "left_out": sum(reasons.values())}
