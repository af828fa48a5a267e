"""Writing in a mode that no network has learned: what is outside of it does not begin."""

import torch

from chaconne.counterpoint.network import symbols as sy
from chaconne.scores.grid.modes import scale_of


class InMode:
    """A guide that keeps to a mode which no network has learned: notes outside of it do not begin.

    classes: pitch classes that may begin.
    """

    def __init__(self, classes):
        pitch = torch.arange(sy.PITCHES) + sy.LOW
        self.outside = ~torch.isin(pitch % 12, torch.tensor(sorted(classes)))

    @classmethod
    def of(cls, melody):
        """Return the guide of a melody (Grid): its mode, and what it sings itself."""
        sung = melody.pitch[melody.pitch >= 0] % 12
        return cls({(melody.tonic + step) % 12 for step in scale_of(melody.mode)} | set(sung.tolist()))

    def __call__(self, voice, t, before, sound, logits):
        """Return logits [N, SYMBOLS] with what is outside of the mode impossible."""
        wanted = logits.clone()
        wanted[:, sy.FIRST:].masked_fill_(self.outside.to(logits.device), float("-inf"))
        return wanted
