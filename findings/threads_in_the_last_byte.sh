#!/usr/bin/env bash
# PyTorch 2.14.1 on processors: a training has other bytes with two threads than with one because of three or four of its
# operations, and of no others. Products of matrices, attention, softmax, GELU, depthwise shifts, sums over rows, AdamW and
# the norms that clip gradients give every byte alike (fp32, sizes of a small transformer). What differs: the mean of all
# elements (threads share one sum), the gradient of the shift of a LayerNorm (one part for each thread), and with MKL the
# eigenvectors of a symmetric matrix. With a mean row by row, a LayerNorm whose scale and shift are operations of their own
# and eigenvectors on one thread (which was a fifth faster, 192 x 192) a GAN and a diffusion transformer of 3 million
# weights trained 14 steps to the same bytes with either count, so that the count may change in the middle of a training.
#
# Good guess: the number of threads changes the bytes of every large operation, products of matrices first of all.
# Output seen (AMD Zen 5, MKL 2024.2):
#   same: matmul, attention, gelu, softmax, sum over rows, norm, gradient of a plain LayerNorm, AdamW
#   other: mean of all, shift of a LayerNorm
# The eigenvectors are not compared below: they are MKL's, not PyTorch's. And on Intel (a Xeon with AMX) MKL
# divides a product that sums over 2,304 rows, the gradient of a layer's weights, among threads, and its bytes are other
# ones; the trainings named above, which have such products, came out the same on AMD. MKL_CBWR=AUTO and =AVX512, which
# promise repeatable results, leave it so, =AVX512,STRICT takes it away. Compared where there is AMX; seen on the Xeon:
#   a product over 2,304 rows: other
#   AUTO: other
#   AVX512: other
#   AVX512,STRICT: same
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ "$(nproc)" -ge 2 ] || { echo "one core: nothing to compare"; exit 0; }
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check torch==2.14.1 numpy==1.26.4
cat > "$folder/show.py" <<'PY'
import torch
from torch.nn import functional as F



def layer_norm(x, y, w, q, affine):
    norm = torch.nn.LayerNorm(192, elementwise_affine=affine)
    source = x.clone().requires_grad_()
    (norm(source) * y).sum((1, 2)).sum().backward()
    return norm.bias.grad if affine else source.grad


def adamw(x, y, w, q):
    weight = torch.nn.Parameter(w.clone())
    optimizer = torch.optim.AdamW([weight], lr=0.01, fused=True)
    for _ in range(3):
        weight.grad = (x @ weight).sum((0, 1)).expand(192, 768) * 0.01
        torch.nn.utils.clip_grad_norm_([weight], 1.0)
        optimizer.step()
    return weight.detach()


WORK = {
    "matmul": lambda x, y, w, q: x @ w,
    "attention": lambda x, y, w, q: F.scaled_dot_product_attention(q, q, q),
    "gelu": lambda x, y, w, q: F.gelu(x),
    "softmax": lambda x, y, w, q: x.softmax(-1),
    "sum over rows": lambda x, y, w, q: x.square().mean((1, 2)),
    "norm": lambda x, y, w, q: torch.linalg.vector_norm(w),
    "gradient of a plain LayerNorm": lambda *data: layer_norm(*data, False),
    "AdamW": adamw,
    "mean of all": lambda x, y, w, q: x.square().mean(),
    "shift of a LayerNorm": lambda *data: layer_norm(*data, True),
}


def made(threads, work, seed):
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    x, y = torch.randn(2, 24, 36, 192)
    return work(x, y, torch.randn(192, 768), torch.randn(24, 4, 36, 48))


found = {name: all(torch.equal(made(1, work, seed), made(2, work, seed)) for seed in range(12))
         for name, work in WORK.items()}
print("same:", ", ".join(name for name, same in found.items() if same))
print("other:", ", ".join(name for name, same in found.items() if not same))
PY
expected='same: matmul, attention, gelu, softmax, sum over rows, norm, gradient of a plain LayerNorm, AdamW
other: mean of all, shift of a LayerNorm'
seen=$("$folder/env/bin/python" "$folder/show.py" 2> /dev/null)
echo "$seen"
products=$(for mode in "" AUTO AVX512 AVX512,STRICT; do
    MKL_CBWR=$mode "$folder/env/bin/python" - "$mode" 2> /dev/null <<'PY'
import sys

import torch


def product(threads):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    return torch.randn(2304, 176).T @ torch.randn(2304, 352)


print(sys.argv[1] or "a product over 2,304 rows", "same" if torch.equal(product(1), product(2)) else "other", sep=": ")
PY
done)
echo "$products"
[ "$seen" = "$expected" ]
if grep -q amx_tile /proc/cpuinfo; then
    [ "$products" = 'a product over 2,304 rows: other
AUTO: other
AVX512: other
AVX512,STRICT: same' ]
fi
