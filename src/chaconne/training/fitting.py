"""Training a generator on latents, from nothing or from a pretrained one."""

from contextlib import contextmanager
from pathlib import Path

import torch
from torch.nn.utils import parametrize

from chaconne.running.files import new_folder, seal
from chaconne.running.models import load_codec
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.storage.files import of_run
from chaconne.storage.latents.audio import write_wav
from chaconne.storage.latents.latents import Latents
from chaconne.training.contract.generator import build_vocabulary, encode_conditions
from chaconne.training.engine.faults import check_samples
from chaconne.training.engine.trainer import Trainer

INPUTS = ("data/latents/latents.npy", "data/latents/index.csv")


def source_of(latents, model, old=None, mix_old=0.0, noise=0.0):
    """Return `draw(count, rng) -> (normalised latents [count, C, T], condition codes [count, A])`.

    latents, old: chaconne.storage.latents.latents.Latents; `mix_old` of every batch comes from `old`.
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


LOOKED_AT = 8  # samples: enough to see whether they differ


def previews_of(codec, folder):
    """Return what Generator.fit calls as `preview(model, average)`: it makes the Previews of a training.

    folder: where the last weights that made music are kept, as `last_good`.
    """
    return lambda model, average: Previews(codec, folder, model, average)


class Previews:
    """Called with a path it writes a sound to hear there, and looks whether a training still makes music."""

    seconds = 6.0

    def __init__(self, codec, folder, model, average):
        self.codec, self.folder, self.model, self.average = codec, Path(folder), model, average

    def __call__(self, path):
        """Write a WAV; raises FloatingPointError when the samples are no music (chaconne.training.engine.faults)."""
        with self.averaged() as model:
            audio = self.codec.decode(model.sample(self.seconds, 0, {}, model.preview))[0]
            write_wav(path, audio, self.codec.sample_rate_hz)
            self.check(model, final=True)

    def look(self):
        """Look early: what is no music yet is said, and training goes on."""
        with self.averaged() as model:
            self.check(model, final=False)

    def check(self, model, final):
        """Look at some samples as long as a training crop; keep the weights that made them where they are music."""
        latents = model.sample(model.settings["frames"] / model.rate_hz, 0, {}, model.preview, count=LOOKED_AT)
        audio = self.codec.decode(latents[:1])
        music = check_samples(model.normalise(latents.to(model.mean.device)).cpu(), audio, final)
        # Adapters are merged at the end: before it their weights are not those of a plain model.
        if music and not any(parametrize.is_parametrized(module) for module in model.modules()):
            with new_folder(self.folder / "last_good") as temporary:
                model.save(temporary)
                seal(temporary)

    @contextmanager
    def averaged(self):
        """Yield the model with its averaged weights, ready to sample; afterwards all is as it was."""
        current, state = self.model.network, torch.get_rng_state()
        self.model.network = self.average.module
        try:
            yield self.model.eval()
        finally:
            torch.set_rng_state(state)
            self.model.network = current
            self.model.train()


def pretrain(name, kind, settings, params, model_out, previews_out, runs=1, begin=None):
    """Train new generators on data/latents as the stage `name`: with seed, seed + 1, ... as many as `runs`.

    kind: a generator module's Model. settings: its section `train`. Run 0 is written to the folders
    `model_out` and `previews_out` (None: no previews), the others below them (see `of_run`). begin: called as
    `begin(model, run)`, gives a new model what others know and returns their files.
    Returns the seconds spent on one run: the mean.
    """
    latents = Latents("data/latents", "train", settings["frames"])
    key = [settings, params["conditions"], params["threads"]]
    trained, spent = [], []
    for run in range(runs):
        seed = params["seed"] + run
        model = create(kind, settings, latents, params["conditions"], seed)
        known = begin(model, run) if begin else ()
        trainer = Trainer(of_run(name, run), params["trainer"], seed, key, [*INPUTS, *known])
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


def fit(model, source, trainer, settings, outs, merge=None, keep=None):
    """Fit `model`, note its facts, and save it and its previews as the folders `outs`.

    merge: called after training, makes an adapted model plain again. keep: as Generator.fit has it. Returns what was
    spent.
    """
    spent = learn(model, source, trainer, settings, outs[0], merge, keep)
    trainer.finish(outs[1])
    return spent


def learn(model, source, trainer, settings, out, merge=None, keep=None):
    """Do as `fit`, but keep the state to resume from and the previews: `trainer.finish` is left to the caller."""
    codec = load_codec(codec_folder(read_params()))
    # All of it, before averages are taken of its weights: means, and what the trainer itself would not move.
    model.to(trainer.fabric.device)
    spent = model.train().fit(source, trainer, settings, previews_of(codec, trainer.folder), keep)
    steps = getattr(trainer, "learned", settings["steps"])      # fewer where it stopped in time
    if merge:
        merge()
    model.facts = {"corpora": model.facts["corpora"],
                   "parameters": sum(p.numel() for p in model.parameters()),
                   "inference_parameters": sum(p.numel() for p in model.sampled()),
                   "train_examples": model.facts.get("train_examples", 0) + steps * settings["batch"]}
    model.cpu()
    if not trainer.fabric.global_rank:
        with new_folder(out) as temporary:
            model.save(temporary)
            seal(temporary)
    return spent
