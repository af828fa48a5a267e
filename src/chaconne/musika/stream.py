"""Audio of any length through the autoencoder in bounded memory, any number of channels, nothing dropped.

Latent j stands for samples 4096 j to 4096 (j + 1): audio begins one and a half hops into the first frame, ends are
filled with silence, and decoding cuts them off and undoes the fade there. N channels, S samples, T latents.
"""

import math
from contextlib import contextmanager

import numpy as np
import torch

from chaconne.musika import spectrum
from chaconne.musika.autoencoder import UNIT
from chaconne.musika.products import Products

BLOCK = 64      # latents at once (6 s): more are no faster, fewer are slower


def encode_exactly(model, audio):
    """audio: [N, S] -> latents [N, C, F / 16], as the original: S samples hold F frames, a multiple of 16."""
    return model.encode(spectrum.spectrogram(audio, model.sizes.hop))


def decode_exactly(model, latents):
    """latents: [N, C, T] -> audio [N, (16 T + 3) hop] in [-1, 1], as the original; T is a multiple of 4."""
    return spectrum.invert(*model.decode(latents), model.sizes.hop).clamp(-1, 1)


class Stream:
    """An Autoencoder at work on recordings. On a CPU its networks run as matrix products.

    The weights are those of the moment when this is made.
    """

    def __init__(self, model, block=BLOCK):
        if block % UNIT:
            raise ValueError(f"block: expected a multiple of {UNIT} latents, got {block}")
        self.sizes, self.block = model.sizes, block
        self.device = next(model.parameters()).device
        self.model = model if self.device.type != "cpu" else Products(model)

    @torch.no_grad()
    def encode(self, blocks):
        """blocks: audio [N, any number] in [-1, 1], in order; yields latents [N, C, at most `block`].

        All together ceil(S / 4096) latents. Raises ValueError when there is no audio at all.
        """
        hop, step = self.sizes.hop, self.sizes.latent_samples
        edge, held, total = 3 * hop // 2, None, 0
        for audio in blocks:
            total += audio.shape[1]
            held = torch.cat([audio.new_zeros(len(audio), edge) if held is None else held, audio], dim=1)
            while held.shape[1] >= self.block * step + 2 * edge:
                yield self.latents(held[:, :self.block * step + 2 * edge])
                held = held[:, self.block * step:]
        if not total:
            raise ValueError("expected audio, got none: the recording is empty")
        left = -(-(held.shape[1] - edge) // step)
        while left > 0:
            count = min(left, self.block)
            wanted = count * step + 2 * edge
            part = torch.nn.functional.pad(held[:, :wanted], (0, max(0, wanted - held.shape[1])))
            yield self.latents(part)
            held, left = held[:, count * step:], left - count

    def latents(self, audio):
        """audio: [N, 4096 T + 3 hop] -> latents [N, C, T]."""
        return self.model.encode(spectrum.spectrogram(audio.to(self.device), self.sizes.hop)).cpu()

    @torch.no_grad()
    def decode(self, blocks, samples=None, seed=0):
        """blocks: latents [N, C, any number], in order; yields audio [N, any number] in [-1, 1].

        All together `samples`, or 4096 for every latent. Noise is drawn from `seed`; the global generator stays
        as it was.
        """
        given, made, tail = 0, 0, None
        limit = math.inf if samples is None else samples
        for number, (latents, count) in enumerate(in_blocks(blocks, self.block)):
            given += count
            with own_randomness(seed, number):
                frames = spectrum.waves(*self.model.decode(latents.to(self.device)), self.sizes.hop)
            audio, tail = self.joined(frames, tail, first=number == 0)
            limit_now = min(limit, given * self.sizes.latent_samples)
            yield audio[:, :max(0, limit_now - made)].clamp(-1, 1).cpu()
            made += audio.shape[1]
        if tail is None:
            raise ValueError("expected latents, got none")
        edge = tail.shape[1] // 2
        last = tail[:, :edge] * spectrum.edge_gain(self.sizes.hop, "end", tail.device)
        yield last[:, :max(0, min(limit, given * self.sizes.latent_samples) - made)].clamp(-1, 1).cpu()

    def joined(self, frames, tail, first):
        """Overlap frames [N, F, 4 hop] with the `tail` of the block before: (finished audio, new tail [N, 3 hop])."""
        audio, hop = spectrum.overlap_add(frames), self.sizes.hop
        if first:
            audio[:, 3 * hop // 2:3 * hop] *= spectrum.edge_gain(hop, "begin", audio.device)
        else:
            audio[:, :3 * hop] += tail
        return audio[:, 3 * hop // 2 if first else 0:-3 * hop], audio[:, -3 * hop:]


def in_blocks(blocks, size):
    """Regroup latents [N, C, any] into (latents, how many were given): `size` each, the last one filled up.

    What is filled up, to a multiple of four, repeats the last latent.
    """
    held = None
    for latents in blocks:
        held = latents if held is None else torch.cat([held, latents], dim=2)
        while held.shape[2] > size:
            yield held[:, :, :size], size
            held = held[:, :, size:]
    if held is not None and held.shape[2]:
        count = held.shape[2]
        yield torch.cat([held, held[:, :, -1:].expand(-1, -1, -count % UNIT)], dim=2), count


@contextmanager
def own_randomness(seed, number):
    """Seed the global generator for one block, and put it back as it was."""
    with torch.random.fork_rng():
        torch.manual_seed(int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0]) >> 1)
        yield
