"""Musika's idea (Pasini 2022) with today's stabilisers: latent coordinates, a style vector, patch heads.

The generator turns a line of slowly changing coordinates, local noise and one style vector into
latents, through convolutions without padding: every frame depends on a bounded stretch of the line,
so pieces made apart from one another join exactly, and music of any length comes out in one step.
The discriminator judges patches at every resolution and the whole crop. The loss is the relativistic
pairing loss with R1 and R2 penalties (Huang 2024, Eqs. 2-4), the penalties applied lazily (Karras 2020).

Shapes: B batch, C latent channels, T latent frames, P patches of `patch` frames, W width.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from chaconne.training.contract.generator import Generator
from chaconne.training.contract.layers import Conditions, Neighbours, ScaledNorm, mean_square

MEASURED = 256  # crops whose spread the network writes in

class Line(nn.Module):
    """What the generator walks along: coordinates, noise, and the place within the beat.

    Coordinates are random anchors `period` patches apart, joined linearly (Musika, section 3.2).
    """

    def __init__(self, coordinates, noise, period, beat):
        super().__init__()
        self.coordinates, self.noise, self.period, self.beat = coordinates, noise, period, beat
        self.width = coordinates + noise + beat

    def forward(self, count, patches, first):
        """Return [count, width, patches]; `first` is the place of the first patch, in patches from a beat."""
        anchors = torch.randn(count, self.coordinates, patches // self.period + 3)
        offset = torch.randint(self.period, (count, 1)) if self.training else torch.zeros(count, 1)
        place = (torch.arange(patches) + offset) / self.period
        left = place.long().unsqueeze(1).expand(-1, self.coordinates, -1)
        share = (place - place.floor()).unsqueeze(1)
        a, b = anchors.gather(2, left), anchors.gather(2, left + 1)
        # Mixing two normals shrinks them; dividing by the mixture's norm keeps unit variance.
        joined = (a * (1 - share) + b * share) / ((1 - share) ** 2 + share ** 2).sqrt()
        beat = functional.one_hot((torch.arange(patches) + first) % self.beat, self.beat).float().T
        return torch.cat([joined, torch.randn(count, self.noise, patches), beat.expand(count, -1, -1)], dim=1)


class GeneratorBlock(nn.Module):
    """Convolution over three patches and an MLP, modulated by style; one patch shorter at either end."""

    def __init__(self, width):
        super().__init__()
        self.near = Neighbours(width, 3)
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.style = nn.Linear(width, 2 * width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x, style):
        """x: [B, P, W], style: [B, W] -> [B, P - 2, W]."""
        scale, shift = self.style(style).unsqueeze(1).chunk(2, -1)
        h = self.norm(self.near(x)) * (1 + scale) + shift
        return x[:, 1:-1] + self.mlp(h)


class Network(nn.Module):
    """Line [B, width, P + 2 depth], style [B, S], codes [B, A] -> latents [B, C, P * patch]."""

    def __init__(self, channels, vocabulary, settings):
        super().__init__()
        width, self.patch = settings["width"], settings["patch"]
        self.line = Line(settings["coordinates"], settings["noise"], settings["period"], settings["beat"])
        self.enter = nn.Linear(self.line.width, width)
        self.style = nn.Sequential(nn.Linear(settings["style"], width), nn.SiLU(), nn.Linear(width, width))
        self.conditions = Conditions(vocabulary, width)
        self.blocks = nn.ModuleList(GeneratorBlock(width) for _ in range(settings["depth"]))
        self.norm = ScaledNorm(width)
        self.leave = nn.Linear(width, channels * self.patch)
        self.register_buffer("basis", cosines(self.patch), persistent=False)
        self.register_buffer("spread", torch.ones(self.patch, channels))

    def measure(self, z):
        """Take from latents z [B, C, T] how much the mean of a patch varies, and how much its changes do.

        The network writes patches in these units: left alone it makes every frame of a held note anew, and that
        is heard as attacks (7 a second where the chorales have 2).
        """
        self.spread.copy_((self.basis @ z.mT.unflatten(1, (-1, self.patch))).square().mean((0, 1)).sqrt())

    def forward(self, line, style, codes):
        """Every output patch depends on 2 depth + 1 patches of the line, and on nothing else of it."""
        about = functional.silu(self.style(style) + self.conditions(codes))
        h = self.enter(line.mT)
        for block in self.blocks:
            h = block(h, about)
        written = self.leave(self.norm(h)).unflatten(-1, self.spread.shape) * self.spread
        return (self.basis.T @ written).flatten(1, 2).mT


def cosines(size):
    """Orthonormal cosine basis [size, size] (DCT-II): row 0 is constant, the others change faster and faster."""
    n = torch.arange(size)
    basis = torch.cos(math.pi / size * n[:, None] * (n + 0.5)) * math.sqrt(2 / size)
    basis[0] /= math.sqrt(2)
    return basis


class CriticBlock(nn.Module):
    """Residual block: depthwise convolution over five places, then an MLP. [B, P, W] -> the same."""

    def __init__(self, width):
        super().__init__()
        self.near = Neighbours(width, 5, padding=2)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.LeakyReLU(0.2), nn.Linear(2 * width, width))

    def forward(self, x):
        """No normalisation: statistics of a crop would tell the critic too much, too early."""
        return x + 0.5 * self.mlp(self.near(x))


def in_pairs(x):
    """Lay places beside each other, two by two: [B, P, W] -> [B, P / 2, 2 W]."""
    return x.reshape(len(x), x.shape[1] // 2, -1)


class Critic(nn.Module):
    """Latents [B, C, T], codes [B, A] -> logits of patches at every resolution and of the whole [B, N]."""

    def __init__(self, channels, vocabulary, settings):
        super().__init__()
        width, stages = settings["critic_width"], settings["critic_stages"]
        self.enter = nn.Linear(2 * channels, width)
        self.stages = nn.ModuleList(
            nn.Sequential(*(CriticBlock(width) for _ in range(settings["critic_depth"]))) for _ in range(stages))
        self.halve = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(stages - 1))
        self.heads = nn.ModuleList(nn.Linear(width, 1) for _ in range(stages))
        self.whole = nn.Sequential(nn.Linear(2 * width, width), nn.LeakyReLU(0.2))
        self.judge = nn.Linear(width, 1)
        self.conditions = Conditions(vocabulary, width)

    def forward(self, z, codes):
        """Logits of a head share its weight: their sum over a head is its mean, scaled alike for all."""
        h, logits = functional.leaky_relu(self.enter(in_pairs(z.mT)), 0.2), []
        for i, stage in enumerate(self.stages):
            h = stage(h if i == 0 else self.halve[i - 1](in_pairs(h)))
            logits.append(self.heads[i](functional.leaky_relu(h, 0.2)).flatten(1))
        whole = self.whole(torch.cat([h.mean(1), h.std(1)], dim=1))
        # Projection discriminator (Miyato 2018, Eq. 3).
        judged = self.judge(whole) + (whole * self.conditions(codes)).sum(1, keepdim=True) / math.sqrt(whole.shape[1])
        return torch.cat([*logits, judged.expand(-1, logits[-1].shape[1])], dim=1)


class Model(Generator):
    """See chaconne.training.contract.generator.Generator."""

    name = "gan"
    input_output = ("network.leave", "critic.enter")
    preview = {"truncation": 1.0, "piece": 64}

    def __init__(self, settings, channels, rate_hz, vocabulary):
        super().__init__(settings, channels, rate_hz, vocabulary)
        self.network = Network(channels, vocabulary, settings)
        self.critic = Critic(channels, vocabulary, settings)
        for unit, why in ((settings["patch"] * settings["beat"], "patch * beat"),
                          (2 ** settings["critic_stages"], "2 ^ critic_stages")):
            if settings["frames"] % unit:
                raise ValueError(f"gan.train.frames: expected a multiple of {why} = {unit}, got {settings['frames']}")

    def sampled(self):
        """The critic stays at home when music is made."""
        return self.network.parameters()

    def margin(self):
        """Patches of the line that lie before the first output patch."""
        return self.settings["depth"]

    def line(self, count, patches):
        """A line for `patches` output patches, the first of which falls on a beat."""
        return self.network.line(count, patches + 2 * self.margin(), -self.margin())

    def misfits(self, codes):
        """Return what real music is not, [codes of it]: a critic that is to listen to them learns to tell it."""
        return []

    def fit(self, source, trainer, knobs, preview=None, keep=None):
        """Train generator and critic in turn; the generator's moving average is what is kept."""
        self.network.measure(source(MEASURED, np.random.default_rng(trainer.seed))[0])
        average = trainer.average(self.network, knobs["ema"])
        device, patches = trainer.fabric.device, self.settings["frames"] // self.settings["patch"]
        network, optimizer = trainer.setup(self.network, knobs["learning_rate"], (0.0, 0.95))
        critic, critic_optimizer = trainer.setup(self.critic, knobs["critic_learning_rate"], (0.0, 0.95))
        judges = [p for p in self.critic.parameters() if p.requires_grad]

        def step(i):
            rate = trainer.cosine(i, knobs["steps"])
            trainer.set_learning_rate(optimizer, knobs["learning_rate"] * rate)
            trainer.set_learning_rate(critic_optimizer, knobs["critic_learning_rate"] * rate)
            real, codes = source(knobs["batch"], trainer.rng(i))
            codes = codes * (torch.rand(codes.shape, device=device) >= knobs["free"])
            style = torch.randn(len(real), self.settings["style"], device=device)
            line = self.line(len(real), patches).to(device)
            real, codes, style, line = trainer.part(real, codes, style, line)
            fake = network(line, style, codes)

            with_penalty = i % knobs["penalty_every"] == 0
            told = [codes, codes, *self.misfits(codes)]
            inputs = [z.detach().requires_grad_(with_penalty) for z in (real, fake, *[real] * (len(told) - 2))]
            logits = (trainer.twice(critic) if with_penalty else critic)(torch.cat(inputs), torch.cat(told))
            judged = logits.chunk(len(told))
            critic_loss = sum(functional.softplus(worse - judged[0]).mean() for worse in judged[1:])
            penalty = torch.zeros(())
            if with_penalty:
                gradients = torch.autograd.grad(logits.mean(1).sum(), inputs, create_graph=True)
                penalty = sum(g.square().sum((1, 2)).mean() for g in gradients) * knobs["gamma"] / 2
            critic_optimizer.zero_grad()
            trainer.fabric.backward(critic_loss + penalty * knobs["penalty_every"])
            critic_optimizer.step()

            for p in judges:
                p.requires_grad_(False)
            # The real logits of the critic's own step serve again: one update old, and free.
            loss = functional.softplus(judged[0].detach() - critic(fake, codes)).mean()
            if keep:
                loss = loss + keep()
            optimizer.zero_grad()
            trainer.fabric.backward(loss)
            optimizer.step()
            for p in judges:
                p.requires_grad_(True)
            average.update(self.network, i)
            return {"generator": loss, "critic": critic_loss}

        state = {"network": self.network, "critic": self.critic, "average": average, "optimizer": optimizer,
                 "critic_optimizer": critic_optimizer}
        spent = trainer.run(knobs["steps"], step, state, preview and preview(self, average))
        self.network.load_state_dict(average.module.state_dict())
        return spent

    def recall(self, teacher, raw, codes):
        """The same line and style, played by both."""
        style = torch.randn(len(codes), self.settings["style"], device=codes.device)
        line = self.line(len(codes), self.settings["frames"] // self.settings["patch"]).to(codes.device)
        with torch.no_grad():
            taught = self.normalise(teacher.denormalise(teacher.network(line, style, codes)))
        return mean_square(self.network(line, style, codes), taught)

    def laid(self, codes, frames):
        """Return (codes, what rides along the line [1, R, P + 2 depth], where frames lie among patches, patches P).

        Nothing rides here, and frames lie where they are: R is 0, and None.
        """
        patches = -(-frames // self.settings["patch"])
        return codes, torch.zeros(1, 0, patches + 2 * self.margin()), None, patches

    def walk(self, line, seen, style, codes, knobs):
        """Return latents [B, C, P patch] of a line [B, width, P + 2 depth]; `seen` is what rides along."""
        return self.network(line, style, codes)

    @torch.no_grad()
    def generate(self, count, frames, codes, knobs):
        """One pass of the network, in pieces of `knobs['piece']` patches that join exactly.

        `knobs['truncation']` scales style and coordinates: less is more typical and less varied.
        """
        patches, margin = -(-frames // self.settings["patch"]), self.margin()
        line, device = self.line(count, patches), self.mean.device
        line[:, :self.settings["coordinates"]] *= knobs["truncation"]
        style = torch.randn(count, self.settings["style"]) * knobs["truncation"]
        pieces = [self.network(line[:, :, p:p + knobs["piece"] + 2 * margin].to(device), style.to(device), codes)
                  for p in range(0, patches, knobs["piece"])]
        return torch.cat(pieces, dim=-1)[:, :, :frames]

    def function_evaluations(self, knobs):
        """Network calls for one clip."""
        return 1
