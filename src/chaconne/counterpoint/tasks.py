"""What a conditional network is asked to do, drawn for training and measured: compose, harmonise, fill, continue."""

import numpy as np
import torch

from chaconne.counterpoint.conditions import UNKNOWN, Conditions, attributes_of, conditions_of, free

VOICES = 4
ASKED = 0.7  # share of attributes that are told
NOTHING, SOPRANO, SOME, BARS = "nothing", "soprano", "some voices", "some bars"
KINDS = {NOTHING: 0.3, SOPRANO: 0.3, SOME: 0.2, BARS: 0.2}  # how often each is drawn
BAR = 16  # frames of what is given or left out at a time


def known_cells(kind, frames, rng):
    """Return bool [VOICES, frames]: the cells that are given in a task of this kind."""
    known = np.zeros((VOICES, frames), bool)
    if kind == SOPRANO:
        known[0] = True
    elif kind == SOME:
        known[rng.permutation(VOICES)[: rng.integers(1, VOICES)]] = True
    elif kind == BARS:
        bars = rng.random(frames // BAR + 1) < rng.random()
        known[:] = np.repeat(bars, BAR)[:frames]
    return known


def draw(symbols, grids, fermata, rng):
    """Return the Conditions of a batch, with tasks, attributes and fermatas told or not at random.

    symbols: int64 [B, VOICES, T]; grids: the B Grids they come from (for their attributes); fermata: int64 [B, T].
    """
    batch, _, frames = symbols.shape
    kinds = rng.choice(list(KINDS), batch, p=list(KINDS.values()))
    known = np.stack([known_cells(kind, frames, rng) for kind in kinds])
    attributes = torch.stack([attributes_of(grid) for grid in grids])
    told = torch.from_numpy(rng.random(attributes.shape) < ASKED)
    heard = torch.from_numpy(rng.random((batch, 1)) < ASKED)
    return Conditions(torch.where(told, attributes, 0), symbols, torch.from_numpy(known),
                      torch.where(heard, fermata, UNKNOWN))


def loss(network, symbols, asked, repeats=True):
    """Return the mean negative log-likelihood in nats of the cells that are not given: scalar tensor."""
    wanted = ~asked.known
    lost = -network(symbols, asked=asked, repeats=repeats)
    return torch.where(wanted, lost, 0).sum() / wanted.sum().clamp(min=1)


@torch.no_grad()
def nats(network, grids, given=(), attributes=False):
    """Return nats per note (and frame) of the voices that are not given, of whole Grids.

    given: voices that are known, past and future; attributes: tell key, metre, density, ranges and fermatas too.
    """
    network.eval()
    total, notes = 0.0, 0
    for grid in grids:
        asked = conditions_of(grid, given)
        if not attributes:
            plain = free(1, grid.frames)
            asked = Conditions(plain.attributes, asked.symbols, asked.known, plain.fermata)
        found = network(asked.symbols, asked=asked)[~asked.known]
        total, notes = total - float(found.double().sum()), notes + found.numel()
    return total / notes


@torch.no_grad()
def given_soprano_gain(network, grids):
    """Return how many nats per note of alto, tenor and bass the whole soprano saves, against no voice given.

    Without it the three are read after the soprano of the same frame too, but of no later one.
    """
    network.eval()
    lost = notes = 0.0
    for grid in grids:
        asked = conditions_of(grid, (0,))
        plain = free(1, grid.frames)
        alone = network(asked.symbols, asked=plain)[:, 1:].double().sum()
        helped = network(asked.symbols, asked=Conditions(plain.attributes, asked.symbols, asked.known, plain.fermata))
        lost += float(helped[:, 1:].double().sum() - alone)
        notes += 3 * grid.frames
    return lost / notes

