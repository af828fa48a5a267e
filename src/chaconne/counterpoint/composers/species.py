"""The species of Fux (Gradus ad Parnassum, 1725; Mann's translation, 1965): two voices, one of them given.

The cantus firmus has notes of equal length, each a bar. First species sets one note against each, the second two,
the third four; the fourth ties notes over the bar; the fifth mixes all of these. Where Fux is silent there is no
rule. Neighbouring notes in the third and fifth species are allowed as in Jeppesen 1939.
"""

import numpy as np

from chaconne.counterpoint.composers.exercise import PARTS, Exercise
from chaconne.counterpoint.rules.pieces import before, entered
from chaconne.counterpoint.rules.rules import Rule

PERFECT = np.isin(np.arange(12), (0, 7))
THIRD = 4  # semitones: the largest leap that does not hide parallels between two downbeats


def dissonance(x):
    """A dissonance that is neither passed through by step nor (fourth and fifth species) suspended."""
    wrong = x.event & ~x.consonant
    enter, leave = x.step(), x.step(1)
    stepwise = (np.abs(enter) <= 2) & (np.abs(leave) <= 2) & (enter != 0) & (leave != 0)
    passing = stepwise & (np.sign(enter) == np.sign(leave))
    weak = x.on_c & ~x.on_f
    species = x.setting.species
    if species == 2:
        wrong &= ~(passing & weak)
    elif species in (3, 5):
        cambiata = (enter < 0) & (enter >= -2) & (leave <= -3) & (leave >= -4) & (x.step(2) > 0) & (x.step(2) <= 2)
        wrong &= ~((stepwise | (cambiata & x.at(1, 4))) & weak)
    if species in (4, 5):
        wrong &= ~(x.tied & prepared(x))
    return wrong[None]


def prepared(x):
    """The tied note was consonant when it began, in the bar before."""
    began = np.maximum.accumulate(np.where(x.on_c, np.arange(len(x.c)), 0))
    return x.consonant[began] & (x.pieces.piece[began] == x.pieces.piece)


def suspension(x):
    """A dissonant tie does not fall by step to a consonance in the middle of the bar."""
    held = x.tied & ~x.consonant
    half = x.bar // 2
    middle = np.minimum(np.arange(len(x.c)) + half, len(x.c) - 1)
    fall = x.c - x.c[middle]
    good = (fall >= 1) & (fall <= 2) & x.consonant[middle] & x.on_c[middle] & (x.pieces.piece[middle] == x.pieces.piece)
    return (held & ~good & (x.setting.species in (4, 5)))[None]


def parallels(x):
    """Fifths or octaves in succession: from note to note, or from one downbeat to the next past a small leap."""
    moved = x.changed[0] & x.event
    same = PERFECT[x.interval] & (x.interval == before(x.interval, x.first, -1)) & x.both
    found = moved & same
    if x.setting.species in (2, 4):
        found |= across(x)
    return found[None]


