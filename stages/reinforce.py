"""Move the trained network towards Bach's band of every rule; stop when a guard breaks."""

from pathlib import Path

from chaconne.counterpoint.network import shelves
from chaconne.counterpoint.network.model import load
from chaconne.counterpoint.reinforcing.reinforcement import reinforce
from chaconne.running.files import new_folder, seal
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage
from chaconne.storage.files import write_json

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
