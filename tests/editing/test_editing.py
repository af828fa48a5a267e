"""Editing of latents and recordings: what is given stays, what is new fits, levels return, parts join."""

import numpy as np
import pytest
import soundfile
import torch

from chaconne.codec.spectral import locked_phases
from chaconne.controls.wishes.numbers import NUMBERS, RIDERS
from chaconne.editing import endless, flow, making, styles
from chaconne.editing.playing import Faded, decoder_of, following_phases, pushed
from chaconne.editing.recordings import ENCODED, Recording, writing
from chaconne.editing.wishes import both_ends
from chaconne.trained.packs.places import Workspace
from tests import tiny

HOP = 2048
WALKERS = ("gan", "diffusion", "steered gan", "steered diffusion")
# Of a steered model: then nothing is drawn.
WHOLE = {"tempo": 64.0, "density": 2.0, "register": 60.0, "brightness": 512.0, "instrument": "Violin", "mode": "major"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return Workspace(tiny.project(tmp_path_factory.mktemp("project") / "p"))


@pytest.fixture(scope="module")
def diffusion(workspace):
    return workspace.found("diffusion").load().with_knobs(steps=3)


@pytest.fixture(scope="module")
def gan(workspace):
    return workspace.found("gan").load()


def latents_of(diffusion, frames, seed=0):
    sound = torch.from_numpy(tiny.chords(frames * HOP / tiny.RATE, seed=seed))
    return diffusion.codec.encode(sound[None, :frames * HOP])


@pytest.mark.parametrize(("frames", "conditions", "knobs"), [
    (5, {}, {}), (64, {"mode": "minor"}, {"method": "euler"}), (37, {"mode": "major"}, {"guidance": 2.0})])
def test_flows_are_followed_as_the_model_follows_them(diffusion, frames, conditions, knobs):
    trained = diffusion.with_knobs(**knobs)
    seconds = frames / trained.generator.rate_hz
    plain = trained.generator.sample(seconds, 7, conditions, trained.knobs)
    assert flow.generate(trained, frames, 7, conditions).equal(plain)


def test_less_temperature_is_less_varied(diffusion):
    spread = [torch.cat([flow.generate(diffusion, 32, seed, {}, heat) for seed in range(4)]).std(0).mean()
              for heat in (0.3, 1.0)]
    assert spread[0] < spread[1]


def test_what_is_given_stays_and_the_rest_is_new(diffusion):
    z, mask = latents_of(diffusion, 40), torch.arange(40) % 40 < 24
    first, again, other = (flow.fill(diffusion, z, mask, seed, {}) for seed in (1, 1, 2))
    assert torch.allclose(first[..., :24], z[..., :24], atol=1e-4)
    assert first.equal(again)
    assert not torch.allclose(first[..., 24:], other[..., 24:], atol=1e-2)


def test_what_is_new_depends_on_what_is_given(diffusion):
    mask = torch.arange(40) < 24
    one, two = (flow.fill(diffusion, latents_of(diffusion, 40, seed), mask, 1, {}) for seed in (0, 1))
    assert not torch.allclose(one[..., 24:32], two[..., 24:32], atol=1e-3)


def test_a_variation_goes_as_far_as_its_strength(diffusion):
    z = latents_of(diffusion, 32)
    away = [(flow.vary(diffusion, z, strength, 3, {}) - z).square().mean() for strength in (0.02, 0.3, 1.0)]
    assert away[0] < away[1] < away[2]
    assert torch.allclose(flow.vary(diffusion, z, 1.0, 3, {}), flow.generate(diffusion, 32, 3, {}), atol=1e-5)


def test_mixing_on_the_sphere_keeps_the_variance():
    a, b = torch.randn(2, 1, 8, 4000, generator=torch.Generator().manual_seed(0))
    mixed = flow.spherical(a, b, flow.shares(4000, 4000))
    assert mixed[..., 0].equal(a[..., 0])
    assert torch.allclose(mixed[..., -1], b[..., -1], atol=1e-5)
    assert mixed[..., 1000:3000].std() == pytest.approx(1.0, abs=0.02)


@pytest.fixture(scope="module")
def walkers(gan, diffusion, workspace):
    """Every model that walks, by name."""
    for name in ("gan", "diffusion"):
        model = tiny.steered(name)
        with torch.no_grad():
            for table in model.network.conditions.tables:
                table.weight.normal_()
        tiny.save(model, workspace.root / f"data/models/steered_{name}")
    steered = [workspace.found(f"steered_{name}").load() for name in ("gan", "diffusion")]
    return dict(zip(WALKERS, (gan, diffusion, steered[0], steered[1].with_knobs(steps=3)), strict=True))


def walked(trained, frames, seeds, conditions, towards):
    """Raw latents of a walk."""
    work = flow.morph_seeds if hasattr(trained.generator, "velocity") else styles.morph_seeds
    return work(trained, frames, seeds, both_ends(trained, frames, seeds[0], conditions, towards))


def nearer(walk, one, other, part):
    """Whether a part of a walk is nearer to one piece than to another, by far."""
    first, second = ((walk[..., part] - z[..., part]).square().mean() for z in (one, other))
    return first < 0.5 * second


@pytest.mark.parametrize("kind", WALKERS)
def test_a_walk_begins_at_one_seed_and_ends_at_the_other(kind, walkers):
    trained, frames = walkers[kind], 96
    asked = WHOLE if trained.steered else {}
    walk = walked(trained, frames, [1, 2], asked, {})
    a, b = (trained.generator.sample(frames / trained.generator.rate_hz, seed, asked, trained.knobs) for seed in (1, 2))
    assert walk.shape == a.shape
    assert nearer(walk, a, b, slice(0, 8)) and nearer(walk, b, a, slice(frames - 8, frames))


@pytest.mark.parametrize("guidance", [1.0, 2.0])
@pytest.mark.parametrize("kind", WALKERS)
def test_a_walk_begins_as_one_wish_and_ends_as_the_other(kind, guidance, walkers):
    trained, frames = walkers[kind], 96
    trained = trained.with_knobs(guidance=guidance) if "guidance" in trained.knobs else trained
    rest = WHOLE if trained.steered else {}
    walk, one, other = (walked(trained, frames, [1, 1], rest | {"mode": mode}, {"mode": end}) for mode, end in (
        ("major", "minor"), ("major", "major"), ("minor", "minor")))
    assert nearer(walk, one, other, slice(0, 8)) and nearer(walk, other, one, slice(frames - 8, frames))


def test_what_nobody_asked_for_is_the_same_at_both_ends_of_a_walk(walkers):
    trained, names = walkers["steered gan"], len(tiny.VOCABULARY)
    begin, end = both_ends(trained, 96, 3, {"mode": "major"}, {"mode": "minor"})
    assert begin[:, names:].equal(end[:, names:])
    assert (begin[:, :names] != end[:, :names]).sum() == 1
    seen = both_ends(trained, 96, 3, {"register": 52.0}, {"register": 68.0})[0][:, names:].unflatten(1, (RIDERS, -1))
    register = seen[0, list(NUMBERS).index("register")]
    assert (register[0], register[-1]) == (52.0, pytest.approx(68.0, abs=0.2))
    assert torch.allclose(register.diff(), register.diff()[:1], atol=1e-4)
    for conditions, towards in (({"register": [(0.0, 52.0), (1.0, 60.0)]}, {"register": 68.0}),
                                ({}, {"register": [(0.0, 52.0), (1.0, 60.0)]})):
        with pytest.raises(ValueError, match=r"--towards: expected one number for register.*got a curve"):
            both_ends(trained, 96, 3, conditions, towards)


def test_a_gan_cannot_keep_a_recording_and_says_who_can(gan, tmp_path):
    recording = making.open_recording(gan, tiny.recording(tmp_path / "a.wav"))
    with pytest.raises(ValueError, match=r"continue: a gan makes whole pieces.*--model diffusion"):
        next(making.continued(gan, recording, 1.0, 0, {}))


def test_phases_begin_as_in_the_codec():
    magnitudes = np.random.default_rng(0).random((20, 1025)).astype(np.float32)
    nothing = np.zeros(1025, np.float32)
    assert np.array_equal(following_phases(magnitudes, 1.5, nothing, False), locked_phases(magnitudes, 1.5))
    whole, split = (following_phases(part, 1.5, nothing, False) for part in (magnitudes, magnitudes[:9]))
    assert np.array_equal(following_phases(magnitudes[9:], 1.5, split[-1], True), whole[9:])


def error(codec, audio, latents):
    """Mean difference between the log-magnitudes that were asked for and those of the sound, by frame."""
    wanted = codec.reconstruct(latents)[0]
    return (codec.log_magnitudes(audio[None, :len(wanted) * 512])[0] - wanted).abs().mean(1)


@pytest.mark.parametrize("size", [1, 7, 24, 200])
def test_parts_join_without_a_seam(diffusion, size):
    codec, z = diffusion.codec, latents_of(diffusion, 100)
    audio = torch.cat(list(pushed(decoder_of(codec), z.split(size, -1))))
    assert audio.shape == (100 * HOP,)
    whole, parts = error(codec, codec.decode(z)[0], z), error(codec, audio, z)
    assert parts.mean() < 1.1 * whole.mean()
    jump = audio.diff().abs()
    assert jump.max() < 1.5 * codec.decode(z)[0].diff().abs().max()


def test_other_codecs_are_faded_together(diffusion):
    z = latents_of(diffusion, 60)
    audio = torch.cat(list(pushed(Faded(diffusion.codec), z.split(24, -1))))
    assert audio.shape == (60 * HOP,)
    whole = diffusion.codec.decode(z)[0]
    assert error(diffusion.codec, audio, z).mean() < 1.5 * error(diffusion.codec, whole, z).mean()


@pytest.mark.parametrize("seconds", [0.7, 6.0, 65.3])
def test_recordings_are_encoded_in_parts_as_in_one(diffusion, seconds, tmp_path):
    recording = Recording(tiny.recording(tmp_path / "a.wav", seconds), diffusion.codec, -20)
    parts = list(recording.parts())
    whole = torch.cat(parts, -1)
    assert all(part.shape[-1] == ENCODED for part in parts[:-1])
    audio = recording.audio()
    padded = torch.nn.functional.pad(audio, (0, -len(audio) % HOP))
    assert torch.allclose(whole, diffusion.codec.encode(padded[None]), atol=1e-4)
    assert torch.allclose(recording.latents(3, 7), whole[..., 3:7], atol=1e-4)


def rms(audio):
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


@pytest.mark.parametrize("gain", [0.02, 0.5, 1.0])
def test_a_recording_comes_back_at_its_own_level(diffusion, gain, tmp_path):
    recording = making.open_recording(diffusion, tiny.recording(tmp_path / "a.wav", gain=gain))
    for made in (making.reconstructed(diffusion, recording), making.varied(diffusion, recording, 0.3, 1, {})):
        audio = torch.cat(list(made)).numpy()
        assert len(audio) == 6 * tiny.RATE
        assert 20 * np.log10(rms(audio) / rms(gain * tiny.chords(6))) == pytest.approx(0, abs=0.5)


def test_what_cannot_come_back_at_its_own_level_is_refused(diffusion, tmp_path):
    loud = making.open_recording(diffusion, tiny.recording(tmp_path / "loud.wav", gain=40.0))
    with pytest.raises(ValueError, match="expected a recording within full scale"):
        list(making.reconstructed(diffusion, loud))
    plain = making.open_recording(diffusion, tiny.recording(tmp_path / "plain.wav"))
    with pytest.raises(ValueError, match="its codec does not carry"):
        list(making.at_its_level([torch.full((6 * tiny.RATE,), 1e-6)], plain))


def test_wav_and_flac_of_one_edit_hold_the_same_samples(tmp_path):
    audio = torch.from_numpy(np.random.default_rng(0).uniform(-1.1, 1.1, 30_000).astype(np.float32))
    for ending in ("wav", "flac"):
        with writing(tmp_path / f"a.{ending}", 22050) as write:
            write(audio)
    wav, flac = (soundfile.read(tmp_path / f"a.{ending}", dtype="int16")[0] for ending in ("wav", "flac"))
    assert np.array_equal(wav, flac)
    assert np.abs(wav / 32767 - audio.clamp(-1, 1).numpy()).max() <= 0.502 / 32767


@pytest.mark.parametrize(("ending", "rate", "channels"), [("flac", 48000, 2), ("mp3", 44100, 1), ("ogg", 16000, 2)])
def test_recordings_of_any_kind(diffusion, ending, rate, channels, tmp_path):
    file = tiny.recording(tmp_path / f"a.{ending}", 4.0, rate, channels)
    recording = making.open_recording(diffusion, file)
    assert recording.seconds == pytest.approx(4.0, abs=0.1)
    assert recording.gain == pytest.approx(0.1 / rms(tiny.chords(4)), rel=0.1)


def test_going_on_leaves_the_recording_as_it_is(diffusion, tmp_path):
    recording = making.open_recording(diffusion, tiny.recording(tmp_path / "a.wav", 9.0))
    made = torch.cat(list(making.continued(diffusion, recording, 3.0, 1, {})))
    whole = recording.samples // HOP
    assert len(made) == recording.samples + 3 * tiny.RATE
    known = (whole - 1) * HOP
    assert torch.allclose(made[:known], torch.from_numpy(tiny.chords(9))[:known], atol=1e-3)
    assert made[known + HOP:].abs().max() > 0.01
    assert not made.equal(torch.cat(list(making.continued(diffusion, recording, 3.0, 2, {}))))


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.5), (3.0, 4.2), (7.0, 9.0)])
def test_a_gap_is_filled_and_the_rest_is_as_it_was(diffusion, start, end, tmp_path):
    recording = making.open_recording(diffusion, tiny.recording(tmp_path / "a.wav", 9.0))
    made = torch.cat(list(making.inpainted(diffusion, recording, start, end, 1, {}))).numpy()
    real, edge = tiny.chords(9), 2 * HOP
    assert len(made) == len(real)
    before, after = round(start * tiny.RATE) - edge, round(end * tiny.RATE) + edge
    assert np.allclose(made[:max(0, before)], real[:max(0, before)], atol=1e-3)
    assert np.allclose(made[after:], real[after:], atol=1e-3)
    inside = slice(before + 2 * edge if start else 0, after - 2 * edge)
    assert np.abs(made[inside] - real[inside]).max() > 0.02


