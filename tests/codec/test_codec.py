"""The codec: shapes, exact chunks, the way there and back, its gate."""

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional

from chaconne.codec import own, spectral
from chaconne.evaluation.reference import logmel
from chaconne.evaluation.round_trip import check_gate, round_trip
from chaconne.running.models import load_codec
from chaconne.storage.latents.audio import to_int16
from chaconne.training.engine.trainer import Trainer
from tests.generators.test_generators import TRAINER

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


@pytest.mark.parametrize("term", ["quiet", "mel", "chroma"])
def test_every_term_of_the_loss_counts_as_much_as_asked(codec, term):
    audio = torch.cat([tones(1, 16), torch.zeros(1, 8 * 2048)], dim=1)
    none, one, two = (codec(audio, 0.0, **{"quiet": 0, "mel": 0, "chroma": 0, term: weight}).item()
                      for weight in (0, 1, 2))
    assert two - one == pytest.approx(one - none, rel=0.01) and one > none


@pytest.mark.parametrize(("hz", "pitch_class"), [(440.0, 9), (880.0, 9), (220.0, 9), (466.16, 10), (523.25, 0)])
def test_chroma_knows_the_note_and_no_octave(codec, hz, pitch_class):
    time = torch.arange(16 * 2048) / RATE
    energies = codec.chroma(codec.log_magnitudes(0.3 * torch.sin(2 * torch.pi * hz * time)[None]))
    assert energies.shape == (1, 64, 12)
    assert (energies[0, 4:-4].argmax(-1) == pitch_class).all()
    assert (energies[0, 4:-4, pitch_class] / energies[0, 4:-4].sum(-1)).min() > 0.5


def test_the_loss_hears_notes_that_moved_and_not_that_they_are_softer(codec, monkeypatch):
    """What the term chroma adds when other sound comes back: next to nothing for softer, much for a semitone higher."""
    time = torch.arange(16 * 2048) / RATE

    def tone(hz, level=0.3):
        return level * sum(torch.sin(2 * torch.pi * k * hz * time) / k for k in (1, 2, 3))[None]

    def added(other):
        monkeypatch.setattr(codec, "reconstruct", lambda latents: codec.log_magnitudes(other))
        return (codec(tone(440), 0.0, 0, 0, 1) - codec(tone(440), 0.0, 0, 0, 0)).item()

    same, softer, moved = added(tone(440)), added(tone(440, 0.1)), added(tone(466.16))
    assert same == pytest.approx(0, abs=1e-5) and softer < 0.02 and moved > 0.3


def carried(corner_hz):
    """Return the mean error of log-magnitudes below 1 kHz and above 4 kHz when 48 components carry chords and hiss."""
    rng = np.random.default_rng(0)
    hiss = np.fft.irfft(np.fft.rfft(rng.standard_normal((24, 16 * 2048)))
                        * (np.fft.rfftfreq(16 * 2048, 1 / RATE) > 4000), 16 * 2048)
    audio = tones(24, 16) + torch.tensor(0.2 * hiss, dtype=torch.float32)
    made = spectral.create({**SETTINGS, "components": 48, "channels": 64}, RATE)
    spectral.fit_linear(made, audio, 0.5, corner_hz)
    logs = made.log_magnitudes(audio)
    with torch.no_grad():
        error = (made.reconstruct(made.project(logs)) - logs).abs().mean((0, 1))
    hz = torch.arange(spectral.BINS) * RATE / spectral.FFT
    return error[hz < 1000].mean().item(), error[hz > 4000].mean().item()


def test_low_frequencies_are_carried_better_when_they_weigh_more():
    (low, high), (better, worse) = carried(0), carried(1500)
    assert better < 0.7 * low and worse > high


def test_weights_of_frequencies_are_gone_when_nothing_is_left_out():
    """With every component and channel what comes back is what went in, whatever weighed how much."""
    sizes = dict(channels=64, components=16, width=8, depth=1, iterations=0)
    audio = tones(4, 16)
    for corner in (0, 300):
        made = spectral.create(sizes, RATE)
        spectral.fit_linear(made, audio, 0.5, corner)
        frames = made.log_magnitudes(audio)
        kept = (frames - made.frame_mean) @ made.frame_basis.T
        with torch.no_grad():
            again = (made.reconstruct(made.project(frames)) - made.frame_mean) @ made.frame_basis.T
        torch.testing.assert_close(again, kept, atol=0.05 * kept.abs().max().item(), rtol=0.05)


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


TRAINING = {**SETTINGS, "whitening": 0.5, "crop_frames": 8, "learning_rate": 0.01, "noise": 0.1, "quiet": 2.0,
            "mel": 2.0, "chroma": 0.5, "corner_hz": 1500, "fit_clips": 16, "batch": 4, "steps": 12}


def draw(count, samples, rng):
    """Return chords [count, samples], other ones each time."""
    return tones(count, 16, int(rng.integers(1000)))[:, :samples]


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Return (codec after some steps of training, bases that its encoder had: at the start, after the fit alone)."""
    monkeypatch.chdir(tmp_path)
    fitted, fit_linear = [], spectral.fit_linear

    def watched(codec, *arguments):
        fit_linear(codec, *arguments)
        fitted.append(codec.stack_basis.clone())

    monkeypatch.setattr(spectral, "fit_linear", watched)
    trainer = Trainer("codec", {**TRAINER, "log_every": 4}, 0, TRAINING)
    codec, spent = own.train(TRAINING, draw, RATE, trainer)
    assert spent["train_wall_seconds"] > 0
    return codec, *fitted


def test_what_the_encoder_learned_is_merged_into_it(trained, tmp_path):
    codec, fitted = trained
    assert codec.turn is None and not any(name.startswith("turn") for name in codec.state_dict())
    moved = (codec.stack_basis - fitted).abs()
    assert 0 < moved.max() < 12 * spectral.TURN * TRAINING["learning_rate"] * 1.5     # of AdamW's steps
    assert not codec.stack_basis.requires_grad
    before = codec.encode(tones(2, 16))
    codec.save(tmp_path)
    loaded = own.Codec.load(tmp_path)
    assert torch.equal(loaded.encode(tones(2, 16)), before)
    assert not torch.equal(spectral_with(codec, fitted).encode(tones(2, 16)), before)


def spectral_with(codec, basis):
    """Return a codec whose encoder has another basis."""
    other = copy.deepcopy(codec)
    other.stack_basis[:] = basis
    return other


def test_merging_changes_nothing_that_is_heard():
    """The encoder with its turn is the encoder with the sum."""
    made = spectral.create(SETTINGS, RATE)
    spectral.fit_linear(made, tones(24, 16))
    logs = made.log_magnitudes(tones(2, 16))
    made.turn = torch.nn.Parameter(torch.randn_like(made.stack_basis))
    turned = made.project(logs)
    made.stack_basis += spectral.TURN * made.turn.detach()
    made.turn = None
    assert torch.equal(made.project(logs), turned)


def test_the_codec_of_your_own_music_is_the_same_kind(trained, tmp_path):
    """What own_codec writes is read by whoever reads a codec: it is a spectral one."""
    (tmp_path / "own").mkdir()
    trained[0].save(tmp_path / "own")
    assert type(load_codec(tmp_path / "own")) is spectral.Codec is own.Codec


def test_a_length_that_is_no_multiple_is_explained(codec):
    with pytest.raises(ValueError, match="multiple of 2048"):
        codec.log_magnitudes(torch.zeros(1, 1000))
