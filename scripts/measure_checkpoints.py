"""What survival costs a training: python scripts/measure_checkpoints.py WORKSPACE gan|diffusion [SHARE]

Trains as the pipeline does, with the params of this checkout on the latents of WORKSPACE (a finished run, which is only
read), in a folder of its own. The clock runs inside that one training: around checkpoints, around previews and looks
at samples, and around the look at gradients before each step. SHARE of the steps (default: all) takes less time;
looks at samples lie at 0.1, 1/3, 2/3 and 1, so that 0.34 has more of them for its length than the whole.
OMP_NUM_THREADS=1 on a busy machine, where two threads wait for each other.
"""

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

from chaconne.running.models import load_variation  # noqa: E402
from chaconne.running.params.reading import read_params  # noqa: E402
from chaconne.training import fitting  # noqa: E402
from chaconne.training.engine import trainer as training  # noqa: E402

spent = {}      # {what: [seconds of each call]}
began = {}      # {what: when}


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


class Enough(BaseException):
    """Ends the training: nothing else catches it."""


def until(last, function):
    """Return `function` of (seed, step, ...), which is called before each step: it ends the training at step `last`."""
    def run(seed, step, *more):
        if step == last:
            raise Enough
        began.setdefault("steps", time.perf_counter())
        return function(seed, step, *more)
    return run


def train(workspace, name, params, last):
    """Train in the current folder up to step `last`."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", params["threads"])))
    for part in ("codec", "latents"):
        Path("data").mkdir(exist_ok=True)
        Path("data", part).symlink_to(Path(workspace, "data", part).resolve())
    guarded = training.pass_over_bad_batches
    training.pass_over_bad_batches = lambda optimizer: guarded(Timed(optimizer))
    training.Trainer.save = timed("checkpoints", training.Trainer.save)
    fitting.Previews.__call__ = timed("previews", fitting.Previews.__call__)
    fitting.Previews.look = timed("early look", fitting.Previews.look)
    training.draw_seed = until(last, training.draw_seed)
    model = load_variation("generators", name).Model
    with contextlib.suppress(Enough):
        fitting.pretrain(f"train_{name}", model, params[name]["train"], params, "model", "previews")


def main(workspace, name, share="1"):
    """Print a line for each part and one for all."""
    workspace, here, params = Path(workspace).resolve(), Path.cwd(), read_params(ROOT)
    steps = params[name]["train"]["steps"]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            train(workspace, name, params, round(float(share) * steps))
        finally:
            os.chdir(here)
    whole = time.perf_counter() - began["steps"]
    parts = {what: sum(seconds) / whole for what, seconds in spent.items()}
    print(f"{name}: {whole:.1f} s, {1000 * whole / (float(share) * steps):.0f} ms a step")
    for what, seconds in spent.items():
        print(f"{name}: {len(seconds)} {what}: {sum(seconds):.2f} s, {1000 * sum(seconds) / len(seconds):.2f} ms each, "
              f"{100 * parts[what]:.2f} %")
    print(f"{name}: in all {100 * sum(parts.values()):.2f} %")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
