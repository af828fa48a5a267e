"""In which order bars are played: repeats, endings, da capo, dal segno, fine and coda."""

from dataclasses import dataclass, field
from itertools import pairwise

MOST_ROUNDS = 100   # of one repeat: more is no music


@dataclass
class Bar:
    """One bar as written; times in quarter lengths.

    start, length: where it stands and how long it is; forward: a repeat begins; times: how often what ends here is
    played, 0 where no repeat ends; endings: the times round on which it is played, none for all; marks: of segno, coda,
    fine, to coda, da capo, dal segno; movement: another movement begins, and with it another beginning that a da capo
    leads to.
    """

    start: float
    length: float
    forward: bool = False
    times: int = 0
    endings: frozenset = frozenset()
    marks: set = field(default_factory=set)
    movement: bool = False


def as_written(bars):
    """Return the indices of all bars, of several endings the last."""
    last = last_rounds(bars)
    return [i for i, bar in enumerate(bars) if not bar.endings or last[i] in bar.endings]


def as_performed(bars):
    """Return the indices of bars in the order in which they are played, movement by movement; see `movement`."""
    starts = [0, *(i for i, bar in enumerate(bars) if i and bar.movement), len(bars)]
    return [first + i for first, end in pairwise(starts) for i in movement(bars[first:end])]


def movement(bars):
    """Return the indices of bars in the order in which they are played; ValueError for a repeat without end.

    After a da capo or dal segno repeats are played once, with their last ending, as musicians do.
    """
    last, order, place, start, turn, jumped = last_rounds(bars), [], 0, 0, 1, False
    while place < len(bars):
        bar = bars[place]
        after_endings = place and bars[place - 1].endings and not bar.endings
        if place != start and (bar.forward or after_endings):
            start, turn = place, 1
        if bar.endings and (last[place] if jumped else turn) not in bar.endings:
            place += 1
            continue
        order.append(place)
        if jumped and "fine" in bar.marks:
            break
        if jumped and "to coda" in bar.marks and (coda := marked(bars, "coda", place + 1)) is not None:
            place = coda
            continue
        rounds = max(bar.times, last[place] if bar.endings else 0) if bar.times else 1
        if rounds > MOST_ROUNDS:
            raise ValueError(f"expected at most {MOST_ROUNDS} rounds of a repeat, got {rounds}")
        if not jumped and turn < rounds:
            turn, place = turn + 1, start
            continue
        if bar.times:
            start, turn = place + 1, 1
        jump = {"da capo", "dal segno"} & bar.marks
        if jump and not jumped:
            jumped, place = True, (marked(bars, "segno") or 0) if "dal segno" in jump else 0
            start, turn = place, 1
            continue
        place += 1
    return order


def last_rounds(bars):
    """Return for each bar the highest ending of the group of endings it belongs to, 0 outside."""
    last, first = [0] * len(bars), 0
    for i, bar in enumerate(bars):
        if not bar.endings or (bar.forward and i and bars[i - 1].endings):
            first = i + 1 if not bar.endings else i
        if bar.endings:
            highest = max(last[first:i] + [max(bar.endings)])
            last[first:i + 1] = [highest] * (i + 1 - first)
    return last


def marked(bars, mark, first=0):
    """Return the index of the first bar with a mark, from `first` on; None where there is none."""
    return next((i for i in range(first, len(bars)) if mark in bars[i].marks), None)


def merged(bars_of_lines):
    """Return the bars of all lines as one list with the marks of each; None where their bars do not agree."""
    first, *others = bars_of_lines
    if any([bar.start for bar in bars] != [bar.start for bar in first] for bars in others):
        return None
    return [Bar(bar.start, max(b.length for b in same), any(b.forward for b in same), max(b.times for b in same),
                frozenset().union(*(b.endings for b in same)), set().union(*(b.marks for b in same)),
                any(b.movement for b in same))
            for bar, *same in zip(first, *bars_of_lines, strict=True)]


def perform(notes, bars, order):
    """Return (notes, quarters) of bars in an order, ties joined.

    notes: (onset, duration, pitch, line, fermata, tied) as written, `tied` where a note only prolongs the one of its
    pitch that ends where it begins, of its own line or, where ties lead from one voice of a part to the other, of
    another; returned without `tied`, sorted. A note belongs to the bar in which it begins.
    """
    notes = sorted(notes, key=lambda note: note[0])
    held, now = [[] for _ in bars], 0
    for note in notes:
        while now + 1 < len(bars) and note[0] >= bars[now + 1].start - 1e-9:
            now += 1
        held[now].append(note)
    played, sounding, time = [], {}, 0
    for i in order:
        for onset, duration, pitch, line, fermata, tied in held[i]:
            begin = time + onset - bars[i].start
            alike = sounding.setdefault(pitch, {})
            before = [i for other, i in sorted(alike.items(), key=lambda pair: pair[0] != line)
                      if abs(played[i][0] + played[i][1] - begin) < 1e-6]
            if tied and before:
                first = played[before[0]]
                played[before[0]] = (first[0], begin + duration - first[0], *first[2:4], max(first[4], fermata))
                continue
            alike[line] = len(played)
            played.append((begin, duration, pitch, line, fermata))
        time += bars[i].length
    return sorted(played, key=lambda note: (note[0], note[3], note[2])), time
