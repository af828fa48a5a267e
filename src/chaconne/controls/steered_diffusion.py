"""The diffusion model of this project, steered: what is asked for rides beside the noisy latents, frame by frame.

Riders have no noise and no velocity, so that windows, samplers and classifier-free guidance (Ho 2022) of
chaconne.generators.diffusion serve as they are.

Shapes: B batch, C latent channels, T latent frames.
"""

import torch
from torch.nn import functional

from chaconne.controls.steering.steering import Steered
from chaconne.controls.wishes.numbers import RIDERS
from chaconne.generators import diffusion
from chaconne.training.contract.layers import mean_square


class Denoiser(diffusion.Denoiser):
    """Velocity of [B, C + RIDERS, T]: noisy latents and riders; 0 for the latter."""

    def __init__(self, channels, vocabulary, **sizes):
        super().__init__(channels + RIDERS, vocabulary, **sizes)
        self.channels = channels

    def forward(self, x, t, codes):
        """x: [B, C + RIDERS, T] -> the same shape."""
        return functional.pad(super().forward(x, t, codes)[:, :self.channels], (0, 0, 0, RIDERS))


class Objective(diffusion.Objective):
    """The loss of a steered Denoiser. `source_of` has drawn what is free."""

    def forward(self, x, t, asked, velocity):
        """As diffusion.Objective.forward; asked: [B, A + RIDERS T]."""
        names = len(self.network.conditions.tables)
        seen = asked[:, names:].unflatten(1, (RIDERS, -1))
        made = self.network(torch.cat([x, seen], 1), t, asked[:, :names].long())
        return mean_square(made[:, :self.network.channels], velocity)


class Model(Steered, diffusion.Model):
    """See chaconne.training.contract.generator.Generator and chaconne.controls.steering.steering."""

    name = "steered_diffusion"
    objective = Objective
    preview = {**diffusion.Model.preview, "guidance": 1.5}

    def __init__(self, settings, channels, rate_hz, vocabulary):
        super().__init__(settings, channels, rate_hz, vocabulary)
        sizes = {k: settings[k] for k in ("frames", "width", "depth", "heads", "patch", "prediction")}
        self.network = Denoiser(channels, vocabulary, **sizes)

    def starts_anew(self, name):
        """Nothing does but the names."""
        return name.startswith("network.conditions.")

    def take(self, name, own, known):
        """Write a tensor of the plain model into `own`. Tokens are frames of channels, the first C are the latents."""
        if name.startswith(("network.enter.weight", "network.leave.")):
            whole = own.T if "enter" in name else own
            part = known.T if "enter" in name else known
            patch = self.settings["patch"]
            whole.zero_().unflatten(0, (patch, -1))[:, :self.channels] = part.unflatten(0, (patch, -1))
        else:
            own.copy_(known)

    def length(self, frames):
        """A window at least, and whole beats."""
        return max(self.settings["frames"], -(-frames // self.settings["beat"]) * self.settings["beat"])

    def velocity(self, x, t, asked, turn=0):
        """x: [B, C, T], asked: [B, A + RIDERS T] -> [B, C, T]."""
        codes, seen = self.parts(asked)
        return super().velocity(torch.cat([x, seen], 1), t, codes, turn)[:, :self.channels]
