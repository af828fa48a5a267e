"""A codec that trains in minutes on two cores: principal components of log-magnitudes.

The encoder is linear: it begins as the components and is turned a little while the decoder learns, a small
convolutional network on top of the least-squares inverse. Phases follow the partials
(`locked_phases`); a few iterations of fast Griffin-Lim (Perraudin 2013, Algorithm 2) then agree
them with each other. A linear encoder with whitened latents trained faster *and* measured
better than a learned one of the same size on this budget. They are whitened by half
(`whitening`): what is heard most is learned first, and the rest is not lost. Low frequencies, where notes are, count
more than high ones (`corner_hz`): that is what carries music that no training met.

Shapes: B batch, S samples, F spectrogram frames (512 samples), T latent frames (4 F), K bins, C channels.
"""

from functools import cache
from pathlib import Path

import numba
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional
from torchaudio.functional import melscale_fbanks

from chaconne.running.files import read_json
from chaconne.storage.files import write_json

FFT = 2048                  # samples; 93 ms at 22.05 kHz, enough to part semitones above G2
HOP = 512                   # samples between spectrogram frames
STACK = 4                   # spectrogram frames in one latent frame: 2048 samples, 10.77 Hz at 22.05 kHz
BINS = FFT // 2 + 1
COMPRESSION = 0.05          # log(1 + |X| / COMPRESSION): what lies below it hardly counts
MEL_BANDS, MEL_FLOOR = 128, 1e-5    # of the loss; the power of a full-scale tone is some 10^4
MOMENTUM = 0.99             # of fast Griffin-Lim, as its authors recommend
TURN = 0.1                  # learning rate of the encoder, of the decoder's


class Block(nn.Module):
    """Residual block over time after ConvNeXt (Liu 2022): depthwise convolution, then a wide MLP."""

    def __init__(self, width, kernel=5):
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        """x: [B, T, width] -> the same shape."""
        return x + self.mlp(self.norm(self.mix(x.mT).mT))


