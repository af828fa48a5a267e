"""What a conditional network is asked to do, drawn for training and measured: compose, harmonise, fill, continue."""

import numpy as np
import torch

from chaconne.counterpoint.network.conditions import UNKNOWN, Conditions, attributes_of, conditions_of, free

ASKED = 0.7  # share of attributes that are told
NOTHING, SOPRANO, SOME, BARS = "nothing", "soprano", "some voices", "some bars"
KINDS = {NOTHING: 0.2, SOPRANO: 0.6, SOME: 0.1, BARS: 0.1}  # how often each is drawn (docs/counterpoint.md)
ALONE = {NOTHING: 0.7, BARS: 0.3}  # the same for music of one voice
BAR = 16  # frames of what is given or left out at a time


def known_cells(kind, frames, rng, voices=4):
    """Return bool [voices, frames]: the cells that are given in a task of this kind."""
    known = np.zeros((voices, frames), bool)
    if kind == SOPRANO:
        known[0] = True
    elif kind == SOME:
        known[rng.permutation(voices)[: rng.integers(1, voices)]] = True
    elif kind == BARS:
        bars = rng.random(frames // BAR + 1) < rng.random()
        known[:] = np.repeat(bars, BAR)[:frames]
    return known


def draw(symbols, grids, fermata, rng):
    """Return the Conditions of a batch, with tasks, attributes and fermatas told or not at random.

    symbols: int64 [B, V, T]; grids: the B Grids they come from (for their attributes); fermata: int64 [B, T].
    """
    batch, voices, frames = symbols.shape
    every = KINDS if voices > 1 else ALONE
    kinds = rng.choice(list(every), batch, p=list(every.values()))
    known = np.stack([known_cells(kind, frames, rng, voices) for kind in kinds])
    attributes = torch.stack([attributes_of(grid) for grid in grids])
    # Of some pieces nothing is told: a network that always hears something relies on it.
    told = torch.from_numpy((rng.random(attributes.shape) < ASKED) & (rng.random((batch, 1)) < ASKED))
    heard = torch.from_numpy(rng.random((batch, 1)) < ASKED)
    return Conditions(torch.where(told, attributes, 0), symbols, torch.from_numpy(known),
                      torch.where(heard, fermata, UNKNOWN))


def loss(network, symbols, asked, start=0, real=None):
    """Return the mean negative log-likelihood in nats of the cells that are not given: scalar tensor.

    start: the clock of the first frame, int or [B]; real: bool [B, 1, T], frames that count, None for all.
    """
    wanted = ~asked.known if real is None else ~asked.known & real
    lost = -network(symbols, asked=asked, start=start)
    wanted = wanted.to(lost.device)
    return torch.where(wanted, lost, 0).sum() / wanted.sum().clamp(min=1)


def told(grid, given=(), attributes=False):
    """Return the Conditions (B = 1) of a Grid: these voices are given, the attributes only where they are asked for."""
    asked = conditions_of(grid, given)
    if attributes:
        return asked
    plain = free(1, grid.frames, grid.voices)
    return Conditions(plain.attributes, asked.symbols, asked.known, plain.fermata)


@torch.no_grad()
def nats(network, grids, given=(), attributes=False):
    """Return nats per note (and frame) of the voices that are not given, of whole Grids.

    given: voices that are known, past and future; attributes: tell key, metre, density, ranges and fermatas too.
    """
    network.eval()
    total, notes = 0.0, 0
    for grid in grids:
        asked = told(grid, given, attributes)
        found = network(asked.symbols, asked=asked, start=-grid.pickup).cpu()[~asked.known]
        total, notes = total - float(found.double().sum()), notes + found.numel()
    return total / notes


def both(network, grids):
    """Return the mean of nats per note without anything given and, where there are more voices, under the soprano.

    Free pieces are learned by heart sooner: whoever looked at them alone would keep a network that cannot harmonise.
    """
    found = [nats(network, grids)] + ([nats(network, grids, given=(0,))] if grids[0].voices > 1 else [])
    return sum(found) / len(found)


@torch.no_grad()
def given_soprano_gain(network, grids):
    """Return how many nats per note of alto, tenor and bass the whole soprano saves, against no voice given.

    Without it the three are read after the soprano of the same frame too, but of no later one.
    """
    network.eval()
    lost = notes = 0.0
    for grid in grids:
        with_it, without = told(grid, (0,)), told(grid)
        alone, helped = (network(with_it.symbols, asked=asked, start=-grid.pickup)[:, 1:].double().sum()
                         for asked in (without, with_it))
        lost += float(helped - alone)
        notes += 3 * grid.frames
    return lost / notes


def reached(network, grids):
    """Return nats per note of held-out pieces: nothing told, attributes told, the soprano given, and its gain."""
    return {"free": nats(network, grids), "attributes": nats(network, grids, attributes=True),
            "given_soprano": nats(network, grids, given=(0,)),
            "given_soprano_gain": given_soprano_gain(network, grids)}
