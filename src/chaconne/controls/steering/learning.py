"""How a GAN and a diffusion model learn to be steered: they begin as a plain one, and what rides beside counts nothing.

Shapes: C latent channels, T latent frames.
"""

import numpy as np
import torch

from chaconne.controls.steering.steering import joined
from chaconne.controls.wishes.numbers import NUMBERS, examples_of, forget, riders
from chaconne.training.contract.generator import encode_conditions
from chaconne.training.fitting import create

LOOSE = 0.1     # share of crops of which nothing is known, not even the beat: what guidance leads away from
STEADY = 0.5    # share of crops that are described by one value for all of them, as people ask


def untrained(kind, latents, curves, facts, base, settings, attributes, seed):
    """Return a `kind` that knows what `base`, a plain generator, knows, and nothing yet of what rides beside.

    latents, curves: of chaconne.controls.wishes.described.open_described; facts: of the same folder; attributes: names.
    """
    examples = examples_of(curves.raw, latents.index, attributes, seed)
    settings = {**base.settings, **settings, "free": 0.0, **facts, "examples": examples}
    # By name, as JSON keeps them: a code has the same place in a model that was saved and read.
    model = create(kind, settings, latents, sorted(attributes), seed, base.vocabulary)
    begin_as(model, base)
    return model


@torch.no_grad()
def begin_as(model, base):
    """Copy the weights of `base`: layers that meet riders take them in as zeros, new names stay as they were drawn."""
    own = model.state_dict()
    for name, tensor in base.state_dict().items():
        if name in own and not model.starts_anew(name):
            model.take(name, own[name], tensor)
    for attribute, table in zip(model.vocabulary, model.network.conditions.tables, strict=True):
        if attribute in base.vocabulary:
            known = base.network.conditions.tables[list(base.vocabulary).index(attribute)].weight
            table.weight[:len(known)] = known


def source_of(latents, curves, model):
    """Return `draw(count, rng) -> (normalised latents [count, C, T], asked [count, A + RIDERS T])`.

    latents, curves: of described.open_described. What is forgotten is drawn here, number by number
    and name by name, so that any of them may be asked for and the others left free; the tempo goes with everything.
    """
    table = encode_conditions(model.vocabulary, latents.index.to_dict("records"))
    facts = model.settings

    def draw(count, rng):
        seed = int(rng.integers(2**63))     # the same places in both
        crops, rows = latents.draw(count, np.random.default_rng(seed))
        told, _ = curves.draw(count, np.random.default_rng(seed))
        crops, told = model.aligned(crops, told)
        steady = torch.from_numpy(rng.random(count) < STEADY)[:, None, None]
        told[:, :len(NUMBERS)] = torch.where(steady, told[:, :len(NUMBERS)].nanmean(2, keepdim=True),
                                             told[:, :len(NUMBERS)])
        seen = riders(told, facts)
        share = rng.random((count, 1))      # of this crop's names and numbers: often one alone is known, often all
        codes = table[rows] * torch.from_numpy(rng.random((count, table.shape[1])) >= share)
        forgotten = rng.random((count, len(NUMBERS))) < share
        for number in range(1, len(NUMBERS)):
            for row in np.flatnonzero(forgotten[:, number]):
                forget(seen[row], number)
        asked = joined(codes, seen) * torch.from_numpy(rng.random((count, 1)) >= LOOSE)
        device = model.mean.device
        return model.normalise(crops.to(device)), asked.to(device)

    return draw
