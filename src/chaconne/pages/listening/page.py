"""The page for listeners, and the key that stays with the experimenter.

The page knows sounds and opaque names only, all equally long and as many bytes. What stood behind A and B, and
which pairs are checks, is in the key: a file of its own.
"""

import hashlib
from pathlib import Path

import numpy as np

from chaconne.pages.listening.answers import FORMAT
from chaconne.pages.listening.clips import cut, encoded, equally_loud, open_clips
from chaconne.pages.listening.plan import PAIRS, Asked, most_pairs, trials
from chaconne.pages.shared import policy
from chaconne.pages.shared.sound import data_uri
from chaconne.running.files import new_file
from chaconne.storage.files import write_json

CHECKS = 4      # a clicker passes all of them once in 16
HEARD_S = 1.0  # of A and of B, at least, before a choice
HERE = Path(__file__).parent


def make(out, systems, pairs=None, seed=0, samples="data/samples", reference="real", forced=True, checks=None,
         repeats=1):
    """Write the page `out` and its key beside it; returns (the path of the key, the plan.Asked that is on the page).

    systems: the rows that are compared, two or more; reference: the row X is taken of, None for pairs alone;
    pairs: how many, each of other clips; None: about PAIRS, or as many as there are clips; forced: no answer `no
    preference`; checks: real music against noise; None: CHECKS where both rows are there, else none; repeats: pairs
    heard twice. Raises FileNotFoundError or ValueError in one line.
    """
    if len(set(systems)) < 2 or len(set(systems)) != len(systems):
        raise ValueError(f"--systems: expected two or more different names, got {' '.join(systems)}")
    better = reference or Asked.better
    opened, rate, checks = open_rows(samples, [*systems, *([reference] if reference else [])], better, checks)
    counts = {row: len(clips) for row, clips in opened.items()}
    asked = plan_of(systems, reference, pairs, checks, repeats, better, counts)
    rng = np.random.default_rng(seed)
    planned = trials(asked, counts, rng)
    raw = [opened[heard.row][heard.clip] for trial in planned for heard in trial.sounds.values()]
    loud = equally_loud(cut(raw, rate, rng), rate)
    salt = hashlib.sha256(b"".join(clip.tobytes() for clip in loud) + str(seed).encode()).hexdigest()
    names = {id(trial): hashlib.sha256(f"{salt}/{i}".encode()).hexdigest()[:12] for i, trial in enumerate(planned)}
    sources = iter([data_uri("audio/mpeg", encoded(clip, rate)) for clip in loud])
    shown = [{"id": names[id(trial)], "sounds": {letter: next(sources) for letter in trial.sounds}}
             for trial in planned]
    test = hashlib.sha256(f"{salt} {sorted(names.values())}".encode()).hexdigest()[:12]
    out = Path(out)
    with new_file(out) as temporary:
        temporary.write_text(render(test, shown, min(HEARD_S, len(loud[0]) / rate / 2), forced), encoding="utf-8")
    beside = out.with_suffix(".key.json")
    write_json(beside, {"format": FORMAT, "test": test, "systems": list(systems), "reference": reference,
                        "forced": forced, "seed": seed,
                        "pairs": {names[id(trial)]: told(trial, names) for trial in planned}})
    return beside, asked


def open_rows(samples, rows, better, checks):
    """Return ({row: int16 clips [N, samples]}, their sample rate in Hz, how many checks there can be).

    checks: None: CHECKS where the rows `better` and Asked.worse are there, too, else none.
    """
    opened = {row: open_clips(samples, row) for row in rows}
    if checks != 0:
        try:
            opened |= {row: open_clips(samples, row) for row in (better, Asked.worse)}
        except FileNotFoundError:
            if checks:
                raise
            checks = 0
    rates = {rate for _, rate in opened.values()}
    if len(rates) > 1:
        raise ValueError(f"expected one sample rate, got {', '.join(f'{n} {r} Hz' for n, (_, r) in opened.items())}")
    return {row: clips for row, (clips, _) in opened.items()}, rates.pop(), CHECKS if checks is None else checks


def plan_of(systems, reference, pairs, checks, repeats, better, counts):
    """Return the Asked that fits the clips there are; raises ValueError where none does. counts: {row: clips}."""
    most = most_pairs(systems, reference, counts)
    meetings = len(systems) * (len(systems) - 1) // 2
    number = min(-(-PAIRS // meetings) * meetings, most) if pairs is None else pairs
    if not 1 <= number <= most:
        raise ValueError(f"--pairs: expected 1 to {most} (more would need a clip twice), got {number}")
    if not 0 <= repeats <= (number + 1) // 2:
        raise ValueError(f"--repeats: expected 0 to {(number + 1) // 2} (half of the pairs), got {repeats}")
    if checks and counts[better] < 2:
        raise ValueError(f"--checks: expected two clips of {better} or more, got {counts[better]}")
    return Asked(tuple(systems), reference, number, checks, repeats, better)


def told(trial, names):
    """Return what the key says of a trial."""
    about = {letter: heard.row for letter, heard in trial.sounds.items() if letter != "X"}
    about["clips"] = {letter: heard.clip for letter, heard in trial.sounds.items()}
    if trial.check:
        about["check"] = trial.check
    if trial.repeats:
        about["repeats"] = names[id(trial.repeats)]
    return about


def render(test, pairs, heard_s, forced):
    """Return the page (HTML text).

    pairs: [{id, sounds: {letter: data: URI}}]; heard_s: seconds of A and of B before a choice is taken; forced: A or B.
    """
    settings = {"format": FORMAT, "test": test, "heard_s": heard_s, "pairs": [pair["id"] for pair in pairs]}
    context = {"title": "Which one? A listening test", "settings": settings, "pairs": pairs,
               "x": "X" in pairs[0]["sounds"], "forced": forced}
    return policy.render(HERE / "listen.html", context, ((HERE / "listen.css",), (HERE / "listen.js",)))
