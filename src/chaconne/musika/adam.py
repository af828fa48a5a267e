"""Adam as TensorFlow computes it: epsilon is added to the uncorrected root (Kingma 2015, end of section 2)."""

import torch


class KerasAdam(torch.optim.Adam):
    """torch's fused Adam with TensorFlow's epsilon, so that a training goes on as it would in Musika.

    torch adds its epsilon to the root of v / (1 - beta2^t), TensorFlow to the root of v: eps / sqrt(1 - beta2^t) here
    is eps there. beta1: Musika uses 0.5 with mixed precision (its default on a GPU), 0.9 without.
    """

    def __init__(self, params, lr=1e-4, beta1=0.5, beta2=0.999, eps=1e-7):
        super().__init__(params, lr=lr, betas=(beta1, beta2), fused=True)
        for group in self.param_groups:
            group |= {"steps": 0, "keras_eps": eps}

    def step(self, closure=None):
        """Move every parameter that has a gradient; `closure`, if given, computes them first."""
        for group in self.param_groups:
            group["steps"] += 1
            group["eps"] = group["keras_eps"] / (1 - group["betas"][1] ** group["steps"]) ** 0.5
        return super().step(closure)
