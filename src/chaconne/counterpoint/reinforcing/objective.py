"""What a step of reinforcement makes smaller: expected costs over all symbols, near to the network one began with.

See reinforcing.reinforcement for where it comes from. Shapes: B pieces, V voices, T frames, S symbols,
K measures.
"""

from dataclasses import dataclass

import numpy as np
import torch

from chaconne.counterpoint.network.symbols import grid_arrays
from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.statistics import entropies
from chaconne.counterpoint.rules.writing import candidates
from chaconne.counterpoint.rules.writing.candidates import MEASURES
from chaconne.counterpoint.rules.writing.plans import asked_of, starts_of
from chaconne.counterpoint.rules.writing.writing import write
from chaconne.scores.grid.grid import QUARTER

LEAST = 0.002  # probability from which a symbol's cost is computed: rarer ones cost next to nothing
SPAN = 0.9  # by which a later cost counts less, for every frame


@dataclass
class Written:
    """A batch that the network wrote.

    symbols: int64 [B, V, T]; asked: Conditions; start: int64 [B]; where, counts: for each voice the int64 [4, N] and
    float32 [N, K] of candidates.of_batch; values: float [K] of the batch; entropies: {melodic, sonority} in bits
    """

    symbols: torch.Tensor
    asked: object
    start: torch.Tensor
    where: list
    counts: list
    values: np.ndarray
    entropies: dict


def compose(network, plans, frames, seed, sopranos=0):
    """Return Written: pieces on the plans (Grids), drawn at temperature 1, with what every other symbol would break.

    sopranos: pieces, from the first on, whose soprano is given.
    """
    asked, start = asked_of(plans, frames, given=(0,)), starts_of(plans)
    asked.known[sopranos:] = False
    symbols, _ = write(network, len(plans), frames, seed, asked, start=start)
    setting = candidates.setting_of(plans, frames)
    pitch = np.stack([grid_arrays(one)[0] for one in symbols.numpy()])
    with torch.no_grad():
        odds = [one.exp().numpy() for one in distributions(network, symbols, asked, start)]
    found = list(candidates.of_batch(pitch, (odds, symbols.numpy()), setting, LEAST))
    return Written(symbols, asked, start, [torch.from_numpy(np.stack(places)) for _, places, _ in found],
                   [counts for *_, counts in found], candidates.measure(pitch, setting).mean(0),
                   entropies(pitch, setting))


def distributions(network, symbols, asked, start):
    """Return log p [B, T, S] of each voice."""
    wish = network.read(asked)
    return list(network.head.distributions(network.past(symbols, start, wish), symbols, wish=wish))


def objective(network, reference, batch, cost, kl_weight, later_weight):
    """Return (loss, KL in nats a symbol, expected cost a beat and piece): what a step makes smaller.

    cost: float64 [K], nats a count; reference: log p of each voice, of the network that is stayed near.
    """
    now = distributions(network, batch.symbols, batch.asked, batch.start)
    count, _, frames = batch.symbols.shape
    drawn = (~batch.asked.known).float()  # what is given is nobody's choice
    prices = cost.numpy().astype(np.float32)
    of_rules = np.where([name in rules.NAMES for name in MEASURES], prices, 0)
    expected, broken, kl = [], [], []
    for logp, old, places, counts in zip(now, reference, batch.where, batch.counts, strict=True):
        piece, frame, symbol, _ = places
        chance, empty = logp[piece, frame, symbol].exp(), torch.zeros(count, frames)
        for whole, price in ((expected, prices), (broken, of_rules)):
            whole.append(empty.index_put((piece, frame), chance * torch.from_numpy(counts @ price), accumulate=True))
        finite = old.isfinite()
        kl.append((logp.exp() * torch.where(finite, logp - old, 0)).sum(-1))
    expected, kl = torch.stack(expected, 1) * drawn, (torch.stack(kl, 1) * drawn).sum() / drawn.sum()  # [B, V, T]; nats
    # How much happens is decided at once; credited to the past it would only be noise.
    advantage = later(torch.stack(broken, 1).detach() * drawn)
    advantage = advantage - advantage.mean(0, keepdim=True)
    chance = torch.stack([one.gather(-1, batch.symbols[:, v, :, None])[..., 0] for v, one in enumerate(now)], 1)
    scored = (chance.clamp(min=-20) * advantage * drawn).sum() / drawn.sum()
    loss = expected.sum() / drawn.sum() + later_weight * scored + kl_weight * kl
    return loss, kl.detach(), expected.detach().sum() / (count * frames / QUARTER)


def later(expected):
    """Return for each voice and frame the costs that come after it, those of later frames discounted: [B, V, T]."""
    frame = expected.sum(1)
    ahead, total = torch.zeros_like(frame), torch.zeros_like(frame[:, 0])
    for t in range(frame.shape[1] - 1, -1, -1):
        ahead[:, t] = total
        total = SPAN * (frame[:, t] + total)
    below = expected.flip(1).cumsum(1).flip(1) - expected
    return below + ahead[:, None]
