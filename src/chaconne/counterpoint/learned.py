"""A trained network as a harmoniser: several settings are drawn, the rules choose among them (best of k)."""

from dataclasses import replace

import numpy as np
import torch

from chaconne.counterpoint.composers.harmonizers import WEIGHTS
from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.network.conditions import METRES, NO, YES, free, mode_number
from chaconne.counterpoint.network.symbols import grid_arrays, symbols_of
from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.pieces import batch
from chaconne.counterpoint.rules.writing import bands, candidates
from chaconne.counterpoint.rules.writing.writing import write
from chaconne.scores.grid.grid import NAMES
from chaconne.scores.pieces.modes import modal, scale_of


class ModelHarmonizer:
    """Harmonises with a Network that reads conditions; see harmonizers.Harmonizer.

    k: settings that are drawn at once, of which the one nearest to `band` is kept (bands.distances), or without a band
    the one with the fewest weighted violations.
    """

    name = "model"

    def __init__(self, network, band=None, k=8, temperature=1.0):
        self.network, self.band, self.k, self.temperature = network, band, k, temperature

    def harmonize(self, melody, seed=0):
        """Return a Grid of four voices with this melody as its soprano, unchanged."""
        asked = self.conditions(melody)
        guide = InMode.of(melody) if modal(melody.mode) else None
        symbols, _ = write(self.network, self.k, melody.frames, seed, asked, temperature=self.temperature,
                           start=-melody.pickup, guide=guide)
        pitch, onset = zip(*(grid_arrays(one) for one in symbols.numpy()), strict=True)
        best = int(np.argmin(self.prices(melody, np.stack(pitch))))
        fermata = np.repeat(melody.fermata, 4, 0) & (pitch[best] >= 0)
        return replace(melody, pitch=pitch[best], onset=onset[best], fermata=fermata, names=NAMES,
                       instruments=(melody.instruments[0],) * 4)

    def conditions(self, melody):
        """Return the Conditions of k settings: soprano, key, metre and fermatas are told."""
        asked = free(self.k, melody.frames)
        asked.symbols[:, 0] = torch.from_numpy(symbols_of(melody.pitch, melody.onset))[0]
        asked.known[:, 0] = True
        metre = METRES.index(melody.metre) + 1 if melody.metre in METRES else len(METRES) + 1
        asked.attributes[:, :3] = torch.tensor([melody.tonic + 1, mode_number(melody.mode), metre])
        asked.fermata[:] = torch.from_numpy(np.where(melody.fermata[0], YES, NO))
        return asked

    def prices(self, melody, pitch):
        """Return how far each setting is from the band, or its weighted violations: float [k]. pitch: [k, 4, T]."""
        count = len(pitch)
        if self.band is not None:
            return bands.distances(candidates.measure(pitch, candidates.setting_of([melody] * count, melody.frames)),
                                   self.band)
        made = batch(pitch, np.full(count, melody.tonic), np.full(count, melody.mode == "minor"),
                     np.repeat(melody.fermata, count, 0))
        found = rules.find(made)
        return rules.counts(made, found) @ np.array([WEIGHTS[name] for name in found])


class InMode:
    """Guides writing in a mode that no network has learned: notes outside of it do not begin.

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
