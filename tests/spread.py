"""A stage that trains a tiny network, for tests/test_processes.py.

python -m tests.spread KIND PROCESSES [DIE_AT] [BATCH], run where data/latents lies. DIE_AT: the step in which the
second process is killed, the first time.
"""

import os
import signal
import sys
from pathlib import Path

import torch

from chaconne import finetuning, fitting, training
from chaconne.generators import diffusion, gan, musika
from chaconne.musika.layers import Noise
from chaconne.processes import rank
from chaconne.stage import stage
from tests.test_generators import SIZES, TRAINER
from tests.test_musika_gan import SETTINGS

KINDS = {"gan": gan, "diffusion": diffusion, "musika": musika}
STEPS = 12


def main(kind, processes, die_at=-1, batch=8):
    """Write the folder `model`; curves lie where every training writes them."""
    training.CHECKPOINT_SECONDS = -1
    fitting.load_codec = lambda folder: None    # no previews are heard
    # Musika's layers add noise; each process draws its own, so that only without it two learn as one.
    Noise.draw = lambda self, x: torch.ones(len(x), 1, x.shape[-1])
    trainer = {**TRAINER, "devices": int(processes), "log_every": 1}
    name, layers = kind.split("-") if "-" in kind else (kind, "")
    settings = {**(SETTINGS if name == "musika" else SIZES[name]), "steps": STEPS, "batch": int(batch)}
    params = {"conditions": ["mode"], "seed": 5, "threads": 2, "trainer": trainer, "model": name,
              name: {"train": settings}}
    go_on = training.Trainer.rng

    def rng(self, step):
        if step == int(die_at) and rank() == 1 and not Path("died").exists():
            Path("died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return go_on(self, step)

    training.Trainer.rng = rng
    with stage("spread", 5, 2, trainer=trainer) as clock:
        if layers:
            knobs = {"pretrained": "", "learning_rate": settings["learning_rate"], "critic": "kept", "layers": layers,
                     "lora_rank": 2, "mix_old": 0.0, "augment_noise": 0.0, "on_beats": False}
            clock.update(finetuning.fine_tune(params | {"finetune": knobs}, STEPS, "spread", ("model", None)))
        else:
            clock.update(fitting.pretrain("spread", KINDS[name].Model, settings, params, "model", None))


if __name__ == "__main__":
    main(*sys.argv[1:])
