"""What gives a melody three more voices. A harmoniser that learns has the same interface as the one by rules."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from chaconne.counterpoint.composers.decoration import decorate
from chaconne.counterpoint.composers.harmony import PICARDY, progression, vocabulary
from chaconne.counterpoint.composers.violations import spell
from chaconne.counterpoint.composers.voicings import voicings
from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.pieces import batch
from chaconne.scores.grid.grid import NAMES, QUARTER, REST, bar_frames, beat_frames, notes_of
from chaconne.scores.pieces.modes import modal, nearest, scale_of

# What a broken rule costs in the search: the rarer in Bach, the dearer (his rates are 0.2 to 4 in 100 beats).
WEIGHTS = {"parallels": 30.0, "hidden": 12.0, "crossing": 6.0, "overlap": 6.0, "spacing": 6.0, "range": 20.0,
           "leading_tone": 15.0, "doubled_leading_tone": 12.0, "seventh": 10.0, "melodic": 10.0, "dissonance": 5.0,
           "nonchord": 2.0}
MOTION = (0.0, 0.16, 0.16, 0.05)  # cost of a semitone in each voice: inner voices stay near
STATIC = 1.2  # cost of the same chord again on the next beat
CADENCE = {1: 0.0, 5: 1.0, 6: 3.0}  # cost of a chord at the end of a phrase, by degree; others:
MODAL_CADENCE = CADENCE | {4: 1.5, 7: 1.5}  # without a leading tone phrases rest on these, too
NO_CADENCE = 8.0
WIDEST = 100  # voicings that are kept for a beat
NOISE = 0.4  # deviation of what a seed adds to every voicing


class Harmonizer(Protocol):
    """What `chaconne harmonize` needs."""

    name: str

    def harmonize(self, melody, seed=0):
        """Return a Grid of four voices with this melody (a Grid of one voice) as its soprano, unchanged."""


@dataclass
class Span:
    """What one chord lasts: frames [start, end), with the soprano's pitches in it; phrase: a phrase ends here."""

    start: int
    end: int
    soprano: np.ndarray
    strikes: bool  # the soprano begins a note here
    strong: bool  # first of a bar
    phrase: bool


class RuleHarmonizer:
    """Finds the chords and voicings that break the fewest rules, by dynamic programming over beats (Viterbi)."""

    name = "rules"

    def harmonize(self, melody, seed=0):
        """Return four voices; see Harmonizer. Raises ValueError that names the bar where no chord can be laid."""
        spans = spans_of(melody)
        rng = np.random.default_rng(seed)
        layers = [candidates(melody, span, span is spans[-1], rng) for span in spans]
        path = best_path(melody, spans, layers)
        return decorate(write(melody, spans, path), WEIGHTS)


def spans_of(melody):
    """Return one Span for each beat in which the melody sounds; within a beat the harmony waits for the melody."""
    pitch, bar = melody.pitch[0], bar_frames(melody.metre)
    edges, spans = edges_of(melody), []
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        sounding = np.nonzero(pitch[start:end] != REST)[0]
        if len(sounding):
            start, strong = start + int(sounding[0]), (start - melody.pickup) % bar == 0
            part = pitch[start:end]
            spans.append(Span(start, end, part[part != REST], bool(melody.onset[0, start]), strong, False))
    if not spans:
        raise ValueError("melody: expected notes, got silence")
    for span, after in zip(spans, [*spans[1:], None], strict=True):
        rest = after is None or after.start > span.end or pitch[span.end - 1] == REST
        span.phrase = bool(melody.fermata[0, span.start] or rest)
    return spans


def edges_of(melody):
    """Return where spans begin and end: at every beat, but a note under a fermata and the last note have one chord."""
    beat = beat_frames(melody.metre)
    edges = {0, *range(melody.pickup % beat or beat, melody.frames, beat), melody.frames}
    notes = notes_of(melody)
    begin = np.rint(notes["onset"] * QUARTER).astype(int)
    end = begin + np.rint(notes["duration"] * QUARTER).astype(int)
    for i in range(len(begin)):
        if notes["fermata"][i] or i == len(begin) - 1:
            edges -= set(range(begin[i] + 1, end[i]))
            edges |= {int(begin[i])}
    return sorted(edges)


