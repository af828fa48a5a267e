"""What survival costs a training: python scripts/measure_checkpoints.py WORKSPACE gan|diffusion

Trains as the pipeline does, with the params of this checkout on the latents of WORKSPACE (a finished run, which is only
read), in a folder of its own. The clock runs inside that one training: around checkpoints, around previews and looks
at samples, and around the look at gradients before each step. Prints each as a share of the whole training.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

from chaconne import fitting, training  # noqa: E402
from chaconne.modules import load_variation  # noqa: E402
from chaconne.stage import read_params  # noqa: E402

spent = {}      # {what: [seconds of each call]}


def timed(what, function):
    """Return the function, its seconds noted under `what`."""
    def run(*arguments, **named):
        start = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent.setdefault(what, []).append(time.perf_counter() - start)
    return run


class Timed:
    """An optimizer whose hooks are timed: what `pass_over_bad_batches` sees of it."""

    def __init__(self, optimizer):
        self.param_groups, self.optimizer = optimizer.param_groups, optimizer

    def register_step_pre_hook(self, hook):
        """Register a hook that is timed."""
        self.optimizer.register_step_pre_hook(timed("looks at gradients", hook))


def train(workspace, name):
    """Train in the current folder; returns the seconds of the whole."""
    params = read_params(ROOT)
    torch.set_num_threads(params["threads"])
    for part in ("codec", "latents"):
        Path("data").mkdir(exist_ok=True)
        Path("data", part).symlink_to(Path(workspace, "data", part).resolve())
    guarded = training.pass_over_bad_batches
    training.pass_over_bad_batches = lambda optimizer: guarded(Timed(optimizer))
    training.Trainer.save = timed("checkpoints", training.Trainer.save)
    fitting.Previews.__call__ = timed("previews", fitting.Previews.__call__)
    fitting.Previews.look = timed("early look", fitting.Previews.look)
    model = load_variation("generators", name).Model
    return fitting.pretrain(f"train_{name}", model, params[name]["train"], params, "model", "previews")


def main(workspace, name):
    """Print a line for each part and one for all."""
    workspace, began = Path(workspace).resolve(), Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            clock = train(workspace, name)
        finally:
            os.chdir(began)
    whole = clock["train_wall_seconds"]
    print(f"{name}: {whole:.1f} s of training, {clock['train_cpu_seconds']:.1f} s of CPU")
    for what, seconds in spent.items():
        print(f"{name}: {len(seconds)} {what}: {sum(seconds):.2f} s, {1000 * sum(seconds) / len(seconds):.2f} ms each, "
              f"{100 * sum(seconds) / whole:.2f} % of the training")
    survival = sum(sum(seconds) for seconds in spent.values())
    print(f"{name}: in all {100 * survival / whole:.2f} %")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
