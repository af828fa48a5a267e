"""Melodies by rule, for the composer without learning: steps in the key, phrases close on the tonic or the fifth."""

from dataclasses import replace

import numpy as np

from chaconne.scores.grid.grid import REST, beat_frames
from chaconne.scores.pieces.modes import scale_of

LOW, HIGH = 62, 76  # MIDI: where sopranos of chorales mostly are
STEPS, ODDS = (-2, -1, 0, 1, 2), (0.1, 0.38, 0.06, 0.36, 0.1)  # scale steps from note to note
CLOSES = (0, 4)  # scale degrees at the end of a phrase: tonic, fifth


def melody_on(plan, seed=0):
    """Return a Grid of one voice, one note a beat, over a plan; a note under a fermata lasts as long as it."""
    rng = np.random.default_rng(seed)
    scale = [p for p in range(LOW, HIGH + 1)
             if (p - plan.tonic) % 12 in scale_of(plan.mode)]
    starts = onsets(plan)
    marks = plan.fermata.any(0)
    closing = [bool(marks[start]) or start == starts[-1] for start in starts]
    place = nearest(scale, plan.tonic, CLOSES[:1], len(scale) // 2)
    pitch, onset = np.full((1, plan.frames), REST, np.int16), np.zeros((1, plan.frames), bool)
    for number, start in enumerate(starts):
        if number:
            place = int(np.clip(place + rng.choice(STEPS, p=ODDS), 0, len(scale) - 1))
        if closing[number]:
            last = number == len(starts) - 1
            place = nearest(scale, plan.tonic, CLOSES[:1] if last else CLOSES, place)
        pitch[0, start:], onset[0, start] = scale[place], True
    return replace(plan, pitch=pitch, onset=onset, fermata=marks[None] & onset.any(), names=("soprano",),
                   instruments=plan.instruments[:1])


def onsets(plan):
    """Return the frames where notes begin: beats, but none within a fermata."""
    beat, marks = beat_frames(plan.metre), plan.fermata.any(0)
    every = sorted({0, *range(plan.pickup % beat, plan.frames, beat)})
    return [t for t in every if not (t and marks[t] and marks[t - 1])]


def nearest(scale, tonic, degrees, place):
    """Return the place in the scale (MIDI pitches) of one of these degrees (0 tonic, 4 fifth) next to `place`."""
    wanted = {0: 0, 4: 7}
    fits = [i for i, pitch in enumerate(scale) if (pitch - tonic) % 12 in {wanted[d] for d in degrees}]
    return min(fits, key=lambda i: abs(i - place))


