"""Musika's codec on recordings: any length, any number of channels, exact blocks, edges, noise, bounded memory."""

import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from chaconne.editing import musika as recordings
from chaconne.musika import spectrum
from chaconne.musika.autoencoder import Autoencoder, Sizes
from chaconne.musika.layers import Noise, switch_noise
from chaconne.musika.products import Products
from chaconne.musika.stream import Stream, decode_exactly, encode_exactly
from tests.conftest import ROOT

SIZES = Sizes(32, 8, 6, 8)
STEP = SIZES.latent_samples


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    made = Autoencoder(SIZES).eval().requires_grad_(False)
    for layer in made.modules():
        if isinstance(layer, Noise):
            layer.weight.fill_(0.05)
    return made


def sound(samples, channels=2):
    return 0.3 * torch.randn(channels, samples, generator=torch.Generator().manual_seed(samples))


def encode(stream, audio, pieces=1):
    return torch.cat(list(stream.encode(audio.tensor_split(pieces, dim=1))), dim=-1)


def decode(stream, latents, **kwargs):
    return torch.cat(list(stream.decode([latents], **kwargs)), dim=-1)


def test_products_are_the_networks(model):
    products = Products(model)
    spectrograms, latents = torch.randn(3, SIZES.bins, 32), torch.rand(3, SIZES.latents, 8)
    torch.testing.assert_close(products.encode(spectrograms), model.encode(spectrograms), atol=1e-5, rtol=0)
    for noise in (True, False):
        switch_noise(model, noise)
        torch.manual_seed(1)
        ours = model.decode(latents)
        torch.manual_seed(1)
        torch.testing.assert_close(products.decode(latents), ours, atol=1e-5, rtol=0)
    switch_noise(model, True)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("samples", [1, 700, STEP, 9 * STEP, 9 * STEP + 1, 30 * STEP - 5])
