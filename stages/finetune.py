"""Fine-tune the selected generator on the genre, or train it from scratch on the same budget."""

import sys

from chaconne.finetuning import choose_layers, prepare
from chaconne.fitting import create, fit, source_of
from chaconne.latents import Latents
from chaconne.modules import load_variation
from chaconne.provenance import together
from chaconne.stage import read_params, stage
from chaconne.training import Trainer

GENRE = ("data/genre_latents/latents.npy", "data/genre_latents/index.csv")
OLD = ("data/latents/latents.npy", "data/latents/index.csv")


def scratch(params):
    """Train the selected generator on the genre alone; returns what it spent."""
    section = params[params["model"]]
    settings = {**section["train"], "steps": params["finetune"]["steps"]}
    latents = Latents("data/genre_latents", "train", settings["frames"])
    model = create(load_variation("generators", params["model"]).Model, settings, latents, params["conditions"],
                   params["seed"])
    trainer = Trainer("scratch", params["trainer"], params["seed"], [settings, params["conditions"], params["threads"]],
                      GENRE)
    return fit(model, source_of(latents, model), trainer, settings,
               ("data/models/scratch", "data/previews/scratch"))


def finetune(params):
    """Go on from a pretrained generator; returns what it spent."""
    knobs = params["finetune"]
    folder = f"pretrained/{knobs['pretrained']}" if knobs["pretrained"] else f"data/models/{params['model']}"
    model, settings = prepare(folder, "data/genre_latents", knobs, params["seed"])
    latents = Latents("data/genre_latents", "train", settings["frames"], knobs["on_beats"])
    old = Latents("data/latents", "train", settings["frames"], knobs["on_beats"]) if knobs["mix_old"] else None
    if old:
        model.facts["corpora"] = together(model.facts["corpora"], old.facts["corpora"])
    merge = choose_layers(model, knobs["layers"], knobs["lora_rank"])
    trainer = Trainer("finetune", params["trainer"], params["seed"],
                      [settings, knobs, params["threads"]],
                      [*GENRE, *OLD, f"{folder}/model.safetensors"])
    return fit(model, source_of(latents, model, old, knobs["mix_old"], knobs["augment_noise"]), trainer, settings,
               ("data/models/finetuned", "data/previews/finetuned"), merge)


def main(which):
    """which: `finetune` -> data/models/finetuned, or `scratch` -> data/models/scratch."""
    params = read_params()
    with stage(which, params["seed"], params["threads"]) as clock:
        clock.update({"finetune": finetune, "scratch": scratch}[which](params))


if __name__ == "__main__":
    main(*sys.argv[1:])
