"""Training a generator on latents, from nothing or from a pretrained one."""

import torch

from chaconne.audio import write_wav
from chaconne.files import new_folder, of_run
from chaconne.generator import build_vocabulary, encode_conditions
from chaconne.latents import Latents
from chaconne.modules import load_codec
from chaconne.training import Trainer

INPUTS = ("data/latents/latents.npy", "data/latents/index.csv")


def source_of(latents, model, old=None, mix_old=0.0, noise=0.0):
    """Return `draw(count, rng) -> (normalised latents [count, C, T], condition codes [count, A])`.

    latents, old: chaconne.latents.Latents; `mix_old` of every batch comes from `old`.
    noise: deviation added to the latents.
    """
    sets = [(s, encode_conditions(model.vocabulary, s.index.to_dict("records"))) for s in (latents, old) if s]

    def draw(count, rng):
        shares = [count] if len(sets) == 1 else [count - round(count * mix_old), round(count * mix_old)]
        raw, codes = [], []
        for (one, table), share in zip(sets, shares, strict=True):
            crops, rows = one.draw(share, rng)
            raw.append(crops)
            codes.append(table[rows])
        z = model.normalise(torch.cat(raw).to(model.mean.device))
        return z + noise * torch.randn_like(z) if noise else z, torch.cat(codes).to(z.device)

    return draw


def previews_of(codec, seconds=6.0):
    """Return what Generator.fit calls as `preview(model, average)`: it makes a maker of sounds."""

    def prepare(model, average):
        def write(path):
            current = model.network
            model.network = average.module
            state = torch.get_rng_state()
            audio = codec.decode(model.eval().sample(seconds, 0, {}, model.preview))[0]
            torch.set_rng_state(state)
            model.network = current
            model.train()
            write_wav(path, audio, codec.sample_rate_hz)
        return write

    return prepare


def pretrain(name, kind, settings, params, model_out, previews_out, runs=1):
    """Train new generators on data/latents as the stage `name`: with seed, seed + 1, ... as many as `runs`.

    kind: a generator module's Model. settings: its section `train`. Run 0 is written to the folders
    `model_out` and `previews_out` (None: no previews), the others below them (see `of_run`).
    Returns the seconds spent on one run: the mean.
    """
    latents = Latents("data/latents", "train", settings["frames"])
    key = [settings, params["conditions"], params["threads"]]
    trained, spent = [], []
    for run in range(runs):
        seed = params["seed"] + run
        model = create(kind, settings, latents, params["conditions"], seed)
        trainer = Trainer(of_run(name, run), params["trainer"], seed, key, INPUTS)
        spent.append(learn(model, source_of(latents, model), trainer, settings, of_run(model_out, run)))
        trained.append((trainer, previews_out and of_run(previews_out, run)))
    # Not before: a killed stage starts with empty folders and takes up every run where its checkpoint is.
    for trainer, previews in trained:
        trainer.finish(previews)
    return {key: round(sum(one[key] for one in spent) / runs, 2) for key in spent[0]}


def create(kind, settings, latents, attributes, seed, known=None):
    """Return an untrained `kind` for `latents`; `known` values keep their places in the vocabulary."""
    torch.manual_seed(seed)
    facts = latents.facts
    model = kind(settings, latents.channels, facts["sample_rate_hz"] / facts["hop_samples"],
                 build_vocabulary(latents.index, attributes, known))
    model.mean[:], model.std[:] = latents.statistics()
    model.facts = {"corpora": facts["corpora"]}
    return model


def fit(model, source, trainer, settings, outs, merge=None):
    """Fit `model`, note its facts, and save it and its previews as the folders `outs`.

    merge: called after training, makes an adapted model plain again. Returns what was spent.
    """
    spent = learn(model, source, trainer, settings, outs[0], merge)
    trainer.finish(outs[1])
    return spent


def learn(model, source, trainer, settings, out, merge=None):
    """Do as `fit`, but keep the state to resume from and the previews: `trainer.finish` is left to the caller."""
    codec = load_codec("data/codec")
    spent = model.train().fit(source, trainer, settings, previews_of(codec))
    if merge:
        merge()
    model.facts = {"corpora": model.facts["corpora"],
                   "parameters": sum(p.numel() for p in model.parameters()),
                   "inference_parameters": sum(p.numel() for p in model.sampled()),
                   "train_examples": model.facts.get("train_examples", 0) + settings["steps"] * settings["batch"]}
    with new_folder(out) as temporary:
        model.cpu().save(temporary)
    return spent
