"""Train the diffusion generator on the corpus's latents."""

from chaconne.generators.diffusion import Model
from chaconne.running.params.reading import read_params
from chaconne.running.processes import spread_out
from chaconne.running.stage import stage
from chaconne.training.fitting import pretrain


def main():
    """Write data/models/diffusion and data/previews/diffusion; further runs in their folders run_1, run_2, ..."""
    params = read_params()
    with stage("train_diffusion", params["seed"], params["threads"]) as clock:
        spread_out(params["trainer"])
        settings = params["diffusion"]["train"]
        clock.update(pretrain("train_diffusion", Model, settings, params, "data/models/diffusion",
                              "data/previews/diffusion", params["runs"]))


if __name__ == "__main__":
    main()
