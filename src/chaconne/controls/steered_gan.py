"""The GAN of this project, steered: what is asked for runs along its line, patch by patch, and before its critic.

All of it happens on a grid of beats (steering.grid): patches lie on beats, as those of the plain GAN do,
whatever the tempo is. Guidance, as diffusion has it: the same line and style make the piece once as asked and once
free, and the difference is stretched.

Shapes: B batch, C latent channels, T latent frames, P patches, W width.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from chaconne.controls.steering import grid
from chaconne.controls.steering.steering import Steered, joined
from chaconne.controls.wishes.numbers import NUMBERS, OF_NUMBER, RIDERS
from chaconne.generators import gan


def named(codes, sizes):
    """Return names as channels of 0 and 1: codes [B, A], sizes of the vocabulary [A] -> [B, sum of sizes].

    Beside the latents every head of the critic sees them, not the one alone that judges the whole.
    """
    return torch.cat([functional.one_hot(column, size + 1)[:, 1:] for column, size in zip(
        codes.unbind(1), sizes, strict=True)], 1).float() if sizes else codes.float()


class Network(gan.Network):
    """Line [B, W, P + 2 depth], style [B, S], asked [B, A + RIDERS T] -> latents [B, C, P * patch]."""

    def __init__(self, channels, vocabulary, settings):
        super().__init__(channels, vocabulary, settings)
        self.depth, self.names, self.sizes = settings["depth"], len(vocabulary), [*map(len, vocabulary.values())]
        self.enter = nn.Linear(self.line.width + RIDERS + sum(self.sizes), settings["width"])

    def forward(self, line, style, asked):
        """Patches before and behind a crop are not described: their riders are 0."""
        seen = self.along_line(asked[:, self.names:].unflatten(1, (RIDERS, -1)))
        return self.walk(line, seen, style, asked[:, :self.names].long())

    def along_line(self, seen):
        """Return riders [B, RIDERS, P * patch] as they lie along the line: [B, RIDERS, P + 2 depth]."""
        return functional.pad(functional.avg_pool1d(seen, self.patch), (self.depth, self.depth))

    def walk(self, line, seen, style, codes):
        """As gan.Network.forward; seen: riders along the line."""
        names = named(codes, self.sizes)[:, :, None].expand(-1, -1, line.shape[2])
        return super().forward(torch.cat([line, seen, names], 1), style, codes)


class Critic(gan.Critic):
    """Latents [B, C, T], asked [B, A + RIDERS T] -> logits."""

    def __init__(self, channels, vocabulary, settings):
        sizes = [*map(len, vocabulary.values())]
        super().__init__(channels + RIDERS + sum(sizes), vocabulary, settings)
        self.names, self.sizes = len(vocabulary), sizes

    def forward(self, z, asked):
        """Is it music, and is it what was asked for?"""
        seen, codes = asked[:, self.names:].unflatten(1, (RIDERS, -1)), asked[:, :self.names].long()
        names = named(codes, self.sizes)[:, :, None].expand(-1, -1, z.shape[2])
        return super().forward(torch.cat([z, seen, names], 1), codes)


class Model(Steered, gan.Model):
    """See chaconne.training.contract.generator.Generator and chaconne.controls.steering.steering."""

    name = "steered_gan"
    preview = {**gan.Model.preview, "guidance": 1.0}
    on_beats = True

    def __init__(self, settings, channels, rate_hz, vocabulary):
        super().__init__(settings, channels, rate_hz, vocabulary)
        self.network = Network(channels, vocabulary, settings)
        self.critic = Critic(channels, vocabulary, settings)

    def starts_anew(self, name):
        """The critic does: one that has judged other music wins at once (docs/search.md, fine-tuning)."""
        return name.startswith(("network.conditions.", "critic."))

    def take(self, name, own, known):
        """Write a tensor of the plain model into `own`."""
        if name == "network.enter.weight":
            own.zero_()[:, :known.shape[1]] = known
        else:
            own.copy_(known)

    def misfits(self, asked):
        """Return [`asked` with one name or number of each row from the row before, where it is known].

        Real music beside words that do not fit it counts as made (Reed 2016, section 4.2): otherwise the critic asks
        whether it is music, and hardly whether it is what was asked for.
        """
        codes, seen = self.parts(asked)
        others, heard = codes.roll(1, 0), seen.roll(1, 0)
        chosen = torch.randint(codes.shape[1] + len(NUMBERS), (len(asked), 1)).to(asked.device)
        place = torch.arange(codes.shape[1], device=asked.device)
        codes = torch.where((chosen == place) & (others > 0), others, codes)
        of = torch.tensor(OF_NUMBER, device=asked.device)
        known = heard[:, len(NUMBERS):2 * len(NUMBERS)].any(2)[:, of]
        seen = torch.where(((chosen - len(place) == of) & known)[:, :, None], heard, seen)
        return [joined(codes, seen)]

    @staticmethod
    def crop(base, facts):
        """As many as the slowest tempo takes for what `base` learned from."""
        tempo = facts["numbers"].get("tempo")
        per_beat = base.settings["patch"] * base.settings["beat"]
        stretched = 60 * base.rate_hz / per_beat / NUMBERS["tempo"].told(tempo["low"]) if tempo else 1.0
        return math.ceil(base.settings["frames"] * max(1.0, float(stretched)))

    def aligned(self, crops, told):
        """Lay both on the grid. Beats are at the same places in all of them: nobody has to be told where."""
        at = grid.times(self.places(told[:, 0]), self.settings["frames"])
        told = grid.nearest(told, at)
        told[:, len(NUMBERS):] = torch.nan
        return grid.between(crops, at), told

    def places(self, tempo):
        """Return where frames of tempi [B, T], in learned values, lie on the grid: [B, T]."""
        return grid.places(tempo.exp2(), self.settings["patch"] * self.settings["beat"], self.rate_hz)

    def length(self, frames):
        """Two at least: there is no tempo between fewer."""
        return max(frames, 2)

    def laid(self, asked, frames):
        """Return what is asked for on the grid: (codes [B, A], riders along the line, where frames lie, patches P).

        asked: [B, A + RIDERS T], T = `frames`, or 2 of a single one; riders: [B, RIDERS, P + 2 depth]; where frames
        lie: [B, T], stretched where a tempo is known.
        """
        codes, seen = self.parts(asked)
        tempo, scale = seen[:, 0], self.settings["numbers"].get("tempo", {"mean": 0.0, "deviation": 1.0})
        known = seen[:, len(NUMBERS)] > 0
        places = self.places((tempo * scale["deviation"] + scale["mean"]).where(known, torch.nan))
        patches = math.ceil((float(places.max()) + 1) / self.settings["patch"])
        seen = grid.nearest(seen, grid.times(places, patches * self.settings["patch"]))
        seen[:, 2 * len(NUMBERS):] = 0
        return codes, self.network.along_line(seen), places, patches

    def walk(self, line, seen, style, codes, knobs):
        """As Network.walk, twice where `knobs['guidance']` is not 1."""
        music = self.network.walk(line, seen, style, codes)
        if knobs["guidance"] == 1:
            return music
        free = self.network.walk(line, torch.zeros_like(seen), style, torch.zeros_like(codes))
        return torch.lerp(free, music, knobs["guidance"])

    @torch.no_grad()
    def generate(self, count, frames, asked, knobs):
        """As gan.Model.generate, on the grid."""
        codes, seen, places, patches = self.laid(asked, frames)
        line, margin = self.line(count, patches), self.margin()
        line[:, :self.settings["coordinates"]] *= knobs["truncation"]
        style = (torch.randn(count, self.settings["style"]) * knobs["truncation"]).to(self.mean.device)
        line = line.to(self.mean.device)
        spans = [slice(p, p + knobs["piece"] + 2 * margin) for p in range(0, patches, knobs["piece"])]
        music = [self.walk(line[:, :, span], seen[:, :, span], style, codes, knobs) for span in spans]
        return grid.between(torch.cat(music, dim=-1), places)[:, :, :frames]

    def function_evaluations(self, knobs):
        """Network calls for one clip."""
        return 1 if knobs["guidance"] == 1 else 2
