"""Music without an end: latents in parts, made when they are asked for.

The GAN walks along a line that is drawn once for hours; every part depends on a bounded stretch of it, so that parts
join exactly. The flow goes on from the last window it made, as `flow.fill` does for recordings.
"""

import torch

from chaconne.editing import flow

HOURS = 6               # of line, drawn at the beginning; then another seed
FIRST, NEXT = 72, 216   # latent frames that the flow makes at first (soon heard) and then (cheaper by the second)


def parts(trained, seed, conditions):
    """Yield raw latents [1, C, T], in order, without an end; T differs."""
    if trained.flows:
        yield from flowing(trained, seed, conditions)
    elif hasattr(trained.generator, "line") and not trained.steered:
        while True:
            yield from walking(trained, seed, conditions)
            seed += 1
    else:
        while True:     # a generator that can do neither: pieces, one after another
            yield trained.generator.sample(30.0, seed, conditions, trained.knobs)
            seed += 1


def flowing(trained, seed, conditions):
    """Yield parts of a flow, each behind the window before it."""
    window, beat = trained.generator.settings["frames"], trained.generator.settings["beat"]
    held = flow.generate(trained, max(FIRST, window), seed, conditions)
    yield held
    size, turn = -(-NEXT // beat) * beat, 0
    while True:
        turn += 1
        known = held[:, :, -(window // 2 // beat * beat or beat):]
        blank = known.new_zeros(1, known.shape[1], size)
        mask = torch.arange(known.shape[-1] + size) < known.shape[-1]
        # Numbers beyond what a seed can be typed as: no piece repeats another's noise.
        made = flow.fill(trained, torch.cat([known, blank], dim=-1), mask, seed + turn * 2**33, conditions)
        held = made[:, :, known.shape[-1]:]
        yield held


@torch.no_grad()
def walking(trained, seed, conditions):
    """Yield parts of a GAN along one line."""
    model, knobs = trained.generator, trained.knobs
    margin, piece = model.margin(), 24
    torch.manual_seed(seed)
    patches = round(HOURS * 3600 * model.rate_hz / model.settings["patch"])
    line = model.line(1, patches)
    line[:, :model.settings["coordinates"]] *= knobs["truncation"]
    style, codes = torch.randn(1, model.settings["style"]) * knobs["truncation"], flow.codes_of(trained, conditions)
    for first in range(0, patches, piece):
        yield model.denormalise(model.network(line[:, :, first:first + piece + 2 * margin], style, codes))
