"""From the notes that a file holds to voices on the grid: what every reader has in common."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from chaconne.scores.formats.reading import EXPECTED, parse_key, read
from chaconne.scores.grid.grid import NAMES, QUARTER, OffGrid, bar_frames, from_notes
from chaconne.scores.pieces.keys import find_key
from chaconne.scores.pieces.score import TONICS

TOLERANCE = 0.15  # sixteenths that an onset may lie beside the grid: what sequencers round, not what people play
TEMPO_QPM = 80.0    # where a file names none
DIVISI = 0.1    # share of a line's onsets up to which chords are one voice's divisi, not another voice


def read_score(path, snap=False, key=None, pickup=None, parts=None, repeats=True):
    """Return (Grid, remarks) of a file; remarks are lines about what was read in a way that one may not expect.

    snap: move triplets and played rhythms to the nearest sixteenth; key: 'G' or 'f#' (minor), or None for what
    the file says or the notes suggest; pickup: quarters before the first barline, None for what the file says
    (MIDI files seldom say); parts: names of those to take, in this order, None for all; repeats: as performed, else as
    written. Raises FileNotFoundError, ValueError in one line, or OffGrid.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a score ({EXPECTED}), found no such file")
    try:
        grid, remarks = assemble(read(path, repeats), snap, parts)
    except OffGrid as error:
        raise OffGrid([f"{path}: {error.problems[0]}", *error.problems[1:]]) from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if key:
        tonic, mode = parse_key(key)
        grid = replace(grid, key=tonic, mode=mode)
    if pickup is not None:
        frames = round(pickup * QUARTER)
        if not 0 <= frames < bar_frames(grid.metre):
            raise ValueError(f"--pickup: expected less than a bar of {grid.metre}, got {pickup:g} quarters")
        grid = replace(grid, pickup=frames)
    return grid, remarks


def assemble(found, snap=False, parts=None):
    """Return (Grid, remarks) of what a reader found. Raises OffGrid for triplets and the like unless `snap`.

    parts: names of the parts to take, None for all; ValueError names those that there are.
    """
    remarks = list(found.remarks)
    chosen = choose(found.lines, parts, remarks)
    notes = [(*note[:3], chosen[note[3]], *note[4:]) for note in found.notes if note[3] in chosen]
    if not notes:
        raise ValueError("expected notes, found none")
    lines = {chosen[line]: (name, found.usual if program is None else program)
             for line, (name, program) in found.lines.items() if line in chosen}
    columns = ("onset", "duration", "pitch", "line", "fermata")
    notes = dict(zip(columns, map(np.asarray, zip(*notes, strict=True)), strict=True))
    notes["onset"], notes["duration"] = settle(notes, snap)
    notes = single(notes, lines, remarks)
    names, programs = separate(notes, lines, remarks, given=parts is not None)
    key, mode = (TONICS[found.key[0]], found.key[1]) if found.key else find_key(for_key(notes), found.sharps)
    if found.pickup:
        remarks.append(f"a pick-up of {found.pickup:g} quarters is bar 0")
    grid = from_notes(notes, len(names), snap=snap, metre=found.metre, pickup=round(found.pickup * QUARTER), key=key,
                      mode=mode, title=found.title, tempo_qpm=found.tempo_qpm or TEMPO_QPM, names=names,
                      instruments=programs)
    remarks += silence(grid)
    return grid, remarks


def choose(lines, parts, remarks):
    """Return {line of the file: number of the line that is taken}, in the order of `parts`; all lines without."""
    if parts is None:
        return {line: line for line in lines}
    chosen = {}
    for wanted in parts:
        asked, left = wanted.casefold(), {n: name.casefold() for n, (name, _) in lines.items() if n not in chosen}
        fits = [n for n, name in left.items() if name == asked] or [n for n in left if left[n].startswith(asked)]
        if not fits:
            there = ", ".join(dict.fromkeys(name or f"line {line + 1}" for line, (name, _) in lines.items()))
            raise ValueError(f"--parts: expected names of parts that are there ({there}), got {wanted!r}")
        chosen |= {line: len(chosen) + i for i, line in enumerate(fits)}
    left = list(dict.fromkeys(name or f"line {line + 1}" for line, (name, _) in lines.items() if line not in chosen))
    if left:
        remarks.append(f"left out: {', '.join(left)}")
    return chosen


def single(notes, lines, remarks):
    """Take one note of each of the few chords of a line: the lowest of the lowest line, of others the highest."""
    kept, heights = np.ones(len(notes["onset"]), bool), {}
    for line in lines:
        of = notes["line"] == line
        heights[line] = notes["pitch"][of].mean() if of.any() else np.inf
    lowest = min(heights, key=heights.get)
    for line, (name, _) in lines.items():
        of = np.nonzero(notes["line"] == line)[0]
        begins, count = np.unique(notes["onset"][of], return_counts=True)
        rank, together = ranks(notes["onset"][of], notes["duration"][of], notes["pitch"][of])
        chords = int((count > 1).sum())
        if together == 1 or not 0 < chords <= max(1, DIVISI * len(begins)):
            continue
        bass = line == lowest and len(lines) > 1
        place = ranks(notes["onset"][of], notes["duration"][of], -notes["pitch"][of])[0] if bass else rank
        kept[of[place > 0]] = False
        which = "lowest" if bass else "highest"
        remarks.append(f"{name or f'line {line + 1}'}: of {chords} divisi chord{'s' * (chords > 1)} the {which} notes "
                       "are taken")
    return {column: values[kept] for column, values in notes.items()}


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


def separate(notes, lines, remarks, given=False):
    """Give every note its voice, in place; returns the voices' names and programs.

    Four voices with the names of a choir stand in its order, others from high to low; given: as the lines are.
    """
    voice, each, parted = np.zeros(len(notes["onset"]), int), [], False
    for line, (name, program) in lines.items():
        of = np.nonzero(notes["line"] == line)[0]
        if not len(of):
            continue
        rank, parts = ranks(notes["onset"][of], notes["duration"][of], notes["pitch"][of])
        parted |= parts > 1
        if parts > 1:
            remarks.append(f"{name or f'line {line + 1}'}: chords were separated into {parts} voices by pitch")
        for part in range(parts):
            mine = of[rank == part]
            each.append((name if parts == 1 or not name else f"{name} {part + 1}", program, notes["pitch"][mine].mean(),
                         mine))
    named = [name.lower() for name, *_ in each]
    if set(named) <= set(NAMES) and len(set(named)) == len(named):
        each.sort(key=lambda part: NAMES.index(part[0].lower()))
    elif not given:
        each.sort(key=lambda part: -part[2])
        if len(each) == 4 and (parted or len(set(named)) < 4):
            # Two voices on a staff: its name is neither's.
            each = [("", *rest) for _, *rest in each]
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
        # Of a unison that begins together both voices sing one.
        number = np.arange(len(onset))
        before = (onset[None] < onset[i, None]) | ((onset[None] == onset[i, None]) & (number[None] < number[i, None]))
        rank[i] = (sounds & (higher | (same & before))).sum(1)
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
