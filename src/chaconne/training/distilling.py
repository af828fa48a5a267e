"""Post-training: a generator that goes on from a flow and a GAN that are trained already."""

from chaconne.running.clocks import trained_for
from chaconne.running.models import load_generator, load_variation
from chaconne.storage.files import of_run
from chaconne.training.fitting import pretrain

FLOW, GAN = "data/models/diffusion", "data/models/gan"


def distil(name, params, model_out, previews_out):
    """Post-train as the stage `name` the flow of every run, with the critic of the GAN of that run.

    Arguments and result: as of `fitting.pretrain`; the sizes are those of the two.
    """
    kind = load_variation("generators", "distilled").Model

    def begin(model, run):
        folders = [of_run(folder, run) for folder in (FLOW, GAN)]
        model.begin_as(*map(load_generator, folders))
        return [f"{folder}/model.safetensors" for folder in folders]

    settings = kind.sizes(load_generator(FLOW), load_generator(GAN)) | params["distilled"]["train"]
    spent = pretrain(name, kind, settings, params, model_out, previews_out, params["runs"], begin)
    return spent | trained_for(("diffusion", "gan"))
