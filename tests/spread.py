"""A stage that trains a tiny network, for tests/running/test_processes.py.

python -m tests.spread KIND PROCESSES [FAULT], run where data/latents lies. FAULT: `killed`, the second process in
step 7, the first time; `wrong`, the first process says in step 3 what is wrong; `odd`, a batch that two cannot share;
`still`, every step takes a second; `early`, Musika stops early.
"""

import os
import signal
import sys
import time
from pathlib import Path

import torch

from chaconne.generators import diffusion, gan, musika
from chaconne.musika.layers import Noise
from chaconne.running.processes import rank, spread_out
from chaconne.running.stage import stage
from chaconne.training import fitting
from chaconne.training.engine import trainer as training
from chaconne.training.finetuning import finetuning
from tests.generators.test_generators import SIZES, TRAINER
from tests.musika.test_musika_gan import SETTINGS

KINDS = {"gan": gan, "diffusion": diffusion, "musika": musika}
STEPS = 12


def happens(fault, step):
    """Do in a step what `fault` says."""
    if fault == "killed" and step == 7 and rank() == 1 and not Path("died").exists():
        time.sleep(1)   # until the first has written what it has
        Path("died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "wrong" and step == 3 and rank() == 0:
        raise FloatingPointError("samples are silent")
    if fault == "still":
        Path(f"rank_{rank()}").write_text(str(os.getpid()))
        time.sleep(1)


def main(kind, processes, fault=""):
    """Write the folder `model`; curves lie where every training writes them."""
    training.CHECKPOINT_SECONDS = -1
    fitting.load_codec = lambda folder: None    # no previews are heard
    fitting.read_params = lambda: {"codec": "spectral"}
    # Musika's layers add noise; each process draws its own, so that only without it two learn as one.
    Noise.draw = lambda self, x: torch.ones(len(x), 1, x.shape[-1])
    trainer = {**TRAINER, "devices": int(processes), "log_every": 1}
    name, layers = kind.split("-") if "-" in kind else (kind, "")
    settings = {**(SETTINGS if name == "musika" else SIZES[name]), "steps": STEPS, "batch": 7 if fault == "odd" else 8}
    settings |= {"stop_every": 2, "patience": 1, "heldout": "data/held"} if fault == "early" else {}
    params = {"conditions": ["mode"], "seed": 5, "threads": 2, "trainer": trainer, "model": name,
              name: {"train": settings}}
    rng = training.Trainer.rng
    training.Trainer.rng = lambda self, step: happens(fault, step) or rng(self, step)
    with stage("spread", 5, 2) as clock:
        spread_out(trainer)
        if layers:
            knobs = {"base": "data/models", "pretrained": "", "learning_rate": settings["learning_rate"],
                     "critic": "kept", "layers": layers, "lora_rank": 2, "keep": 0.0, "mix_old": 0.0,
                     "augment_noise": 0.0, "stop_every": 0, "patience": 1, "on_beats": False}
            clock.update(finetuning.fine_tune(params | {"finetune": knobs}, STEPS, "spread", ("model", None)))
        else:
            clock.update(fitting.pretrain("spread", KINDS[name].Model, settings, params, "model", None))


if __name__ == "__main__":
    main(*sys.argv[1:])
