"""Keep the figures of a run that is not the default one: python scripts/study.py NAME FOLDER

FOLDER is a checkout in which `dvc repro evaluate@anchors evaluate@gan evaluate@diffusion` ran with other params
(another scale, several runs). Its rows with their intervals, what it cost and the params that differ from those of this
checkout are written to metrics/studies/NAME.json.
"""

import sys
from pathlib import Path

from chaconne.evaluation.verdict.nested import leaves
from chaconne.running.files import read_json
from chaconne.running.params.reading import read_params
from chaconne.storage.files import write_json

TABLES, CLOCKS = ("anchors", "gan", "diffusion"), ("train_gan", "train_diffusion", "sample_gan", "sample_diffusion")


def study(folder, here="."):
    """Return {params, rows, intervals, settings, timing} of a checkout; FileNotFoundError where it did not run."""
    found = {"rows": {}, "intervals": {}, "timing": {}}
    for name in TABLES:
        table = read_json(Path(folder, f"metrics/{name}.json"))
        found["rows"] |= table["rows"]
        found["intervals"] |= table["intervals"]
        found["settings"] = table["settings"]
    clocks = read_json(Path(folder, "metrics/timing.json"))
    for name in CLOCKS:
        found["timing"][name] = clocks["stages"][name] | clocks.get(name.partition("_")[2], {})
    own, usual = dict(leaves(read_params(folder))), dict(leaves(read_params(here)))
    found["params"] = {key: value for key, value in own.items() if usual.get(key) != value}
    return found


def main(name, folder):
    """Write metrics/studies/<name>.json."""
    path = Path("metrics/studies", f"{name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, study(folder))
    print(path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
