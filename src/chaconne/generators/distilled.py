"""Both at once: a flow that a critic goes on teaching, until one or two evaluations make music.

It begins as the flow (chaconne.generators.diffusion), its critic as the GAN's (chaconne.generators.gan), and both learn
on (ARC, Novack 2025, arXiv 2505.08175): what the network makes of noise in one evaluation is judged beside real music
(relativistic pairing loss with R1 and R2, as the GAN has it). Some begin where a second evaluation does, as real music
that is noised again (`again`), and a third learns on as the flow did.

Long pieces come window by window. Each begins with the end of the one before, which lies in it as it is, marked in a
channel beside the latents: so it was in training, where the critic judged what follows a given beginning. Nothing is
averaged: two sharp windows that overlap would sound at once.

Shapes: B batch, C latent channels, T latent frames.
"""

import torch
from torch.nn import functional

from chaconne.generators import diffusion, gan
from chaconne.training.contract.generator import Generator
from chaconne.training.contract.layers import mean_square

SIZES = ("frames", "width", "depth", "heads", "patch", "prediction")
CRITIC = ("critic_width", "critic_depth", "critic_stages")
EARLIEST, LATEST = 0.2, 0.9     # times of what is not judged
CLIPPED = 5.0   # norm of gradients


def judged(count):
    """Return how many of a batch a critic judges: two thirds. The others learn on as the flow did."""
    return count * 2 // 3


class Network(diffusion.Denoiser):
    """Music that noisy latents [B, C, T] at times t [B] lead to: [B, C, T].

    given: bool [B, T], frames of the latents that are music already: they stay as they are.
    """

    def __init__(self, channels, vocabulary, **sizes):
        super().__init__(channels + 1, vocabulary, **sizes)
        self.channels = channels

    def forward(self, x, t, codes, given):
        """x: [B, C, T] -> the same shape."""
        marked = torch.cat([x, given.unsqueeze(1).to(x)], 1)
        velocity = super().forward(marked, t, codes)[:, :self.channels]
        return torch.where(given.unsqueeze(1), x, x + (1 - t[:, None, None]) * velocity)


