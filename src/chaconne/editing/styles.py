"""Editing with the GAN: two pieces of its own are joined by a style and a line that turn from one to the other.

A frame depends on 2 depth + 1 patches of the line and on one style, so that every beat may have a style of its own.
"""

import torch
from torch.nn import functional

from chaconne.controls.steering.grid import between
from chaconne.editing.flow import shares, spherical

AT_ONCE = 256       # beats


@torch.no_grad()
def morph_seeds(trained, frames, seeds, asked, progress=iter):
    """Return raw latents [1, C, frames] of a piece that begins as that of the first seed and ends as the second's.

    Line and style turn on the sphere, and evenly the music that is made under what is asked for at either end.
    asked: (of the beginning, of the end), see chaconne.editing.wishes.both_ends.
    """
    model, truncation = trained.generator, trained.knobs["truncation"]
    patch, beat, margin = model.settings["patch"], model.settings["beat"], model.margin()
    (begin, seen, places, patches), (end, *_) = (model.laid(one, frames) for one in asked)
    beats = -(-patches // beat)
    lines, styles = zip(*(start(model, patches, seed, truncation) for seed in seeds), strict=True)
    free = model.settings["coordinates"] + model.settings["noise"]
    line = torch.cat([lines[0], seen], dim=1)
    line[:, :free] = spherical(*(one[:, :free] for one in lines), shares(line.shape[-1], line.shape[-1]))
    line = functional.pad(line, (0, beats * beat - patches), mode="replicate")
    style = spherical(styles[0].T, styles[1].T, shares(beats, beats)).T        # [beats, S]
    width = lines[0].shape[1]       # what rides along lies below the line
    windows = line[0].unfold(1, beat + 2 * margin, beat).transpose(0, 1)       # [beats, width + R, beat + 2 margin]

    def made(codes):
        parts = zip(*(whole.split(AT_ONCE) for whole in (windows[:, :width], windows[:, width:], style,
                                                         codes.expand(beats, -1))), strict=True)
        # [beats, C, beat * patch]
        music = torch.cat([model.walk(*part, trained.knobs) for part in progress(list(parts))])
        return music.transpose(0, 1).flatten(1)[None]

    music = made(begin)
    if not begin.equal(end):
        music = torch.lerp(music, made(end), shares(music.shape[-1], patches * patch))
    return model.denormalise(music if places is None else between(music, places))[:, :, :frames]


def start(model, patches, seed, truncation):
    """Return the line [1, width, patches + 2 margin] and the style [1, S] of a seed, drawn as in plain sampling."""
    torch.manual_seed(seed)
    line = model.line(1, patches)
    line[:, :model.settings["coordinates"]] *= truncation
    return line, torch.randn(1, model.settings["style"]) * truncation
