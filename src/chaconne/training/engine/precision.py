"""What `trainer.precision: auto` stands for: bfloat16 where the machine multiplies it faster than float32."""

import re
from pathlib import Path

import torch

GOOD_AT_IT = ("amx_bf16", "avx512_bf16", "svebf16")     # as Linux calls what processors can; all others emulate it


def settled(precision, accelerator, name):
    """Return Lightning Fabric's name of the precision to train in, and say what `auto` has become.

    name: of the training, for people. On a processor without one of GOOD_AT_IT bfloat16 takes 10 to 50 times as long.
    """
    if precision != "auto":
        return precision
    if accelerator == "cuda":
        found = ("bf16-mixed", "") if torch.cuda.is_bf16_supported() else ("16-mixed", "the card has no bfloat16")
    elif accelerator == "cpu" and (good := instructions() & set(GOOD_AT_IT)):
        found = "bf16-mixed", f"the processor has {' and '.join(sorted(good))}"
    else:
        found = "32-true", "bfloat16 would be emulated here"
    print(f"{name}: precision {found[0]}" + (f": {found[1]}" if found[1] else ""))
    return found[0]


def instructions(cpuinfo="/proc/cpuinfo"):
    """Return what Linux says that this processor can; nothing on other systems."""
    try:
        lines = Path(cpuinfo).read_text().splitlines()
    except OSError:
        return set()
    return {word for line in lines if re.match(r"(flags|features)\s*:", line, re.IGNORECASE) for word in line.split()}
