"""Decoding that listens to the rules: symbols that would break one become less likely while a piece is written.

Each symbol's probability is multiplied by exp(-cost), where the cost is what `candidates.counts` says the symbol
would break, in nats a violation. Costs are finite: where everything breaks something, the least is taken.
"""

import numpy as np
import torch

from chaconne.counterpoint.network.symbols import LOW
from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.writing import candidates
from chaconne.scores.grid.grid import REST

# Nats a violation, the dearer the rarer in Bach: what he does now and then stays possible.
PRICES = {"parallels": 4.0, "hidden": 2.5, "crossing": 1.5, "overlap": 1.0, "spacing": 1.5, "range": 4.0,
          "leading_tone": 3.0, "doubled_leading_tone": 2.0, "seventh": 2.0, "melodic": 2.0, "dissonance": 1.0,
          "nonchord": 0.7}
MOST = 12  # symbols that are priced, the likeliest of a voice; the others keep their order behind these


class Guide:
    """Prices the next symbols of B pieces; see candidates.Setting. strength: 0 is no guide, 1 the prices above."""

    def __init__(self, setting, strength=1.0):
        self.setting, self.strength = setting, strength
        self.prices = np.array([PRICES[name] for name in rules.NAMES], np.float32) * strength

    def __call__(self, voice, frame, then, now, logits):
        """Return the logits [B, S] less the costs of the likeliest symbols.

        then, now: int [B, V] pitches of the frame before and of the voices above in this one (REST elsewhere).
        """
        best = logits.topk(min(MOST, logits.shape[-1]), -1)
        count, most = best.indices.shape
        piece = np.repeat(np.arange(count), most)
        symbol = best.indices.numpy().ravel()
        before, here = then[piece], now[piece].copy()
        here[:, voice] = candidates.pitch_of(symbol, before[:, voice])
        broken = candidates.counts(voice, before, here, self.setting, piece, np.full(len(piece), frame))
        cost = torch.from_numpy((broken[:, :len(rules.NAMES)] @ self.prices).reshape(count, most))
        return logits.scatter(-1, best.indices, best.values - cost)


def pitches(sounding):
    """Return MIDI pitches (REST in silence) of what symbols.sounding says, an int64 tensor."""
    return np.where(sounding.numpy() > 0, sounding.numpy() + LOW - 1, REST)
