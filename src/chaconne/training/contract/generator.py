"""The contract of generators, and how they are kept on disk.

A generator module defines `Model`, a subclass of Generator. It knows nothing of audio: it learns
latents [batch, channels, frames] and makes new ones of any length.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from chaconne.running.files import read_json
from chaconne.storage.files import write_json


class Generator(nn.Module):
    """Base of all generators.

    settings: the generator's section `train` of params.yaml (sizes and training).
    channels: of the latents. rate_hz: latent frames a second.
    vocabulary: {attribute: [values]}; conditions name values of it, the rest is free.

    A subclass implements `fit` and `generate`, and names in `input_output` the layers that meet the
    latents: those are made anew when a pretrained network moves to other latents; `preview` holds the
    sampling knobs of previews, which must not depend on params (a sampling knob never retrains); `recalls`
    says how many pieces of old music fine-tuning asks it for in a step, and how much they weigh.
    """

    name = ""
    input_output = ()
    preview = {}
    recalls = (8, 1.0)

    def __init__(self, settings, channels, rate_hz, vocabulary):
        super().__init__()
        self.settings, self.channels, self.rate_hz, self.vocabulary = settings, channels, rate_hz, vocabulary
        self.facts = {}
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))

    def fit(self, source, trainer, knobs, preview=None, keep=None):
        """Train on `source(count, rng) -> (normalised latents, condition codes)`; returns seconds spent.

        keep: called in every step; returns a scalar that is added to the loss of the network (finetuning.keeping).
        """
        raise NotImplementedError

    def recall(self, teacher, raw, codes):
        """Return how far this network is from the music that it knew: a mean square of normalised latents, a scalar.

        teacher: the generator it was, of the same kind. raw: old latents [B, C, T]; codes [B, attributes] ask for
        such music. A subclass that does not say it cannot keep old music in fine-tuning.
        """
        raise NotImplementedError

    def generate(self, count, frames, codes, knobs):
        """Return normalised latents [count, channels, frames]; randomness from the global generator."""
        raise NotImplementedError

    @torch.no_grad()
    def sample(self, seconds, seed, conditions, knobs, count=1):
        """Return raw latents [count, channels, ceil(seconds * rate)].

        conditions: {attribute: value}, or a list of `count` of them; attributes left out are free,
        values the model has never met are taken as free.
        knobs: the generator's section `sample` of params.yaml.
        """
        torch.manual_seed(seed)
        frames = int(-(-seconds * self.rate_hz // 1))
        asked = conditions if isinstance(conditions, list) else [conditions] * count
        codes = encode_conditions(self.vocabulary, asked).to(self.mean.device)
        return self.denormalise(self.generate(count, frames, codes, knobs)).cpu()

    def normalise(self, z):
        """Raw latents [B, C, T] -> zero mean by channel and unit variance over all, as in training."""
        return (z - self.mean[:, None]) / self.std[:, None]

    def denormalise(self, z):
        """The inverse of `normalise`."""
        return z * self.std[:, None] + self.mean[:, None]

    def sampled(self):
        """Return the parameters used in sampling."""
        return self.parameters()

    def save(self, folder):
        """Write model.json and model.safetensors."""
        save_file({k: v.contiguous() for k, v in self.state_dict().items()}, Path(folder, "model.safetensors"))
        write_json(Path(folder, "model.json"), {
            "name": self.name, "settings": self.settings, "channels": self.channels, "rate_hz": self.rate_hz,
            "vocabulary": self.vocabulary, "facts": self.facts})

    @classmethod
    def load(cls, folder):
        """Read a generator of this kind that `save` wrote."""
        config = read_json(Path(folder, "model.json"))
        model = cls(config["settings"], config["channels"], config["rate_hz"], config["vocabulary"])
        model.load_state_dict(load_file(Path(folder, "model.safetensors")))
        model.facts = config["facts"]
        return model.eval()


def build_vocabulary(index, attributes, known=None):
    """Return {attribute: values} of the manifest's columns, appended to those already `known`."""
    known = known or {}
    return {a: [*known.get(a, []), *sorted(set(index[a].dropna().astype(str)) - set(known.get(a, [])))]
            for a in attributes}


def encode_conditions(vocabulary, asked):
    """Return codes [len(asked), attributes]: 0 is free, k is the k-th value of the vocabulary."""
    rows = [[values.index(str(one[a])) + 1 if str(one.get(a)) in values else 0 for a, values in vocabulary.items()]
            for one in asked]
    return torch.tensor(rows, dtype=torch.long).reshape(len(asked), len(vocabulary))
