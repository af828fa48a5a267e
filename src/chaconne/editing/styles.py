"""Editing with the GAN: two pieces of its own are joined by a style and a line that turn from one to the other.

A frame depends on 2 depth + 1 patches of the line and on one style, so that every beat may have a style of its own.
"""

import torch
from torch.nn import functional

from chaconne.editing.flow import codes_of, shares, spherical

AT_ONCE = 256       # beats


@torch.no_grad()
def morph_seeds(trained, frames, seeds, conditions, progress=iter):
    """Return raw latents [1, C, frames] of a piece that begins as that of the first seed and ends as the second's."""
    model, truncation = trained.generator, trained.knobs["truncation"]
    patch, beat, margin = model.settings["patch"], model.settings["beat"], model.margin()
    patches = -(-frames // patch)
    beats = -(-patches // beat)
    lines, styles = zip(*(start(model, patches, seed, truncation) for seed in seeds), strict=True)
    free = model.settings["coordinates"] + model.settings["noise"]
    line = lines[0].clone()
    line[:, :free] = spherical(*(one[:, :free] for one in lines), shares(line.shape[-1], line.shape[-1]))
    line = functional.pad(line, (0, beats * beat - patches), mode="replicate")
    style = spherical(styles[0].T, styles[1].T, shares(beats, beats)).T        # [beats, S]
    windows = line[0].unfold(1, beat + 2 * margin, beat).transpose(0, 1)       # [beats, width, beat + 2 margin]
    codes = codes_of(trained, conditions).expand(beats, -1)
    parts = zip(windows.split(AT_ONCE), style.split(AT_ONCE), codes.split(AT_ONCE), strict=True)
    made = torch.cat([model.network(*part) for part in progress(list(parts))])  # [beats, C, beat * patch]
    return model.denormalise(made.transpose(0, 1).flatten(1)[None])[:, :, :frames]


def start(model, patches, seed, truncation):
    """Return the line [1, width, patches + 2 margin] and the style [1, S] of a seed, drawn as in plain sampling."""
    torch.manual_seed(seed)
    line = model.line(1, patches)
    line[:, :model.settings["coordinates"]] *= truncation
    return line, torch.randn(1, model.settings["style"]) * truncation