class Codec(nn.Module):
    """Audio <-> latents of `channels` values, 2048 samples apart. See chaconne.codec for the contract."""

    hop_samples = HOP * STACK

    def __init__(self, sample_rate_hz, channels, components, width, depth, iterations):
        super().__init__()
        self.config = dict(name="spectral", sample_rate_hz=sample_rate_hz, channels=channels,
                           components=components, width=width, depth=depth, iterations=iterations)
        self.sample_rate_hz, self.channels, self.iterations = sample_rate_hz, channels, iterations
        self.register_buffer("window", torch.hann_window(FFT), persistent=False)
        self.register_buffer("frame_mean", torch.zeros(BINS))
        self.register_buffer("frame_basis", torch.zeros(components, BINS))
        self.register_buffer("stack_mean", torch.zeros(STACK * components))
        self.register_buffer("stack_basis", torch.zeros(channels, STACK * components))
        self.register_parameter("turn", None)   # what training adds to stack_basis, in units of TURN
        self.linear = nn.Linear(channels, STACK * BINS)
        self.rise = nn.Linear(channels, width)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(depth)))
        self.fall = nn.Linear(width, STACK * BINS)
        nn.init.zeros_(self.fall.weight)
        nn.init.zeros_(self.fall.bias)

    def log_magnitudes(self, audio):
        """audio: [B, S] -> log(1 + |STFT| / 0.05): [B, F, K], F = S / 512; S is a multiple of 2048."""
        if audio.shape[-1] % self.hop_samples:
            raise ValueError(f"expected a multiple of {self.hop_samples} samples, got {audio.shape[-1]}; pad it")
        spectrum = torch.stft(audio, FFT, HOP, window=self.window, return_complex=True, pad_mode="constant")
        return torch.log1p(spectrum.abs() / COMPRESSION).mT[:, :-1]

    def project(self, logs):
        """logs: [B, F, K] -> latents [B, C, F / 4]."""
        frames = (logs - self.frame_mean) @ self.frame_basis.T
        stacks = frames.reshape(len(frames), -1, self.stack_mean.numel()) - self.stack_mean
        basis = self.stack_basis if self.turn is None else self.stack_basis + TURN * self.turn
        return (stacks @ basis.T).mT

    def reconstruct(self, latents):
        """latents: [B, C, T] -> log-magnitudes [B, 4 T, K]."""
        z = latents.mT
        logs = self.linear(z) + self.fall(self.blocks(self.rise(z)))
        return functional.relu(logs).reshape(len(z), -1, BINS)

    def log_mel(self, logs):
        """logs: log-magnitudes [B, F, K] -> log10 of the power in mel bands, at least -5: [B, F, 128]."""
        power = (torch.expm1(logs.clamp(max=12)) * COMPRESSION).square()
        return (power @ mel_bands(self.sample_rate_hz, logs.device)).clamp(min=MEL_FLOOR).log10()

    def forward(self, audio, noise, quiet, mel, chroma):
        """Training loss of audio [B, S]: L1 between log-magnitudes and log-mel spectra, and of chroma; a scalar.

        noise: deviation of what is added to latents, so that the decoder forgives generators. quiet: what silence
        weighs in the first term, where a bin of mean log-magnitude weighs `quiet` + 1. mel: weight of the second.
        Bins that are right by themselves can be too loud together, most of all where notes die away (docs/search.md).
        chroma: weight of 1 - cosine between chroma energies: whether notes are where they were.
        """
        logs = self.log_magnitudes(audio)
        latents = self.project(logs)
        rebuilt = self.reconstruct(latents + noise * torch.randn_like(latents))
        bins = ((quiet + logs / logs.mean()) * (rebuilt - logs).abs()).mean()
        value = bins + mel * (self.log_mel(rebuilt) - self.log_mel(logs)).abs().mean()
        if chroma:
            notes = [self.chroma(one) for one in (rebuilt, logs)]
            value = value + chroma * (1 - torch.cosine_similarity(*notes, dim=-1)).mean()
        return value

    def chroma(self, logs):
        """logs: log-magnitudes [B, F, K] -> energies of the pitch classes [B, F, 12]."""
        power = (torch.expm1(logs.clamp(max=12)) * COMPRESSION).square()
        return power @ pitch_classes(self.sample_rate_hz, logs.device)

    @torch.no_grad()
    def encode(self, audio, chunk_frames=128):
        """audio: [B, S] in [-1, 1] -> latents [B, C, S / 2048], exact whatever the chunk length (128 is fastest)."""
        margin, step = self.hop_samples, chunk_frames * self.hop_samples
        padded = functional.pad(audio, (margin, margin))
        pieces = [self.project(self.log_magnitudes(padded[:, s:s + step + 2 * margin]))[:, :, 1:-1]
                  for s in range(0, audio.shape[-1], step)]
        return torch.cat(pieces, dim=-1)

    @torch.no_grad()
    def decode(self, latents):
        """latents: [B, C, T] -> audio [B, 2048 T] in [-1, 1]."""
        logs = self.reconstruct(latents)
        # Two at a time stay in the cache of a CPU: 2.3 times faster than sixteen.
        return torch.cat([self.invert(part) for part in logs.split(2)])

    def invert(self, logs):
        """logs: [B, F, K] -> audio [B, 512 F] whose spectrum has about these magnitudes."""
        magnitudes = functional.pad(torch.expm1(logs.clamp(max=12)) * COMPRESSION, (0, 0, 0, 1))
        phases = np.stack([locked_phases(one, 2 * np.pi * HOP / FFT) for one in magnitudes.cpu().numpy()])
        magnitudes, window, length = magnitudes.mT, self.window, logs.shape[1] * HOP
        spectrum = torch.polar(magnitudes, torch.from_numpy(phases).to(logs.device).mT)
        before = torch.zeros_like(spectrum)
        for _ in range(self.iterations):    # in place: of three minutes a spectrum is 63 MB
            audio = torch.istft(spectrum, FFT, HOP, window=window, length=length)
            heard = torch.stft(audio, FFT, HOP, window=window, return_complex=True, pad_mode="constant")
            ahead = before.mul_(-MOMENTUM / (1 + MOMENTUM)).add_(heard)
            sizes = ahead.abs().clamp_(min=1e-12)
            spectrum, before = ahead.mul_(magnitudes).div_(sizes), heard
            del ahead, sizes
        return torch.istft(spectrum, FFT, HOP, window=window, length=length).clamp(-1, 1)

    def save(self, folder):
        """Write codec.json and codec.safetensors into `folder`."""
        save_file(self.state_dict(), Path(folder, "codec.safetensors"))
        write_json(Path(folder, "codec.json"), self.config)

    @classmethod
    def load(cls, folder):
        """Read a codec that `save` wrote."""
        config = {k: v for k, v in read_json(Path(folder, "codec.json")).items() if k != "name"}
        codec = cls(**config)
        codec.load_state_dict(load_file(Path(folder, "codec.safetensors")))
        return codec.eval()


@cache
def mel_bands(sample_rate_hz, device):
    """Return triangular mel filters of Slaney's scale and norm: [1025, 128]."""
    bands = melscale_fbanks(BINS, 0.0, sample_rate_hz / 2, MEL_BANDS, sample_rate_hz, norm="slaney", mel_scale="slaney")
    return bands.to(device)


@cache
def pitch_classes(sample_rate_hz, device):
    """Return how much of each bin belongs to each pitch class, as librosa has it: [1025, 12]."""
    from librosa.filters import chroma

    return torch.from_numpy(chroma(sr=sample_rate_hz, n_fft=FFT)).T.contiguous().to(device)


