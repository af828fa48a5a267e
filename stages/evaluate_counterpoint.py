"""Measure every composer beside Bach, and see that all that was written can be read again."""

from chaconne.counterpoint import measuring
from chaconne.counterpoint.network import shelves
from chaconne.evaluation.tables import rounded
from chaconne.running.files import read_json
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage
from chaconne.scores.writing.reading_again import check_works
from chaconne.storage.files import write_json

ROOT = "data/counterpoint"


def main():
    """Write metrics/counterpoint.json."""
    params = read_params()
    seed, split = params["seed"], params["split"]
    with stage("counterpoint/evaluate", seed, params["threads"]):
        shelf = shelves.read(f"{ROOT}/scores/bach", seed, split["test"], split["valid"])
        table = measuring.measure(ROOT, shelf)
        table |= check_works(f"{ROOT}/pieces") | read_json(f"{ROOT}/reinforced/reinforced.json")
        # What a loaded machine adds up in another order differs in the ninth digit.
        table = rounded(table, "metrics/counterpoint.json")
        write_json("metrics/counterpoint.json", table)
        for kind, found in table["gates"].items():
            broken = [f"{name} {one['value']:.3g} (limit {one['limit']:.3g})" for name, one in found.items()
                      if not one["held"]]
            print(f"{kind}: " + (f"gates that do not hold: {', '.join(broken)}" if broken else "all gates hold"))


if __name__ == "__main__":
    main()
