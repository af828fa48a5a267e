"""Musika's autoencoder as a codec of this project: mono, at the rate of the corpus, 44.1 kHz inside.

Published weights serve as they are, or go on learning; without any, it is trained from nothing. One latent frame is
4096 samples at 44.1 kHz, 2048 at 22.05 kHz. `chaconne musika` does stereo and whole recordings with the same networks.

Shapes: B batch, S samples, C channels, T latent frames.
"""

from pathlib import Path

import soxr
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from chaconne.musika import published
from chaconne.musika.autoencoder import Autoencoder, Sizes
from chaconne.musika.codec_training import fit
from chaconne.musika.layers import switch_noise
from chaconne.musika.stream import Stream
from chaconne.running.files import read_json
from chaconne.storage.files import write_json

# Of the files of chaconne.musika that are imported here: DVC sees this one file. `python scripts/seal.py` renews it.
SEAL = "8a45025713b34681"
RATE = 44100        # of the networks
LOUD = 0.5          # magnitude from which training begins (12 dB): an untrained decoder is heard, not silent


class Codec(nn.Module):
    """Audio <-> latents of `channels` values. See chaconne.codec for the contract.

    noise: whether decoding adds the noise that Musika's decoders learned to add (seeded).
    origin: where the weights came from, for codec.json.
    """

    def __init__(self, sample_rate_hz, sizes, noise=True, origin=None):
        super().__init__()
        self.model = Autoencoder(Sizes(**sizes))
        samples = self.model.sizes.latent_samples
        if samples * sample_rate_hz % RATE:
            raise ValueError(f"audio.sample_rate_hz: expected a rate at which {samples} samples at 44.1 kHz are a "
                             f"whole number (22050, 44100), got {sample_rate_hz}")
        self.config = dict(name="musika", sample_rate_hz=sample_rate_hz, sizes=sizes, noise=noise, origin=origin or {})
        self.sample_rate_hz, self.hop_samples = sample_rate_hz, samples * sample_rate_hz // RATE
        self.channels = self.model.sizes.latents
        switch_noise(self.model, noise)
        self.stream = None

    def train(self, mode=True):
        """Weights may change: what was laid out for decoding is forgotten."""
        self.stream = None
        return super().train(mode)

    def working(self):
        """Return the Stream of the present weights."""
        self.stream = self.stream or Stream(self.model)
        return self.stream

    @torch.no_grad()
    def encode(self, audio):
        """audio: [B, S] in [-1, 1] -> latents [B, C, S / hop_samples]; S is a multiple of hop_samples."""
        if audio.shape[-1] % self.hop_samples:
            raise ValueError(f"expected a multiple of {self.hop_samples} samples, got {audio.shape[-1]}; pad it")
        return torch.cat(list(self.working().encode([resampled(audio, self.sample_rate_hz, RATE)])), dim=-1)

    @torch.no_grad()
    def decode(self, latents, seed=0):
        """latents: [B, C, T] -> audio [B, T hop_samples] in [-1, 1]; the noise comes from `seed`."""
        audio = torch.cat(list(self.working().decode([latents], seed=seed)), dim=-1)
        return resampled(audio, RATE, self.sample_rate_hz)[:, :latents.shape[2] * self.hop_samples].clamp(-1, 1)

    def save(self, folder):
        """Write codec.json and codec.safetensors into `folder`."""
        save_file(self.state_dict(), Path(folder, "codec.safetensors"))
        write_json(Path(folder, "codec.json"), self.config)

    @classmethod
    def load(cls, folder):
        """Read a codec that `save` wrote."""
        codec = cls(**{k: v for k, v in read_json(Path(folder, "codec.json")).items() if k != "name"})
        codec.load_state_dict(load_file(Path(folder, "codec.safetensors")))
        return codec.eval()


def resampled(audio, rate, wanted):
    """audio: [B, S] at `rate` -> the same at `wanted`, on the CPU."""
    if rate == wanted:
        return audio
    return torch.from_numpy(soxr.resample(audio.T.contiguous().numpy(), rate, wanted)).T.contiguous()


def create(settings, sample_rate_hz):
    """Return a Codec with the published weights that `settings` names, or an untrained one of its sizes."""
    if not settings["weights"]:
        sizes = Sizes(latents=settings["channels"], width=settings["width"])
        codec = Codec(sample_rate_hz, sizes.as_dict(), settings["noise"], {"source": "trained from nothing"})
        nn.init.constant_(codec.model.dec.magnitude.bias, LOUD)
        return codec
    manifest, tensors = published.read_converted(published.convert(settings["weights"], settings["revision"]))
    origin = {key: manifest[key] for key in ("source", "revision", "licence", "sha256")}
    codec = Codec(sample_rate_hz, manifest["sizes"], settings["noise"], origin)
    codec.model.load_state_dict(tensors)
    return codec


def train(settings, draw, sample_rate_hz, trainer):
    """Train the codec for `steps` steps, from published weights or from nothing; 0 steps: as it is.

    draw(count, samples, rng): audio [count, samples] in [-1, 1] of the training split.
    trainer: a chaconne.training.engine.trainer.Trainer. Returns (Codec, seconds spent).
    """
    torch.manual_seed(trainer.seed)
    codec = create(settings, sample_rate_hz)
    samples = settings["crop_frames"] * codec.hop_samples

    def crops(count, rng):
        return resampled(draw(count, samples, rng), sample_rate_hz, RATE).to(trainer.fabric.device)

    spent = fit(codec.model, crops, settings, trainer)
    return codec.cpu().eval(), spent
