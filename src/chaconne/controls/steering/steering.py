"""What a GAN and a diffusion model that can be steered have in common: how they are asked.

What is asked for is one row for each piece, `asked` [B, A + RIDERS T]: A codes of names (training.contract.generator),
then RIDERS channels over T latent frames (chaconne.controls.wishes.numbers). All zeros ask for nothing at all, which is
what guidance leads away from.

Shapes: B batch, C latent channels, T latent frames.
"""

import numpy as np
import torch

from chaconne.controls.wishes.numbers import NUMBERS, RIDERS, completed, limits, parse, riders, wished
from chaconne.training.contract.generator import encode_conditions


class Steered:
    """Mixin of generators. settings: also what facts_of and examples_of of chaconne.controls.wishes.numbers found."""

    on_beats = False    # whether crops to learn from start there

    @staticmethod
    def crop(base, facts):
        """Return how many latent frames of the corpus a crop has that `aligned` is given.

        base: the plain generator it begins as; facts: of chaconne.controls.wishes.numbers.facts_of.
        """
        return base.settings["frames"]

    def aligned(self, crops, told):
        """Return crops [B, C, T] and their curves [B, COLUMNS, T] as the network is to learn them."""
        return crops, told

    def length(self, frames):
        """Return how many frames the network works on to make `frames`."""
        raise NotImplementedError

    def asked(self, conditions, frames, seed):
        """Return [len(conditions), A + RIDERS length(frames)] of [{name or number: value or curve}].

        seed: of what is drawn where nothing is asked for, see chaconne.controls.wishes.numbers.completed.
        """
        length, rng, curves, names = self.length(frames), np.random.default_rng(seed), [], []
        for one in conditions:
            others, free = completed(one, self.settings, rng)
            names.append(others | one)
            curves.append(wished(one, free, length, self.rate_hz, self.settings))
        seen = riders(torch.from_numpy(np.stack(curves)).float(), self.settings)
        return joined(encode_conditions(self.vocabulary, names), seen).to(self.mean.device)

    def limits(self):
        """Return {number: (lowest, highest, unit)} that can be asked for."""
        return {name: (*ends, NUMBERS[name].unit) for name, ends in limits(self.settings).items()}

    def wish(self, number, text):
        """Return what a text such as `64` or `52@0,68@50` (value@second) asks; ValueError says what was expected."""
        return parse(number, text, self.settings)

    def parts(self, asked):
        """Return (codes [B, A], riders [B, RIDERS, T]) of what is asked for."""
        names = len(self.vocabulary)
        return asked[:, :names].long(), asked[:, names:].unflatten(1, (RIDERS, -1))

    @torch.no_grad()
    def sample(self, seconds, seed, conditions, knobs, count=1):
        """As Generator.sample; conditions may hold numbers and curves, see chaconne.controls.wishes.numbers.wished."""
        torch.manual_seed(seed)
        frames = int(-(-seconds * self.rate_hz // 1))
        wanted = conditions if isinstance(conditions, list) else [conditions] * count
        return self.denormalise(self.generate(count, frames, self.asked(wanted, frames, seed), knobs)).cpu()


def joined(codes, seen):
    """Return codes [B, A] and riders [B, RIDERS, T] as rows [B, A + RIDERS T]."""
    return torch.cat([codes.float(), seen.flatten(1)], 1)
