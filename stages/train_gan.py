"""Train the gan generator on the corpus's latents."""

from chaconne.generators.gan import Model
from chaconne.running.params.reading import read_params
from chaconne.running.processes import spread_out
from chaconne.running.stage import stage
from chaconne.training.fitting import pretrain


def main():
    """Write data/models/gan and data/previews/gan; further runs in their folders run_1, run_2, ..."""
    params = read_params()
    with stage("train_gan", params["seed"], params["threads"]) as clock:
        spread_out(params["trainer"])
        settings = params["gan"]["train"]
        clock.update(pretrain("train_gan", Model, settings, params, "data/models/gan",
                              "data/previews/gan", params["runs"]))


if __name__ == "__main__":
    main()
