"""Learning rates over time and moving averages of weights."""

import copy

import numpy as np
import torch


class Average(torch.nn.Module):
    """Exponential moving average of a module's parameters: what is sampled from."""

    def __init__(self, module, decay):
        super().__init__()
        self.module, self.decay = copy.deepcopy(module).eval().requires_grad_(False), decay

    @torch.no_grad()
    def update(self, module, step):
        """Follow `module`; early steps average over fewer, so that the start is forgotten."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.module.parameters()), list(module.parameters()), 1 - decay)


def cosine(step, steps, warmup=50):
    """Return the learning rate's factor at `step`: linear warm-up, then half a cosine to 2 %."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * (step - warmup) / max(1, steps - warmup)))


def set_learning_rate(optimizer, rate):
    """Set the learning rate of every group."""
    for group in optimizer.param_groups:
        group["lr"] = float(rate)  # a scalar of numpy would make checkpoints that `weights_only` refuses
