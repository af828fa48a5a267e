"""Musika's own GAN (Pasini & Schlüter 2022) as a generator of this project: published weights go on learning.

Latent coordinates and a style make contexts of latents, all contexts of a piece at once; the critic sees a whole
context. Hinge loss, R1 with a weight that adapts, Adam with Musika's settings. Conditions are added to the style and
judged by projection; without any, the networks are exactly Musika's.

Published networks make two sides (left, right). On the mono latents of this pipeline both sides learn the same
music, and the left one is kept. Latents are taken raw, as Musika takes them.

Shapes: B batch, C latent channels, T latents, R values in a row (coordinate and style).
"""

import math
from pathlib import Path

import torch
from torch import nn

from chaconne.musika import adversaries, contest, coordinates, published, small_sets
from chaconne.musika.adam import KerasAdam
from chaconne.training.contract.generator import Generator
from chaconne.training.contract.layers import Conditions, mean_square
from chaconne.training.stopping import MADE, Stopper

# Of the files of chaconne.musika that are imported here: DVC sees this one file. `python scripts/seal.py` renews it.
SEAL = "92dcbf8b65deb9c7"
AT_ONCE = 64            # contexts in a batch when music is made


class Network(nn.Module):
    """Rows [B, T, R], codes [B, A] -> latents [B, sides C, T]."""

    def __init__(self, shape, vocabulary):
        super().__init__()
        self.generator = adversaries.Generator(shape)
        self.conditions = Conditions(vocabulary, shape.inputs // 2)

    def forward(self, rows, codes):
        """What is free (code 0) changes nothing."""
        wish = told(self.conditions, codes).unsqueeze(1)
        return self.generator(rows + nn.functional.pad(wish, (rows.shape[-1] - wish.shape[-1], 0)))


class Critic(nn.Module):
    """Latents [B, sides C, T], codes [B, A] -> judgements [B, 1]."""

    def __init__(self, shape, vocabulary):
        super().__init__()
        self.critic = adversaries.Critic(shape)
        self.conditions = Conditions(vocabulary, self.critic.width)

    def forward(self, latents, codes):
        """Projection discriminator (Miyato 2018, Eq. 3)."""
        h = self.critic.features(latents)
        projected = (h.mean(1) * told(self.conditions, codes)).sum(1, keepdim=True) / math.sqrt(h.shape[2])
        return self.critic.judge(h.flatten(1)) + projected


def told(conditions, codes):
    """Vectors of codes [B, A], zero where everything is free: [B, width]."""
    return conditions(codes) - conditions(torch.zeros_like(codes))


class Model(Generator):
    """See chaconne.training.contract.generator.Generator."""

    name = "musika"
    input_output = ("network.generator.out", "critic.critic.enter")
    preview = {"truncation": 2.0}

    def __init__(self, settings, channels, rate_hz, vocabulary):
        super().__init__(settings, channels, rate_hz, vocabulary)
        shape = adversaries.Shape(settings["frames"], settings["base"], 2 * settings["coordinates"],
                                  settings["sides"] * channels)
        self.network, self.critic = Network(shape, vocabulary), Critic(shape, vocabulary)
        self.switch = contest.Switch()

    def normalise(self, z):
        """Musika takes latents as they are."""
        return z

    denormalise = normalise

    def sampled(self):
        """The critic stays at home when music is made."""
        return self.network.parameters()

    def restrict(self, knobs):
        """Let stand still what `knobs` say; returns a function that makes the network plain again."""
        generator, critic = self.network.generator, self.critic.critic
        blocks = [[first, second, skip] for first, second, skip in
                  zip(generator.first, generator.second, generator.skip, strict=True)]
        parts = [[generator.start, generator.start_noise, generator.start_scale], *blocks, [generator.last]]
        small_sets.freeze(parts, knobs["freeze_generator"], "musika.train.freeze_generator")
        parts = [[critic.enter], *([block] for block in critic.blocks)]
        small_sets.freeze(parts, knobs["freeze_critic"], "musika.train.freeze_critic")
        return small_sets.adapt(generator, knobs["lora_rank"]) if knobs["lora_rank"] else lambda: None

    def fit(self, source, trainer, knobs, preview=None, keep=None):
        """Train both sides; the average of the generator is kept, at its best where `stop_every` measures it."""
        merge = self.restrict(knobs)
        network, optimizer = self.optimised(trainer, self.network, knobs["learning_rate"], knobs["beta1"])
        critic, critic_optimizer = self.optimised(trainer, self.critic, knobs["critic_learning_rate"], knobs["beta1"])
        judge = trainer.twice(critic)
        average = trainer.average(self.network, knobs["ema"])
        stopper = Stopper(knobs["heldout"], self.rate_hz, knobs["stop_every"], knobs["patience"])
        device = trainer.fabric.device
        self.switch.to(device)

        def damaged(latents):
            return small_sets.augmented(latents, knobs["augment"]) if knobs["augment"] else latents

        def step(i):
            if stopper.over:
                return {"stopped": torch.ones(())}
            real, codes = source(knobs["batch"], trainer.rng(i))
            codes = codes * (torch.rand(codes.shape, device=device) >= knobs["free"])
            place = int(torch.randint(3, ()))       # one for the whole batch, as in the original
            rows = coordinates.training_rows(torch.randn(4, len(real), knobs["coordinates"], device=device),
                                             knobs["frames"], place)
            every = codes
            real, codes, rows = trainer.part(real, codes, rows)
            losses = contest.step(lambda x: network(x, codes), lambda z: judge(damaged(z), codes),
                                  (optimizer, critic_optimizer), self.switch, real.repeat(1, knobs["sides"], 1), rows,
                                  knobs["r1"], trainer.fabric.backward, trainer.fabric.all_reduce, keep)
            average.update(self.network, i)
            values = {"generator": losses["generator"], "critic": (losses["real"] + losses["fake"]) / 2,
                      "r1": losses["penalty"], "r1_share": self.switch.share.detach().clone()}
            if stopper.due(i):
                made = trainer.fabric.broadcast(self.measured(average.module, every).cpu())     # one for all to judge
                values["frechet"] = stopper.measure(made, average.module)
            return values

        state = {"network": self.network, "critic": self.critic, "switch": self.switch, "average": average,
                 "optimizer": optimizer, "critic_optimizer": critic_optimizer, "stopper": stopper}
        spent = trainer.run(knobs["steps"], step, state, preview and preview(self, average))
        if knobs["stop_every"]:     # else what the trainer counted itself stays
            trainer.learned = stopper.learned(knobs["steps"])
        self.network.load_state_dict(stopper.weights or average.module.state_dict())
        merge()
        self.requires_grad_(True)
        return spent

    def recall(self, teacher, raw, codes):
        """The same line and style, played by both; latents are not normalised here."""
        draws = torch.randn(4, len(codes), self.settings["coordinates"], device=codes.device)
        rows = coordinates.training_rows(draws, self.settings["frames"], int(torch.randint(3, ())))
        with torch.no_grad():
            taught = teacher.network(rows, codes)
        return mean_square(self.network(rows, codes), taught)

    def optimised(self, trainer, module, rate, beta1):
        """Place `module` and Musika's Adam over what learns of it on the device; returns both."""
        trained = [p for p in module.parameters() if p.requires_grad]
        return trainer.fabric.setup(module, KerasAdam(trained, rate, beta1))

    @torch.no_grad()
    def measured(self, network, codes):
        """Return latents [256, C, frames] of `network`, as they are made when music is asked for."""
        count = MADE
        chosen = codes[torch.arange(count, device=codes.device) % len(codes)]
        return self.contexts(network, count, 1, chosen, self.preview)[:, :self.channels]

    def contexts(self, network, count, chunks, codes, knobs):
        """Return [count, sides C, chunks frames]: all contexts of all pieces are made side by side."""
        frames, width, limit = self.settings["frames"], self.settings["coordinates"], knobs["truncation"]
        rows = torch.cat([coordinates.drawn(chunks, width, limit, frames) for _ in range(count)]).to(self.mean.device)
        made = [network(part, c) for part, c in
                zip(rows.split(AT_ONCE), codes.repeat_interleave(chunks, 0).split(AT_ONCE), strict=True)]
        return torch.cat(made).reshape(count, chunks, -1, frames).transpose(1, 2).flatten(2)

    @torch.no_grad()
    def generate(self, count, frames, codes, knobs):
        """One pass; `knobs['truncation']` is the largest coordinate and style, in deviations: less is more typical."""
        chunks = -(-frames // self.settings["frames"])
        return self.contexts(self.network, count, chunks, codes, knobs)[:, :self.channels, :frames]

    def function_evaluations(self, knobs):
        """Network calls for one clip."""
        return 1


def imported(settings, channels, rate_hz, attributes):
    """Return a Model with the published weights that `settings` name; a codec they do not fit is a ValueError.

    The generator's average is what is sampled and goes on learning, with fresh moments of Adam. `attributes` are
    what conditions can be learned of; published weights know no value of them.
    """
    folder = published.convert(settings["pretrained"], settings["revision"], "gan")
    manifest, tensors = published.read_converted(folder)
    shape = manifest["sizes"]
    sides, rest = divmod(shape["latents"], channels)
    if rest or sides not in (1, 2):
        raise ValueError(f"musika.train.pretrained: expected a codec of {shape['latents']} or half as many channels, "
                         f"got {channels}; published GANs speak the latents of Musika's autoencoder: set codec=musika "
                         "and musika.weights")
    frames = settings["context"] or shape["frames"]
    sizes = {"frames": frames, "base": shape["base"], "coordinates": shape["inputs"] // 2, "sides": sides}
    model = Model({**settings, **sizes}, channels, rate_hz, {a: [] for a in attributes})
    for network, name in ((model.network.generator, "gen_ema"), (model.critic.critic, "critic")):
        if fresh := published.carry(network, published.part_of(tensors, name)):
            print(f"musika: {', '.join(fresh)} made anew for contexts of {frames} latents")
    model.switch.value.copy_(tensors["switch"])
    model.facts = {"parameters": sum(p.numel() for p in model.parameters()), "train_examples": 0,
                   "inference_parameters": sum(p.numel() for p in model.sampled()),
                   "origin": {key: manifest[key] for key in ("source", "revision", "licence", "sha256", "moments")}}
    print(f"musika: {settings['pretrained']} ({manifest['licence']}), contexts of {frames} latents; "
          "training goes on from the average, with fresh moments")
    return model.eval()


def export(model, folder):
    """Write a Model as the folder that Musika loads with --load_path; what conditions added is not in it."""
    published.export_gan(model.network.generator, model.critic.critic, Path(folder), switch=float(model.switch.value))
