"""What is common to every training: engine, resume, progress, curves, previews.

The loss and what one step does stay with the model. A step draws everything random from the
global generator, which is seeded with (seed, step) before it, so that a resumed run repeats an
uninterrupted one byte for byte and no generator state has to be kept.
"""

import contextlib
import os
import shutil
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from dvclive import Live
from lightning_fabric import Fabric
from tqdm import tqdm

from chaconne.running import processes
from chaconne.running.files import new_file, one_line
from chaconne.running.pace import Pace
from chaconne.running.resume import mark_finished, seconds_between, work_folder
from chaconne.running.room import check_room
from chaconne.running.stage import cpu_seconds
from chaconne.training.engine.faults import check_explosion, mean_row, pass_over_bad_batches
from chaconne.training.engine.optimisation import Average, cosine, set_learning_rate
from chaconne.training.engine.precision import settled

CHECKPOINT_SECONDS = 60  # between resumable checkpoints; decides nothing about the result
STATES = ("state.pt", "before.pt")  # the last checkpoint, and the one before it: a disk may lose the last


class Trainer:
    """Runs steps on whatever machine `settings` names, and goes on where a killed run stopped.

    settings: accelerator, precision (Lightning Fabric's, or auto: see engine.precision), log_every (steps), previews
    (how many).
    Of several processes (running.processes) all draw the same batch, and each learns from its part of it: their
    gradients are averaged, so that batch and checkpoints are those of one process, and the losses where networks draw
    nothing by themselves.
    key: anything JSON-ready that decides the result; another key starts from nothing.
    inputs: files that decide the result; their bytes are part of the key.
    """

    # What a model's training takes of the engine: it gets them with its trainer, so that sampling needs no engine.
    average, cosine, set_learning_rate = Average, staticmethod(cosine), staticmethod(set_learning_rate)

    def __init__(self, name, settings, seed, key, inputs=()):
        self.name, self.settings, self.seed = name, settings, seed
        devices, nodes = processes.counts()
        self.fabric = Fabric(accelerator=settings["accelerator"], devices=devices, num_nodes=nodes,
                             precision=settled(settings["precision"], settings["accelerator"], name))
        self.fabric.launch()
        self.folder = Path(self.fabric.broadcast(str(work_folder(name, [seed, key], inputs))))
        self.checkpoint_seconds = seconds_between(CHECKPOINT_SECONDS)

    def setup(self, module, learning_rate, betas=(0.9, 0.99), weight_decay=0.0):
        """Place `module` and an AdamW over its trainable parameters on the device; returns both."""
        trained = [p for p in module.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=learning_rate, betas=betas, weight_decay=weight_decay, fused=True)
        pass_over_bad_batches(optimizer)
        return self.fabric.setup(module, optimizer)

    def twice(self, module):
        """Return a module of `setup` as a function whose outputs can be differentiated on the way, as penalties ask.

        Fabric refuses that of its own modules in mixed precision: their outputs may only go into `fabric.backward`.
        """
        inner = getattr(module, "_forward_module", module)

        def judged(*inputs):
            with self.fabric.autocast():
                return inner(*inputs).float()

        return module if inner is module else judged

    def rng(self, step):
        """Return numpy's generator for what is drawn in a step, the same in all processes.

        The 0 was the number of a process once: it stays, or everything trained until now would come out otherwise.
        """
        return np.random.default_rng([self.seed, step, 0])

    def part(self, *tensors):
        """Return this process's rows of tensors [B, ...]; ValueError when B is no multiple of the processes.

        What is drawn after it in the same step differs from process to process.
        """
        rank, count = self.fabric.global_rank, self.fabric.world_size
        if len(tensors[0]) % count:
            raise ValueError(f"{self.name}: expected a batch that {count} processes can share, got {len(tensors[0])}; "
                             "change the batch, or trainer.devices")
        if rank:
            torch.manual_seed(torch.initial_seed() ^ rank)
        return tuple(tensor.chunk(count)[rank] for tensor in tensors)

    def run(self, steps, step, state, preview=None):
        """Call `step(i) -> {name: scalar tensor}` for every i below `steps`.

        state: {name: object with state_dict and load_state_dict}, saved and resumed together.
        preview: called as `preview(path)` a few times on the way; writes something to hear there. What has
            `preview.look` is also asked once early, after a tenth of the steps. No previews, no looks.
        Returns {train_cpu_seconds, train_wall_seconds} of the whole training, earlier runs included.
        Raises FloatingPointError when a logged value is not finite too often or explodes, or the preview is no
        music; the last good state stays where the message says.
        """
        self.check_room(state)
        start, spent, history = self.resume(state)
        clocks, saved = (cpu_seconds(), time.perf_counter()), time.perf_counter()
        previews = self.settings["previews"]
        every = max(1, steps // previews) if preview and previews else steps + 1
        early = max(1, steps // 10) if previews and hasattr(preview, "look") else 0
        first = self.fabric.global_rank == 0
        live = Live(f"metrics/curves/{self.name}", dvcyaml=None, save_dvc_exp=False, report=None) if first else None
        for i, row in history:
            log(live, i, row)
        progress = tqdm(range(start, steps), initial=start, total=steps, desc=self.name, mininterval=2,
                        disable=not first)
        sums, pace = {}, self.pace()

        def seeded(i):
            torch.manual_seed(draw_seed(self.seed, i))
            return step(i)

        with self.told():
            for i in progress:
                values = pace(partial(seeded, i), state)
                for name, value in values.items():
                    sums.setdefault(name, []).append(value.detach())
                # Before the state is saved: a run that goes on after it would not make this preview any more.
                if not first:
                    pass    # it listens for all
                elif (i + 1) % every == 0:
                    preview(self.folder / f"step_{i + 1:06d}.wav")
                elif i + 1 == early:
                    preview.look()
                if (i + 1) % self.settings["log_every"] == 0 or i + 1 == steps:
                    row = mean_row(self.name, i + 1, sums)
                    row = {key: float(value) for key, value in self.fabric.all_reduce(row).items()}
                    check_explosion(self.name, i + 1, row, history)
                    sums = {}
                    history.append((i + 1, row))
                    log(live, i + 1, row)
                    progress.set_postfix({k: f"{v:.3f}" for k, v in row.items()})
                    if time.perf_counter() - saved > self.checkpoint_seconds or i + 1 == steps:
                        self.save(i + 1, self.elapsed(clocks, spent), history, state)
                        saved = time.perf_counter()
        if first:
            live.end()
            # `dvc plots` would take the summary of the last step for a curve.
            Path(live.metrics_file).unlink(missing_ok=True)
        return self.of_all(self.elapsed(clocks, spent))

    def pace(self):
        """Return what calls a step; only where one process alone learns on the processor it may give way to others."""
        alone = self.fabric.world_size == 1 and self.fabric.device.type == "cpu"
        return Pace() if alone else lambda work, state: work()

    def of_all(self, spent):
        """Return what was spent, with the CPU seconds of all processes."""
        total = self.fabric.all_reduce({"train_cpu_seconds": spent["train_cpu_seconds"]}, reduce_op="sum")
        return spent | {"train_cpu_seconds": round(float(total["train_cpu_seconds"]), 2)}

    def check_room(self, state):
        """Raise ValueError when neither disk nor memory can hold the training's state (activations come on top)."""
        modules = [v for v in state.values() if isinstance(v, torch.nn.Module)]
        weights = sum(t.numel() * t.element_size() for m in modules for t in m.state_dict().values())
        # On disk: two states of weights and two moments, previews and results, once more in DVC's cache.
        check_room(self.name, disk_bytes=12 * weights, memory_bytes=4 * weights)

    @contextlib.contextmanager
    def told(self):
        """Add to what went numerically wrong where the last good weights are."""
        try:
            yield
        except FloatingPointError as error:
            good = self.folder / "last_good"
            kept = (f"; the last good weights are in {good}: copied to pretrained/NAME, finetune.pretrained=NAME goes "
                    "on from them") if good.exists() else f"; the last good state is in {self.folder}"
            raise FloatingPointError(f"{error}{kept}") from error

    def elapsed(self, clocks, spent):
        """Return CPU and wall seconds since `clocks`, plus what earlier runs spent."""
        return {"train_cpu_seconds": round(cpu_seconds() - clocks[0] + spent.get("train_cpu_seconds", 0), 2),
                "train_wall_seconds": round(time.perf_counter() - clocks[1] + spent.get("train_wall_seconds", 0), 2)}

    def save(self, step, spent, history, state):
        """Write the whole training state under a temporary name, then rename; the one before stays beside it.

        All processes have the same state: the first writes it for all.
        """
        if self.fabric.global_rank == 0:
            last, before = (self.folder / name for name in STATES)
            with new_file(last) as temporary:
                torch.save({"step": step, "spent": spent, "history": history,
                            "state": {k: v.state_dict() for k, v in state.items()}}, temporary)
                if last.exists():
                    os.replace(last, before)

    def resume(self, state):
        """Load the last saved state that can be read; returns (first step, seconds spent, history)."""
        for path in (self.folder / name for name in STATES if (self.folder / name).exists()):
            try:
                saved = torch.load(path, weights_only=True, map_location=self.fabric.device)
                step, spent, history, states = (saved[key] for key in ("step", "spent", "history", "state"))
                history = [(int(i), {str(k): float(v) for k, v in row.items()}) for i, row in history]
            except Exception as error:  # whatever a damaged file makes of it
                print(f"{self.name}: {path} is damaged ({one_line(error)}); left out", file=sys.stderr)
                continue
            try:
                for name, one in state.items():
                    one.load_state_dict(states[name])
            except Exception as error:  # what is half loaded must not be trained on
                raise ValueError(f"{path} does not fit this training ({one_line(error)}); remove {self.folder} and "
                                 "run the same command again") from error
            print(f"{self.name}: going on at step {step} (saved in {self.folder})")
            return int(step), spent, history
        return 0, {}, []

    def finish(self, previews=None):
        """Copy previews to the folder `previews`. The state stays until DVC has recorded the result."""
        if self.fabric.global_rank:
            return
        if previews:
            Path(previews).mkdir(parents=True, exist_ok=True)
            for path in sorted(self.folder.glob("step_*.wav")):
                shutil.copy(path, Path(previews, path.name))
        mark_finished(self.folder)


def log(live, step, row):
    """Write one row of curves, where there are any."""
    if live:
        live.step = step
        for name, value in row.items():
            live.log_metric(name, value)


def draw_seed(seed, step):
    """Return the 63-bit seed of one step."""
    return int(np.random.SeedSequence([seed, step, 0]).generate_state(1, np.uint64)[0]) >> 1

