"""Adam as TensorFlow computes it: epsilon is added to the uncorrected root (Kingma 2015, end of section 2)."""

import torch


class KerasAdam(torch.optim.Optimizer):
    """Adam with TensorFlow's epsilon, so that a training goes on as it would in Musika.

    beta1: Musika uses 0.5 with mixed precision (its default on a GPU), 0.9 without. The step counts for all
    parameters together.
    """

    def __init__(self, params, lr=1e-4, beta1=0.5, beta2=0.999, eps=1e-7):
        super().__init__(params, {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        """Move every parameter that has a gradient; `closure`, if given, computes them first."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            if not moved:
                continue
            for p in moved:
                if not self.state[p]:
                    self.state[p] = {"step": torch.zeros(()), "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
            states, gradients = [self.state[p] for p in moved], [p.grad for p in moved]
            first, second = [s["m"] for s in states], [s["v"] for s in states]
            torch._foreach_add_([s["step"] for s in states], 1)
            torch._foreach_lerp_(first, gradients, 1 - group["beta1"])
            torch._foreach_mul_(second, group["beta2"])
            torch._foreach_addcmul_(second, gradients, gradients, 1 - group["beta2"])
            count = float(states[0]["step"])
            rate = group["lr"] * (1 - group["beta2"] ** count) ** 0.5 / (1 - group["beta1"] ** count)
            roots = torch._foreach_sqrt(second)
            torch._foreach_add_(roots, group["eps"])
            torch._foreach_addcdiv_(moved, first, roots, -rate)
        return loss
