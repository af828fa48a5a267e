"""Reinforcement: a trained network is moved towards Bach's band of every rule, and no further.

What a voice may do next, and what that would break, is known for every symbol (writing.candidates). So
the expected cost of a step and its gradient are computed over all symbols instead of the one that was drawn (expected
policy gradients: Ciosek & Whiteson 2018), which has no variance for what is decided at once. What a symbol brings
about later (lower voices, later frames) is credited to it by REINFORCE (Williams 1992) with the mean over the batch
as baseline. For each measure a multiplier grows while it lies outside its band and shrinks within it (Lagrangian, as
in Tessler 2019): the reward is the distance to the band, never a sum of violations.

    loss = E[sum over measures of multiplier x count] + KL(network || reference) + weight x NLL(Bach)

Shapes: B pieces, V voices, T frames, S symbols, K measures.
"""

import copy

import numpy as np
import torch

from chaconne.counterpoint.network import tasks
from chaconne.counterpoint.network.learning import descend
from chaconne.counterpoint.network.shelves import Crops
from chaconne.counterpoint.reinforcing.objective import compose, distributions, objective
from chaconne.counterpoint.rules.statistics import entropies
from chaconne.counterpoint.rules.writing import bands, candidates
from chaconne.counterpoint.rules.writing.candidates import MEASURES
from chaconne.training.engine.optimisation import set_learning_rate
from chaconne.training.engine.trainer import Trainer, draw_seed

STRONGEST, GUARDED = 5.0, 1.5  # nats that one violation may cost, and one move, rest or unison
MEMORY = 0.8  # of the running mean of what is measured
FADE = 0.97  # of a multiplier, each step within the band


class Multipliers(torch.nn.Module):
    """Nats that each measure costs, positive above what is aimed at, negative below; running means of what is measured.

    aim: {measure: ((low, high), unit)} of bands.aims; speed: growth a step where a mean lies a unit away.
    """

    def __init__(self, aim, speed):
        super().__init__()
        self.aim, self.speed = [aim[name] for name in MEASURES], speed
        self.register_buffer("cost", torch.zeros(len(MEASURES), dtype=torch.float64))
        self.register_buffer("mean", torch.full((len(MEASURES),), float("nan"), dtype=torch.float64))

    def follow(self, values):
        """Take in what was measured, float [K]; returns the running means as an array."""
        values = torch.as_tensor(values, dtype=torch.float64)
        fresh = self.mean.isnan()
        self.mean.copy_(torch.where(fresh, values, MEMORY * self.mean + (1 - MEMORY) * values))
        for k, (name, (band, unit)) in enumerate(zip(MEASURES, self.aim, strict=True)):
            away = float(bands.outside(self.mean[k].numpy(), band)) / unit
            most = GUARDED if name in candidates.GUARDS else STRONGEST
            if away:
                self.cost[k] += most * self.speed * float(np.clip(away, -1, 1))
            else:
                self.cost[k] *= FADE
            self.cost[k].clamp_(-most if name in candidates.GUARDS else -most / 4, most)
        return self.mean.numpy()


def about_bach(grids, frames):
    """Return (plans, pitch, Setting) of the pieces that are long enough, cut to `frames`."""
    plans = [grid for grid in grids if grid.frames >= frames]
    if len(plans) < 2:
        raise ValueError(f"reinforce: expected at least two pieces of {frames} frames, got {len(plans)}")
    return plans, np.stack([grid.pitch[:, :frames] for grid in plans]), candidates.setting_of(plans, frames)


