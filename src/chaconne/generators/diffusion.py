"""Rectified flow (Liu 2022; Lipman 2022) with a small diffusion transformer (Peebles 2022).

A straight path leads from noise to data, x_t = (1 - t) noise + t data; its velocity, data - noise, is
learned, and sampling integrates it from t = 0 to 1. The network itself estimates the data (Li 2025,
arXiv 2511.13720): music fills a small part of the space of latents, noise all of it, and a small network
has no room to carry noise through. Pieces longer than a training crop are made of windows side by side, which lie
elsewhere at every step, so that no place is an edge of one for long; where two overlap, their velocities are averaged
(MultiDiffusion, Bar-Tal 2023).

Shapes: B batch, C latent channels, T latent frames, P patches of `patch` frames, W width.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from chaconne.training.contract import muon
from chaconne.training.contract.generator import Generator
from chaconne.training.contract.layers import Conditions, Neighbours, mean_square

METHODS = ("euler", "heun", "multistep")
GOLDEN = (5 ** 0.5 - 1) / 2
NEAREST = 0.05  # to the data: the least 1 - t that a velocity is divided by


def from_data(out, x, t):
    """Velocity that leads from x at time t to the estimated data `out`."""
    return (out - x) / (1 - t).clamp(min=NEAREST)


def from_velocity(out, x, t):
    """The network's output is the velocity."""
    return out


def from_residual(out, x, t):
    """Velocity whose linear part is known for white data (Karras 2022, Eq. 7, of this path)."""
    square = 1 / (t.square() + (1 - t).square())
    return (2 * t - 1) * square * x + square.sqrt() * out


PREDICTIONS = {"data": from_data, "velocity": from_velocity, "residual": from_residual}


