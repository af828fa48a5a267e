"""Move the trained network towards Bach's band of every rule; stop when a guard breaks."""

from pathlib import Path

from chaconne.counterpoint import shelves
from chaconne.counterpoint.model import load
from chaconne.counterpoint.reinforcement import reinforce
from chaconne.files import new_folder, seal, write_json
from chaconne.stage import read_params, stage

MODEL = "data/counterpoint/model"


def main():
    """Write data/counterpoint/reinforced."""
    params = read_params()
    settings, seed, split = params["counterpoint"]["reinforce"], params["seed"], params["split"]
    with stage("counterpoint/reinforce", seed, params["threads"]) as clock:
        shelf = shelves.read("data/counterpoint/scores/bach", seed, split["test"], split["valid"])
        network, spent, why, band = reinforce(load(MODEL), shelf, settings, params["trainer"], seed)
        clock.update(spent)
        with new_folder("data/counterpoint/reinforced") as out:
            network.save(out)
            write_json(Path(out, "band.json"), band)
            write_json(Path(out, "reinforced.json"), {"stopped": why})
            seal(out)


if __name__ == "__main__":
    main()