def reinforce(network, shelf, settings, machine, seed):
    """Return (network, clocks, why it stopped or '', Bach's band): the last weights for which every guard held.

    network: trained; shelf: {train, valid: Grids} of Bach; settings: those of params.yaml's counterpoint.reinforce.
    """
    frames = settings["frames"]
    plans, pitch, setting = about_bach(shelf["train"], frames)
    band, mean = bands.band_of(shelf["train"])
    bach = dict(zip(MEASURES, candidates.measure(pitch, setting).mean(0), strict=True))
    aim = bands.aims(band, mean | {"moves": bach["moves"]}, settings["within"])
    original = copy.deepcopy(network).eval().requires_grad_(False)
    weights = float(sum(p.double().abs().sum() for p in original.parameters()))
    run = Trainer("reinforce/steps", machine | {"log_every": settings["log_every"]}, seed,
                  [settings, len(plans), weights, torch.get_num_threads()])
    network, optimizer = run.setup(copy.deepcopy(network).requires_grad_(True), settings["learning_rate"])
    multipliers, good = Multipliers(aim, settings["speed"]), copy.deepcopy(network.module)
    guard = Guard()
    crops = Crops(shelf["train"], frames, settings["bach_batch"])

    def step(i):
        if guard.broken:
            return guard.last  # what is left of the steps costs nothing
        set_learning_rate(optimizer, settings["learning_rate"] * min(1, (i + 1) / 10))
        rng = np.random.default_rng(draw_seed(seed, i))
        chosen = rng.choice(len(plans), settings["batch"], replace=len(plans) < settings["batch"])
        batch = compose(network.module, [plans[k] for k in chosen], frames, draw_seed(seed, i),
                        round(settings["sopranos"] * settings["batch"]))
        values = multipliers.follow(batch.values)
        same = entropies(pitch[chosen], setting_at(setting, chosen))
        guard.look(dict(zip(MEASURES, values, strict=True)), bach, batch.entropies, same)
        if guard.broken:
            network.module.load_state_dict(good.state_dict())
            print(f"reinforce: stopped after {i} steps: {guard.broken[0]}")
        else:
            good.load_state_dict(network.module.state_dict())
            guard.last = improve(run, network, original, optimizer, batch, multipliers, settings, crops, rng)
        now = dict(zip(MEASURES, batch.values, strict=True))
        guard.last |= {f"rate/{name}": torch.tensor(value) for name, value in now.items()}
        guard.last["distance"] = torch.tensor(bands.distance(now, {name: edges for name, (edges, _) in aim.items()}))
        guard.last |= {f"entropy/{name}": torch.tensor(bits) for name, bits in batch.entropies.items()}
        return guard.last

    state = {"network": network, "optimizer": optimizer, "multipliers": multipliers, "good": good, "guard": guard}
    clocks = run.run(settings["steps"], step, state)
    run.finish()
    return network.module.eval(), clocks, "; ".join(guard.broken), band


def improve(run, network, original, optimizer, batch, multipliers, settings, crops, rng):
    """Make some steps of gradient descent on one batch; returns what the last one measured."""
    network.eval()
    with torch.no_grad():
        reference = distributions(original, batch.symbols, batch.asked, batch.start)
    for _ in range(settings["updates"]):
        loss, kl, cost = objective(network.module, reference, batch, multipliers.cost, settings["kl"],
                                   settings["later"])
        one = crops.draw(rng)
        asked = tasks.draw(one.symbols, one.grids, one.fermata, rng)
        network.train()
        bach = tasks.loss(network, one.symbols, asked, one.start, one.real)
        network.eval()
        descend(run, network, optimizer, loss + settings["bach"] * bach)
    # As a ratio of perplexities the divergence begins at 1; what begins at 0 would seem to explode.
    return {"from_reference": kl.exp(), "expected_cost": cost, "bach_nats_per_note": bach.detach()}


def setting_at(setting, places):
    """Return the Setting of some of its pieces."""
    return candidates.Setting(setting.tonic[places], setting.minor[places], setting.beat[places],
                              setting.fermata[places])


class Guard:
    """Which guards are broken; saved with the training, so that a run that goes on remembers.

    What the network does not keep to begin with is no ground to stop until it once did.
    """

    def __init__(self):
        self.broken, self.held, self.last, self.mean = [], [], {}, None

    def look(self, now, bach, bits, bach_bits):
        """Compare running means with Bach's; see bands.broken_guards."""
        both = {name: (bits[name], bach_bits[name]) for name in bits}
        before = self.mean or both
        self.mean = {name: tuple(MEMORY * old + (1 - MEMORY) * new
                                 for old, new in zip(before[name], both[name], strict=True)) for name in both}
        own, his = ({name: pair[side] for name, pair in self.mean.items()} for side in (0, 1))
        wrong = bands.broken_guards(now, bach, own, his)
        self.held = sorted({*self.held, *(name for name in bands.WATCHED if name not in wrong)})
        self.broken = [said for name, said in wrong.items() if name in self.held]

    def state_dict(self):
        return vars(self)

    def load_state_dict(self, state):
        vars(self).update(state)