def test_wrong_places_of_a_gap_are_told(diffusion, tmp_path):
    recording = making.open_recording(diffusion, tiny.recording(tmp_path / "a.wav"))
    with pytest.raises(ValueError, match=r"expected 0 <= from < to <= 6.00 s, got 5 and 7"):
        list(making.inpainted(diffusion, recording, 5, 7, 0, {}))


def test_variations_and_morphs_of_recordings_have_their_length(diffusion, tmp_path):
    files = [tiny.recording(tmp_path / f"{i}.wav", seconds) for i, seconds in enumerate((4.0, 6.0))]
    both = [making.open_recording(diffusion, file) for file in files]
    assert sum(map(len, making.varied(diffusion, both[1], 0.4, 1, {}))) == 6 * tiny.RATE
    assert sum(map(len, making.morphed_recordings(diffusion, both, 0.4, 1, {}))) == 4 * tiny.RATE


@pytest.mark.parametrize(("content", "said"), [(b"no sound", "expected a recording"), (b"", "an empty file")])
def test_what_is_no_recording_is_told(diffusion, content, said, tmp_path):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(ValueError, match=said):
        making.open_recording(diffusion, tmp_path / "a.wav")


def test_silence_and_scraps_are_told(diffusion, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(tiny.RATE), tiny.RATE)
    with pytest.raises(ValueError, match=r"expected sound, got 1.0 s of silence"):
        making.open_recording(diffusion, tmp_path / "a.wav")
    with pytest.raises(ValueError, match=r"expected at least 0.5 s of sound, got 0.20"):
        making.open_recording(diffusion, tiny.recording(tmp_path / "b.wav", 0.2))


