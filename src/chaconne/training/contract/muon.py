"""Muon (Jordan 2024; Liu 2025, arXiv 2502.16982): matrices move by a momentum whose singular values are all alike.

What one direction of a matrix has learned does not hold up the others. Newton and Schulz's iteration, by which others
make the values alike, costs as much as half a step of a network as small as ours (torch.optim.Muon has it, in bfloat16
alone, which many processors only emulate). Here it is U = (M M^T)^(-1/2) M, and the root is made anew every ROOT_EVERY
steps: a momentum changes slowly, and the loss hardly rises by it (docs/search.md).
"""

import torch

from chaconne.running.pace import threads

MOMENTUM = 0.95
MOVED = 0.4         # root mean square of a move, times the learning rate; AdamW's moves have about 0.2 (docs/search.md)
ROOT_EVERY = 4      # steps
FLOOR = 0.001       # of the mean eigenvalue: directions that hold next to nothing are no more than noise


class Muon(torch.optim.AdamW):
    """Muon for `matrices` [rows, columns], a fused AdamW for `others`; both at one learning rate.

    matrices: those within a network. What meets latents, and whatever is no product of matrices, is AdamW's.
    """

    def __init__(self, matrices, others, learning_rate, weight_decay):
        super().__init__(others, lr=learning_rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True)
        if matrices:
            self.add_param_group({"params": matrices, "fused": False})

    @torch.no_grad()
    def step(self, closure=None):
        """Move by the gradients that are there; not at all where some are not finite."""
        groups = self.param_groups
        if not hasattr(self, "grad_scale"):     # a scaler of 16-bit training says it by itself
            norms = torch._foreach_norm([p.grad for group in groups for p in group["params"] if p.grad is not None])
            self.found_inf = (~torch.stack(norms).sum().isfinite()).float()
        self.param_groups = [group for group in groups if group["fused"]]
        super().step(closure)
        self.param_groups = groups
        if not self.found_inf:
            for group in (group for group in groups if not group["fused"]):
                for matrix in group["params"]:
                    self.turn(matrix, group["lr"], group["weight_decay"])

    def turn(self, matrix, rate, weight_decay):
        """Move one matrix."""
        state, gradient = self.state[matrix], matrix.grad
        if not state:
            state |= {"step": torch.zeros(()), "momentum": torch.zeros_like(matrix)}
        momentum = state["momentum"].lerp_(gradient, 1 - MOMENTUM)
        ahead = torch.lerp(gradient, momentum, MOMENTUM)    # Nesterov's
        tall = matrix.shape[0] > matrix.shape[1]
        wide = ahead.mT if tall else ahead
        if state["step"] % ROOT_EVERY == 0:
            state["root"] = inverse_root(wide @ wide.mT)
        move = state["root"] @ wide
        move = move.mT if tall else move
        length = torch.linalg.vector_norm(move) / move.numel() ** 0.5
        matrix.mul_(1 - rate * weight_decay).addcmul_(move, -rate * MOVED / length.clamp(min=1e-12))
        state["step"] += 1


def inverse_root(square):
    """Return A^(-1/2) of a symmetric A [N, N], its eigenvalues raised by FLOOR of their mean."""
    with threads(1):    # the same bytes with any number of them, and a fifth faster
        values, vectors = torch.linalg.eigh(square)
    values = values.clamp(min=0)
    return vectors * (values + FLOOR * values.mean() + 1e-30).rsqrt() @ vectors.mT


def setup(trainer, module, matrices, learning_rate, weight_decay):
    """Place `module` and a Muon over what learns of it on the device of a trainer; returns both.

    matrices: those of its parameters that Muon moves; frozen ones, and those that are made of others (low-rank
    additions), are left out.
    """
    chosen = [matrix for matrix in matrices if matrix.requires_grad and matrix.is_leaf]
    known = {id(matrix) for matrix in chosen}
    others = [p for p in module.parameters() if p.requires_grad and id(p) not in known]
    return trainer.fabric.setup(module, Muon(chosen, others, learning_rate, weight_decay))