class Model(Generator):
    """See chaconne.training.contract.generator.Generator."""

    name = "distilled"
    input_output = ("network.enter", "network.leave", "critic.enter")
    preview = {"steps": 1, "temperature": 1.0, "overlap": 3, "batch": 32}

    def __init__(self, settings, channels, rate_hz, vocabulary):
        super().__init__(settings, channels, rate_hz, vocabulary)
        self.network = Network(channels, vocabulary, **{key: settings[key] for key in SIZES})
        self.critic = gan.Critic(channels, vocabulary, settings)

    @staticmethod
    def sizes(flow, other):
        """Return the settings that a model has from the flow and from the GAN it begins as."""
        return ({key: flow.settings[key] for key in (*SIZES, "beat")} |
                {key: value for key, value in other.settings.items() if key in CRITIC})

    def sampled(self):
        """The critic stays at home when music is made."""
        return self.network.parameters()

    @torch.no_grad()
    def begin_as(self, flow, other):
        """Take over what a flow knows, and the critic of a GAN, both of this project; nothing is given yet."""
        own, patch = self.network.state_dict(), self.settings["patch"]
        for name, known in flow.network.state_dict().items():
            if name.startswith(("enter.weight", "leave.")):
                # Tokens are frames of channels: the first C of every frame are the latents.
                whole, part = (tensor.T if "enter" in name else tensor for tensor in (own[name], known))
                whole.zero_().unflatten(0, (patch, -1))[:, :self.channels] = part.unflatten(0, (patch, -1))
            else:
                own[name].copy_(known)
        self.critic.load_state_dict(other.critic.state_dict())
        self.mean.copy_(flow.mean)
        self.std.copy_(flow.std)

    def fit(self, source, trainer, knobs, preview=None, keep=None):
        """Train network and critic in turn; the network's moving average is what is kept."""
        if knobs["batch"] < 3 * trainer.fabric.world_size:
            raise ValueError(f"distilled.train.batch: expected 3 or more for each process, got {knobs['batch']}")
        average = trainer.average(self.network, knobs["ema"])
        network, optimizer = trainer.setup(self.network, knobs["learning_rate"], (0.0, 0.95))
        critic, critic_optimizer = trainer.setup(self.critic, knobs["critic_learning_rate"], (0.0, 0.95))
        judges = [p for p in self.critic.parameters() if p.requires_grad]

        def step(i):
            rate = trainer.cosine(i, knobs["steps"])
            trainer.set_learning_rate(optimizer, knobs["learning_rate"] * rate)
            trainer.set_learning_rate(critic_optimizer, knobs["critic_learning_rate"] * rate)
            real, codes = source(knobs["batch"], trainer.rng(i))
            codes = codes * (torch.rand(codes.shape, device=codes.device) >= knobs["free"])
            real, codes = trainer.part(real, codes)
            count = judged(len(real))
            x, t, given = self.drawn(real, knobs)
            made = network(x, t, codes, given)
            fake, wanted, asked = made[:count], real[:count], codes[:count]

            with_penalty = i % knobs["penalty_every"] == 0
            inputs = [z.detach().requires_grad_(with_penalty) for z in (wanted, fake)]
            logits = (trainer.twice(critic) if with_penalty else critic)(torch.cat(inputs), asked.repeat(2, 1))
            better, worse = logits.chunk(2)
            critic_loss = functional.softplus(worse - better).mean()
            if with_penalty:
                gradients = torch.autograd.grad(logits.mean(1).sum(), inputs, create_graph=True)
                penalty = sum(g.square().sum((1, 2)).mean() for g in gradients) * knobs["gamma"] / 2
                critic_loss = critic_loss + penalty * knobs["penalty_every"]
            critic_optimizer.zero_grad()
            trainer.fabric.backward(critic_loss)
            critic_optimizer.step()

            for p in judges:
                p.requires_grad_(False)
            judgement = functional.softplus(better.detach() - critic(fake, asked)).mean()
            estimate = mean_square(made[count:], real[count:])
            loss = judgement + knobs["estimate"] * estimate
            if keep:
                loss = loss + keep()
            optimizer.zero_grad()
            trainer.fabric.backward(loss)
            trainer.fabric.clip_gradients(network, optimizer, max_norm=CLIPPED)
            optimizer.step()
            for p in judges:
                p.requires_grad_(True)
            average.update(self.network, i)
            return {"generator": judgement, "estimate": estimate, "critic": critic_loss}

        state = {"network": self.network, "critic": self.critic, "average": average, "optimizer": optimizer,
                 "critic_optimizer": critic_optimizer}
        spent = trainer.run(knobs["steps"], step, state, preview and preview(self, average))
        self.network.load_state_dict(average.module.state_dict())
        return spent

    def drawn(self, real, knobs):
        """Draw where music [B, C, T] is made from: (latents [B, C, T], times [B], what of them is given [B, T]).

        Of those that are judged, which come first, most are noise, and a share `twice` lies where a second evaluation
        begins; the others lie anywhere on the way. Of a share `given` the first beats are given, up to two thirds.
        """
        count, _, frames = real.shape
        beat, draw = self.settings["beat"], lambda: torch.rand(count, device=real.device)
        first = torch.arange(count, device=real.device) < judged(count)
        t = torch.where(first, knobs["again"] * (draw() < knobs["twice"]), EARLIEST + (LATEST - EARLIEST) * draw())
        most = max(1, frames // beat * 2 // 3)
        beats = (1 + (most * draw()).long()) * (draw() < knobs["given"])
        given = torch.arange(frames, device=real.device) < beat * beats.unsqueeze(1)
        noised = torch.lerp(torch.randn_like(real), real, t[:, None, None])
        return torch.where(given.unsqueeze(1), real, noised), t, given

    def recall(self, teacher, raw, codes):
        """The same noise, of which both make music."""
        noise = torch.randn_like(raw)
        t, given = noise.new_zeros(len(raw)), noise.new_zeros(len(raw), raw.shape[2], dtype=torch.bool)
        with torch.no_grad():
            taught = self.normalise(teacher.denormalise(teacher.network(noise, t, codes, given)))
        return mean_square(self.network(noise, t, codes, given), taught)

    @torch.no_grad()
    def generate(self, count, frames, codes, knobs):
        """One window after another, each in `knobs['steps']` evaluations; see `window`."""
        window, overlap = self.settings["frames"], knobs["overlap"] * self.settings["beat"]
        if overlap >= window:
            beats = window // self.settings["beat"]
            raise ValueError(f"distilled.sample.overlap: expected fewer than the {beats} beats of a window, got "
                             f"{knobs['overlap']}")
        parts = -(-max(0, frames - window) // (window - overlap))
        shape = knobs["steps"], count, self.channels, window + parts * (window - overlap)
        noise = (knobs["temperature"] * torch.randn(shape)).to(self.mean.device)
        music = noise.new_zeros(shape[1:])
        for part in range(parts + 1):
            first = part * (window - overlap)
            span = slice(first, first + window)
            given = torch.arange(window, device=noise.device) < (overlap if part else 0)
            for rows in torch.arange(count).split(knobs["batch"]):
                music[rows, :, span] = self.window(noise[:, rows, :, span], music[rows, :, span], given, codes[rows])
        return music[:, :, :frames]

    def window(self, noise, known, given, codes):
        """Return a window of music [B, C, T]: noise [steps, B, C, T]; known [B, C, T], where given [T]."""
        music, given = known, given.expand(len(known), -1)
        for t, drawn in zip(self.times(len(noise)), noise, strict=True):
            x = torch.where(given.unsqueeze(1), known, torch.lerp(drawn, music, t))
            music = self.network(x, x.new_full((len(x),), t), codes, given)
        return music

    def times(self, steps):
        """Return the times of evaluations: 0, then from `again` on evenly towards 1."""
        again = self.settings["again"]
        return [0.0, *(again + (1 - again) * k / (steps - 1) for k in range(steps - 1))][:steps]

    def function_evaluations(self, knobs):
        """Network calls for one clip."""
        return knobs["steps"]
