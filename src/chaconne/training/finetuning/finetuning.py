"""Moving a pretrained generator to a new genre, or to other latents; and the same budget from scratch beside it."""

import torch

from chaconne.running.models import load_generator, load_variation
from chaconne.running.params.reading import start_folder
from chaconne.storage.latents.latents import Latents
from chaconne.storage.latents.provenance import together
from chaconne.training.contract.generator import encode_conditions
from chaconne.training.engine.trainer import Trainer
from chaconne.training.finetuning.amounts import minutes_of, settled
from chaconne.training.finetuning.keeping import keeping
from chaconne.training.finetuning.layers import choose_layers
from chaconne.training.finetuning.watching import Watched
from chaconne.training.fitting import create, fit, source_of

CRITICS = ("new", "kept")
GENRE = ("data/genre_latents/latents.npy", "data/genre_latents/index.csv")
OLD = ("data/latents/latents.npy", "data/latents/index.csv")


def from_scratch(params, steps, name, outs):
    """Train the selected generator on the genre alone.

    name: of the training, for its checkpoints and curves. outs: the folders of the model and of its previews (or
    None). Returns what was spent, as `fit` does.
    """
    kind = load_variation("generators", params["model"]).Model
    if hasattr(kind, "begin_as"):
        raise ValueError(f"finetune.scratch: expected a generator that learns from nothing; {kind.name} goes on from "
                         "others, so set it to false")
    settings = {**params[params["model"]]["train"], "steps": steps}
    latents = Latents("data/genre_latents", "train", settings["frames"])
    model = create(kind, settings, latents, params["conditions"], params["seed"])
    trainer = Trainer(name, params["trainer"], params["seed"], [settings, params["conditions"], params["threads"]],
                      GENRE)
    return fit(model, source_of(latents, model), trainer, settings, outs)


def fine_tune(params, steps, name, outs):
    """Go on from a pretrained generator.

    Arguments and result: as of `from_scratch`.
    """
    folder = start_folder(params)
    teacher = load_generator(folder)
    crops = ("train", teacher.settings["frames"], params["finetune"]["on_beats"])
    latents = Latents("data/genre_latents", *crops)
    knobs = settled(params["finetune"] | {"steps": steps}, minutes_of("data/genre_latents"), teacher.name)
    model, settings = prepare(teacher, latents, knobs, params["seed"])
    old = Latents("data/latents", *crops) if knobs["keep"] or knobs["mix_old"] else None
    if old:
        model.facts["corpora"] = together(model.facts["corpora"], old.facts["corpora"])
    keep = keeping(model, teacher, old, latents, knobs["keep"]) if knobs["keep"] else None
    merge = choose_layers(model, knobs["layers"], knobs["lora_rank"])
    trainer = Trainer(name, params["trainer"], params["seed"], [settings, knobs, params["threads"]],
                      [*GENRE, *OLD, f"{folder}/model.safetensors"])
    if knobs["stop_every"]:
        codes = encode_conditions(model.vocabulary, latents.index.to_dict("records"))
        trainer = Watched(trainer, model, "data/genre_latents", codes, knobs["stop_every"], knobs["patience"])
    source = source_of(latents, model, old if knobs["mix_old"] else None, knobs["mix_old"], knobs["augment_noise"])
    return fit(model, source, trainer, settings, outs, merge, keep)


def prepare(old, latents, knobs, seed):
    """Return (generator, settings): generator `old`, made to fit the latents of the new genre.

    Known attributes keep their vectors, new values get fresh ones. A critic that is not `kept` begins anew: one that
    knows the old genre by heart tells the first attempts at another from it at once, and teaches nothing. Where
    nothing is to be kept the latents are normalised by the genre's own statistics, so that the network starts with
    the right loudness and colour; where something is, it goes on in the units it knows.
    """
    share = knobs["learning_rate"] / old.settings["learning_rate"]      # a critic keeps pace with its generator
    changed = {key: value * share for key, value in old.settings.items() if key.endswith("learning_rate")}
    changed |= {"stop_every": 0} if "stop_every" in old.settings else {}    # Musika's own; here it is the trainer's
    settings = {**old.settings, **changed, "steps": knobs["steps"]}
    new = create(type(old), settings, latents, list(old.vocabulary), seed, old.vocabulary)
    if knobs["critic"] not in CRITICS:
        raise ValueError(f"finetune.critic: expected one of {', '.join(CRITICS)}; got {knobs['critic']!r}")
    # With layers: io the critic learns no more than where it meets the latents.
    kept = knobs["critic"] == "kept" or knobs["layers"] == "io"
    fresh = transplant(old, new, () if kept else ("critic.",))
    new.facts = old.facts | {"corpora": together(old.facts.get("corpora", []), latents.facts["corpora"])}
    if knobs["keep"] and old.channels == new.channels:
        new.mean.copy_(old.mean)
        new.std.copy_(old.std)
    if fresh:
        print(f"fine-tuning: {', '.join(fresh)} made anew for {new.channels} channels (were {old.channels})")
    return new, settings


def transplant(old, new, anew=()):
    """Copy what fits of generator `old` into `new`, of the same kind, but for names that begin like one of `anew`.

    Vectors of known conditions move to their rows. Layers that meet the latents keep their fresh
    weights where the latents have another shape. Raises ValueError when any other layer differs.
    Returns the names of the parameters that stayed fresh.
    """
    fresh, source = [], dict(old.named_parameters())
    with torch.no_grad():
        for name, parameter in new.named_parameters():
            given = source.get(name)
            if anew and name.startswith(anew):
                continue
            if given is not None and given.shape == parameter.shape:
                parameter.copy_(given)
            elif given is not None and ".conditions.tables." in f".{name}":
                parameter[:len(given)] = given
            elif name.startswith(new.input_output):
                fresh.append(name)
            else:
                raise ValueError(f"finetune.pretrained: expected {name} of shape {list(parameter.shape)}, got "
                                 f"{None if given is None else list(given.shape)}; set {new.name}.train to the "
                                 "sizes the network was trained with")
    return fresh
