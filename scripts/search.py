"""Run a search of conf/search.yaml as experiments of DVC, or show what it gave.

    python scripts/search.py                             which searches there are
    python scripts/search.py diffusion --seeds 0 1 2     run its rows, one experiment for each and for each seed
    python scripts/search.py diffusion --only kept patch-4 --workers 2
    python scripts/search.py diffusion --table           what is there, as a table in Markdown

Experiments are called search-NAME-ROW-SEED and run from the queue of DVC, beside the workspace. One that is there is
not run again: stopped, the same command goes on. `dvc exp apply` takes one over, `dvc exp remove` forgets it.
"""

import argparse
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scripts.run_queue import dvc
from scripts.run_queue import main as run_queue

SEARCHES = Path("conf/search.yaml")
COLUMNS = {"distance ↓": "fad.logmel", "coverage ↑": "coverage", "similar neighbours": "adjacent_similarity",
           "onsets a second": "notes.onset_rate"}


def read(path=SEARCHES):
    """Return the searches, {name: {run, read, base, rows}}."""
    return {name: {"base": {}} | one for name, one in yaml.safe_load(Path(path).read_text()).items()}


def experiments(name, search, rows, seeds):
    """Return [(experiment's name, row, seed, command)] of the rows asked for, all for none."""
    if unknown := sorted(set(rows or ()) - set(search["rows"])):
        raise SystemExit(f"--only: expected some of {', '.join(search['rows'])}; got {', '.join(unknown)}")
    found = []
    for row in rows or search["rows"]:
        for seed in seeds:
            settings = search["base"] | search["rows"][row] | {"seed": seed}
            called = f"search-{name}-{row}-{seed}"
            found.append((called, row, seed, ["exp", "run", "--queue", "--name", called, search["run"], *(
                word for knob, value in settings.items() for word in ("-S", f"{knob}={value}"))]))
    return found


def there():
    """Return the names of the experiments of this commit."""
    return set(dvc("exp", "list", "--name-only").split())


def waiting():
    """Return the names of experiments that wait in the queue."""
    return {word for line in dvc("queue", "status").splitlines() if "Queued" in line for word in line.split()}


def figures(called, search):
    """Return {column: value} of an experiment that is there."""
    from dvc.api import metrics_show

    path, *place = search["read"]
    return columns(metrics_show(path, rev=called), place)


def columns(metrics, place):
    """Return {column: value} of the row that stands at `place` (keys, from the outermost on) in a file of metrics."""
    from chaconne.evaluation.verdict.nested import leaves

    for key in place:
        metrics = metrics[key]
    values = dict(leaves(metrics))
    return {column: values[dotted] for column, dotted in COLUMNS.items()}


def table(name, search, rows, seeds):
    """Return the lines of a Markdown table of all experiments; those that are not there have no figures."""
    known, lines = there(), [f"| {name} | seed | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for called, row, seed, _ in experiments(name, search, rows, seeds):
        found = figures(called, search).values() if called in known else [None] * len(COLUMNS)
        cells = ("not run" if value is None else f"{value:.3g}" for value in found)
        lines.append(f"| {row} | {seed} | {' | '.join(cells)} |")
    return lines


def main(arguments=None):
    """Run a search or show it; returns 1 where an experiment failed, 2 for a search that there is not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--only", nargs="+", metavar="ROW")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--table", action="store_true")
    asked, searches = parser.parse_args(arguments), read()
    if asked.name not in searches:
        for name, search in searches.items():
            print(f"{name}: {', '.join(search['rows'])}")
        return 0 if asked.name is None else 2
    search, failed = searches[asked.name], 0
    if not asked.table:
        known = there() | waiting()
        for called, _, _, command in experiments(asked.name, search, asked.only, asked.seeds):
            print(f"{called}: already there" if called in known else dvc(*command).strip(), flush=True)
        failed = run_queue(asked.workers)
    print("\n".join(table(asked.name, search, asked.only, asked.seeds)))
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
