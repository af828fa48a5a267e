"""What every reader finds in a file, before it stands on a grid or in a corpus."""

from dataclasses import dataclass, field

from chaconne.scores.formats.performing import as_performed, as_written, merged, perform
from chaconne.scores.pieces.modes import SCALES

ORGAN = 19  # General MIDI program
WHITE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass
class Found:
    """What a reader found; times in quarter lengths from the start, as performed; pitches sound.

    notes: sorted list of (onset, duration, pitch, line, fermata), ties joined; lines: {line: (name, General MIDI
    program or None where the file says none: it is played by `usual` then)};
    metre: that of the first bar; pickup: quarters before the first barline; key: (pitch class, mode) where the file
    surely says it, else None and `sharps` of the key signature; tempo_qpm: None where the file names none.
    """

    notes: list
    lines: dict
    metre: str = "4/4"
    pickup: float = 0.0
    sharps: int = 0
    key: tuple | None = None
    title: str = ""
    tempo_qpm: float | None = None
    quarters: float = 0.0
    usual: int = ORGAN
    remarks: list = field(default_factory=list)


def mode_of(tonic, alter):
    """Return the mode, of SCALES or 'other', of a signature {letter: semitones} on a tonic's pitch class."""
    scale = tuple(sorted((pitch + alter.get(letter, 0) - tonic) % 12 for letter, pitch in WHITE.items()))
    return next((name for name, steps in SCALES.items() if steps == scale), "other")


def with_voices(notes, bars, repeats, spans=None):
    """Return (notes as performed, quarters, remarks) of several voices.

    notes: {line: (voice, [(onset, duration, pitch, line, fermata, tied)])}; bars: {voice: its Bars}; repeats: as
    performed, else as written; spans: (first bar, end) in the order in which parts are played, None for one part.
    Voices with the same bars have the repeats of any of them; others each their own.
    """
    common = merged(list(bars.values())) if len(bars) > 1 else next(iter(bars.values()))
    remarks = [] if common else ["bars of the voices do not agree: each is played with its own repeats"]
    played, quarters = [], 0.0
    for voice, own in bars.items():
        these = common or own
        order = order_of(these, repeats, spans)
        mine = [note for name, lines in notes.values() if name == voice for note in lines]
        done, time = perform(mine, these, order)
        played += [(float(onset), float(length), *rest) for onset, length, *rest in done]
        quarters = max(quarters, float(time))
    if any(bar.times or bar.endings for bar in common or ()):
        remarks.append("repeats are played, each with its ending" if repeats else
                       "repeats are read once, of several endings the last")
    return sorted(played, key=lambda note: (note[0], note[3], note[2])), quarters, remarks


def order_of(bars, repeats, spans=None):
    """Return the indices of bars in the order in which they are played or stand."""
    if not repeats:
        return as_written(bars)
    if not spans:
        return as_performed(bars)
    return [first + i for first, end in spans for i in as_performed(bars[first:end])]


def mode_on(sharps, mode):
    """Return (pitch class, mode) of a signature and the name of a mode; None where there is no such mode."""
    above = {"major": 0, "ionian": 0, "minor": 9, "aeolian": 9, "dorian": 2, "phrygian": 4, "lydian": 5,
             "mixolydian": 7, "locrian": 11}
    if mode not in above:
        return None
    return (7 * sharps + above[mode]) % 12, {"ionian": "major", "aeolian": "minor"}.get(mode, mode)
