"""Measure what fine-tuning learned of the new genre, and what it forgot of the old corpus."""

from functools import partial

from threadpoolctl import threadpool_limits

from chaconne.evaluation import tables
from chaconne.evaluation.reference import coverage, reference
from chaconne.evaluation.rows import rows
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage

# row: (folder of data/samples, stage that makes it); MODEL stands for the selected generator
AGAINST_GENRE = {
    "before": ("MODEL", "sample@MODEL"),
    "after": ("finetune/after", "sample_finetune"),
    "scratch": ("finetune/scratch", "sample_finetune"),
}
AGAINST_CORPUS = {
    "old_before": ("MODEL", "sample@MODEL"),
    "old_after": ("finetune/old_after", "sample_finetune"),
}


def main():
    """Write metrics/finetune.json."""
    params = read_params()
    threads = params["threads"]
    with stage("evaluate_finetune", seed=params["seed"], threads=threads), threadpool_limits(threads):
        table = evaluate(params)
        tables.write_table("metrics/finetune.json", table)
        print("\n".join(table["warnings"]))


def evaluate(params):
    """Return the table: the rows against both references, intervals, warnings, model, genre."""
    model, settings, seed = params["model"], params["evaluate"], params["seed"]
    result = {"model": model, "genre": params["genre"], "intervals": {}, "warnings": []}
    for folder, sources in (("data/genre_reference", AGAINST_GENRE), ("data/reference", AGAINST_CORPUS)):
        ground = reference.load(folder, settings["embedders"], settings["weights"])
        opened = {}
        for row, names in sources.items():
            place, maker = (name.replace("MODEL", model) for name in names)
            opened[row] = rows.read_clips(f"data/samples/{place}", ground, maker)
        clips = {row: clips for row, (clips, _) in opened.items()}
        if sources is AGAINST_GENRE:
            clips["real"] = reference.heldout(ground)  # the floor: tunes that training never saw
        parts = Parts(f"evaluate_finetune/{ground.folder.name}", [settings, seed, params["threads"]],
                      [folder, f"data/samples/{model}", "data/samples/finetune"])
        measured, intervals = parts.joined(clips, partial(rows.table, reference=ground, settings=settings, seed=seed))
        parts.finish()
        for row, (_, about) in opened.items():
            result["warnings"] += coverage.warnings_of(row, measured[row], intervals[row])
            measured[row] |= {key: about[key] for key in rows.ABOUT_GENERATORS if key in about}
        result |= measured
        result["intervals"] |= intervals
    result["warnings"] = tables.few_clips(ground) + result["warnings"]
    return result | {"unavailable": ground.unavailable, "settings": tables.settings_of(ground, seed)}


if __name__ == "__main__":
    main()
