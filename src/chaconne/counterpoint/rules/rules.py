"""The rules of four-part writing, each computed for many pieces at once.

A violation counts once: at the move that breaks the rule, or when a forbidden state is entered.
A move is a change of pitch between two notes of a voice; moves out of a fermata are exempt, because
a phrase ends there. Rules follow Piston 1978 (Harmony, chapters 2-4) as thoroughbass teachers state them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chaconne.counterpoint.rules import chords
from chaconne.counterpoint.rules.pieces import before, entered

PAIRS = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
ADJACENT = ((0, 1), (1, 2), (2, 3))
RANGES = ((60, 81), (53, 74), (48, 69), (36, 64))  # MIDI: soprano, alto, tenor, bass
SPACING = (12, 12, 24)  # semitones between neighbours, from the top
HIDDEN_LEAP = 2  # semitones: the soprano leaps when it moves by more


class Moves:
    """What the rules share of a set of pieces, each computed when first asked for. Shapes [..., F]."""

    def __init__(self, pieces):
        self.pieces, self.pitch, self.first = pieces, pieces.pitch, pieces.first
        self.previous = before(self.pitch, self.first, -1)
        self.sounding = self.pitch >= 0
        free = ~before(pieces.fermata, self.first, False)
        self.moves = self.sounding & (self.previous >= 0) & (self.pitch != self.previous) & free
        self.step = np.where(self.moves, self.pitch - self.previous, 0).astype(np.int16)

    def pairs(self, array, of=PAIRS):
        """Return the upper and lower voices' rows of [4, F] as two arrays [pairs, F]."""
        upper, lower = np.array(of).T
        return array[upper], array[lower]

    @cached_property
    def sets(self):
        return chords.sets(self.pitch)

    @cached_property
    def in_key(self):
        """Pitch classes that sound, tonic on 0: int32 [F]."""
        return chords.turn(self.sets, self.pieces.tonic)

    @cached_property
    def degree(self):
        """Semitones above the tonic of every voice: [4, F]; -1 in silence."""
        return np.where(self.sounding, (self.pitch - self.pieces.tonic) % 12, -1)

    @cached_property
    def dominant(self):
        """V, V7 or vii sounds: bool [F]."""
        return chords.IS_DOMINANT[self.in_key]


def parallels(m):
    """1. Two voices move in the same direction from a fifth to a fifth, an octave to an octave, ..."""
    upper, lower = m.pairs(m.step)
    now, then = (np.abs(a - b) % 12 for a, b in (m.pairs(m.pitch), m.pairs(m.previous)))
    return (upper * lower > 0) & (now == then) & ((now == 7) | (now == 0))


def hidden(m):
    """2. Soprano and bass reach a fifth or octave in similar motion while the soprano leaps."""
    upper, lower = m.pairs(m.step, ((0, 3),))
    now, then = (np.abs(a - b) % 12 for a, b in (m.pairs(m.pitch, ((0, 3),)), m.pairs(m.previous, ((0, 3),))))
    return (upper * lower > 0) & (np.abs(upper) > HIDDEN_LEAP) & (now != then) & ((now == 7) | (now == 0))


def crossing(m):
    """3. A voice goes above its upper neighbour."""
    upper, lower = m.pairs(m.pitch, ADJACENT)
    return entered((upper < lower) & (upper >= 0), m.first)


def overlap(m):
    """4. A voice moves past the note its neighbour leaves or holds, and the two do not cross (that is rule 3)."""
    (upper, lower), (up, low) = m.pairs(m.pitch, ADJACENT), m.pairs(m.previous, ADJACENT)
    moves_upper, moves_lower = m.pairs(m.moves, ADJACENT)
    passed = (moves_upper & (low >= 0) & (upper < low)) | (moves_lower & (up >= 0) & (lower > up))
    return passed & ~(upper < lower)


def spacing(m):
    """5. Neighbouring upper voices more than an octave apart, tenor and bass more than two."""
    upper, lower = m.pairs(m.pitch, ADJACENT)
    return entered((upper - lower > np.array(SPACING)[:, None]) & (lower >= 0), m.first)


def outside(m):
    """6. A note outside the range of its voice."""
    low, high = np.array(RANGES).T[..., None]
    out = m.sounding & ((m.pitch < low) | (m.pitch > high))
    return entered(out, m.first)


def leading_tone(m):
    """7. The soprano's leading tone in V, V7 or vii does not rise to the tonic in I."""
    was = before(m.dominant, m.first, False) & (before(m.degree[0], m.first, -1) == 11)
    return (was & chords.IS_TONIC[m.in_key] & m.moves[0] & (m.step[0] != 1))[None]


