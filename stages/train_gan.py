"""Train the gan generator on the corpus's latents."""

from chaconne.fitting import pretrain
from chaconne.generators.gan import Model
from chaconne.processes import spread_out
from chaconne.stage import read_params, stage


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
