"""Does a fresh run give the committed numbers? python scripts/verify.py [FOLDER]

Runs the pipeline of this checkout in a copy with an empty cache (half an hour at scale laptop), or takes the run that
lies in FOLDER, and compares its metrics with those of HEAD. On one machine with one thread count they are the same;
elsewhere arithmetic differs in the last digit, and training enlarges that. So a row that was trained agrees when

- its Fréchet distances are within 10 %, or three times what another processor was seen to change, at most 20 %: a model
  that is a quarter worse fails, whatever luck seeds have;
- every other number lies within three times its own luck: how far seeds and processors moved it
  (metrics/studies/luck.json, made by scripts/luck.py), 10 % at the least.
"""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from scripts.smoke import copy_checkout, environment  # noqa: E402

FILES = ("metrics/comparison.json", "metrics/finetune.json")
SAME = ("parameters", "inference_parameters", "train_examples", "function_evaluations", "runs", "settings", "channels",
        "model", "genre", "unavailable")
# Rows of metrics/finetune.json that are the selected generator's before it was fine-tuned.
TWINS = {"before": "gan", "old_before": "gan"}
LUCK = "metrics/studies/luck.json"
QUALITY = ("fad", "fad_infinity")   # what says how good a training was
LEAST, TIMES = 0.10, 3      # of a logarithm: about the share by which numbers may always differ; of what luck moved
WORSE = 0.20                # of a logarithm: the most that distances of a trained row may differ
SMALL = 0.02        # differences below it are none: shares and distances near zero
NOT_COMPARED = ("intervals", "verdict", "warnings", "fad_infinity_fit")


def leaves(tree, above=()):
    """Yield (path, value) of nested dictionaries; a path is a tuple."""
    for key, value in tree.items():
        if isinstance(value, dict) and key not in SAME:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def differences(ours, theirs, name, luck):
    """Yield one line for each number of two tables that does not agree.

    ours: the committed table of the file `name`; theirs: that of the fresh run; luck: what scripts/luck.py measured.
    """
    committed, fresh = (dict(leaves({k: v for k, v in table.items() if k not in NOT_COMPARED}))
                        for table in (ours, theirs))
    spans = [table.get("intervals", {}) for table in (ours, theirs)]
    for path in sorted(committed.keys() | fresh.keys(), key=str):
        where = f"{name}: {'.'.join(map(str, path))}"
        if set(path) & set(NOT_COMPARED):
            continue
        if path not in committed or path not in fresh:
            yield f"{where} is only in the {'committed' if path in committed else 'fresh'} metrics"
        elif not agree(path, committed[path], fresh[path], luck, spans):
            yield f"{where}: committed {committed[path]}, fresh {fresh[path]}"


def agree(path, a, b, luck, intervals=()):
    """Tell whether two values agree: equal, nearly, within the luck of their measure, or with intervals that overlap.

    What says how good a training was may not hide behind its interval, which is about clips.
    """
    if a == b:
        return True
    if path[-1] in SAME or path[0] in SAME or not all(isinstance(v, (int, float)) for v in (a, b)):
        return False
    quality = len(path) > 2 and path[1] in QUALITY
    if abs(a - b) <= (0.0 if quality else SMALL):
        return True
    if a > 0 and b > 0 and abs(math.log(a / b)) <= tolerance(path, quality, luck):
        return True
    bounds = [look_up(tree, path) for tree in intervals]
    return not quality and all(bounds) and bounds[0][0] <= bounds[1][1] and bounds[1][0] <= bounds[0][1]


def tolerance(path, quality, luck):
    """Return by how much the logarithm of a number may differ."""
    row, measure = TWINS.get(path[0], path[0]), ".".join(map(str, path[1:]))
    moved, seeds = (luck[why].get(row, {}).get(measure, 0.0) for why in ("processors", "seeds"))
    return min(WORSE, max(LEAST, TIMES * moved)) if quality else max(LEAST, TIMES * max(moved, seeds))


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
    lines, luck = [], committed(LUCK)
    for name in FILES:
        if not (root / name).exists():
            raise SystemExit(f"verify: {root / name} is missing; expected the folder of a finished `dvc repro`")
        lines += differences(committed(name), json.loads((root / name).read_text()), name, luck)
    print("\n".join(lines) or f"verify: the metrics of {root} agree with the committed ones")
    return int(bool(lines))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(*sys.argv[1:]))
