"""Musika's two-level autoencoder: spectrogram <-> codes (one a frame) <-> latents (one for 16 frames).

Both levels work on pieces that know nothing of each other: the encoders on 16 frames, the decoders on
64 (four latents), so that audio of any length goes through in blocks of any size, exactly.

Shapes: N channels of audio or pieces, K bins, F frames, T latents (F / 16).
"""

from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn.functional import silu

from chaconne.musika.layers import Conv, Noise, Up

STACK = 16      # frames in one latent
UNIT = 4        # latents that are decoded together


@dataclass(frozen=True)
class Sizes:
    """hop: samples between frames (frame and FFT are 4 hops). code, latents: channels of the levels.

    width: unit of all other channel counts; Musika's own is hop.
    """

    hop: int = 256
    code: int = 64
    latents: int = 64
    width: int = 256

    @property
    def bins(self):
        """Frequencies of one frame."""
        return 2 * self.hop + 1

    @property
    def latent_samples(self):
        """Samples in one latent: 4096, 93 ms at 44.1 kHz."""
        return STACK * self.hop

    def as_dict(self):
        """Return the sizes for JSON."""
        return asdict(self)


class Encoder(nn.Sequential):
    """Level 1, every frame by itself: [N, K, F] -> codes [N, code, F] in (-1, 1)."""

    def __init__(self, sizes):
        inputs, width = sizes.bins, 4 * sizes.width
        layers = [layer for i in range(5) for layer in (Conv(width if i else inputs, width), nn.SiLU())]
        super().__init__(*layers, Conv(width, sizes.code), nn.Tanh())

    def weighted(self):
        """Return the layers that have weights, in the order of Musika's files."""
        return [layer for layer in self if isinstance(layer, Conv)]


class SecondEncoder(nn.Sequential):
    """Level 2: codes of 16 frames [N, code, 16] -> one latent [N, latents, 1] in (-1, 1)."""

    def __init__(self, sizes):
        w = sizes.width
        plan = ((w, 3, 1, False), (3 * w // 2, 3, 2, True), (3 * w // 2, 3, 1, False), (2 * w, 3, 2, True),
                (2 * w, 3, 1, False), (3 * w, 3, 1, True), (3 * w, 1, 1, False))
        layers, inputs = [], sizes.code
        for outputs, size, stride, valid in plan:
            layers += [Conv(inputs, outputs, size, stride, valid), nn.SiLU()]
            inputs = outputs
        super().__init__(*layers, Conv(inputs, sizes.latents), nn.Tanh())

    weighted = Encoder.weighted


class SecondDecoder(nn.Sequential):
    """Level 2: four latents [N, latents, 4] -> codes [N, code, 64]."""

    def __init__(self, sizes):
        w = sizes.width
        plan = ((Conv, 3 * w), (Up, 5 * w // 2), (Conv, 5 * w // 2), (Up, 2 * w), (Conv, 2 * w), (Up, 3 * w // 2),
                (Up, w))
        layers, inputs = [], sizes.latents
        for kind, outputs in plan:
            layers += [kind(inputs, outputs, 3) if kind is Conv else kind(inputs, outputs), Noise(), nn.SiLU()]
            inputs = outputs
        super().__init__(*layers, Conv(inputs, sizes.code))

    def weighted(self):
        """Return the layers that have weights, in the order of Musika's files."""
        return [layer for layer in self if isinstance(layer, (Conv, Up, Noise))]


class Decoder(nn.Module):
    """Level 1: codes of 64 frames [N, code, 64] -> magnitudes and phases, both [N, K, 64] in [-1, 1].

    Down by eight and up again, with added skips; the phase has a way up of its own.
    """

    def __init__(self, sizes):
        super().__init__()
        w = sizes.width
        self.g0, self.g1 = Conv(sizes.code, 3 * w, 3), Conv(3 * w, 3 * w, 3, 2)
        self.g2, self.g3 = Conv(3 * w, 2 * w, 3, 2), Conv(2 * w, w, 3, 2)
        self.g22, self.g11, self.g00 = Up(w, 2 * w), Up(2 * w, 3 * w), Up(3 * w, 3 * w)
        self.p1, self.p2 = Up(2 * w, 3 * w), Up(3 * w, 3 * w)
        self.magnitude, self.phase = Conv(3 * w, sizes.bins), Conv(3 * w, sizes.bins)
        self.noise = nn.ModuleDict({name: Noise() for name in
                                    ("g0", "g1", "g2", "g3", "g22", "g11", "p1", "g00", "p2")})

    def weighted(self):
        """Return the layers that have weights, in the order of Musika's files."""
        n = self.noise
        down = [layer for name in ("g0", "g1", "g2", "g3", "g22") for layer in (getattr(self, name), n[name])]
        return [*down, self.g11, self.p1, n["g11"], n["p1"], self.g00, self.p2, n["g00"], n["p2"],
                self.magnitude, self.phase]

    def step(self, name, x):
        """Layer `name`, its noise, its activation."""
        return silu(self.noise[name](getattr(self, name)(x)))

    def forward(self, codes):
        """codes: [N, code, 64]."""
        g0 = self.step("g0", codes)
        g1 = self.step("g1", g0)
        g2 = self.step("g2", g1)
        g22 = self.step("g22", self.step("g3", g2))
        g11 = self.step("g11", g22 + g2)
        p1 = self.step("p1", g22)
        g00 = self.step("g00", g11 + g1)
        p2 = self.step("p2", p1 + g11)
        return self.magnitude(g00 + g0).clamp(-1, 1), self.phase(p2 + g00).clamp(-1, 1)


class Autoencoder(nn.Module):
    """The four networks; their names are those of Musika's files."""

    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes
        self.enc, self.enc2 = Encoder(sizes), SecondEncoder(sizes)
        self.dec2, self.dec = SecondDecoder(sizes), Decoder(sizes)

    def encode(self, spectrograms):
        """Normalised spectrograms [N, K, F] -> latents [N, latents, F / 16]; F is a multiple of 16."""
        return join(self.enc2(split(self.enc(spectrograms), STACK)), len(spectrograms))

    def decode(self, latents):
        """latents: [N, latents, T] -> magnitudes and phases [N, K, 16 T]; T is a multiple of 4."""
        magnitudes, phases = self.dec(self.dec2(split(latents, UNIT)))
        return join(magnitudes, len(latents)), join(phases, len(latents))


def split(x, places):
    """Cut into pieces: [N, C, W] -> [N W / places, C, places]. Raises ValueError when they do not come out even."""
    count, channels, width = x.shape
    if width % places:
        raise ValueError(f"expected a multiple of {places} places, got {width}; pad them")
    return x.reshape(count, channels, width // places, places).transpose(1, 2).reshape(-1, channels, places)


def join(pieces, count):
    """The inverse of `split`: [N P, C, places] -> [N, C, P places]."""
    return torch.cat(pieces.reshape(count, -1, *pieces.shape[1:]).unbind(1), dim=-1)