def across(x):
    """Second species: between downbeats, if no leap of a fourth or more intervenes; fourth: octaves between weak
    beats with a dissonant tie between them, which only delays them."""
    place = x.on_f if x.setting.species == 2 else x.at(1, 2) & x.on_c
    earlier = np.maximum(np.arange(len(x.c)) - x.bar, 0)
    linked = place & place[earlier] & (x.pieces.piece[earlier] == x.pieces.piece) & (x.c != x.c[earlier]) & x.both
    same = (x.interval == x.interval[earlier]) & (x.f != x.f[earlier])
    if x.setting.species == 2:
        return linked & same & PERFECT[x.interval] & (np.abs(x.step(1))[earlier] <= THIRD)
    middle = np.maximum(np.arange(len(x.c)) - x.bar // 2, 0)
    return linked & same & (x.interval == 0) & x.tied[middle] & ~x.consonant[middle]


def hidden(x):
    """Both voices move in the same direction into a fifth, octave or unison."""
    moved, upper, lower = x.changed
    into = PERFECT[x.interval] & (x.interval != before(x.interval, x.first, -1))
    return (moved & (upper * lower > 0) & into & x.event)[None]


def opening(x):
    """The exercise begins on no perfect consonance, or below the cantus firmus on another one than an octave."""
    frames = np.arange(len(x.c))
    start = np.minimum.reduceat(np.where(x.both, frames, len(frames)), x.pieces.starts)
    start = start[start < len(frames)]
    found = np.zeros((1, len(frames)), bool)
    good = PERFECT[x.interval[start]] if x.setting.cantus == 1 else x.interval[start] == 0
    found[0, start] = ~good
    return found


def ending(x):
    """The exercise does not end on an octave or unison."""
    return (x.last_bar & (x.interval != 0))[None]


def cadence(x):
    """The note before the last makes no major sixth above the cantus firmus, no minor third below it."""
    previous = before(x.interval, x.first, -1)
    return (x.last_bar & (previous != (9 if x.setting.cantus == 1 else 3)))[None]


def melodic(x):
    """A leap of a tritone, a sixth (but the minor one upwards), a seventh, or more than an octave."""
    step = np.where(x.on_c, x.step(), 0)
    size = np.abs(step)
    return ((size == 6) | (size == 9) | (size == 10) | (size == 11) | (size > 12) | (step == -8))[None]


def repeated(x):
    """A note is struck again where the species asks for motion (all but the first)."""
    again = x.on_c & (x.neighbour(-1) == x.c) & (x.c >= 0)
    return (again & (x.setting.species > 1))[None]


def unison(x):
    """A unison on a downbeat in the middle of the exercise."""
    middle = x.on_f & ~x.first & ~x.last_bar
    return (middle & x.both & (x.f == x.c))[None]


def crossing(x):
    """The voices cross."""
    upper, lower = x.pieces.pitch
    return entered(x.both & (upper < lower), x.first)[None]


def rhythm(x):
    """A bar has other note values than the species (the last bar has one note; the first may begin with a rest)."""
    species, bar = x.setting.species, x.bar
    struck = np.stack([x.later(x.on_c, k) if k else x.on_c for k in range(bar)])  # [bar, F], read where a bar begins
    spoken = np.zeros(bar, bool)
    spoken[:: max(1, bar // PARTS[species])] = True
    found = struck[~spoken].any(0)
    needed = {1: (0,), 2: (0, bar // 2), 3: tuple(bar * k // 4 for k in range(4)), 4: (bar // 2,), 5: ()}[species]
    ordinary = x.on_f & ~x.last_bar
    # Rests may stand for the first notes; the bar before the last may have the cadence in one note (second species).
    rests = x.first & (x.c < 0)
    excused = x.first if species in (2, 3, 4, 5) else np.zeros_like(x.first)
    lacking = ~struck[list(needed)].all(0) if needed else np.zeros_like(found)
    if species == 2:
        lacking &= ~x.later(x.last_bar, bar)
    if species == 4:
        lacking &= ~x.later(x.last_bar, bar)
    if species == 5:
        # Eighths come in pairs, the second half of a half note: they begin on the second or fourth quarter.
        odd = [k for k in range(bar) if (k * 8) % bar == 0 and (k * 8 // bar) % 4 == 1]
        found |= struck[odd].any(0) if odd else False
    lacking &= ~(excused & rests)
    last = x.last_bar & (struck[1:].any(0) | ~(x.on_c | x.tied))
    return ((ordinary & (found | lacking)) | last)[None]


BOTH, ONE = ((0, 1),), ((0,), (1,))
# A rule is named as its function.
TEXTS = {
    dissonance: "a dissonance that is not passed through by step or suspended",
    suspension: "a suspension that does not fall by step to a consonance",
    parallels: "parallel {interval}s",
    hidden: "both voices move in the same direction into a perfect {interval}",
    opening: "no perfect consonance at the beginning (below: no octave or unison)",
    ending: "no octave or unison at the end",
    cadence: "no major sixth (below: minor third) before the last note",
    melodic: "an awkward step of {step} semitones",
    repeated: "a note is repeated",
    unison: "a unison on a downbeat in the middle",
    crossing: "the voices cross",
    rhythm: "note values of another species",
}
ALONE = (melodic, repeated, rhythm)  # rules about the counterpoint, not about both voices


def rules_for(setting):
    """Return the rules of a species; those about the counterpoint alone name its voice."""
    alone = (ONE[1 - setting.cantus],)
    return tuple(Rule(find.__name__, text, alone if find in ALONE else BOTH, find) for find, text in TEXTS.items())


def find(pieces, setting, rules=None):
    """Return {rule: bool [1, F]} for Pieces of two voices: where each rule of the species is broken."""
    exercise = Exercise(pieces, setting)
    return {rule.name: rule.find(exercise) for rule in rules or rules_for(setting)}