class Block(nn.Module):
    """Attention, depthwise convolution and MLP, each modulated by time and conditions (adaLN)."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width, elementwise_affine=False) for _ in range(2))
        self.shift = nn.Parameter(torch.zeros(6, width))      # added to the modulation all blocks share
        self.qkv = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.near = Neighbours(width, 5, padding=2)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def attend(self, x, rotation):
        """Self-attention with rotary positions: [B, P, W] -> the same shape."""
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        mixed = functional.scaled_dot_product_attention(rotate(q, rotation), rotate(k, rotation), v)
        return self.join(mixed.transpose(1, 2).flatten(2))

    def forward(self, x, modulation, rotation):
        """x: [B, P, W]; modulation: [B, 6, W]."""
        a, b, c, d, e, f = (modulation + self.shift).unsqueeze(2).unbind(1)
        h = self.norms[0](x) * (1 + a) + b
        x = x + c * (self.attend(h, rotation) + self.near(h))
        return x + f * self.mlp(self.norms[1](x) * (1 + d) + e)


class Denoiser(nn.Module):
    """Velocity of noisy latents: [B, C, T], t [B], condition codes [B, A] -> [B, C, T].

    T is the `frames` of a training crop. Crops start on a beat, so a place in them says when chords may change;
    rotary positions alone only tell how far two places are apart.
    """

    def __init__(self, channels, vocabulary, frames, width, depth, heads, patch, prediction):
        super().__init__()
        if prediction not in PREDICTIONS:
            raise ValueError(
                f"diffusion.train.prediction: expected one of {', '.join(PREDICTIONS)}; got {prediction!r}")
        self.patch, self.heads, self.velocity = patch, heads, PREDICTIONS[prediction]
        self.enter = nn.Linear(channels * patch, width)
        self.place = nn.Parameter(torch.zeros(frames // patch, width))
        self.time = nn.Sequential(nn.Linear(128, width), nn.SiLU(), nn.Linear(width, width))
        self.conditions = Conditions(vocabulary, width)
        self.modulate = nn.Linear(width, 6 * width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.last = nn.Linear(width, 2 * width)
        self.leave = nn.Linear(width, channels * patch)
        for layer in (self.modulate, self.last):     # adaLN-zero: every block starts as identity
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def matrices(self):
        """Return the weights of the linear layers within blocks: what Muon moves."""
        return [layer.weight for block in self.blocks for layer in block.modules() if isinstance(layer, nn.Linear)]

    def forward(self, x, t, codes):
        time = t[:, None, None]
        level = (time.square() + (1 - time).square()).sqrt()     # deviation of x for white data
        tokens = (x / level).mT.reshape(len(x), -1, self.patch * x.shape[1])
        rotation = rotary(tokens.shape[1], self.enter.out_features // self.heads, x.device)
        about = functional.silu(self.time(waves(t)) + self.conditions(codes))
        modulation = self.modulate(about).unflatten(-1, (6, -1))
        h = self.enter(tokens) + self.place
        for block in self.blocks:
            h = block(h, modulation, rotation)
        scale, shift = self.last(about).unsqueeze(1).chunk(2, -1)
        out = self.leave(self.norm(h) * (1 + scale) + shift)
        return self.velocity(out.reshape(len(x), -1, x.shape[1]).mT, x, time)


class Objective(nn.Module):
    """The training loss as a module, so that any engine can wrap it."""

    def __init__(self, network, knobs):
        super().__init__()
        self.network, self.free, self.times = network, knobs["free"], (knobs["time_mean"], knobs["time_deviation"])

    def forward(self, x, t, codes, velocity):
        """What `drawn` gives -> mean squared error of the velocity, a scalar."""
        return mean_square(self.network(x, t, codes), velocity)

    def drawn(self, data, codes):
        """Draw where on its path each of the normalised latents [B, C, T] is, and which conditions are free there.

        Returns (latents between noise and data [B, C, T], times [B], codes [B, A], the velocity there).
        """
        # Logit-normal times (Esser 2024, Eq. 19): the two ends of the path need the least learning.
        t = torch.sigmoid(torch.normal(*self.times, (len(data),), device=data.device))
        noise = torch.randn_like(data)
        x = torch.lerp(noise, data, t[:, None, None])
        return x, t, codes * (torch.rand(codes.shape, device=codes.device) >= self.free), data - noise


class Model(Generator):
    """See chaconne.training.contract.generator.Generator."""

    name = "diffusion"
    objective = Objective
    input_output = ("network.enter", "network.leave")
    recalls = (4, 0.3)      # nearly as much is kept for half of the cost (docs/search.md)
    preview = {"method": "heun", "steps": 8, "shift": 1.0, "guidance": 1.0, "temperature": 1.0, "batch": 32}

    def __init__(self, settings, channels, rate_hz, vocabulary):
        super().__init__(settings, channels, rate_hz, vocabulary)
        sizes = {k: settings[k] for k in ("frames", "width", "depth", "heads", "patch", "prediction")}
        for unit in ("patch", "beat"):
            if settings["frames"] % settings[unit]:
                raise ValueError(f"diffusion.train.frames: expected a multiple of {unit} = {settings[unit]}, "
                                 f"got {settings['frames']}")
        self.network = Denoiser(channels, vocabulary, **sizes)

    def fit(self, source, trainer, knobs, preview=None, keep=None):
        """Train the denoiser; its moving average is what is kept."""
        average = trainer.average(self.network, knobs["ema"])
        plain = self.objective(self.network, knobs)
        objective, optimizer = muon.setup(trainer, plain, self.network.matrices(), knobs["learning_rate"],
                                          knobs["weight_decay"])

        def step(i):
            trainer.set_learning_rate(optimizer, knobs["learning_rate"] * trainer.cosine(i, knobs["steps"]))
            loss = objective(*trainer.part(*plain.drawn(*source(knobs["batch"], trainer.rng(i)))))
            if keep:
                loss = loss + keep()
            optimizer.zero_grad()
            trainer.fabric.backward(loss)
            trainer.fabric.clip_gradients(objective, optimizer, max_norm=1.0)
            optimizer.step()
            average.update(self.network, i)
            return {"loss": loss}

        state = {"network": self.network, "average": average, "optimizer": optimizer}
        spent = trainer.run(knobs["steps"], step, state, preview and preview(self, average))
        self.network.load_state_dict(average.module.state_dict())
        return spent

    def recall(self, teacher, raw, codes):
        """The same noisy music, seen by both; they share their normalisation."""
        plain = self.objective(self.network, self.settings | {"free": 0.0})
        x, t, codes, _ = plain.drawn(self.normalise(raw), codes)
        with torch.no_grad():
            taught = teacher.network(x, t, codes)
        return mean_square(self.network(x, t, codes), taught)

    @torch.no_grad()
    def generate(self, count, frames, codes, knobs):
        """Integrate the flow with `knobs['steps']` steps of `knobs['method']`, see `follow`."""
        window, beat = self.settings["frames"], self.settings["beat"]
        length = max(window, -(-frames // beat) * beat)
        noise = knobs["temperature"] * torch.randn(count, self.channels, length).to(self.mean.device)
        parts = [self.integrate(x, c, knobs) for x, c in
                 zip(noise.split(knobs["batch"]), codes.split(knobs["batch"]), strict=True)]
        return torch.cat(parts)[:, :, :frames]

    def integrate(self, x, codes, knobs):
        """x: noise [B, C, T] -> data."""
        def velocity(x, t, turn):
            guided = self.velocity(x, t, codes, turn)
            if knobs["guidance"] == 1:
                return guided
            # Classifier-free guidance (Ho 2022, Eq. 6).
            return torch.lerp(self.velocity(x, t, torch.zeros_like(codes), turn), guided, knobs["guidance"])

        return follow(velocity, x, shifted_times(knobs["steps"], knobs["shift"]), knobs["method"])

    def velocity(self, x, t, codes, turn=0):
        """Velocity of latents of any length; turn: the step's number, which says where windows lie."""
        window = self.settings["frames"]
        starts = window_starts(x.shape[-1], window, self.settings["beat"], turn)
        if len(starts) == 1:
            return self.network(x, x.new_full((len(x),), t), codes)
        fade = torch.hann_window(window + 2, periodic=False, device=x.device)[1:-1]
        total, weights = torch.zeros_like(x), x.new_zeros(x.shape[-1])
        windows = torch.cat([x[:, :, s:s + window] for s in starts])
        made = [self.network(part, x.new_full((len(part),), t), c) for part, c in
                zip(windows.split(32), codes.repeat(len(starts), 1).split(32), strict=True)]
        for start, v in zip(starts, torch.cat(made).split(len(x)), strict=True):
            total[:, :, start:start + window] += fade * v
            weights[start:start + window] += fade
        return total / weights

    def function_evaluations(self, knobs):
        """Network calls for one clip."""
        steps = 2 * knobs["steps"] - 1 if knobs["method"] == "heun" else knobs["steps"]
        return steps * (1 if knobs["guidance"] == 1 else 2)


