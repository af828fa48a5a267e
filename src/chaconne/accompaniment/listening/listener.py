"""A flow that hears: the diffusion model of this project with other latents beside those it makes.

What is heard (a voice, or the past of a piece) lies beside the noisy latents, frame by frame, with a channel that says
where anything is heard at all. It rides along unchanged: its velocity is 0, so that windows, samplers and guidance of
chaconne.generators.diffusion serve as they are. What is to be made of it is a condition, the attribute `task`
(SingSong, Donahue 2023, for a flow; Lugmayr 2022 for the past).

Shapes: B batch, C latent channels, T latent frames.
"""

import torch
from torch.nn import functional

from chaconne.generators.diffusion import METHODS, Denoiser, Model, Objective
from chaconne.running.models import load
from chaconne.training.contract.generator import encode_conditions
from chaconne.training.contract.layers import mean_square

TASK = "task"
# rest: the voices that are not given; mix: all of them; go_on: the piece itself, where it is not given.
TASKS = ("rest", "mix", "go_on")


class Listener(Denoiser):
    """Velocity of [B, 2 C + 1, T]: noisy latents, those that are heard, where anything is; 0 for the latter two."""

    def __init__(self, channels, vocabulary, **sizes):
        super().__init__(2 * channels + 1, vocabulary, **sizes)
        self.channels, self.task = channels, list(vocabulary).index(TASK)

    def forward(self, x, t, codes):
        """x: [B, 2 C + 1, T] -> the same shape."""
        made = super().forward(x, t, codes)[:, :self.channels]
        return functional.pad(made, (0, 0, 0, self.channels + 1))


class Hearing(Objective):
    """The loss of a Listener: what is heard gets no noise, and the task is never dropped."""

    def forward(self, x, t, codes, velocity):
        """What `drawn` gives -> mean squared error of the velocity of what is made, a scalar."""
        return mean_square(self.network(x, t, codes)[:, :self.network.channels], velocity)

    def drawn(self, data, codes):
        """As Objective.drawn; data: normalised latents and what lies beside them [B, 2 C + 1, T]."""
        music, heard = data.split((self.network.channels, self.network.channels + 1), dim=1)
        x, t, kept, velocity = super().drawn(music, codes)
        task = self.network.task
        kept[:, task] = codes[:, task]
        return torch.cat([x, heard], 1), t, kept, velocity


class Accompanist(Model):
    """See chaconne.training.contract.generator.Generator; `accompany` is what it is for, `generate` plays free."""

    name = "listener"
    objective = Hearing

    def __init__(self, settings, channels, rate_hz, vocabulary):
        # By name, as JSON keeps it: a code has the same place in a model that was saved and read.
        vocabulary = dict(sorted({**vocabulary, TASK: list(TASKS)}.items()))
        if settings["frames"] < 2 * settings["beat"]:
            raise ValueError(f"diffusion.train.frames: expected two beats of {settings['beat']} or more, got "
                             f"{settings['frames']}")
        super().__init__(settings, channels, rate_hz, vocabulary)
        sizes = {k: settings[k] for k in ("frames", "width", "depth", "heads", "patch", "prediction")}
        self.network = Listener(channels, vocabulary, **sizes)

    @property
    def task(self):
        """The column of the task among the condition codes."""
        return self.network.task

    def begin_as(self, other):
        """Take over what a plain diffusion model knows; what is heard counts nothing yet."""
        own, known = self.network.state_dict(), other.network.state_dict()
        patch, channels = self.settings["patch"], self.channels
        for name, tensor in known.items():
            if name.startswith("conditions."):
                continue
            if name.startswith(("enter.weight", "leave.")):
                # Tokens are frames of channels: the first C of every frame are the noisy latents.
                whole = own[name] if name.startswith("leave") else own[name].T
                part = tensor if name.startswith("leave") else tensor.T
                whole.zero_().unflatten(0, (patch, -1))[:, :channels] = part.unflatten(0, (patch, -1))
            else:
                own[name].copy_(tensor)
        tables = dict(zip(other.vocabulary, other.network.conditions.tables, strict=True))
        for attribute, table in zip(self.vocabulary, self.network.conditions.tables, strict=True):
            table.weight.data = tables[attribute].weight.detach().clone() if attribute in tables else torch.zeros_like(
                table.weight)
        self.mean.copy_(other.mean)
        self.std.copy_(other.std)

    def generate(self, count, frames, codes, knobs):
        """Play free: nothing is heard."""
        return self.play(torch.zeros(count, self.channels + 1, frames), codes, knobs)

    @torch.no_grad()
    def play(self, heard, codes, knobs):
        """Return normalised latents [B, C, T] beside `heard` [B, C + 1, T], see `beside`; codes: [B, attributes]."""
        if knobs["method"] not in METHODS:
            raise ValueError(f"accompaniment.sample.method: expected one of {', '.join(METHODS)}; got "
                             f"{knobs['method']!r}")
        frames = heard.shape[-1]
        length = max(self.settings["frames"], -(-frames // self.settings["beat"]) * self.settings["beat"])
        noise = knobs["temperature"] * torch.randn(len(heard), self.channels, length)
        # The last frame is held: training hears something everywhere, or nothing.
        heard = functional.pad(heard, (0, length - frames), mode="replicate")
        x = torch.cat([noise, heard], dim=1).to(self.mean.device)
        made = [self.integrate(part, some, knobs) for part, some in
                zip(x.split(knobs["batch"]), codes.split(knobs["batch"]), strict=True)]
        return torch.cat(made)[:, :self.channels, :frames]

    def velocity(self, x, t, codes, turn=0):
        """As Model.velocity; without a task nothing is heard, which is what guidance leads away from."""
        hears = (codes[:, self.task] > 0)[:, None, None]
        heard = torch.where(hears, x[:, self.channels:], 0.0)
        return super().velocity(torch.cat([x[:, :self.channels], heard], 1), t, codes, turn)

    def accompany(self, latents, task, seed, conditions, knobs, known=None):
        """Return raw latents [B, C, T] beside the raw `latents` [B, C, T] that are heard.

        task: one of TASKS; known: bool [T], where anything is heard, None for everywhere (of `go_on` that stays as it
        is); conditions: as in `sample`. ValueError for another task.
        """
        if task not in TASKS:
            raise ValueError(f"task: expected one of {', '.join(TASKS)}; got {task!r}")
        torch.manual_seed(seed)
        known = torch.ones(latents.shape[-1], dtype=torch.bool) if known is None else known
        asked = conditions if isinstance(conditions, list) else [conditions] * len(latents)
        codes = encode_conditions(self.vocabulary, [one | {TASK: task} for one in asked]).to(self.mean.device)
        heard = beside(self.normalise(latents.to(self.mean.device)), known).cpu()
        made = self.denormalise(self.play(heard, codes, knobs)).cpu()
        return torch.where(known, latents, made) if task == "go_on" else made


def beside(latents, known):
    """Return what lies beside the noisy latents: normalised ones [B, C, T] where known [T] or [B, T], and where."""
    mask = known.to(latents).expand(len(latents), -1)[:, None]
    return torch.cat([latents * mask, mask], dim=1)


def load_accompanist(folder):
    """Read the model in `folder`; ValueError names what is wrong, and what makes it again."""
    return load("accompaniment.listening", folder, "model", lambda module: module.Accompanist)
