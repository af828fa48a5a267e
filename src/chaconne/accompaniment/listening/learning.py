"""What an accompanist learns from: crops of the mix, of the voices that are given, and of the rest, at one place."""

import numpy as np
import torch

from chaconne.accompaniment.absence import PARTS
from chaconne.accompaniment.listening.listener import TASKS, Accompanist, beside
from chaconne.storage.latents.latents import Latents
from chaconne.training.contract.generator import encode_conditions
from chaconne.training.fitting import create

# How often a crop is learned for a task of TASKS; what is left is free, with nothing heard.
SHARES = (0.5, 0.25, 0.15)
LEAST_BEATS = 1     # of a gap, or of what comes before one


def aligned(mix, voices, split, frames):
    """Return {mix, given, rest: Latents} of the folder `mix` and those below `voices`, which must lie alike.

    ValueError where they do not: one of them was made of another corpus.
    """
    sets = {"mix": Latents(mix, split, frames)} | {
        part: Latents(f"{voices}/{part}", split, frames) for part in PARTS}
    places = [one.index[["clip", "first", "frames"]] for one in sets.values()]
    if not all(places[0].equals(other) for other in places[1:]):
        raise ValueError(f"{voices} was made of another corpus than {mix}; "
                         "run `dvc repro stages/accompaniment/dvc.yaml:encode_voices`")
    return sets


def untrained(sets, base, settings, attributes, seed):
    """Return an Accompanist that knows what `base`, a plain diffusion model, knows."""
    model = create(Accompanist, {**base.settings, **settings}, sets["mix"], attributes, seed, base.vocabulary)
    model.begin_as(base)
    return model


def source_of(sets, model):
    """Return `draw(count, rng) -> ([count, 2 C + 1, T] for a Listener, condition codes)`, as Generator.fit wants it."""
    table = encode_conditions(model.vocabulary, sets["mix"].index.to_dict("records"))
    beat = model.settings["beat"]

    def draw(count, rng):
        seed = int(rng.integers(2**63))     # the same places in all three
        drawn = {name: one.draw(count, np.random.default_rng(seed)) for name, one in sets.items()}
        z = {name: model.normalise(latents.to(model.mean.device)) for name, (latents, _) in drawn.items()}
        codes = table[drawn["mix"][1]].clone()
        tasks = torch.from_numpy(rng.choice(len(TASKS) + 1, size=count, p=[1 - sum(SHARES), *SHARES]))
        codes[:, model.task] = tasks
        tasks = tasks.to(model.mean.device)
        of = {name: (tasks == number)[:, None, None] for number, name in enumerate(TASKS, 1)}
        frames = z["mix"].shape[-1]
        known = torch.from_numpy(np.stack([gap(frames, beat, rng) for _ in range(count)])).to(model.mean.device)
        known = torch.where(of["go_on"][:, 0], known, (tasks > 0)[:, None])
        heard = beside(torch.where(of["go_on"], z["mix"], z["given"]), known)
        return torch.cat([torch.where(of["rest"], z["rest"], z["mix"]), heard], dim=1), codes.to(model.mean.device)

    return draw


def gap(frames, beat, rng):
    """Return bool [frames], false from one beat to another or to the end: what is not known of a piece."""
    beats = frames // beat
    first = int(rng.integers(LEAST_BEATS, beats))
    last = beats if rng.random() < 0.5 else int(rng.integers(first + LEAST_BEATS, beats + 1))
    known = np.ones(frames, bool)
    known[first * beat:last * beat] = False
    return known
