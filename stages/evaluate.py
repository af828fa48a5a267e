"""Measure samples against the corpus: `evaluate anchors` (a row per folder) or `evaluate GENERATOR`."""

import sys
from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_limits

from chaconne.evaluation import tables
from chaconne.evaluation.reference import amounts, coverage, reference
from chaconne.evaluation.rows import rows
from chaconne.running.files import new_folder
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.storage.files import runs_in


def main(name="anchors"):
    """Write metrics/<name>.json (rows, intervals, unavailable, warnings, settings) and data/projection/<name>."""
    params = read_params()
    threads = params["threads"]
    with stage(f"evaluate_{name}", seed=params["seed"], threads=threads), threadpool_limits(threads):
        table = evaluate(name, params)
        tables.write_table(f"metrics/{name}.json", table)
        print("\n".join(table["warnings"]))


def evaluate(name, params):
    """Return the table of the anchors or of one generator."""
    ground = reference.load("data/reference", params["evaluate"]["embedders"], params["evaluate"]["weights"])
    warnings = tables.few_clips(ground)
    parts = Parts(f"evaluate_{name}", [params["evaluate"], params["seed"], params["threads"]],
                  ["data/reference", f"data/samples/{name}"])
    table = partial(rows.table, reference=ground, settings=params["evaluate"], seed=params["seed"])
    if name == "anchors":
        clips = anchors(ground)
        measured, intervals = parts.joined(clips, table)
        warnings += amounts.warnings_of(ground.about, measured["real"], intervals["real"])
    else:
        folders = runs_in(f"data/samples/{name}")
        runs, facts = zip(*(rows.read_clips(folder, ground, f"sample@{name}") for folder in folders), strict=True)
        clips = {name: runs[0]}  # what the projection shows; the row is about all runs
        measured, intervals = parts.joined({name: list(runs)}, table)
        measured[name] |= rows.about_generator(facts[0], folders[0])
        warnings += coverage.warnings_of(name, measured[name], intervals[name])
    with new_folder(f"data/projection/{name}") as temporary:
        rows.project(temporary, clips, ground)
    parts.finish()
    settings = tables.settings_of(ground, params["seed"]) | amounts.told(ground.about)
    return {"rows": measured, "intervals": intervals, "unavailable": ground.unavailable, "settings": settings,
            "warnings": warnings}


def anchors(ground):
    """Return {row: clips} of the rows that every generator is compared with."""
    folders = [path for path in sorted(Path("data/samples/anchors").glob("*")) if path.is_dir()]
    opened = {folder.name: rows.read_clips(folder, ground, "anchors")[0] for folder in folders}
    if "real" not in opened:
        raise FileNotFoundError("data/samples/anchors/real is missing: run `dvc repro anchors` first")
    return opened


if __name__ == "__main__":
    main(*sys.argv[1:])