def doubled_leading_tone(m):
    """8. Two voices sing the leading tone in V, V7 or vii."""
    return entered(m.dominant & ((m.degree == 11).sum(0) > 1), m.first)[None]


def seventh(m):
    """9. The seventh of a dominant seventh neither stays nor falls by a step when the root changes."""
    root = chords.ROOT[m.sets]
    root_then = before(root, m.first, -1)
    was = before(chords.IS_DOMINANT_SEVENTH[m.sets], m.first, False) & (root >= 0) & (root != root_then)
    seventh_then = (m.previous - root_then) % 12 == 10
    return was & seventh_then & m.moves & ((m.step > 0) | (m.step < -2))


def melodic(m):
    """10. A voice moves by an augmented second, a tritone, a seventh or more than an octave."""
    size = np.abs(m.step)
    six, seven = (m.degree == 8), (m.degree == 11)
    six_then, seven_then = (before(a, m.first, False) for a in (six, seven))
    augmented = (size == 3) & m.pieces.minor & ((six & seven_then) | (six_then & seven))
    return augmented | (size == 6) | (size == 10) | (size == 11) | (size > 12)


def dissonance(m):
    """11. Two voices move into a second or seventh on the beat, outside a seventh chord."""
    (upper, lower), (moves_up, moves_low) = m.pairs(m.pitch), m.pairs(m.moves)
    size = np.abs(upper - lower) % 12
    near = np.minimum(size, 12 - size)
    return moves_up & moves_low & ((near == 1) | (near == 2)) & m.pieces.beat & ~chords.IS_SEVENTH[m.sets]


def nonchord(m):
    """12. What sounds on the beat is no triad and no seventh chord."""
    return (m.pieces.beat & m.sounding.any(0) & ~chords.IS_CHORD[m.sets])[None]


def final_cadence(m):
    """13. The piece does not end on the tonic chord in root position (a major third in minor is allowed)."""
    frames = np.arange(m.pitch.shape[1])
    end = np.maximum.reduceat(np.where(m.sounding.any(0), frames, -1), m.pieces.starts)
    end = end[end >= 0]
    lowest = np.where(m.sounding, m.pitch, 128).min(0)[end] % 12
    found = np.zeros((1, len(frames)), bool)
    found[0, end] = ~chords.IS_TONIC[m.in_key[end]] | (lowest != m.pieces.tonic[end])
    return found


@dataclass(frozen=True)
class Rule:
    """One rule: `find(Moves)` returns bool [len(voices), F]; voices: which ones each row is about."""

    name: str
    text: str
    voices: tuple
    find: object


ALONE, ALL = ((0,), (1,), (2,), (3,)), ((0, 1, 2, 3),)
VOICE_LEADING = (
    Rule("parallels", "parallel {interval}s", PAIRS, parallels),
    Rule("hidden", "hidden {interval}: similar motion with a leap in the upper voice", ((0, 3),), hidden),
    Rule("crossing", "the voices cross", ADJACENT, crossing),
    Rule("overlap", "a voice moves past its neighbour's last note", ADJACENT, overlap),
    Rule("spacing", "the voices are too far apart", ADJACENT, spacing),
    Rule("range", "a note outside the range of the voice", ALONE, outside),
    Rule("leading_tone", "the leading tone does not rise to the tonic", ((0,),), leading_tone),
    Rule("doubled_leading_tone", "the leading tone is doubled", ALL, doubled_leading_tone),
    Rule("seventh", "the seventh of the chord does not resolve down by step", ALONE, seventh),
    Rule("melodic", "an awkward step of {step} semitones", ALONE, melodic),
)
VERTICAL = (
    Rule("dissonance", "two voices move into a dissonance on the beat", PAIRS, dissonance),
    Rule("nonchord", "no triad or seventh chord on the beat", ALL, nonchord),
)
FOUR_PART = (*VOICE_LEADING, *VERTICAL)
FINAL = (Rule("final_cadence", "no tonic chord in root position at the end", ALL, final_cadence),)
NAMES = tuple(rule.name for rule in FOUR_PART)  # the keys of metrics/counterpoint.json


def find(pieces, rules=FOUR_PART):
    """Return {rule: bool [rows, F]} for Pieces of four voices: where each rule is broken."""
    if len(pieces.pitch) != 4:
        raise ValueError(f"rules of four-part writing: expected 4 voices, got {len(pieces.pitch)}")
    moves = Moves(pieces)
    return {rule.name: rule.find(moves) for rule in rules}


def counts(pieces, found):
    """Return int [pieces, rules] of what `find` returned: violations of each piece, in the order of `found`."""
    each = [np.add.reduceat(mask.sum(0), pieces.starts) for mask in found.values()]
    return np.stack(each, 1)