def candidates(melody, span, last, rng):
    """Return the Voicings for a span, cheapest first, with costs that include what happens within it."""
    first = int(span.soprano[0])
    chords = vocabulary(melody.mode)
    if last:
        chords = (*chords, PICARDY) if nearest(melody.mode) == "minor" else chords
    found = [v for chord in chords for v in voicings(first, chord, melody.tonic)]
    if not found:
        bar, beat = melody.where(span.start)
        note = spell([first], 0)
        raise ValueError(f"melody: expected a soprano that lower voices fit under, got {note} in bar {bar}, "
                         f"beat {beat:g}; transpose it (sopranos sing {spell([rules.RANGES[0][0]], 0)} to "
                         f"{spell([rules.RANGES[0][1]], 0)})")
    cost = np.array([v.cost for v in found]) + NOISE * rng.standard_normal(len(found))
    if span.phrase or last:
        cadence = CADENCE if 11 in scale_of(melody.mode) or not modal(melody.mode) else MODAL_CADENCE
        cost += [cadence.get(v.chord.degree, NO_CADENCE) + 4.0 * (v.place != 0) + 4.0 * (len(v.chord.classes) > 3)
                 + 4.0 * (v.chord.target is not None and not last) for v in found]
    if last:
        cost += [0.0 if v.chord.degree == 1 and v.place == 0 and v.chord.cost < 1 else 40.0 for v in found]
    if len(span.soprano) > 1 and (span.soprano != first).any():
        pitch = np.array([[[*span.soprano], *([p] * len(span.soprano) for p in v.pitches[1:])] for v in found])
        cost += broken(melody, pitch, None)[:, 1:].sum(1)
    order = np.argsort(cost, kind="stable")[:WIDEST]
    return [found[i] for i in order], cost[order]


def broken(melody, pitch, fermata):
    """Return the weighted violations of every frame: float [N, frames]; pitch: [N, 4, frames]."""
    count, _, frames = pitch.shape
    made = batch(pitch, np.full(count, melody.tonic), np.full(count, melody.mode == "minor"), fermata,
                 beat=np.arange(frames) == frames - 1)
    found = rules.find(made)
    total = sum(WEIGHTS[name] * mask.sum(0) for name, mask in found.items())
    return total.reshape(count, frames)


def best_path(melody, spans, layers):
    """Return the cheapest sequence of Voicings, one a span (Viterbi 1967)."""
    options, total = layers[0]
    total = total + np.array([0.0 if v.chord.degree in (1, 5) and v.place == 0 else 2.0 for v in options])
    back = []
    for i in range(1, len(spans)):
        following, cost = layers[i]
        change = transitions(melody, spans[i - 1], spans[i], options, following)
        sums = total[:, None] + change
        back.append(sums.argmin(0))
        total = sums.min(0) + cost
        options = following
    place = int(total.argmin())
    path = [place]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return [layers[i][0][place] for i, place in enumerate(reversed(path))]


def transitions(melody, before, after, options, following):
    """Return the cost of every step from one of `options` to one of `following`: [options, following]."""
    a, b = (np.array([v.pitches for v in some]) for some in (options, following))
    then, now = np.repeat(a, len(b), 0), np.tile(b, (len(a), 1))
    then[:, 0], now[:, 0] = before.soprano[-1], after.soprano[0]
    marks = np.tile([before.phrase, False], (len(then), 1))
    cost = broken(melody, np.stack([then, now], 2), marks)[:, 1]
    cost += np.abs(now - then) @ np.array(MOTION)
    cost = cost.reshape(len(a), len(b))
    if before.phrase:
        return cost
    chords = {v.chord for v in options}, {v.chord for v in following}
    table = {(x, y): progression(x, y) for x in chords[0] for y in chords[1]}
    step = np.array([[table[x.chord, y.chord] + STATIC * (x.chord.degree == y.chord.degree) * (1 + after.strong)
                      for y in following] for x in options])
    return cost + step


def write(melody, spans, path):
    """Return the Grid of the melody with the voicings laid below it; lower voices strike with the melody or to move."""
    pitch = np.full((4, melody.frames), REST, np.int16)
    onset, fermata = np.zeros(pitch.shape, bool), np.zeros(pitch.shape, bool)
    pitch[0], onset[0], fermata[0] = melody.pitch[0], melody.onset[0], melody.fermata[0]
    for span, voicing in zip(spans, path, strict=True):
        for voice in (1, 2, 3):
            held = span.start > 0 and pitch[voice, span.start - 1] == voicing.pitches[voice] and not span.strikes
            pitch[voice, span.start:span.end] = voicing.pitches[voice]
            onset[voice, span.start] = not held
            fermata[voice, span.start:span.end] = melody.fermata[0, span.start]
    instruments = (melody.instruments[0],) * 4
    return replace(melody, pitch=pitch, onset=onset, fermata=fermata, names=NAMES, instruments=instruments)


def melody_of(grid, remarks):
    """Return the highest voice of a Grid as a soprano in its range; what was changed is added to `remarks`."""
    if grid.voices > 1:
        remarks.append(f"{grid.voices} voices: the highest, {grid.names[0]}, is the melody")
    melody = replace(grid.select([0]), names=("soprano",))
    sounding = melody.pitch[melody.pitch != REST]
    low, high = rules.RANGES[0]
    shifts = sorted(range(-48, 49, 12), key=lambda s: (np.maximum(0, low - sounding - s).sum()
                                                      + np.maximum(0, sounding + s - high).sum(), abs(s)))
    if shifts[0]:
        where = f"{abs(shifts[0]) // 12} octave{'s' * (abs(shifts[0]) > 12)} {'up' if shifts[0] > 0 else 'down'}"
        remarks.append(f"the melody is moved {where}, into the soprano's range")
        melody.pitch = np.where(melody.pitch != REST, melody.pitch + shifts[0], REST).astype(np.int16)
    return melody



HARMONIZERS = {maker.name: maker for maker in (RuleHarmonizer,)}
