"""One training in several processes: torchrun starts them, and starts all of them again when one has died."""

import os
import sys

RESTARTS = 3    # a training goes on from its last checkpoint each time
EXPLAINED = 65  # the exit status of a process that said in one line what is wrong


def rank():
    """Return which of the processes of one training this is, 0 for the first, or the only one."""
    return int(os.environ.get("RANK", 0)) if spread() else 0


def spread():
    """Tell whether torchrun started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def counts():
    """Return (processes on this machine, machines) of this training."""
    if not spread():
        return 1, 1
    here = int(os.environ["LOCAL_WORLD_SIZE"])
    return here, int(os.environ["WORLD_SIZE"]) // here


def spread_out(trainer):
    """Run this very `python -m ...` in as many processes as the section `trainer` says, then end; one: just return.

    The exit status is 0, or 1 when a process went wrong, or was killed once more than RESTARTS times. Raises
    ValueError for more processes than this machine has GPUs, and for several machines: there the launcher has to be
    started on each of them (docs/how-to/cluster.md).
    """
    count = trainer["devices"]
    if spread() or count == trainer["num_nodes"] == 1:
        return
    if trainer["num_nodes"] > 1:
        raise ValueError(f"trainer.num_nodes is {trainer['num_nodes']}, but torchrun did not start this; make `srun "
                         "torchrun ...` the cmd of the stage in dvc.yaml (docs/how-to/cluster.md)")
    import torch
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    if trainer["accelerator"] == "cuda" and torch.cuda.device_count() < count:
        raise ValueError(f"trainer.devices: expected as many GPUs as processes, got {torch.cuda.device_count()} and "
                         f"{count}")
    module = sys.modules["__main__"].__spec__.name
    os.environ.setdefault("OMP_NUM_THREADS", "1")   # torchrun would say that it sets it; the stage does
    command = ["--standalone", "--local-addr=127.0.0.1", f"--nproc-per-node={count}", "-m", module, *sys.argv[1:]]
    for left in reversed(range(RESTARTS + 1)):
        try:
            run.main(command)
            sys.exit(0)
        except SignalException as error:
            sys.exit(128 + error.sigval)
        except ChildFailedError as error:
            codes = [one.exitcode for one in error.failures.values()]
            # What a process explained would be the same the next time; torchrun kills the others then.
            if not left or EXPLAINED in codes or min(codes) >= 0:
                sys.exit(f"{module}: one of {count} processes failed; what it said stands above")
            print(f"{module}: a process was killed; all start again at the last checkpoint", file=sys.stderr)
