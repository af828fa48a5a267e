"""From the notes that a file holds to voices on the grid: what every reader has in common."""

from dataclasses import dataclass, field

import numpy as np

from chaconne.scores.grid.grid import NAMES, QUARTER, from_notes
from chaconne.scores.pieces.keys import find_key

TOLERANCE = 0.15  # sixteenths that an onset may lie beside the grid: what sequencers round, not what people play
ORGAN = 19  # General MIDI program


@dataclass
class Found:
    """What a reader found; times in quarter lengths from the start of the file.

    notes: list of (onset, duration, pitch, line, fermata); lines: {line: (name, program)};
    key: (tonic, mode) where the file surely says it, else None and `sharps` of the key signature
    """

    notes: list
    lines: dict
    metre: str = "4/4"
    pickup: float = 0.0
    sharps: int = 0
    key: tuple | None = None
    title: str = ""
    tempo_qpm: float = 80.0
    remarks: list = field(default_factory=list)


def assemble(found, snap=False):
    """Return (Grid, remarks) of what a reader found. Raises OffGrid for triplets and the like unless `snap`."""
    if not found.notes:
        raise ValueError("expected notes, found none")
    columns = ("onset", "duration", "pitch", "line", "fermata")
    notes = dict(zip(columns, map(np.asarray, zip(*found.notes, strict=True)), strict=True))
    notes["onset"], notes["duration"] = settle(notes, snap)
    remarks = list(found.remarks)
    names, programs = separate(notes, found.lines, remarks)
    key, mode = found.key or find_key(for_key(notes), found.sharps)
    if found.pickup:
        remarks.append(f"a pick-up of {found.pickup:g} quarters is bar 0")
    grid = from_notes(notes, len(names), snap=snap, metre=found.metre, pickup=round(found.pickup * QUARTER), key=key,
                      mode=mode, title=found.title, tempo_qpm=found.tempo_qpm, names=names, instruments=programs)
    remarks += silence(grid)
    return grid, remarks


def settle(notes, snap):
    """Return onsets and durations with what players and sequencers add to them taken away.

    Onsets next to a sixteenth move onto it. A note that ends beside the grid (a gate of 95 %, a tick too
    short) ends at the nearest sixteenth, or where the next note of its line begins if that is one away.
    """
    onset, end = notes["onset"] * QUARTER, (notes["onset"] + notes["duration"]) * QUARTER
    near = np.rint(onset)
    begin = np.where((np.abs(onset - near) <= TOLERANCE) | snap, near, onset)
    played = np.abs(end - np.rint(end)) > 1e-3
    until = np.rint(end)
    for line in np.unique(notes["line"]):
        of = np.nonzero(notes["line"] == line)[0]
        starts = np.unique(begin[of])
        following = starts[np.minimum(np.searchsorted(starts, begin[of] + 1e-6), len(starts) - 1)]
        gap = following - until[of]
        until[of] = np.where(played[of] & (gap > 0) & (gap <= 1), following, until[of])
    until = np.where(np.abs(begin - np.rint(begin)) > 1e-3, end, np.maximum(until, begin + 1))
    return begin / QUARTER, (until - begin) / QUARTER


def separate(notes, lines, remarks):
    """Give every note its voice, in place, highest first; returns the voices' names and programs."""
    voice, each = np.zeros(len(notes["onset"]), int), []
    for line, (name, program) in lines.items():
        of = np.nonzero(notes["line"] == line)[0]
        if not len(of):
            continue
        rank, parts = ranks(notes["onset"][of], notes["duration"][of], notes["pitch"][of])
        if parts > 1:
            remarks.append(f"{name or f'line {line + 1}'}: chords were separated into {parts} voices by pitch")
        for part in range(parts):
            mine = of[rank == part]
            each.append((name if parts == 1 else "", program, notes["pitch"][mine].mean(), mine))
    named = [name.lower() for name, *_ in each]
    if set(named) <= set(NAMES) and len(set(named)) == len(named):
        each.sort(key=lambda part: NAMES.index(part[0].lower()))
    else:
        each.sort(key=lambda part: -part[2])
    for number, (*_, mine) in enumerate(each):
        voice[mine] = number
    notes["voice"] = voice
    usual = NAMES if len(each) == 4 else [f"voice {i + 1}" for i in range(len(each))]
    names = [name or usual[i] for i, (name, *_) in enumerate(each)]
    # Two tenors are told apart.
    names = [name if names.count(name) == 1 else f"{name} {1 + names[:i].count(name)}" for i, name in enumerate(names)]
    return tuple(names), tuple(program for _, program, *_ in each)


def ranks(onset, duration, pitch):
    """Return the rank from the top of every note among those that sound with it, and the number of voices."""
    rank = np.zeros(len(onset), int)
    # In blocks, so that a long piece takes no more memory than a short one.
    for first in range(0, len(onset), 512):
        i = slice(first, first + 512)
        # With those that still sound when the note begins: a line does not split because a neighbour moves.
        sounds = (onset[None] <= onset[i, None] + 1e-6) & (onset[i, None] < (onset + duration)[None] - 1e-6)
        higher, same = pitch[None] > pitch[i, None], pitch[None] == pitch[i, None]
        rank[i] = (sounds & (higher | (same & (onset[None] < onset[i, None])))).sum(1)
    return rank, int(rank.max()) + 1


def for_key(notes):
    """Return tuples as find_key wants them: the lowest voice is number 3."""
    lowest = notes["voice"].max()
    voices = np.where(notes["voice"] == lowest, 3, 0)
    pitch = notes["pitch"].astype(int)
    return list(zip(notes["onset"], notes["duration"], pitch, voices, notes["fermata"], strict=True))


def silence(grid):
    """Return one remark for each voice that rests: how long in all, and where first."""
    remarks = []
    for name, pitch in zip(grid.names, grid.pitch, strict=True):
        rests = np.nonzero(pitch < 0)[0]
        if len(rests):
            bar, beat = grid.where(int(rests[0]))
            remarks.append(f"{name}: rests of {len(rests) / QUARTER:g} quarters, the first in bar {bar}, beat {beat:g}")
    return remarks
