"""Train, validation and test: whole melody groups, chosen by hash."""

import hashlib
from collections import Counter


def fraction(*names):
    """Return a number in [0, 1) that depends on `names` only: a die that stays as it fell."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def assign(melodies, test, valid, seed):
    """Return train, valid or test for each entry of `melodies` (one group name per piece).

    test, valid: fractions of the pieces. Groups are drawn in the order of a hash of name and seed,
    big ones stay in train, so that no split is empty or dominated by one melody.
    Raises ValueError when there are fewer than three groups.
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
    return [split.get(melody, "train") for melody in melodies]
