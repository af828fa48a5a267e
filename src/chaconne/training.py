"""What is common to every training: engine, resume, progress, curves, previews.

The loss and what one step does stay with the model. A step draws everything random from the
global generator, which is seeded with (seed, step) before it, so that a resumed run repeats an
uninterrupted one byte for byte and no generator state has to be kept.
"""

import hashlib
import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import torch
from dvclive import Live
from lightning_fabric import Fabric
from tqdm import tqdm

from chaconne.files import new_file
from chaconne.stage import cpu_seconds

CHECKPOINT_SECONDS = 60  # between resumable checkpoints; decides nothing about the result


class Trainer:
    """Runs steps on whatever machine `settings` names, and goes on where a killed run stopped.

    settings: accelerator, devices, num_nodes, precision (Lightning Fabric's), log_every (steps),
        previews (how many).
    key: anything JSON-ready that decides the result; another key starts from nothing.
    inputs: files that decide the result; their bytes are part of the key.
    """

    def __init__(self, name, settings, seed, key, inputs=()):
        self.name, self.settings, self.seed = name, settings, seed
        self.fabric = Fabric(accelerator=settings["accelerator"], devices=settings["devices"],
                             num_nodes=settings["num_nodes"], precision=settings["precision"])
        self.fabric.launch()
        self.folder = Path(".resume", name, fingerprint([seed, settings["devices"], key], inputs))
        self.folder.mkdir(parents=True, exist_ok=True)

    def setup(self, module, learning_rate, betas=(0.9, 0.99), weight_decay=0.0):
        """Place `module` and an AdamW over its trainable parameters on the device; returns both."""
        trained = [p for p in module.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=learning_rate, betas=betas, weight_decay=weight_decay, fused=True)
        return self.fabric.setup(module, optimizer)

    def run(self, steps, step, state, preview=None):
        """Call `step(i) -> {name: scalar tensor}` for every i below `steps`.

        state: {name: object with state_dict and load_state_dict}, saved and resumed together.
        preview: called as `preview(path)` a few times on the way; writes something to hear there.
        Returns {train_cpu_seconds, train_wall_seconds} of the whole training, earlier runs included.
        Raises FloatingPointError when a logged value is not finite.
        """
        start, spent, history = self.resume(state)
        clocks, saved = (cpu_seconds(), time.perf_counter()), time.perf_counter()
        previews = self.settings["previews"]
        every = max(1, steps // previews) if preview and previews else steps + 1
        live = Live(f"metrics/curves/{self.name}", dvcyaml=None, save_dvc_exp=False, report=None)
        for i, row in history:
            log(live, i, row)
        progress = tqdm(range(start, steps), initial=start, total=steps, desc=self.name, mininterval=2,
                        disable=self.fabric.global_rank > 0)
        sums = {}
        for i in progress:
            torch.manual_seed(draw_seed(self.seed, i, self.fabric.global_rank))
            values = step(i)
            for name, value in values.items():
                sums.setdefault(name, []).append(value.detach())
            if (i + 1) % self.settings["log_every"] == 0 or i + 1 == steps:
                row = {name: float(torch.stack(many).float().mean()) for name, many in sums.items()}
                sums = {}
                self.check(i, row)
                history.append((i + 1, row))
                log(live, i + 1, row)
                progress.set_postfix({k: f"{v:.3f}" for k, v in row.items()})
                if time.perf_counter() - saved > CHECKPOINT_SECONDS:
                    self.save(i + 1, self.elapsed(clocks, spent), history, state)
                    saved = time.perf_counter()
            if (i + 1) % every == 0:
                preview(self.folder / f"step_{i + 1:06d}.wav")
        live.end()
        # `dvc plots` would take the summary of the last step for a curve.
        Path(live.metrics_file).unlink(missing_ok=True)
        return self.elapsed(clocks, spent)

    def elapsed(self, clocks, spent):
        """Return CPU and wall seconds since `clocks`, plus what earlier runs spent."""
        return {"train_cpu_seconds": round(cpu_seconds() - clocks[0] + spent.get("train_cpu_seconds", 0), 2),
                "train_wall_seconds": round(time.perf_counter() - clocks[1] + spent.get("train_wall_seconds", 0), 2)}

    def check(self, i, row):
        """Raise FloatingPointError when training has gone numerically wrong."""
        bad = [name for name, value in row.items() if not np.isfinite(value)]
        if bad:
            raise FloatingPointError(f"{self.name}: {', '.join(bad)} is not finite at step {i + 1}; "
                                     "lower the learning rate or use precision 32-true, then run again")

    def save(self, step, spent, history, state):
        """Write the whole training state under a temporary name, then rename."""
        if self.fabric.global_rank == 0:
            with new_file(self.folder / "state.pt") as temporary:
                torch.save({"step": step, "spent": spent, "history": history,
                            "state": {k: v.state_dict() for k, v in state.items()}}, temporary)

    def resume(self, state):
        """Load the last saved state if there is one; returns (first step, seconds spent, history)."""
        path = self.folder / "state.pt"
        if not path.exists():
            return 0, {}, []
        saved = torch.load(path, weights_only=True, map_location=self.fabric.device)
        for name, value in saved["state"].items():
            state[name].load_state_dict(value)
        print(f"{self.name}: going on at step {saved['step']} (saved in {self.folder})")
        return saved["step"], saved["spent"], saved["history"]

    def finish(self, previews=None):
        """Move previews to the folder `previews`, and forget the resumable state."""
        if previews:
            Path(previews).mkdir(parents=True, exist_ok=True)
            for path in sorted(self.folder.glob("step_*.wav")):
                shutil.copy(path, Path(previews, path.name))
        shutil.rmtree(self.folder)


def log(live, step, row):
    """Write one row of curves."""
    live.step = step
    for name, value in row.items():
        live.log_metric(name, value)


def draw_seed(seed, step, rank=0):
    """Return the 63-bit seed of one step."""
    return int(np.random.SeedSequence([seed, step, rank]).generate_state(1, np.uint64)[0]) >> 1


def fingerprint(key, inputs):
    """Return 16 hex digits of `key`, of the bytes of `inputs`, and of this process's own code."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode())
    code = [m.__file__ for n, m in sorted(sys.modules.items()) if n.split(".")[0] in ("chaconne", "stages")]
    for path in [*inputs, *(c for c in code if c)]:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
