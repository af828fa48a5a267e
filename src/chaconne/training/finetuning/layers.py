"""Which layers of a generator learn when it is moved to other music."""

import torch
from torch import nn
from torch.nn.utils import parametrize

LAYERS = ("all", "io", "norm", "lora")


def choose_layers(model, layers, rank):
    """Freeze all but what `layers` names; returns a function that makes the model plain again.

    all: everything. io: the layers that meet the latents, and the vectors of conditions. norm: modulation,
    biases and norms. lora: low-rank additions to every linear layer (Hu 2021), merged at the end.
    Critics always learn as a whole, save for io: they have to follow the generator.
    """
    if layers not in LAYERS:
        raise ValueError(f"finetune.layers: expected one of {', '.join(LAYERS)}; got {layers!r}")
    model.requires_grad_(layers == "all")
    for name, parameter in model.named_parameters():
        if name.startswith((*model.input_output, "network.conditions", "critic.conditions")):
            parameter.requires_grad_(True)
        elif name.startswith("critic.") and layers != "io":
            parameter.requires_grad_(True)
        elif layers == "norm" and (parameter.ndim == 1 or any(part in name for part in ("modul", "style", "shift"))):
            parameter.requires_grad_(True)
    if layers != "lora":
        return lambda: model.requires_grad_(True)
    adapted = [m for n, m in model.network.named_modules() if isinstance(m, nn.Linear)]
    for layer in adapted:
        parametrize.register_parametrization(layer, "weight", LowRank(*layer.weight.shape, rank))

    def merge():
        for layer in adapted:
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
        model.requires_grad_(True)

    return merge


class LowRank(nn.Module):
    """weight + up @ down (Hu 2021, Eq. 3); up starts at zero."""

    def __init__(self, rows, columns, rank):
        super().__init__()
        self.down = nn.Parameter(torch.randn(rank, columns) / columns ** 0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight):
        """weight: [rows, columns] -> the same shape."""
        return weight + self.up @ self.down
