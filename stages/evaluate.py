"""Measure samples against the corpus: `evaluate anchors` (a row per folder) or `evaluate GENERATOR`."""

import sys
from pathlib import Path

from threadpoolctl import threadpool_limits

from chaconne.evaluation import reference, rows, tables
from chaconne.stage import read_params, stage


def main(name="anchors"):
    """Write metrics/<name>.json: rows, intervals, unavailable, settings."""
    params = read_params()
    threads = params["threads"]
    with stage(f"evaluate_{name}", seed=params["seed"], threads=threads), threadpool_limits(threads):
        tables.write_table(f"metrics/{name}.json", evaluate(name, params))


def evaluate(name, params):
    """Return the table of the anchors or of one generator."""
    ground = reference.load("data/reference", params["evaluate"]["embedders"])
    if name == "anchors":
        folders = [path for path in sorted(Path("data/samples/anchors").glob("*")) if path.is_dir()]
        opened = {folder.name: rows.read_clips(folder, ground, "anchors") for folder in folders}
        if "real" not in opened:
            raise FileNotFoundError("data/samples/anchors/real is missing: run `dvc repro anchors` first")
    else:
        opened = {name: rows.read_clips(f"data/samples/{name}", ground, f"sample@{name}")}
    clips = {row: clips for row, (clips, _) in opened.items()}
    measured, intervals = rows.table(clips, ground, params["evaluate"], params["seed"])
    if name != "anchors":
        measured[name] |= rows.about_generator(opened[name][1], f"data/samples/{name}")
    settings = tables.settings_of(ground, params["seed"])
    if "warning" in settings:
        print(settings["warning"])
    return {"rows": measured, "intervals": intervals, "unavailable": ground.unavailable, "settings": settings}


if __name__ == "__main__":
    main(*sys.argv[1:])
