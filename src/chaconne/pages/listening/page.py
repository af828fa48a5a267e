"""The page for listeners, and the key that stays with the experimenter.

The page knows sounds and opaque names only. What stood behind A and B is in the key: a file of its own.
"""

import hashlib
from pathlib import Path

import numpy as np

from chaconne.pages.listening.clips import equally_loud, open_clips
from chaconne.pages.listening.tally import FORMAT
from chaconne.pages.shared import policy
from chaconne.pages.shared.sound import data_uri, mp3
from chaconne.running.files import new_file
from chaconne.storage.files import write_json

PAIRS = 20      # where nobody says how many, and clips suffice: ten minutes
HEARD_S = 1.0  # of A and of B, at least, before a choice
HERE = Path(__file__).parent


def make(out, systems, pairs, seed, samples="data/samples", reference="real"):
    """Write the page `out` and its key beside it; returns (the path of the key, how many pairs there are).

    systems: the two rows that are compared; reference: the row X is taken of, None for pairs alone;
    pairs: how many, each of other clips; None: PAIRS, or as many as there are clips. Half of the pairs have the first
    system as A. Raises FileNotFoundError or ValueError in one line.
    """
    if len(set(systems)) != 2 or len(systems) != 2:
        raise ValueError(f"--systems: expected two different names, got {' '.join(systems)}")
    roles = [*systems, *([reference] if reference else [])]
    opened = {role: open_clips(samples, role) for role in roles}
    rates = {rate for _, rate in opened.values()}
    fewest = min(len(clips) for clips, _ in opened.values())
    if len(rates) > 1:
        raise ValueError(f"expected one sample rate, got {', '.join(f'{n} {r} Hz' for n, (_, r) in opened.items())}")
    pairs = min(PAIRS, fewest) if pairs is None else pairs
    if not 1 <= pairs <= fewest:
        raise ValueError(f"--pairs: expected 1 to {fewest} (the fewest clips a row has), got {pairs}")
    rng, rate = np.random.default_rng(seed), rates.pop()
    chosen = {role: rng.choice(len(clips), pairs, replace=False) for role, (clips, _) in opened.items()}
    first = rng.permutation(np.arange(pairs) % 2)  # which system is A: as often the one as the other
    sounds = {role: [clips[i] for i in chosen[role]] for role, (clips, _) in opened.items()}
    loud = equally_loud([clip for role in roles for clip in sounds[role]], rate)
    heard = {role: loud[i * pairs:(i + 1) * pairs] for i, role in enumerate(roles)}
    salt = hashlib.sha256(b"".join(clip.tobytes() for clip in loud) + str(seed).encode()).hexdigest()
    key, shown = {}, []
    for i in range(pairs):
        name = hashlib.sha256(f"{salt}/{i}".encode()).hexdigest()[:12]
        a, b = systems[first[i]], systems[1 - first[i]]
        key[name] = {"A": a, "B": b, "clips": {role: int(chosen[role][i]) for role in roles}}
        sources = {"X": heard[reference][i] if reference else None, "A": heard[a][i], "B": heard[b][i]}
        shown.append({"id": name, "sounds": {letter: data_uri("audio/mpeg", mp3(clip, rate))
                                             for letter, clip in sources.items() if clip is not None}})
    test = hashlib.sha256(f"{salt} {sorted(key)}".encode()).hexdigest()[:12]
    out = Path(out)
    with new_file(out) as temporary:
        temporary.write_text(render(test, shown, min(HEARD_S, len(loud[0]) / rate / 2)), encoding="utf-8")
    beside = out.with_suffix(".key.json")
    write_json(beside, {"format": FORMAT, "test": test, "systems": list(systems), "reference": reference,
                        "seed": seed, "pairs": key})
    return beside, pairs


def render(test, pairs, heard_s):
    """Return the page (HTML text).

    pairs: [{id, sounds: {letter: data: URI}}]; heard_s: seconds of A and of B before a choice is taken.
    """
    settings = {"format": FORMAT, "test": test, "heard_s": heard_s, "pairs": [pair["id"] for pair in pairs]}
    context = {"title": "Which one? A listening test", "settings": settings, "pairs": pairs,
               "x": "X" in pairs[0]["sounds"]}
    return policy.render(HERE / "listen.html", context, ((HERE / "listen.css",), (HERE / "listen.js",)))