def follow(velocity, x, times, method, progress=iter):
    """Integrate dx/dt = velocity(x, t, number of the step) over `times`, which rise to 1; return x there.

    euler: one evaluation a step. heun: two, but for the last (Karras 2022, Algorithm 1). multistep: one; the data
    estimated here and a step before are led on along a straight line in log(t / (1 - t)) (Lu 2022, DPM-Solver++,
    arXiv 2211.01095, Algorithm 2, for this path). progress: wraps the list of steps.
    Raises ValueError for another method.
    """
    if method not in METHODS:
        raise ValueError(f"diffusion.sample.method: expected one of {', '.join(METHODS)}; got {method!r}")
    before = None       # the time of the last step, and the data estimated there
    for turn, (t, following) in enumerate(progress(list(zip(times[:-1], times[1:], strict=True)))):
        v = velocity(x, t, turn)
        if method == "multistep":
            data = x + (1 - t) * v
            led = data if before is None or following == 1 else torch.lerp(
                before[1], data, 1 + ahead(before[0], t, following))
            before = t, data
            x = torch.lerp(led, x, (1 - following) / (1 - t))
            continue
        guess = x + (following - t) * v
        if method == "heun" and following < 1:
            v = (v + velocity(guess, following, turn)) / 2
        x = x + (following - t) * v
    return x


def ahead(before, now, then):
    """Return where the middle of the step from `now` lies in steps from `before`, by the clock log(t / (1 - t))."""
    if not before:
        return 0.0      # that clock starts at minus infinity
    last, here, following = (math.log(t / (1 - t)) for t in (before, now, then))
    return min((following - here) / (here - last), 3) / 2   # a short step says little of a long one


def window_starts(length, window, grid, turn=0):
    """First frames, multiples of `grid`, of windows side by side; the first and the last one flush with the ends.

    turn: moves those between, by a golden share of a window each time, so that edges keep away from where they were.
    """
    first = int(turn * GOLDEN % 1 * (window // grid)) * grid
    return sorted({0, *range(first, length - window, window), max(0, length - window)})


def shifted_times(steps, shift):
    """`steps` + 1 times from 0 to 1; shift > 1 spends more steps near the noise (Esser 2024, Eq. 23)."""
    even = np.linspace(0, 1, steps + 1)
    return (even / (even + shift * (1 - even))).tolist()


def waves(t):
    """t: [B] in [0, 1] -> 128 sines and cosines of it (Vaswani 2017, section 3.5)."""
    angles = 1000 * t[:, None] * torch.exp(-math.log(10000) * torch.arange(64, device=t.device) / 64)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def rotary(length, width, device):
    """Rotary position angles (Su 2021): cosines and sines, each [length, width / 2]."""
    rates = 10000 ** (-torch.arange(0, width, 2, device=device) / width)
    angles = torch.arange(length, device=device)[:, None] * rates
    return angles.cos(), angles.sin()


def rotate(x, rotation):
    """Turn pairs of x [..., P, width] by `rotation`."""
    cos, sin = rotation
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
