"""Training Musika's autoencoder, whose own training was never published: spectral losses, then adversaries too.

The networks learn end to end, through the inverse transform: log-magnitudes of the encoder's own spectrogram,
magnitudes of the waveform at several resolutions (Yamamoto 2020, Eqs. 4-7), and from a given share of the steps on
hinge losses and feature matching against critics of spectrograms at several resolutions (Jang 2021, section 2.2).

Shapes: B batch, S samples at 44.1 kHz, F frames, K bins.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from chaconne.musika import spectrum
from chaconne.musika.autoencoder import UNIT
from chaconne.musika.contest import critic_losses

RESOLUTIONS = (2048, 1024, 512, 256)        # FFT sizes in samples; 46 to 6 ms, hops a quarter
JUDGED = (2048, 1024, 512)                  # of the critics


def magnitudes_at(audio, size):
    """audio: [B, S] -> magnitudes [B, K, F] of an STFT of `size` samples."""
    window = torch.hann_window(size, device=audio.device)
    found = torch.stft(audio, size, size // 4, window=window, return_complex=True)
    return (spectrum.power(found) + 1e-9).sqrt()


def spectral_loss(rebuilt, audio):
    """Spectral convergence and L1 of log-magnitudes, mean over the resolutions: [B, S] twice -> scalar."""
    total = 0.0
    for size in RESOLUTIONS:
        ours, theirs = magnitudes_at(rebuilt, size), magnitudes_at(audio, size)
        total = total + (ours - theirs).norm() / (theirs.norm() + 1e-5)
        total = total + ((ours + 1e-3).log() - (theirs + 1e-3).log()).abs().mean()
    return total / len(RESOLUTIONS)


class Way(nn.Module):
    """There and back, with gradients: audio [B, S] -> (audio in the middle, rebuilt, L1 of the spectrogram)."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, audio, noise):
        """S: a multiple of four latents' samples. `noise`: deviation added to the latents."""
        hop = self.model.sizes.hop
        edge = 3 * hop // 2
        padded = functional.pad(audio, (edge, edge))
        target = spectrum.spectrogram(padded, hop)
        latents = self.model.encode(target)
        magnitudes, phases = self.model.decode(latents + noise * torch.randn_like(latents))
        # Where fewer frames overlap there is nothing to learn.
        middle = slice(3 * hop, -3 * hop)
        rebuilt = spectrum.invert(magnitudes, phases, hop)[:, middle]
        return padded[:, middle], rebuilt, (magnitudes - target.clamp(-1, 1)).abs().mean()


class Judge(nn.Module):
    """Critic of log-magnitudes at one resolution: audio [B, S] -> activations, the last one judgements."""

    def __init__(self, size, width=32):
        super().__init__()
        self.size = size
        strides = ((1, 1), (2, 1), (2, 2), (2, 2))
        self.layers = nn.ModuleList(nn.Conv2d(width if i else 1, width, (5, 3), stride, padding=(2, 1))
                                    for i, stride in enumerate(strides))
        self.judge = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, audio):
        """Returns a list of activations."""
        h, found = (magnitudes_at(audio, self.size) + 1e-3).log().unsqueeze(1), []
        for layer in self.layers:
            h = functional.leaky_relu(layer(h), 0.2)
            found.append(h)
        return [*found, self.judge(h)]


class Judges(nn.ModuleList):
    """One Judge for every resolution."""

    def __init__(self):
        super().__init__(Judge(size) for size in JUDGED)

    def forward(self, audio):
        """audio: [B, S] -> a list of activations for every judge."""
        return [judge(audio) for judge in self]


def fooling_loss(ours, theirs):
    """What rebuilt audio loses before the judges: (hinge loss, L1 between activations)."""
    fooled = sum(-activations[-1].mean() for activations in ours) / len(ours)
    pairs = [(a, b) for mine, real in zip(ours, theirs, strict=True) for a, b in zip(mine[:-1], real[:-1], strict=True)]
    return fooled, sum((a - b.detach()).abs().mean() for a, b in pairs) / len(pairs)


def fit(model, crops, settings, trainer):
    """Train `model`, an Autoencoder, on `crops(count, rng)`: audio [count, S] at 44.1 kHz; returns seconds spent.

    settings: crop_frames (a multiple of 4), batch, steps, learning_rate, critic_learning_rate, latent_noise,
    adversarial_from (share of the steps), adversarial_weight, matching_weight, magnitude_weight.
    """
    if settings["crop_frames"] % UNIT:
        raise ValueError(f"musika.crop_frames: expected a multiple of {UNIT}, got {settings['crop_frames']}")
    steps, begin = settings["steps"], round(settings["steps"] * settings["adversarial_from"])
    inner, judging = Way(model).train(), Judges()
    way, optimizer = trainer.setup(inner, settings["learning_rate"], (0.8, 0.99))
    judges, judging_optimizer = trainer.setup(judging, settings["critic_learning_rate"], (0.8, 0.99))

    def adversarial(audio, rebuilt):
        """Move the judges, then tell what the codec loses before them."""
        pairs = zip(judges(audio), judges(rebuilt.detach()), strict=True)
        losses = [sum(critic_losses(real[-1], fake[-1])) for real, fake in pairs]
        judged = sum(losses) / len(losses)
        judging_optimizer.zero_grad()
        trainer.fabric.backward(judged)
        judging_optimizer.step()
        judging.requires_grad_(False)
        fooled, apart = fooling_loss(judges(rebuilt), judges(audio))
        return settings["adversarial_weight"] * fooled + settings["matching_weight"] * apart, judged

    def step(i):
        factor = trainer.cosine(i, steps)
        trainer.set_learning_rate(optimizer, settings["learning_rate"] * factor)
        trainer.set_learning_rate(judging_optimizer, settings["critic_learning_rate"] * factor)
        rng = np.random.default_rng([trainer.seed, i, trainer.fabric.global_rank])
        audio, rebuilt, magnitude = way(crops(settings["batch"], rng), settings["latent_noise"])
        spectral = spectral_loss(rebuilt, audio)
        values = {"spectral": spectral, "magnitude": magnitude}
        loss = spectral + settings["magnitude_weight"] * magnitude
        if i >= begin:
            more, judged = adversarial(audio, rebuilt)
            loss, values = loss + more, values | {"adversarial": more, "judges": judged}
        optimizer.zero_grad()
        trainer.fabric.backward(loss)
        trainer.fabric.clip_gradients(way, optimizer, max_norm=1.0)
        optimizer.step()
        judging.requires_grad_(True)
        return values

    state = {"model": model, "judges": judging, "optimizer": optimizer, "judging_optimizer": judging_optimizer}
    return trainer.run(steps, step, state)
