"""One training in several processes: torchrun starts them, and starts all of them again when one has died."""

import os
import sys

RESTARTS = 3    # a training goes on from its last checkpoint each time


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

    Processes on several machines have to be started on each of them (docs/how-to/cluster.md): without that, one line
    and exit 1. The exit status is 0, or 1 when a process went wrong, or was killed once more than RESTARTS times.
    """
    if spread() or trainer["devices"] == trainer["num_nodes"] == 1:
        return
    module = sys.modules["__main__"].__spec__.name
    if trainer["num_nodes"] > 1:
        sys.exit(f"{module}: trainer.num_nodes is {trainer['num_nodes']}, but torchrun did not start this; make `srun "
                 f"torchrun ... -m {module}` the cmd of the stage in dvc.yaml (docs/how-to/cluster.md)")
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    # The agent is this process: its children end with it, and it ends with DVC (chaconne.guard).
    command = ["--standalone", f"--nproc-per-node={trainer['devices']}", "-m", module, *sys.argv[1:]]
    for left in reversed(range(RESTARTS + 1)):
        try:
            run.main(command)
            sys.exit(0)
        except SignalException as error:
            sys.exit(128 + error.sigval)
        except ChildFailedError as error:
            # What a process said before it ended by itself would be the same the next time.
            if not left or all(one.exitcode >= 0 for one in error.failures.values()):
                sys.exit(f"{module}: one of {trainer['devices']} processes failed; what it said stands above")
            print(f"{module}: a process was killed; all start again at the last checkpoint", file=sys.stderr)
