"""Install PyTorch without the libraries of a graphics card where there is none: install_torch.py INDEX.

On Linux the wheels of the usual registry bring CUDA (4 GB). PyTorch's own index has the same versions without it; where
that cannot be reached, or has them not, nothing is installed here and the usual registry is asked afterwards.
"""

import platform
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

PARTS = ("torch", "torchaudio")
CARD = ("/dev/nvidiactl", "/dev/dxg")     # of Linux, of Windows' Linux
PATIENCE_S = 5


def has_card():
    """Tell whether a graphics card of NVIDIA's may be there."""
    return any(Path(place).exists() for place in CARD) or shutil.which("nvidia-smi") is not None


def answers(index):
    """Tell whether the index can be reached and knows PyTorch."""
    try:
        with urllib.request.urlopen(f"{index.rstrip('/')}/torch/", timeout=PATIENCE_S):
            return True
    except (OSError, ValueError):
        return False


def main(index):
    """Install PARTS from `index` where that is worth it; say what was done where it was not."""
    if not index or has_card() or (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return
    if not answers(index):
        print(f"== {index} cannot be reached: PyTorch comes with CUDA, 4 GB that stay unused")
        return
    # Without their dependencies: only these two come from there.
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "-c", "constraints.txt", "--index-url", index)
    done = subprocess.run([sys.executable, "-m", "pip", "install", *options, *PARTS], check=False)
    if done.returncode:
        print(f"== {index} lacks the versions of constraints.txt: PyTorch comes from the usual registry, with CUDA")


if __name__ == "__main__":
    main(*sys.argv[1:])
