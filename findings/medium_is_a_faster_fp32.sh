#!/usr/bin/env bash
# PyTorch 2.14.1 on processors with AVX512-BF16 and without AMX (seen on AMD Zen 4): `set_float32_matmul_precision("medium")`
# lowers no precision. Its documentation promises bfloat16 products inside; what comes is another fp32 kernel. "highest"
# asks MKL, "medium" hands the product to oneDNN with leave to use bf16, and oneDNN, finding that bf16 would not pay on
# such a processor, takes its own fp32 kernel (brg_matmul:avx512_core). Other last digits, the error of fp32, and on AMD
# half the time: 1024 x 1024 in 10.8 ms for 21.1 on one thread of a two-core Genoa, where bf16 tensors take 5.3; a small
# audio GAN of linear layers and depthwise convolutions trains 1.55 times as fast, while a diffusion model with attention
# loses 8 %. So a script that sets "medium" for speed keeps its quality on a cloud machine of this kind, and loses it on
# one with AMX, silently.
#
# Good guess: "medium" is bf16 (error 3e-3) wherever the processor multiplies bf16, else nothing changes. Output seen:
#   AVX512-BF16, no AMX
#   highest: error below 1e-6, kernel not of oneDNN
#   medium:  error below 1e-5, kernel brg_matmul:avx512_core, leave for bf16 given, other last digits
#   bfloat16 tensors: error above 1e-3
# On other processors nothing is compared, and it says so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
flags=$(grep -m1 '^flags' /proc/cpuinfo || true)
if [[ $flags != *avx512_bf16* || $flags == *amx_bf16* ]]; then
    echo "another kind of processor: nothing to compare"
    exit 0
fi
echo "AVX512-BF16, no AMX"
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check torch==2.14.1 numpy==1.26.4
cat > "$folder/show.py" <<'PY'
import sys

import torch

torch.manual_seed(0)
a, b = torch.randn(2, 512, 512)
truth = a.double() @ b.double()
torch.set_float32_matmul_precision(sys.argv[1])
made = (a.bfloat16() @ b.bfloat16()).float() if sys.argv[2:] else a @ b
print("RESULT", float((made - truth).abs().max() / truth.abs().max()), made.double().sum().item().hex())
PY
run() { ONEDNN_VERBOSE=1 OMP_NUM_THREADS=1 "$folder/env/bin/python" "$folder/show.py" "$@" 2> /dev/null; }
highest=$(run highest) medium=$(run medium) half=$(run highest bf16)
field() { awk -v n="$2" '/^RESULT/ { print $n }' <<< "$1"; }
below() { awk -v a="$(field "$1" 2)" -v b="$2" 'BEGIN { exit !(a < b) }'; }
below "$highest" 1e-6 && ! grep -q ',matmul,' <<< "$highest" || exit 1
echo "highest: error below 1e-6, kernel not of oneDNN"
below "$medium" 1e-5 && grep ',matmul,brg_matmul:avx512_core,' <<< "$medium" | grep -q 'fpmath:bf16' || exit 1
[ "$(field "$highest" 3)" != "$(field "$medium" 3)" ] || exit 1
echo "medium:  error below 1e-5, kernel brg_matmul:avx512_core, leave for bf16 given, other last digits"
! below "$half" 1e-3 || exit 1
echo "bfloat16 tensors: error above 1e-3"
