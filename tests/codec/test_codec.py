"""The codec: shapes, exact chunks, the way there and back, its gate."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from chaconne.codec import spectral
from chaconne.evaluation.reference import logmel
from chaconne.evaluation.round_trip import check_gate, round_trip
from chaconne.storage.latents.audio import to_int16

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


def test_half_whitening_keeps_half_of_the_differences():
    audio, found = tones(24, 16), {}
    for whitening in (0.0, 0.5):
        made = spectral.create({**SETTINGS, "channels": 8}, RATE)
        spectral.fit_linear(made, audio, whitening)
        z = made.eval().encode(audio).mT.reshape(-1, 8)
        found[whitening] = z.std(0), made.linear(z)
    raw, half = (found[w][0] for w in (0.0, 0.5))
    torch.testing.assert_close(half / half[0], (raw / raw[0]).sqrt(), atol=0.1, rtol=0.1)
    assert half.square().mean().item() == pytest.approx(1, abs=0.2)
    torch.testing.assert_close(found[0.0][1], found[0.5][1], atol=1e-3, rtol=1e-3)


def test_the_loss_hears_what_the_evaluation_hears(codec):
    """The loss pads, the evaluation does not: their frames are two apart."""
    audio = tones(2, 16)
    heard = logmel.log_mel(to_int16(audio), RATE)
    mine = codec.log_mel(codec.log_magnitudes(audio))[:, 2:2 + heard.shape[1]]
    assert (mine - heard).abs().mean() < 0.01


def test_quiet_bins_and_mel_bands_count_as_much_as_asked(codec):
    audio = torch.cat([tones(1, 16), torch.zeros(1, 8 * 2048)], dim=1)
    loss = [codec(audio, 0.0, quiet, mel).item() for quiet, mel in ((0, 0), (1, 0), (2, 0), (0, 1), (0, 2))]
    assert loss[2] - loss[1] == pytest.approx(loss[1] - loss[0], rel=0.01) and loss[1] > loss[0]
    assert loss[4] - loss[3] == pytest.approx(loss[3] - loss[0], rel=0.01) and loss[3] > loss[0]


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


def test_phases_of_steady_tones_are_nearly_right_before_any_iteration(codec):
    """How far the spectrum of the audio is from the magnitudes asked for (relative Frobenius norm)."""
    logs = codec.log_magnitudes(tones(2, 16))

    def error(audio):
        asked, heard = (torch.expm1(x)[:, 4:-4] for x in (logs, codec.log_magnitudes(audio)))
        return ((heard - asked).norm() / asked.norm()).item()

    found = {}
    for codec.iterations in (0, 4):
        found[codec.iterations] = error(codec.invert(logs))
    magnitudes = functional.pad(torch.expm1(logs) * spectral.COMPRESSION, (0, 0, 0, 1)).mT
    phases = torch.rand(magnitudes.shape, generator=torch.Generator().manual_seed(0)) * 2 * torch.pi
    random = error(torch.istft(torch.polar(magnitudes, phases), 2048, 512, window=codec.window, length=2048 * 16))
    assert found[4] < found[0] < random / 3
    assert found[4] < random / 5


def test_a_saved_codec_is_the_codec(codec, tmp_path):
    z = codec.encode(tones(1, 16))
    codec.save(tmp_path)
    assert torch.equal(spectral.Codec.load(tmp_path).decode(z), codec.decode(z))


def test_a_length_that_is_no_multiple_is_explained(codec):
    with pytest.raises(ValueError, match="multiple of 2048"):
        codec.log_magnitudes(torch.zeros(1, 1000))
