"""Moving a pretrained generator to a new genre, or to other latents; and the same budget from scratch beside it."""

import torch
from torch import nn
from torch.nn.utils import parametrize

from chaconne.running.models import load_generator, load_variation
from chaconne.running.params.reading import start_folder
from chaconne.storage.latents.latents import Latents
from chaconne.storage.latents.provenance import together
from chaconne.training.engine.trainer import Trainer
from chaconne.training.fitting import create, fit, source_of

LAYERS = ("all", "io", "norm", "lora")
CRITICS = ("new", "kept")
GENRE = ("data/genre_latents/latents.npy", "data/genre_latents/index.csv")
OLD = ("data/latents/latents.npy", "data/latents/index.csv")


def from_scratch(params, steps, name, outs):
    """Train the selected generator on the genre alone.

    name: of the training, for its checkpoints and curves. outs: the folders of the model and of its previews (or
    None). Returns what was spent, as `fit` does.
    """
    settings = {**params[params["model"]]["train"], "steps": steps}
    latents = Latents("data/genre_latents", "train", settings["frames"])
    model = create(load_variation("generators", params["model"]).Model, settings, latents, params["conditions"],
                   params["seed"])
    trainer = Trainer(name, params["trainer"], params["seed"], [settings, params["conditions"], params["threads"]],
                      GENRE)
    return fit(model, source_of(latents, model), trainer, settings, outs)


def fine_tune(params, steps, name, outs):
    """Go on from a pretrained generator.

    Arguments and result: as of `from_scratch`.
    """
    knobs = params["finetune"] | {"steps": steps}
    folder = start_folder(params)
    model, settings = prepare(folder, "data/genre_latents", knobs, params["seed"])
    latents = Latents("data/genre_latents", "train", settings["frames"], knobs["on_beats"])
    old = Latents("data/latents", "train", settings["frames"], knobs["on_beats"]) if knobs["mix_old"] else None
    if old:
        model.facts["corpora"] = together(model.facts["corpora"], old.facts["corpora"])
    merge = choose_layers(model, knobs["layers"], knobs["lora_rank"])
    trainer = Trainer(name, params["trainer"], params["seed"], [settings, knobs, params["threads"]],
                      [*GENRE, *OLD, f"{folder}/model.safetensors"])
    return fit(model, source_of(latents, model, old, knobs["mix_old"], knobs["augment_noise"]), trainer, settings,
               outs, merge)


def prepare(folder, latents_folder, knobs, seed):
    """Return (generator, settings): the one in `folder`, made to fit the latents of the new genre.

    Known attributes keep their vectors, new values get fresh ones. A critic that is not `kept` begins anew: one that
    knows the old genre by heart tells the first attempts at another from it at once, and teaches nothing. The
    latents are normalised by the genre's own statistics, so that the network starts with the right loudness and colour.
    """
    old = load_generator(folder)
    share = knobs["learning_rate"] / old.settings["learning_rate"]      # a critic keeps pace with its generator
    rates = {key: value * share for key, value in old.settings.items() if key.endswith("learning_rate")}
    settings = {**old.settings, **rates, "steps": knobs["steps"]}
    latents = Latents(latents_folder, "train", settings["frames"])
    new = create(type(old), settings, latents, list(old.vocabulary), seed, old.vocabulary)
    if knobs["critic"] not in CRITICS:
        raise ValueError(f"finetune.critic: expected one of {', '.join(CRITICS)}; got {knobs['critic']!r}")
    # With layers: io the critic learns no more than where it meets the latents.
    kept = knobs["critic"] == "kept" or knobs["layers"] == "io"
    fresh = transplant(old, new, () if kept else ("critic.",))
    new.facts = old.facts | {"corpora": together(old.facts.get("corpora", []), latents.facts["corpora"])}
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


def choose_layers(model, layers, rank):
    """Freeze all but what `layers` names; returns a function that makes the model plain again.

    all: everything. io: the layers that meet the latents, and the vectors of conditions. norm: modulation,
    biases and norms. lora: low-rank additions to every linear layer (Hu 2021), merged at the end.
    Critics always learn as a whole, save for io: they have to follow the generator.
    """
    if layers not in LAYERS:
        raise ValueError(f"finetune.layers: expected one of {', '.join(LAYERS)}; got {layers!r}")
    model.requires_grad_(layers == "all")
    for name, parameter in model.named_parameters():
        if name.startswith((*model.input_output, "network.conditions", "critic.conditions")):
            parameter.requires_grad_(True)
        elif name.startswith("critic.") and layers != "io":
            parameter.requires_grad_(True)
        elif layers == "norm" and (parameter.ndim == 1 or any(part in name for part in ("modul", "style", "shift"))):
            parameter.requires_grad_(True)
    if layers != "lora":
        return lambda: model.requires_grad_(True)
    adapted = [m for n, m in model.network.named_modules() if isinstance(m, nn.Linear)]
    for layer in adapted:
        parametrize.register_parametrization(layer, "weight", LowRank(*layer.weight.shape, rank))

    def merge():
        for layer in adapted:
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
        model.requires_grad_(True)

    return merge


class LowRank(nn.Module):
    """weight + up @ down (Hu 2021, Eq. 3); up starts at zero."""

    def __init__(self, rows, columns, rank):
        super().__init__()
        self.down = nn.Parameter(torch.randn(rank, columns) / columns ** 0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight):
        """weight: [rows, columns] -> the same shape."""
        return weight + self.up @ self.down
