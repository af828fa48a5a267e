"""Editing with a rectified flow: a part is given and the rest is made, or all is made a little anew.

A flow leads from noise (t = 0) to music (t = 1) along x_t = (1 - t) noise + t data (chaconne.generators.diffusion).
What is given keeps to its own straight path, whose velocity, data - noise, is known: everywhere else the network's
velocity counts, and it sees the given part beside it at the same time t (Lugmayr 2022, RePaint, for this path).

Shapes: B batch, C latent channels, T latent frames; latents here are normalised.
"""

import math

import torch

from chaconne.generators.diffusion import follow, shifted_times
from chaconne.training.contract.generator import encode_conditions

# On the chorales a strength of 0.5 changes normalised latents by 0.7 (root mean square) of 1.33 for unrelated music.
EVEN = 6.0


def check(trained, what):
    """Raise ValueError where a model cannot do `what`, saying which can."""
    if not trained.flows:
        raise ValueError(f"{what}: a {trained.generator.name} makes whole pieces and cannot keep a part of a "
                         "recording; take --model diffusion (of the GAN: generate, and morph between two seeds)")


def whole(trained, frames):
    """Return the length that the network works on for `frames`: windows start on beats and have a fixed size."""
    settings = trained.generator.settings
    return max(settings["frames"], -(-frames // settings["beat"]) * settings["beat"])


def noise_of(trained, frames, seed):
    """Return the noise [1, C, whole] that `seed` stands for, the same as in plain sampling."""
    torch.manual_seed(seed)
    return trained.knobs["temperature"] * torch.randn(1, trained.generator.channels, whole(trained, frames))


def codes_of(trained, conditions):
    """Return the codes [1, attributes] of {attribute: value}."""
    return encode_conditions(trained.generator.vocabulary, [conditions])


@torch.no_grad()
def integrate(trained, x, codes, start=0.0, given=None, turn=None, progress=iter):
    """Follow the flow from x [B, C, T] at time `start` to music at time 1, with the knobs of `trained`.

    given: None, or (data [B, C, T], noise [B, C, T], mask bool [T]): where the mask is true the result is `data`.
    turn: None, or (other codes, share [T] of the velocity under them): what is asked for turns along the piece.
    progress: wraps the list of steps. Times and method are those of Model.integrate.
    """
    model, knobs = trained.generator, trained.knobs

    def velocity(x, t, step):
        v = model.velocity(x, t, codes, step)
        if turn is not None:
            v = torch.lerp(v, model.velocity(x, t, turn[0], step), turn[1])
        if knobs["guidance"] != 1:
            v = torch.lerp(model.velocity(x, t, torch.zeros_like(codes), step), v, knobs["guidance"])
        return v if given is None else torch.where(given[2], given[0] - given[1], v)

    times = [start, *(t for t in shifted_times(knobs["steps"], knobs["shift"]) if t > start)]
    x = follow(velocity, x, times, knobs["method"], progress)
    return x if given is None else torch.where(given[2], given[0], x)


def generate(trained, frames, seed, conditions, temperature=1.0, progress=iter):
    """Return raw latents [1, C, frames]; with temperature 1 the same as Model.sample.

    temperature: above 0, times that of the knobs: less is more typical and less varied.
    """
    x = temperature * noise_of(trained, frames, seed)
    made = integrate(trained, x, codes_of(trained, conditions), progress=progress)
    return trained.generator.denormalise(made)[:, :, :frames]


def fill(trained, latents, mask, seed, conditions, progress=iter):
    """Return raw latents [1, C, T]: those given where the mask [T] is true, made to fit them elsewhere."""
    frames = latents.shape[-1]
    data = padded(trained, trained.generator.normalise(latents))
    noise = noise_of(trained, frames, seed)
    known = torch.zeros(data.shape[-1], dtype=torch.bool)
    known[:frames] = mask
    made = integrate(trained, noise, codes_of(trained, conditions), given=(data, noise, known), progress=progress)
    return trained.generator.denormalise(made)[:, :, :frames]


def vary(trained, latents, strength, seed, conditions, progress=iter):
    """Return raw latents like those given [1, C, T]: noise part of the way, and back (Meng 2022, SDEdit).

    strength: 0 leaves them as they are, 1 makes all anew, 0.5 is half way in what comes out: the flow knows most of
    the music long before its end, so that little changes until EVEN shifts the time towards the noise.
    """
    frames = latents.shape[-1]
    data, noise = padded(trained, trained.generator.normalise(latents)), noise_of(trained, frames, seed)
    start = 1 - EVEN * strength / (1 + (EVEN - 1) * strength)       # Esser 2024, Eq. 23
    made = integrate(trained, torch.lerp(noise, data, start), codes_of(trained, conditions), start, progress=progress)
    return trained.generator.denormalise(made)[:, :, :frames]


def morph_seeds(trained, frames, seeds, asked, progress=iter):
    """Return raw latents [1, C, frames] of a piece that begins as the one of the first seed and ends as the second's.

    The noise turns from one to the other on the sphere, frame by frame, and evenly what is asked for.
    asked: (of the beginning, of the end), see chaconne.editing.wishes.both_ends.
    """
    a, b = (noise_of(trained, frames, seed) for seed in seeds)
    share = shares(a.shape[-1], frames)
    turn = None if asked[0].equal(asked[1]) else (asked[1], share)
    made = integrate(trained, spherical(a, b, share), asked[0], turn=turn, progress=progress)
    return trained.generator.denormalise(made)[:, :, :frames]


def morph_latents(trained, first, second, strength, seed, conditions, progress=iter):
    """Return raw latents that turn from one recording's [1, C, T] to another's; the flow mends what lies between.

    strength: how far into the noise the middle goes, 0 (a mere mixture) to 1.
    """
    frames = min(first.shape[-1], second.shape[-1])
    a, b = (trained.generator.normalise(z[:, :, :frames]) for z in (first, second))
    mixed = trained.generator.denormalise(spherical(a, b, shares(frames, frames)))
    return vary(trained, mixed, strength, seed, conditions, progress)


def shares(length, frames):
    """Return [length]: 0 at the beginning, 1 from `frames` on, rising evenly between."""
    return (torch.arange(length) / max(frames - 1, 1)).clamp(max=1)


def spherical(a, b, share):
    """Mix two independent normal vectors with constant variance, share [T] of the second (Shoemake 1985, slerp)."""
    angle = share * math.pi / 2
    return angle.cos() * a + angle.sin() * b


def padded(trained, z):
    """Return normalised latents [1, C, T] with the last frame held until the network's length."""
    more = whole(trained, z.shape[-1]) - z.shape[-1]
    return torch.nn.functional.pad(z, (0, more), mode="replicate") if more else z
