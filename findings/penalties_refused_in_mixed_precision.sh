#!/usr/bin/env bash
# Lightning Fabric 2.6.6 with PyTorch 2.14.1: a gradient penalty (R1, WGAN-GP) that trains in "32-true" raises in
# "bf16-mixed" and "16-mixed". Fabric's wrapper puts a hook on what a module returns, which refuses every backward pass
# through it that does not come from `fabric.backward`; `torch.autograd.grad(scores.sum(), inputs, create_graph=True)` is
# one. The hook is silent where the precision needs no loss scaling of its own, and bfloat16, which needs none either,
# counts among those that do, because it shares the class of 16-mixed. So a GAN that was tried on a processor in
# 32-true ends at its first penalised step on the card it was written for. Calling the bare module under
# `fabric.autocast()` gives the penalty, with the gradients of the wrapped one.
#
# Good guess: bfloat16 needs no scaler, so what holds in 32-true holds there; or the refusal is in every precision.
# Output seen:
#   32-true: penalty taken
#   bf16-true: penalty taken
#   bf16-mixed: refused, asks for fabric.backward
#   bf16-mixed, bare module under fabric.autocast: penalty taken
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check torch==2.14.1 lightning-fabric==2.6.6 numpy==1.26.4
cat > "$folder/show.py" <<'PY'
import torch
from lightning_fabric import Fabric


def attempt(precision, bare=False):
    fabric = Fabric(accelerator="cpu", precision=precision)
    fabric.launch()
    plain = torch.nn.Linear(4, 1)
    critic, _ = fabric.setup(plain, torch.optim.SGD(plain.parameters(), lr=0.1))
    inputs = torch.randn(3, 4, dtype=torch.bfloat16 if precision == "bf16-true" else None).requires_grad_()
    if bare:
        with fabric.autocast():
            scores = plain(inputs)
    else:
        scores = critic(inputs)
    try:
        gradient, = torch.autograd.grad(scores.sum(), inputs, create_graph=True)
    except RuntimeError as error:
        assert "fabric.backward(loss)" in str(error), error
        return "refused, asks for fabric.backward"
    fabric.backward(gradient.square().sum())
    assert plain.weight.grad.abs().sum() > 0
    return "penalty taken"


for one in ("32-true", "bf16-true", "bf16-mixed"):
    print(f"{one}: {attempt(one)}")
print(f"bf16-mixed, bare module under fabric.autocast: {attempt('bf16-mixed', bare=True)}")
PY
expected='32-true: penalty taken
bf16-true: penalty taken
bf16-mixed: refused, asks for fabric.backward
bf16-mixed, bare module under fabric.autocast: penalty taken'
seen=$("$folder/env/bin/python" "$folder/show.py" 2> /dev/null)
echo "$seen"
[ "$seen" = "$expected" ]
