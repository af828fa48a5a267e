"""How fast the rules are: against music21's own checkers, on the same chorales, in one run."""

import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from chaconne.corpora import chorales
from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.pieces import join
from chaconne.scores.formats.lines import read_score
from chaconne.scores.pieces.score import Unusable

# Methods of music21.voiceLeading.VoiceLeadingQuartet: parallels, hidden intervals, crossing, overlap.
CHECKS = ("parallelFifth", "parallelOctave", "parallelUnison", "hiddenFifth", "hiddenOctave",
          "voiceCrossing", "voiceOverlap")


def read(count):
    """Return (music21 streams, Grids) of the first `count` usable chorales."""
    from music21 import converter

    streams, grids = [], []
    for source in chorales.sources({}):
        path, reader = Path(chorales._folder(), source), converter.Converter()
        reader.parseFile(path, forceSource=True, storePickle=False)
        try:
            chorales.parse(source)
        except Unusable:
            continue
        streams.append(reader.stream)
        grids.append(read_score(path, repeats=False)[0])
        if len(streams) == count:
            break
    return streams, grids


def music21_checks(stream):
    """Return how often music21's checkers speak up in a score; the score is parsed already."""
    from music21 import note

    spoken = 0
    for verticality in stream.asTimespans(classList=(note.Note,)).iterateVerticalities():
        quartets = verticality.getAllVoiceLeadingQuartets(includeRests=False, includeNoMotion=False)
        spoken += sum(bool(getattr(quartet, check)()) for quartet in quartets for check in CHECKS)
    return spoken


def against_music21(count=10, repeats=20):
    """Return an entry of benchmarks/results.json: seconds a chorale of our twelve rules and of music21's seven checks.

    count: chorales; repeats: runs of ours, whose median counts and whose quartiles are the spread.
    """
    streams, grids = read(count)
    start = time.perf_counter()
    for stream in tqdm(streams, desc="music21", mininterval=1):
        music21_checks(stream)
    reference = (time.perf_counter() - start) / count
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        pieces = join(grids)
        rules.counts(pieces, rules.find(pieces))
        times.append((time.perf_counter() - start) / count)
    low, ours, high = np.percentile(times, (25, 50, 75))
    return {"name": "rules against music21", "ours": ours, "reference": reference, "ratio": reference / ours,
            "spread": [low, high], "unit": "seconds a chorale", "limit_fraction": None, "chorales": count}
