"""Tunes of one voice from a network of one voice: of several, the one that closes best is kept."""

from dataclasses import replace

import numpy as np

from chaconne.counterpoint.composers.composing import NetworkComposer, plan_of
from chaconne.counterpoint.composers.works import write_sound
from chaconne.scores.grid.grid import REST
from chaconne.scores.writing.abc import write_abc
from chaconne.scores.writing.engraving import write_svg
from chaconne.scores.writing.midi import write_midi
from chaconne.scores.writing.musicxml import write_musicxml

CLOSE = {0: 2.0, 7: 1.0}  # points for a tune that ends on the tonic, on the fifth
LEAP = 12  # semitones of a step that costs a point


def compose_tune(network, key="G", mode="major", metre="6/8", bars=16, seed=0, k=8, temperature=0.9):
    """Return a Grid of one voice: whole bars; its last note lasts as long as the bar lets it."""
    composer = NetworkComposer(network, temperature=temperature)
    plan = plan_of(key, mode, metre, bars, bars, voices=1, pickup=False)
    made = composer.compose([replace(plan, fermata=np.zeros_like(plan.fermata))] * k, seed=seed)
    return max(made, key=points)


def points(grid):
    """Return how well a tune closes and moves: higher is better."""
    pitch = grid.pitch[0]
    sounding = pitch[pitch != REST]
    if len(sounding) < grid.frames / 2:
        return -100.0  # half of it rests
    steps = np.diff(pitch[grid.onset[0]].astype(int))
    ends = CLOSE.get(int((sounding[-1] - grid.tonic) % 12), 0.0) * (pitch[-1] != REST)
    return ends - float((np.abs(steps) > LEAP).sum()) - 2.0 * (len(np.unique(sounding)) < 5)


KINDS = (("G", "major", "6/8"), ("D", "major", "4/4"), ("E", "minor", "2/4"), ("A", "major", "6/8"))


def write_tunes(network, folder, count, seed=0):
    """Write some tunes, jigs and reels in turn, as N.abc and so on: see write_tune."""
    for number in range(count):
        key, mode, metre = KINDS[number % len(KINDS)]
        grid = replace(compose_tune(network, key, mode, metre, seed=seed + number), title=f"Tune {number + 1}")
        write_tune(grid, f"{folder}/{number + 1}", number + 1)


def write_tune(grid, path, number=1, sound=True):
    """Write PATH.abc, .musicxml, .mid, .svg and, if `sound`, .wav; returns the paths."""
    makers = {".abc": lambda file: write_abc(grid, file, number), ".musicxml": lambda file: write_musicxml(grid, file),
              ".mid": lambda file: write_midi(grid, file), ".svg": lambda file: write_svg(grid, file)}
    makers |= {".wav": lambda file: write_sound(grid, file)} if sound else {}
    for ending, make in makers.items():
        make(f"{path}{ending}")
    return [f"{path}{ending}" for ending in makers]
