"""Stages run the package of their own checkout: `dvc exp run --temp` has a checkout of its own."""

import atexit
import multiprocessing
import os
import signal
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
sys.path.insert(0, str(SOURCE))


def keep_ctrl_c():
    """Let a Ctrl-C end the stage with 130 even where a library, or Python on its way out, swallows it."""
    pressed = []

    def press(number, frame):
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # still importing: chaconne.running.stage has not begun
            os.write(2, b"stopped by Ctrl-C before the stage began; run the same command again\n")
            os._exit(130)
        pressed.append(number)
        signal.default_int_handler(number, frame)

    def leave():
        signal.signal(signal.SIGINT, signal.SIG_DFL)    # from here on it ends the process at once
        if pressed:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(130)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:   # in the background it is ignored
        signal.signal(signal.SIGINT, press)
        atexit.register(leave)  # the first to come is the last to be called


if sys.argv[0] == "-m":     # of `python -m stages.NAME` while it looks for NAME; neither a worker nor a test
    keep_ctrl_c()

import chaconne  # noqa: E402
from chaconne.running import guard  # noqa: E402

if Path(chaconne.__file__).resolve().parent.parent != SOURCE:
    raise SystemExit(f"expected the package of {SOURCE}, got {chaconne.__file__}; run from the checkout's root")
if "DVC_STAGE" in os.environ and "CHACONNE_READS_CODE" not in os.environ:
    raise SystemExit("expected a DVC that knows chaconne (others run everything again after every edit of a comment): "
                     "type `pip install -e .` in the environment whose `dvc` this is, then the same command again")
if multiprocessing.parent_process() is None:  # its workers follow the stage
    guard.begin()   # before the code of the stage is read: an edit from here on is noticed
