"""The codec: shapes, exact chunks, the way there and back, its gate."""

import numpy as np
import pytest
import torch

from chaconne.codec import spectral
from chaconne.round_trip import check_gate, round_trip

RATE = 22050
SETTINGS = dict(channels=32, components=64, width=32, depth=1, iterations=4)


def tones(count, frames, seed=0):
    """Chords of three harmonic tones that change every eight latent frames: [count, samples]."""
    rng, time = np.random.default_rng(seed), np.arange(8 * 2048) / RATE
    clips = [np.concatenate([sum(np.sin(2 * np.pi * 55 * 2 ** (n / 12) * k * time) / k
                                 for n in rng.integers(12, 40, 3) for k in (1, 2, 3)) * 0.1
                             for _ in range(frames // 8)]) for _ in range(count)]
    return torch.tensor(np.stack(clips), dtype=torch.float32)


@pytest.fixture(scope="module")
def codec():
    made = spectral.create(SETTINGS, RATE)
    spectral.fit_linear(made, tones(24, 16))
    return made.eval()


def test_latents_are_white_on_what_they_were_fitted_to(codec):
    z = codec.encode(tones(24, 16)).mT.reshape(-1, 32)
    assert z.mean(0).abs().max() < 0.2
    assert (z.std(0) - 1).abs().max() < 0.3


def test_shapes_and_rate(codec):
    z = codec.encode(tones(2, 16))
    assert z.shape == (2, 32, 16)
    assert codec.decode(z).shape == (2, 16 * 2048)
    assert RATE / codec.hop_samples < 11


def test_chunks_change_nothing(codec):
    audio = tones(1, 48)
    torch.testing.assert_close(codec.encode(audio, chunk_frames=7), codec.encode(audio), atol=1e-4, rtol=1e-4)


def test_round_trip_keeps_the_notes_and_noise_does_not(codec):
    audio = tones(4, 32, seed=1)
    assert round_trip(codec, audio)["chroma_cosine"] > 0.8

    class Deaf:
        sample_rate_hz, hop_samples, channels = RATE, 2048, 32
        encode = staticmethod(lambda x: x)
        decode = staticmethod(lambda x: torch.randn(x.shape, generator=torch.Generator().manual_seed(0)) * 0.1)

    deaf = round_trip(Deaf, audio)
    assert deaf["chroma_cosine"] < 0.8 and deaf["log_spectral_l1"] > 0.5
    with pytest.raises(ValueError, match="too poor to learn from"):
        check_gate(deaf, {"chroma_cosine": 0.9, "log_spectral_l1": 0.45})


def test_same_seed_same_audio_and_saved_codec_is_the_codec(codec, tmp_path):
    z = codec.encode(tones(1, 16))
    codec.save(tmp_path)
    assert torch.equal(spectral.Codec.load(tmp_path).decode(z, seed=3), codec.decode(z, seed=3))


def test_a_length_that_is_no_multiple_is_explained(codec):
    with pytest.raises(ValueError, match="multiple of 2048"):
        codec.log_magnitudes(torch.zeros(1, 1000))
