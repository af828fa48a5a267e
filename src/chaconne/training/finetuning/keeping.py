"""What keeps the old music playable while a generator learns another: it is asked for it in every step.

A few pieces of the old music stand beside each batch of the new, asked for by their own attributes (an instrument, a
mode). What comes of them is compared with what it should be (Generator.recall): knowledge distillation from the model
one began with, as Learning without Forgetting (Li 2016, Eq. 2). No critic judges them: one that is new has to learn
two kinds of music from nothing, and then teaches neither (docs/search.md).
"""

import numpy as np
import torch

from chaconne.training.contract.generator import Generator, encode_conditions


def keeping(model, teacher, old, new, weight):
    """Return `keep() -> loss`, a scalar that a training adds to that of its network; None where nothing can be kept.

    model, teacher: the generator that learns, and the one that it was. old, new: the music of both
    (chaconne.storage.latents.latents.Latents). weight: of what is kept, 1 for what suits the kind (Generator.recalls).
    Old music that is asked for by the same attributes as the new, or by none, cannot be told from it: that is left
    out, and said where nothing else is there.
    """
    codes = apart(model, teacher, old, new)
    channels, old_channels = model.channels, teacher.channels
    unkept = ("it is asked for as the new is, or by nothing" if not codes.any() else
              f"the latents have {channels} channels, had {old_channels}" if channels != old_channels else
              f"{model.name} cannot recall it" if type(model).recall is Generator.recall else "")
    if unkept:
        print(f"fine-tuning: nothing of the old music is kept: {unkept}")
        return None
    teacher, (pieces, suits) = teacher.to(model.mean.device).requires_grad_(False), model.recalls

    def keep():
        raw, rows = old.draw(pieces, np.random.default_rng(int(torch.randint(2 ** 62, ()))))
        told = codes[rows].any(1)
        if not told.any():
            return torch.zeros((), device=model.mean.device)
        raw, asked = (part[told].to(model.mean.device) for part in (raw, codes[rows]))
        return weight * suits * told.float().mean() * model.recall(teacher, raw, asked)

    return keep


def apart(model, teacher, old, new):
    """Return the codes [rows of old, attributes] that ask for the old music alone; zeros where no code does."""
    codes, known, taken = (encode_conditions(kind.vocabulary, latents.index.to_dict("records"))
                           for kind, latents in ((model, old), (teacher, old), (model, new)))
    taken = {tuple(row) for row in taken.tolist()}
    told = torch.tensor([tuple(row) not in taken for row in codes.tolist()])
    return codes * ((codes == known).all(1) & told).unsqueeze(1)