def test_any_length_and_number_of_channels(model, samples, channels):
    stream = Stream(model, block=8)
    latents = encode(stream, sound(samples, channels))
    assert latents.shape == (channels, SIZES.latents, -(-samples // STEP))
    assert decode(stream, latents, samples=samples).shape == (channels, samples)
    assert decode(stream, latents).shape == (channels, latents.shape[-1] * STEP)


def test_blocks_change_nothing(model):
    audio = sound(21 * STEP + 77)
    switch_noise(model, False)
    whole = Stream(model, block=1024)
    latents = encode(whole, audio)
    edge = 3 * SIZES.hop // 2
    padded = torch.nn.functional.pad(audio, (edge, 22 * STEP + edge - audio.shape[1]))
    torch.testing.assert_close(latents, encode_exactly(model, padded), atol=1e-5, rtol=0)
    exact = decode_exactly(model, torch.cat([latents, latents[:, :, -1:].expand(-1, -1, 2)], -1))
    inner = slice(2 * SIZES.hop, 21 * STEP)
    torch.testing.assert_close(decode(whole, latents)[:, inner], exact[:, edge:][:, inner], atol=1e-5, rtol=0)
    for block in (4, 12):
        small = Stream(model, block=block)
        torch.testing.assert_close(encode(small, audio, pieces=13), latents, atol=1e-5, rtol=0)
        torch.testing.assert_close(decode(small, latents), decode(whole, latents), atol=1e-5, rtol=0)
    switch_noise(model, True)


@pytest.mark.parametrize("count", [1, 4, 9])
def test_edges_neither_fade_nor_click(count):
    """With true magnitudes and phases in the decoder's place, the way back is the audio, to its first sample."""
    hop = 64
    audio, edge = sound(count * 16 * hop), 3 * hop // 2

    class True_(torch.nn.Module):
        sizes = Sizes(hop)
        weight = torch.nn.Parameter(torch.zeros(1))

        def decode(self, latents):
            first = int(latents[0, 0, 0])
            part = torch.nn.functional.pad(audio, (edge, edge + 4 * 16 * hop))
            part = part[:, first * 16 * hop:(first + latents.shape[2]) * 16 * hop + 3 * hop]
            found = torch.stft(part, 4 * hop, hop, window=spectrum.window_of(hop), center=False, return_complex=True)
            decibels = 10 * (found.abs().square() - 1e-7).clamp(min=1e-12).log10()
            return (decibels + 25) / 75, found.angle() / torch.pi

    stream = Stream.__new__(Stream)
    stream.sizes, stream.block, stream.device, stream.model = True_.sizes, 4, torch.device("cpu"), True_()
    latents = torch.arange(count).float().expand(2, 1, -1)
    torch.testing.assert_close(decode(stream, latents), audio.clamp(-1, 1), atol=2e-3, rtol=0)


def test_noise_is_seeded_and_can_be_switched_off(model):
    stream, latents = Stream(model, block=8), torch.rand(2, SIZES.latents, 19)
    state = torch.get_rng_state()
    first, again, other = (decode(stream, latents, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.allclose(first, other)
    assert torch.equal(state, torch.get_rng_state())
    switch_noise(model, False)
    assert torch.equal(decode(stream, latents, seed=1), decode(stream, latents, seed=2))
    switch_noise(model, True)


def test_memory_is_bounded(model):
    """A stream holds one block: it asks for the next only when what it has is used up."""
    stream, held = Stream(model, block=8), []

    def endless():
        for i in range(100):
            held.append(i)
            yield sound(STEP, 1)

    for count, _ in enumerate(stream.encode(endless()), 1):
        assert len(held) <= count * 8 + 9
    assert count == -(-100 // 8)


@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (22050, 1), (48000, 2)])
def test_files_of_any_rate(model, tmp_path, rate, channels):
    seconds = 1.7
    audio = sound(round(seconds * rate), channels)
    soundfile.write(tmp_path / "in.wav", audio.T.numpy(), rate)
    samples = recordings.encode_file(model, tmp_path / "in.wav", tmp_path / "z.npz")
    assert abs(samples - seconds * 44100) <= 1
    recordings.decode_file(model, tmp_path / "z.npz", tmp_path / "out.wav")
    made, made_rate = soundfile.read(tmp_path / "out.wav", always_2d=True)
    assert made.shape == (samples, channels) and made_rate == 44100
    # Musika's own rows, without a length, are read as well.
    np.save(tmp_path / "z.npy", np.load(tmp_path / "z.npz")["latents"])
    recordings.decode_file(model, tmp_path / "z.npy", tmp_path / "again.wav")
    np.testing.assert_array_equal(soundfile.read(tmp_path / "again.wav", always_2d=True)[0][:samples], made)


def test_bad_files_are_explained(model, tmp_path):
    (tmp_path / "words.wav").write_text("words")
    with pytest.raises(ValueError, match="expected a sound file"):
        recordings.encode_file(model, tmp_path / "words.wav", tmp_path / "z.npz")
    soundfile.write(tmp_path / "empty.wav", np.zeros((0, 2)), 44100)
    with pytest.raises(ValueError, match="the recording is empty"):
        recordings.encode_file(model, tmp_path / "empty.wav", tmp_path / "z.npz")
    np.save(tmp_path / "other.npy", np.zeros((5, 7), np.float32))
    with pytest.raises(ValueError, match="belong to another autoencoder"):
        recordings.decode_file(model, tmp_path / "other.npy", tmp_path / "out.wav")


MEASURE = """
import resource, sys, numpy, soundfile
from chaconne.musika.autoencoder import Autoencoder, Sizes
from chaconne.editing.musika import encode_file
minute, model = numpy.zeros((44100 * 60, 2), "int16"), Autoencoder(Sizes(width=8)).eval().requires_grad_(False)
with soundfile.SoundFile("in.wav", "w", 44100, 2, "PCM_16") as file:
    for _ in range(int(sys.argv[1])):
        file.write(minute)
encode_file(model, "in.wav", "z.npz")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path):
    """Latents that are kept block by block between large buffers once took 10 MB a minute."""
    (tmp_path / "measure.py").write_text(MEASURE)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}

    def megabytes(minutes):
        return int(subprocess.run([sys.executable, "measure.py", minutes], cwd=tmp_path, env=environment, check=True,
                                  capture_output=True, text=True).stdout)

    assert megabytes("60") < megabytes("1") + 150
