"""Measure samples against the corpus: `evaluate anchors` (a row per folder) or `evaluate GENERATOR`."""

import sys
from pathlib import Path

from threadpoolctl import threadpool_limits

from chaconne.evaluation import coverage, reference, rows, tables
from chaconne.stage import read_params, stage


def main(name="anchors"):
    """Write metrics/<name>.json: rows, intervals, unavailable, warnings, settings."""
    params = read_params()
    threads = params["threads"]
    with stage(f"evaluate_{name}", seed=params["seed"], threads=threads), threadpool_limits(threads):
        table = evaluate(name, params)
        tables.write_table(f"metrics/{name}.json", table)
        print("\n".join(table["warnings"]))


def evaluate(name, params):
    """Return the table of the anchors or of one generator."""
    settings = params["evaluate"]
    ground = reference.load("data/reference", settings["embedders"], settings.get("weights", ""))
    warnings = tables.few_clips(ground)
    if name == "anchors":
        measured, intervals = rows.table(anchors(ground), ground, settings, params["seed"])
    else:
        folders = [f"data/samples/{name}", *(f"data/samples/{name}/run_{i}" for i in range(1, params["runs"]))]
        opened = [rows.read_clips(folder, ground, f"sample@{name}") for folder in folders]
        clips = {name: [clips for clips, _ in opened]}
        measured, intervals = rows.table(clips, ground, settings, params["seed"])
        measured[name] |= rows.about_generator(opened[0][1], folders[0])
        warnings += coverage.warnings_of(name, measured[name], intervals[name])
    return {"rows": measured, "intervals": intervals, "unavailable": ground.unavailable, "warnings": warnings,
            "settings": tables.settings_of(ground, params["seed"])}


def anchors(ground):
    """Return {row: clips} of the rows that every generator is compared with."""
    folders = [path for path in sorted(Path("data/samples/anchors").glob("*")) if path.is_dir()]
    opened = {folder.name: rows.read_clips(folder, ground, "anchors")[0] for folder in folders}
    if "real" not in opened:
        raise FileNotFoundError("data/samples/anchors/real is missing: run `dvc repro anchors` first")
    return opened


if __name__ == "__main__":
    main(*sys.argv[1:])