@numba.njit(cache=True)
def locked_phases(magnitudes, advance):
    """Phases of a spectrogram in one pass: every peak is a partial whose phase runs on at its own frequency.

    magnitudes: float32 [F, K]; advance: radians that the frequency of bin 1 turns in a hop. Returns float32 [F, K].
    A peak's frequency lies at the top of the parabola through its log-magnitudes; the bins around it, down to the
    valleys, are locked to its phase with alternating signs, as the window makes them (Beauregard 2015, SPSI).
    """
    frames, bins = magnitudes.shape
    phases = np.zeros((frames, bins), np.float32)
    for t in range(frames):
        m, first = magnitudes[t], 0
        for peak in range(1, bins - 1):
            if not m[peak - 1] < m[peak] >= m[peak + 1]:
                continue
            last = peak
            while last + 1 < bins and m[last + 1] <= m[last]:
                last += 1
            low, middle, high = np.log(m[peak - 1] + 1e-6), np.log(m[peak] + 1e-6), np.log(m[peak + 1] + 1e-6)
            bend = low - 2 * middle + high
            frequency = peak + (0.5 * (low - high) / bend if bend < 0 else 0.0)
            phase = (phases[t - 1, peak] if t else 0.0) + advance * frequency
            for k in range(first, last + 1):
                phases[t, k] = (phase + np.pi * ((k - peak) % 2)) % (2 * np.pi)
            first = last + 1
    return phases


def principal_components(rows, count):
    """rows: [N, D] -> (mean [D], basis [count, D] by falling variance, variances [count])."""
    mean = rows.mean(0)
    centred = rows - mean
    variances, vectors = torch.linalg.eigh(centred.T @ centred / len(rows))
    basis = vectors.T.flip(0)[:count]
    # The sign of an eigenvector is arbitrary; the largest entry is made positive.
    sign = basis.gather(1, basis.abs().argmax(1, keepdim=True)).sign()
    return mean, basis * sign, variances.flip(0)[:count].clamp(min=1e-8)


@torch.no_grad()
def fit_linear(codec, audio, whitening=1.0, corner_hz=0):
    """Set encoder and linear decoder from audio [N, S]: principal components, scaled, and their inverse.

    whitening: 1 gives every channel the same variance; 0 leaves them as different as they are, 1 to 0.007 in the
    chorales; between, the deviation of a channel is its own to the power 1 - whitening. The mean variance is 1.
    corner_hz: frequencies f weigh 1 / sqrt(1 + (f / corner_hz)^2) when components are chosen; 0: all alike.
    """
    weights = torch.ones(BINS)
    if corner_hz:
        weights /= (1 + (torch.arange(BINS) * codec.sample_rate_hz / FFT / corner_hz).square()).sqrt()
    logs = torch.cat([codec.log_magnitudes(part) for part in audio.split(16)])
    mean, frame_basis, _ = principal_components(logs.reshape(-1, BINS) * weights, len(codec.frame_basis))
    # The weights go into basis, mean and inverse: whoever uses the codec need not know them.
    codec.frame_mean[:], codec.frame_basis[:], inverse = mean / weights, frame_basis * weights, frame_basis / weights
    frames = (logs - codec.frame_mean) @ codec.frame_basis.T
    stacks = frames.reshape(-1, codec.stack_mean.numel())
    codec.stack_mean[:], basis, variances = principal_components(stacks, codec.channels)
    scale = variances.sqrt() ** whitening
    scale *= (variances / scale.square()).mean().sqrt()
    codec.stack_basis[:] = basis / scale[:, None]
    codec.stack_basis.nan_to_num_()
    spread = (basis * scale[:, None]).reshape(codec.channels, STACK, -1)
    codec.linear.weight[:] = (spread @ inverse).reshape(codec.channels, -1).T
    mean = codec.stack_mean.reshape(STACK, -1) @ inverse + codec.frame_mean
    codec.linear.bias[:] = mean.reshape(-1)


def create(settings, sample_rate_hz):
    """Return an untrained Codec with the sizes in `settings`."""
    sizes = {k: settings[k] for k in ("channels", "components", "width", "depth", "iterations")}
    return Codec(sample_rate_hz, **sizes)


def train(settings, draw, sample_rate_hz, trainer):
    """Fit the linear part on `fit_clips` crops, then train the decoder.

    draw(count, samples, rng): audio [count, samples] in [-1, 1] of the training split.
    trainer: a chaconne.training.engine.trainer.Trainer. Returns (Codec, seconds spent).
    """
    codec = create(settings, sample_rate_hz)
    crop = settings["crop_frames"] * codec.hop_samples
    fit_linear(codec, draw(settings["fit_clips"], crop, np.random.default_rng(trainer.seed)), settings["whitening"],
               settings["corner_hz"])
    codec.turn = nn.Parameter(torch.zeros_like(codec.stack_basis))
    module, optimizer = trainer.setup(codec, settings["learning_rate"])

    def step(i):
        trainer.set_learning_rate(optimizer, settings["learning_rate"] * trainer.cosine(i, settings["steps"]))
        rng = np.random.default_rng([trainer.seed, i, trainer.fabric.global_rank])
        audio = draw(settings["batch"], crop, rng).to(trainer.fabric.device)
        value = module(audio, **{k: settings[k] for k in ("noise", "quiet", "mel", "chroma")})
        optimizer.zero_grad()
        trainer.fabric.backward(value)
        trainer.fabric.clip_gradients(module, optimizer, max_norm=1.0)
        optimizer.step()
        return {"loss": value}

    spent = trainer.run(settings["steps"], step, {"codec": codec, "optimizer": optimizer})
    codec = codec.cpu().eval()
    with torch.no_grad():
        codec.stack_basis += TURN * codec.turn
    codec.turn = None
    return codec, spent
