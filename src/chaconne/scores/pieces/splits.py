"""Train, validation and test: whole melody groups, chosen by hash; no family of twins in two of them."""

import hashlib
from collections import Counter


def fraction(*names):
    """Return a number in [0, 1) that depends on `names` only: a die that stays as it fell."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def assign(melodies, test, valid, seed, families=None):
    """Return train, valid or test for each entry of `melodies` (one group name per piece).

    test, valid: fractions of the pieces. Groups are drawn in the order of a hash of name and seed,
    big ones stay in train, so that no split is empty or dominated by one melody. families: names that no two splits
    may share, one per piece (chaconne.scores.collection.twins); they only move pieces, mostly into training.
    Raises ValueError when there are fewer than three groups, or families leave a split without pieces.
    """
    sizes = Counter(melodies)
    if len(sizes) < 3:
        raise ValueError(f"split: expected at least 3 melodies, got {len(sizes)}; raise corpus.max_pieces")
    drawn = sorted(sizes, key=lambda name: (fraction(name, seed), name))
    split = {}
    for name, share in (("test", test), ("valid", valid)):
        target, taken = max(1, round(share * len(melodies))), 0
        left = [melody for melody in drawn if melody not in split]
        limit = max(target // 4, min(sizes[melody] for melody in left))
        for melody in left:
            if taken < target and sizes[melody] <= limit:
                split[melody] = name
                taken += sizes[melody]
    drawn = [split.get(melody, "train") for melody in melodies]
    return drawn if families is None else settled(drawn, families)


def settled(splits, families):
    """Return the splits, every family in one: in training where any of it lies there, else in valid."""
    found = {}
    for family, split in zip(families, splits, strict=True):
        found[family] = min(found.get(family, split), split, key=("train", "valid", "test").index)
    moved = [found[family] for family in families]
    if gone := set(splits) - set(moved):
        raise ValueError("split: expected pieces that vary none in training, got none for "
                         f"{' and '.join(sorted(gone))}; raise corpus.max_pieces")
    return moved
