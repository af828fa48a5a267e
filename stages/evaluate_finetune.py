"""Measure what fine-tuning learned of the new genre, and what it forgot of the old corpus."""

from functools import partial

from threadpoolctl import threadpool_limits

from chaconne.evaluation import tables
from chaconne.evaluation.reference import amounts, coverage, reference
from chaconne.evaluation.rows import rows
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage

# row: its folder in data/samples/finetune; beside them stands `real`, held-out music, the floor.
AGAINST_GENRE = {"codec": "codec", "before": "before", "after": "after", "scratch": "scratch"}
AGAINST_CORPUS = {"before": "before", "after": "old_after"}
GROUNDS = (("data/genre_reference", "", AGAINST_GENRE), ("data/reference", "old_", AGAINST_CORPUS))


def main():
    """Write metrics/finetune.json."""
    params = read_params()
    threads = params["threads"]
    with stage("evaluate_finetune", seed=params["seed"], threads=threads), threadpool_limits(threads):
        table = evaluate(params)
        tables.write_table("metrics/finetune.json", table)
        print("\n".join(table["warnings"]))


def evaluate(params):
    """Return the table: the rows against both references, those against the corpus as old_<row>; settings: the genre's.
    """
    settings, seed = params["evaluate"], params["seed"]
    result = {"model": params["model"], "genre": params["genre"], "intervals": {}, "warnings": []}
    for folder, old, sources in GROUNDS:
        ground = reference.load(folder, settings["embedders"], settings["weights"])
        opened = {row: rows.read_clips(f"data/samples/finetune/{place}", ground,
                                       "stages/genre/dvc.yaml:sample_finetune")
                  for row, place in sources.items() if place != "scratch" or params["finetune"]["scratch"]}
        clips = {"real": reference.heldout(ground)} | {row: clips for row, (clips, _) in opened.items()}
        parts = Parts(f"evaluate_finetune/{ground.folder.name}", [settings, seed, params["threads"]],
                      [folder, "data/samples/finetune"])
        measured, intervals = parts.joined(clips, partial(rows.table, reference=ground, settings=settings, seed=seed))
        parts.finish()
        result["warnings"] += [text for text in tables.few_clips(ground) if text not in result["warnings"]]
        if sources is AGAINST_GENRE:
            result["settings"] = tables.settings_of(ground, seed) | amounts.told(ground.about)
            result["warnings"] += amounts.warnings_of(ground.about, measured["real"], intervals["real"])
        for row, (_, about) in opened.items():
            result["warnings"] += coverage.warnings_of(old + row, measured[row], intervals[row])
            measured[row] |= {key: about[key] for key in rows.ABOUT_GENERATORS if key in about}
        result |= {old + row: values for row, values in measured.items()}
        result["intervals"] |= {old + row: values for row, values in intervals.items()}
    return result | {"unavailable": ground.unavailable}


if __name__ == "__main__":
    main()
