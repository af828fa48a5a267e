"""Post-train the flow with the critic of the GAN."""

from chaconne.running.params.reading import read_params
from chaconne.running.processes import spread_out
from chaconne.running.stage import stage
from chaconne.training.distilling import distil


def main():
    """Write data/models/distilled and data/previews/distilled; further runs in their folders run_1, run_2, ..."""
    params = read_params()
    with stage("train_distilled", params["seed"], params["threads"]) as clock:
        spread_out(params["trainer"])
        clock.update(distil("train_distilled", params, "data/models/distilled", "data/previews/distilled"))


if __name__ == "__main__":
    main()
