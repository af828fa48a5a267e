"""Stages run the package of their own checkout: `dvc exp run --temp` has a checkout of its own."""

import multiprocessing
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
sys.path.insert(0, str(SOURCE))

import chaconne  # noqa: E402
from chaconne import guard  # noqa: E402

if Path(chaconne.__file__).resolve().parent.parent != SOURCE:
    raise SystemExit(f"expected the package of {SOURCE}, got {chaconne.__file__}; run from the checkout's root")
if multiprocessing.parent_process() is None:  # its workers follow the stage
    guard.begin()   # before the code of the stage is read: an edit from here on is noticed
