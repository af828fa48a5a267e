"""Training the conditional network: on one shelf of scores after another, each time keeping what validation likes best.

Every example is a task (compose, harmonise, fill, continue; chaconne.counterpoint.network.tasks), so that one network
does all of them.
"""

import copy
import math

import numpy as np
import torch

from chaconne.counterpoint.network import tasks
from chaconne.counterpoint.network.model import Network, Shape
from chaconne.counterpoint.network.shelves import Crops
from chaconne.training.engine.optimisation import Average, cosine, set_learning_rate
from chaconne.training.engine.trainer import Trainer, draw_seed

BETAS = (0.9, 0.98)


class Best(torch.nn.Module):
    """The weights with the lowest loss on validation so far: small corpora are learned by heart in the end."""

    def __init__(self, module):
        super().__init__()
        self.module = copy.deepcopy(module)
        self.register_buffer("loss", torch.tensor(math.inf, dtype=torch.float64))

    def offer(self, module, loss):
        """Keep `module` if its loss is the lowest."""
        if loss < float(self.loss):
            self.module.load_state_dict(module.state_dict())
            self.loss.fill_(loss)


def shape_of(settings, reader=True):
    """Return the Shape that settings name."""
    names = ("width", "depth", "heads", "head_width", "dropout", "blind", "blind_frames", "window")
    return Shape(**{name: settings[name] for name in names}, reader_depth=settings["reader_depth"] if reader else 0)


def descend(run, network, optimizer, loss):
    """Make one step against the gradient of `loss`, whose norm counts as 1 at most."""
    optimizer.zero_grad(set_to_none=True)
    run.fabric.backward(loss)
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()


def train(name, shelf, settings, machine, seed, start=None):
    """Return (network, clocks, nats per note of the validation split as tasks.both measures them).

    name: of the curves; shelf: {train, valid: Grids} (shelves.read); settings: those of params.yaml's
    counterpoint.train; machine: those of `trainer`; start: a Network to go on from, None for a new one.
    """
    torch.manual_seed(seed)
    network = copy.deepcopy(start) if start else Network(shape_of(settings), shelf["train"][0].voices)
    network.requires_grad_(True)
    weights = None if start is None else [float(p.detach().double().sum()) for p in start.parameters()]
    titles = [grid.title for split in ("train", "valid") for grid in shelf[split]]
    run = Trainer(name, machine, seed, [settings, weights, titles, torch.get_num_threads()])
    network, optimizer = run.setup(network, settings["learning_rate"], BETAS, settings["weight_decay"])
    average = Average(network.module, settings["ema"])
    crops = Crops(shelf["train"], settings["frames"], settings["batch"])
    best, every = Best(average.module), max(1, settings["steps"] // settings["checks"])

    def step(i):
        rate = float(cosine(i, settings["steps"], settings["steps"] // 15))
        set_learning_rate(optimizer, settings["learning_rate"] * rate)
        rng = np.random.default_rng(draw_seed(seed, i))
        one = crops.draw(rng)
        asked = tasks.draw(one.symbols, one.grids, one.fermata, rng)
        network.train()
        loss = tasks.loss(network, one.symbols, asked, one.start, one.real)
        descend(run, network, optimizer, loss)
        average.update(network.module, i)
        values = {"nats_per_note": loss}
        if (i + 1) % every == 0 or i + 1 == settings["steps"]:
            found = tasks.both(average.module, shelf["valid"])
            best.offer(average.module, found)
            values["valid"] = torch.tensor(found)
        return values

    state = {"network": network, "optimizer": optimizer, "average": average, "best": best}
    clocks = run.run(settings["steps"], step, state)
    run.finish()
    return best.module.cpu(), clocks, float(best.loss)
