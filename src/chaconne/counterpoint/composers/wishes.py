"""What a user may ask of a piece beside key, metre and phrases: how busy it is, how high and low each voice goes."""

import math
from dataclasses import replace

import numpy as np
import torch

from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.conditions import DENSITIES, Conditions
from chaconne.scores.grid.grid import NAMES

DENSITY = 3  # column of Conditions.attributes
STRENGTH = 3.0  # times that a wish counts: 1 is hardly heard (docs/counterpoint.md)


def class_of(density):
    """Return the class of a density in onsets a beat and voice."""
    return int(np.searchsorted(DENSITIES, density)) + 1


class Insistent:
    """A Network that hears what is asked for STRENGTH times as loudly as without the wish: guidance, in its reader."""

    def __init__(self, network):
        self.network = network

    def __getattr__(self, name):
        return getattr(self.network, name)

    def read(self, asked):
        """Return the Wish; see Network.read."""
        attributes = asked.attributes.clone()
        attributes[:, DENSITY] = 0
        without = self.network.read(Conditions(attributes, asked.symbols, asked.known, asked.fermata))
        louder = without.reading + STRENGTH * (self.network.read(asked).reading - without.reading)
        return replace(without, reading=louder)


class Within:
    """Keeps voices in ranges while they are written, before an inner guide (guided.Guide or None) speaks."""

    def __init__(self, ranges, guide=None):
        self.guide, self.forbidden = guide, {}
        pitch = torch.arange(sy.SYMBOLS) - sy.FIRST + sy.LOW
        for name, (low, high) in ranges.items():
            outside = (pitch < low) | (pitch > high)
            outside[:sy.FIRST] = False
            self.forbidden[NAMES.index(name)] = outside

    def __call__(self, voice, frame, then, now, logits):
        """Return logits [B, S] without the onsets outside the voice's range; see guided.Guide."""
        if voice in self.forbidden:
            logits = logits.masked_fill(self.forbidden[voice], -math.inf)
        return logits if self.guide is None else self.guide(voice, frame, then, now, logits)


def check_ranges(ranges):
    """Raise ValueError for a voice that there is not, and for a range that is empty or unknown to the network."""
    for name, (low, high) in ranges.items():
        if name not in NAMES:
            raise ValueError(f"range: expected one of {', '.join(NAMES)}; got {name!r}")
        if not sy.LOW <= low < high <= sy.HIGH:
            raise ValueError(f"range: expected MIDI pitches LOW-HIGH in {sy.LOW}..{sy.HIGH}; got {low}-{high}")


def parse_range(text):
    """Return (voice, (lowest, highest)) of 'soprano=60-79'."""
    name, _, ends = text.partition("=")
    low, _, high = ends.partition("-")
    if not (low.isdigit() and high.isdigit()):
        raise ValueError(f"range: expected VOICE=LOW-HIGH in MIDI pitches, such as soprano=60-79; got {text!r}")
    return name, (int(low), int(high))
