"""What goes wrong in a training while it runs: numbers that are none, losses that explode, sounds that are none."""

import sys

import torch

EXPLODED = 100          # times the largest of the first ROWS logged values
ROWS = 5
BAD_SHARE = 0.1         # of the steps between two logged rows: so many bad batches are passed over
COLLAPSED = 0.02        # spread of samples over that of the training latents: below it all are the same piece
NARROW = 0.2            # below it a warning is said
SILENT = 10 ** (-80 / 20)   # RMS, full scale 1: three steps of 16 bits
REMEDY = "lower the learning rate, or use precision 32-true"
REMEDY_ALIKE = "lower the learning rates, raise gan.train.gamma or the batch, or take more pieces"


def pass_over_bad_batches(optimizer):
    """Let `optimizer`, a fused one, leave out every step whose gradients are not finite.

    A loss that is NaN makes all gradients NaN; so a look at the biases and scales of all layers is enough, and
    costs a thousandth of a step. The device decides alone: nothing waits for it.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    looked_at = [p for p in parameters if p.ndim < 2] or parameters

    def look(optimizer, *_):
        gradients = [p.grad for p in looked_at if p.grad is not None]
        if gradients and not hasattr(optimizer, "grad_scale"):  # a scaler of 16-bit training does the same by itself
            norms = torch.stack(torch._foreach_norm(gradients))
            optimizer.found_inf = (~norms.sum().isfinite()).float()

    optimizer.register_step_pre_hook(look)


def mean_row(name, step, values):
    """Return {name: mean} of the values of all steps since the last row.

    values: {name: [scalar tensors]}. Steps that are not finite are left out and said; more than a tenth of them
    (and more than one) raise FloatingPointError.
    """
    row = {}
    for key, many in values.items():
        stacked = torch.stack(many).float()
        finite = stacked.isfinite()
        bad = int((~finite).sum())
        if bad > max(1, BAD_SHARE * len(many)) or bad == len(many):
            raise FloatingPointError(f"{name}: {key} is not finite in {bad} of the last {len(many)} steps, at step "
                                     f"{step}; {REMEDY}, then run again")
        if bad:
            print(f"{name}: passed over {bad} of {len(many)} steps before step {step}: {key} was not finite there",
                  file=sys.stderr)
        row[key] = float((stacked[finite] if bad else stacked).mean())
    return row


def check_explosion(name, step, row, history):
    """Raise FloatingPointError when a value is EXPLODED times what it was in the beginning.

    history: [(step, row)] of the rows before.
    """
    if len(history) < ROWS:
        return
    for key, value in row.items():
        most = max(abs(first.get(key, 0.0)) for _, first in history[:ROWS])
        if most and abs(value) > EXPLODED * most:
            raise FloatingPointError(f"{name}: {key} exploded: {value:.3g} at step {step}, at most {most:.3g} in the "
                                     f"beginning; {REMEDY}, then run again")


def check_samples(latents, audio, final=True):
    """Look at a few samples of a generator in training: normalised latents [B, C, T] and audio [B, S].

    Raises FloatingPointError when they are not finite; when they are silent or all alike too, if `final`:
    an early look says so and goes on. Returns whether they are music.
    """
    if not (latents.isfinite().all() and audio.isfinite().all()):
        raise FloatingPointError(f"samples are not finite; {REMEDY}, then run again")
    spread, level = float(latents.std(0).mean()), float(audio.square().mean().sqrt())
    wrong = ""
    if level < SILENT:
        wrong = f"samples are silent (RMS {level:.1e}); {REMEDY}, or train longer"
    elif spread < COLLAPSED:
        wrong = f"samples are all alike, collapsed (spread {spread:.3f}, training latents 1); {REMEDY_ALIKE}"
    if wrong and final:
        raise FloatingPointError(wrong + ", then run again")
    if wrong or spread < NARROW:
        print(f"warning: {wrong or f'samples vary little (spread {spread:.2f}, training latents 1); {REMEDY_ALIKE}'}",
              file=sys.stderr)
    return not wrong
