"""Damage done to the notes of held-out clips: pieces are rendered again with other notes, and cut where they were.

Only corpora that are rendered from scores can be damaged like this.
"""

import numpy as np

from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.rendering.render import render
from chaconne.scores.pieces.score import unpack

FARTHEST = 2        # semitones a wrong note lies beside the right one at most
STUCK_QUARTERS = 8  # how long a stuck note sounds on


def wrong(notes, share, rng):
    """Return notes of which a share lies one or two semitones too high or too low."""
    hit = rng.random(len(notes["pitch"])) < share
    moved = rng.integers(1, FARTHEST + 1, hit.shape) * rng.choice([-1, 1], hit.shape)
    return notes | {"pitch": notes["pitch"] + np.where(hit, moved, 0)}


def stuck(notes, share, rng):
    """Return notes of which a share goes on for two bars, in a voice of its own: nothing cuts it off."""
    hit = rng.random(len(notes["pitch"])) < share
    voice = np.where(hit, notes["voice"].max() + 1, notes["voice"])
    return notes | {"duration": notes["duration"] + np.where(hit, STUCK_QUARTERS, 0.0), "voice": voice}


# name: (what it does, strengths from weak to strong, their unit)
DAMAGE = {
    "wrong notes": (wrong, (0.05, 0.15, 0.4), "of the notes a semitone or a tone off"),
    "stuck notes": (stuck, (0.03, 0.08, 0.2), "of the notes held for two bars more"),
}


class Pieces:
    """The pieces that held-out clips come from. scores: folder of packed scores; settings, audio, split, seed: what
    the corpus was rendered with; crops: heldout.csv, columns clip (of the corpus), start [sample of audio.npy]."""

    def __init__(self, scores, settings, audio, split, seed, crops):
        pieces, self.notes = unpack(scores)
        self.rows = {row["clip"]: row for row in plan(pieces, self.notes, settings, audio, split, seed)}
        self.settings, self.rate, self.crops = settings, audio["sample_rate_hz"], crops

    def damaged(self, damage, share, seed, samples):
        """Return the clips int16 [N, samples] with `damage` done to a share of the notes of their pieces."""
        clips = np.empty((len(self.crops), samples), np.int16)
        for clip, places in self.crops.reset_index(drop=True).groupby("clip"):
            row = self.rows[clip]
            notes = damage(self.notes[row["index"]], share, np.random.default_rng([seed, clip]))
            sound = render(notes, row, self.settings, self.rate)
            for place, start in places["start"].items():
                clips[place] = sound[start - row["start"] :][:samples]
        return clips
