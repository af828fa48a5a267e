"""Is a tune whole? It can be read, has notes, and its bars are full."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from chaconne.scores.formats.abc.music import SHARED, Music
from chaconne.scores.formats.abc.tunes import parse_tune, text_of, tunes_of


@dataclass
class Length:
    """How long a bar is, in quarters, and how long a full one; does a section begin or end with it?"""

    length: Fraction
    full: Fraction
    begins: bool
    ends: bool


def problems(text, propagate=SHARED[0]):
    """Return what is wrong with a tune of one voice, one line each; nothing for a valid one.

    A section may begin with a pick-up and end with the bar that it completes; the tune may begin with a pick-up.
    """
    try:
        tune = parse_tune(text)
        music = Music(tune.key, tune.metre, tune.unit, propagate=propagate).read(next(iter(tune.voices.values())))
    except ValueError as error:
        return [f"expected ABC notation: {error}"]
    if not music.events:
        return ["expected notes, got none"]
    begins = [True, *music.parted[:-1]]
    bars = [Length(bar.length, full, first, last)
            for bar, full, first, last in zip(music.bars, music.fulls, begins, music.parted, strict=True)]
    return [f"bar {number}: expected {float(bar.full):g} quarters, got {float(bar.length):g}"
            for number, bar in enumerate(bars, 1)
            if bar.full is not None and bar.length != bar.full and not completed(bar, bars)]


def completed(bar, bars):
    """Is a short bar a pick-up, or the end of a section that a pick-up completes?"""
    if bar.length > bar.full:
        return False
    pickups = {b.length for b in bars if b.begins and b.full and b.length < b.full}
    ends = {b.length for b in bars if b.ends and b.full and b.length < b.full}
    rest = bar.full - bar.length
    pickup = bar.begins and (bar is bars[0] or bar.length == bars[0].length or rest in ends)
    return pickup or (bar.ends and rest in pickups)


def file_problems(path):
    """Return the problems of all tunes of a file, each with its number; None when its first tune has several voices."""
    tunes = tunes_of(text_of(Path(path).read_bytes()))
    try:
        if len(parse_tune(tunes[0]).voices) > 1:
            return None
    except ValueError:
        pass    # said below
    return [f"tune {number_of(tune)}: {problem}" for tune in tunes for problem in problems(tune)]


def number_of(text):
    """Return what stands behind X:, or '?'."""
    first = text.partition("\n")[0]
    return first[2:].strip() or "?" if first.startswith("X:") else "?"
