"""Train the gan generator on the corpus's latents."""

from chaconne.fitting import pretrain
from chaconne.generators.gan import Model
from chaconne.stage import read_params, stage


def main():
    """Write data/models/gan and data/previews/gan; further runs in their folders run_1, run_2, ..."""
    params = read_params()
    with stage("train_gan", params["seed"], params["threads"], trainer=params["trainer"]) as clock:
        settings = params["gan"]["train"]
        clock.update(pretrain("train_gan", Model, settings, params, "data/models/gan",
                              "data/previews/gan", params["runs"]))


if __name__ == "__main__":
    main()