def test_a_stopped_file_is_no_file(tmp_path):
    with pytest.raises(KeyboardInterrupt), writing(tmp_path / "a.wav", tiny.RATE) as write:
        write(torch.zeros(100))
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["gan", "diffusion"])
def test_endless_music_goes_on(kind, gan, diffusion):
    trained = gan if kind == "gan" else diffusion
    parts, decoder = endless.parts(trained, 3, {"mode": "minor"}), decoder_of(trained.codec)
    audio = torch.cat([decoder.push(next(parts)) for _ in range(4)])
    assert audio.isfinite().all()
    assert len(audio) > 20 * tiny.RATE
    again = endless.parts(trained, 3, {"mode": "minor"})
    other = endless.parts(trained, 4, {"mode": "minor"})
    assert next(again).equal(next(endless.parts(trained, 3, {"mode": "minor"})))
    assert not next(again).equal(next(other))


def test_the_endless_line_of_a_gan_has_no_joints(gan):
    parts = endless.parts(gan, 3, {})
    joined = torch.cat([next(parts) for _ in range(2)], -1)
    model, knobs = gan.generator, gan.knobs
    torch.manual_seed(3)
    line = model.line(1, round(endless.HOURS * 3600 * model.rate_hz / model.settings["patch"]))
    style = torch.randn(1, model.settings["style"])
    whole = model.network(line[:, :, :48 + 2 * model.margin()], style, flow.codes_of(gan, {}))
    assert torch.allclose(joined, model.denormalise(whole), atol=1e-5)
    assert knobs["truncation"] == 1.0
