"""What `find` has found, one by one: which rule, which voices, which bar and beat, in words."""

from dataclasses import asdict, dataclass

import numpy as np

from chaconne.counterpoint.rules.pieces import join
from chaconne.scores.grid import spelling

INTERVALS = {0: "octave", 7: "fifth"}


@dataclass(frozen=True, order=True)
class Violation:
    """One broken rule; bar and beat as a musician counts them (a pick-up is bar 0, the first beat 1)."""

    frame: int
    rule: str
    voices: tuple
    bar: int
    beat: float
    text: str

    def as_dict(self):
        return asdict(self) | {"voices": list(self.voices)}


def places(pieces, found):
    """Return int [violations, 4] of many pieces: piece, frame within it, rule and row, by piece and frame.

    found: {rule: bool [rows, F]}; the rule is its place in `found`, the row a row of its mask.
    """
    each = []
    for number, mask in enumerate(found.values()):
        row, frame = np.nonzero(mask)
        piece = pieces.piece[frame]
        each.append(np.stack([piece, frame - pieces.starts[piece], np.full(len(row), number), row], 1))
    every = np.concatenate(each)
    return every[np.lexsort(every.T[::-1])]


def violations(grid, rules, find):
    """Return the Violations of one grid, in time. find(pieces, rules) as in rules.find or species.find."""
    pieces = join([grid])
    every = places(pieces, find(pieces, rules))
    return sorted(describe(grid, rules[rule], rules[rule].voices[row], int(frame)) for _, frame, rule, row in every)


def describe(grid, rule, voices, frame):
    """Return a Violation with the notes that matter in its text."""
    bar, beat = grid.where(frame)
    pitch, before = (grid.pitch[list(voices), f].astype(int) for f in (frame, max(frame - 1, 0)))
    interval = INTERVALS.get(int(abs(pitch[0] - pitch[-1])) % 12, "interval")
    if interval == "octave" and pitch[0] == pitch[-1]:
        interval = "unison"
    text = rule.text.format(interval=interval, step=int(pitch[0] - before[0]))
    moved = len(voices) < 3 and (pitch != before).any() and (before >= 0).all()
    sharps = spelling.sharps_of(grid.key, grid.mode)
    notes = f"{spell(before, sharps)} -> {spell(pitch, sharps)}" if moved else spell(pitch, sharps)
    return Violation(frame, rule.name, tuple(grid.names[v] for v in voices), bar, beat, f"{text} ({notes})")


def spell(pitches, sharps):
    """Return 'D5/G4' for MIDI pitches in a key with that many sharps, top first; silence is '-'."""
    return "/".join(spelling.name(int(p), sharps).replace("-", "b") if p >= 0 else "-" for p in pitches)
