"""Does a fresh run give the committed numbers? python scripts/verify.py [FOLDER]

Runs the pipeline of this checkout in a copy with an empty cache (half an hour at scale laptop), or takes the run that
lies in FOLDER, and compares its metrics with those of HEAD. On one machine with one thread count they are the same;
elsewhere arithmetic differs in the last digit, training enlarges that, and numbers have to agree as TOLERANCES says.
Their sizes are what was seen between laptop runs whose arithmetic differed so: rows without training 5 %, rows of
generators 35 %.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from scripts.smoke import copy_checkout, environment  # noqa: E402

FILES = ("metrics/comparison.json", "metrics/finetune.json", "metrics/codec.json")
SAME = ("parameters", "inference_parameters", "train_examples", "function_evaluations", "runs", "settings", "channels",
        "model", "genre", "unavailable")
UNTRAINED = ("real", "codec", "shuffled", "noise")
TOLERANCES = {"untrained": 0.10, "trained": 0.50}   # share of the larger of the two
SMALL = 0.02        # differences below it are none: shares and distances near zero
NOT_COMPARED = ("intervals", "verdict", "warnings", "fad_infinity_fit")


def leaves(tree, above=()):
    """Yield (path, value) of nested dictionaries; a path is a tuple."""
    for key, value in tree.items():
        if isinstance(value, dict) and key not in SAME:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def differences(ours, theirs, name):
    """Yield one line for each number of two tables that does not agree.

    ours: the committed table of the file `name`; theirs: that of the fresh run.
    """
    committed, fresh = (dict(leaves({k: v for k, v in table.items() if k not in NOT_COMPARED}))
                        for table in (ours, theirs))
    for path in sorted(committed.keys() | fresh.keys(), key=str):
        where = f"{name}: {'.'.join(map(str, path))}"
        if set(path) & set(NOT_COMPARED):
            continue
        if path not in committed or path not in fresh:
            yield f"{where} is only in the {'committed' if path in committed else 'fresh'} metrics"
        elif not agree(path, committed[path], fresh[path], ours.get("intervals", {}), theirs.get("intervals", {})):
            yield f"{where}: committed {committed[path]}, fresh {fresh[path]}"


def agree(path, a, b, *intervals):
    """Tell whether two values agree: equal, within the tolerance of their row, or with intervals that overlap."""
    if a == b:
        return True
    if path[-1] in SAME or path[0] in SAME or not all(isinstance(v, (int, float)) for v in (a, b)):
        return False
    tolerance = TOLERANCES["untrained" if path[0] in UNTRAINED or len(path) == 1 else "trained"]
    if abs(a - b) <= max(tolerance * max(abs(a), abs(b)), SMALL):
        return True
    bounds = [look_up(tree, path) for tree in intervals]
    return all(bounds) and bounds[0][0] <= bounds[1][1] and bounds[1][0] <= bounds[0][1]


def look_up(tree, path):
    """Return the value under a path of keys, None where there is none."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def committed(name):
    """Return the committed JSON file `name` of this checkout."""
    said = subprocess.run(["git", "show", f"HEAD:{name}"], cwd=ROOT, env=environment(), capture_output=True, text=True)
    if said.returncode:
        raise SystemExit(f"verify: {name} is not committed; run `dvc repro` and commit metrics/")
    return json.loads(said.stdout)


def fresh_run():
    """Run the audio branch in a copy of this checkout; returns its folder."""
    copy = copy_checkout(Path(tempfile.mkdtemp(), "verify"), committed(FILES[0])["settings"]["scale"])
    print(f"verify: a fresh run in {copy}", flush=True)
    if status := subprocess.run(["dvc", "repro"], cwd=copy, env=environment()).returncode:
        raise SystemExit(f"verify: the fresh run ended with {status}")
    return copy


def main(folder=None):
    """Compare; prints what does not agree. Returns 1 when something does not."""
    root = Path(folder) if folder else fresh_run()
    lines = []
    for name in FILES:
        if not (root / name).exists():
            raise SystemExit(f"verify: {root / name} is missing; expected the folder of a finished `dvc repro`")
        lines += differences(committed(name), json.loads((root / name).read_text()), name)
    print("\n".join(lines) or f"verify: the metrics of {root} agree with the committed ones")
    return int(bool(lines))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(*sys.argv[1:]))
