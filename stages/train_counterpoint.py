"""Train the conditional network: on other polyphony, then on Bach; on Bach alone, to compare; and one on tunes."""

from chaconne.counterpoint.network import shelves
from chaconne.counterpoint.network.learning import train
from chaconne.counterpoint.network.tasks import reached
from chaconne.evaluation.tables import write_table
from chaconne.running.files import new_folder, seal
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage

SCORES = "data/counterpoint/scores"


def main():
    """Write data/counterpoint/model and tunes, and what each training reached to metrics/counterpoint_learning.json."""
    params = read_params()
    settings, seed, split = params["counterpoint"]["train"], params["seed"], params["split"]
    with stage("counterpoint/train", seed, params["threads"]) as clock:
        shelf = {name: shelves.read(f"{SCORES}/{name}", seed, split["test"], split["valid"])
                 for name in ("bach", "polyphony", "tunes")}

        def learn(name, what, steps, start=None):
            network, clock[name], _ = train(f"train_counterpoint/{name}", shelf[what], settings | {"steps": steps},
                                            params["trainer"], seed, start)
            return network

        first = learn("pretrain", "polyphony", settings["pretrain_steps"])
        found = {"finetuned": learn("finetune", "bach", settings["steps"], first),
                 "scratch": learn("scratch", "bach", settings["steps"])}
        learned = {name: reached(network, shelf["bach"]["test"]) for name, network in found.items()}
        better = min(found, key=lambda name: learned[name]["free"])
        with new_folder("data/counterpoint/model") as out:
            found[better].save(out)
            seal(out)
        with new_folder("data/counterpoint/tunes") as out:
            learn("tunes", "tunes", settings["tune_steps"]).save(out)
            seal(out)
        # Rounded: what a loaded machine adds up in another order differs in the ninth digit.
        write_table("metrics/counterpoint_learning.json", learned | {
            "kept": better, "pieces": {name: {split: len(some) for split, some in one.items()}
                                       for name, one in shelf.items()}})


if __name__ == "__main__":
    main()
