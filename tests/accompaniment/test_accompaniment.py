"""Accompaniment: voices lie where the mix lies, what is heard is used and left alone, and the measures tell fits."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from chaconne.accompaniment import heldout, playing, voices
from chaconne.accompaniment.absence import NoVoices, stand_in
from chaconne.accompaniment.listening import learning
from chaconne.accompaniment.listening.listener import TASK, TASKS, Accompanist, beside, load_accompanist
from chaconne.accompaniment.measuring import fit, tables
from chaconne.cli import app
from chaconne.corpora.rendering import packing, plan
from chaconne.generators import diffusion
from chaconne.pages.duets.page import render as render_page
from chaconne.running.params.corpora import read_settings
from chaconne.scores.pieces import score
from chaconne.storage.latents.latents import encode_corpus
from chaconne.training.engine.trainer import Trainer
from tests import tiny
from tests.conftest import ROOT

AUDIO = {"sample_rate_hz": 22050, "grid_samples": 2048}
KNOBS = {"given": [[0], [3]], "instruments": ["Flute"]}
PARAMS = {"accompaniment": KNOBS, "audio": AUDIO, "split": {"test": 0.34, "valid": 0.05}, "seed": 0,
          "corpus": {"workers": 1}}
SAMPLE = {"method": "heun", "steps": 3, "shift": 1.0, "guidance": 1.0, "temperature": 1.0, "batch": 4}


def piece(name, pitches, quarters=8):
    """A piece of one long note a voice and half notes in the first."""
    notes = [(float(q), 2.0, pitches[0] + q % 4, 0, 0) for q in range(0, quarters, 2)]
    notes += [(0.0, float(quarters), pitch, voice, 0) for voice, pitch in enumerate(pitches[1:], 1)]
    return score.Score(piece=name, title=name, source="test", licence="none", key="C", mode="major", metre="4/4",
                       pickup=0.0, quarters=float(quarters), to_c_semitones=0, notes=score.order(notes))


def corpus_of(root, pieces):
    """Write scores and the corpus rendered from them below `root`; returns the settings."""
    settings = read_settings("chorales")
    scores, corpus = root / "scores", root / "corpus"
    for folder in (scores, corpus):
        folder.mkdir(parents=True)
    score.pack(pieces, [str(i) for i in range(len(pieces))], scores)
    table, notes = score.unpack(scores)
    rows = plan.plan(table, notes, settings, AUDIO, PARAMS["split"], 0)
    from chaconne.corpora.rendering.render import Renderer

    packing.pack(rows, Renderer(str(scores), settings, 22050), corpus, settings, AUDIO)
    return settings


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A corpus of four-part pieces, its voices, and the latents of all three."""
    root = tmp_path_factory.mktemp("accompaniment")
    settings = corpus_of(root, [piece(f"p{i}", (72 + i, 67, 64, 48)) for i in range(6)])
    (root / "voices").mkdir()
    voices.write_voices(root / "corpus", root / "scores", root / "voices", settings, PARAMS, root)
    codec = tiny.codec()
    for name in ("corpus", "voices/given", "voices/rest"):
        out = root / "latents" / name.replace("voices/", "").replace("corpus", "mix")
        out.mkdir(parents=True)

        def encode(spans, name=name):
            audio = np.load(root / name / "audio.npy")
            for first, samples in spans:
                yield codec.encode(torch.from_numpy(audio[first:first + samples] / 32767).float()[None])[0].T.numpy()

        encode_corpus(root / name, codec, out, encode)
    return root


def accompanist():
    """Return a tiny accompanist and the diffusion model it begins as."""
    base = tiny.generator("diffusion")
    return tiny.accompanist(base), base


def test_voices_lie_where_the_mix_lies(made):
    table = pd.read_csv(made / "voices/voices.csv", dtype={"given": str})
    manifests = [pd.read_csv(made / name / "manifest.csv") for name in ("corpus", "voices/given", "voices/rest")]
    assert manifests[0].equals(manifests[1]) and manifests[0].equals(manifests[2])
    held_out = manifests[0].split != "train"
    assert set(table.given[held_out.to_numpy()]) == {"0"}, "held-out pieces give the first set"
    assert len(np.load(made / "voices/given/audio.npy")) == len(np.load(made / "corpus/audio.npy"))


def test_the_given_voice_is_one_line_on_its_own_instrument(made):
    """The spectrum of a given flute has the partials of its one note and not those of the other voices."""
    table = pd.read_csv(made / "voices/voices.csv", dtype={"given": str})
    manifest = pd.read_csv(made / "voices/given/manifest.csv")
    row = int(np.flatnonzero(table.given == "0")[0])
    first, pitch = manifest.start[row], 72 + int(manifest.piece[row][1:])
    strength = {}
    for part in ("given", "rest"):
        sound = np.load(made / f"voices/{part}/audio.npy")[first + 4096:first + 4096 + 16384] / 32767
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
        hz = [440 * 2 ** ((p - 69) / 12) for p in (pitch, 64)]
        strength[part] = [spectrum[round(f * 16384 / 22050) - 2:round(f * 16384 / 22050) + 3].max() for f in hz]
    assert strength["given"][0] > 20 * strength["given"][1]
    assert strength["rest"][1] > 5 * strength["given"][1]
    assert table["as"][row] == "Flute"


def test_a_corpus_of_one_voice_has_stand_ins_that_say_why(tmp_path, monkeypatch):
    settings = corpus_of(tmp_path, [piece("solo", (72,))] * 3)
    with pytest.raises(NoVoices, match="two voices or more, got solo") as error:
        voices.write_voices(tmp_path / "corpus", tmp_path / "scores", tmp_path, settings, PARAMS, tmp_path)
    from stages import accompany, encode_voices, evaluate_accompaniment, report_accompaniment, train_accompaniment

    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    stand_in(str(error.value), "data/accompaniment/voices")
    for stage in (encode_voices, train_accompaniment, accompany, evaluate_accompaniment):
        stage.main()
    report_accompaniment.main()
    assert "two voices or more, got solo" in Path("metrics/duets.html").read_text()
    with pytest.raises(ValueError, match="got solo"):
        playing.open_accompanist(tmp_path)


def test_stems_of_recordings_are_added_up(tmp_path):
    rng = np.random.default_rng(0)
    stems = rng.integers(-3000, 3000, (3, 8192)).astype(np.int16)
    np.save(tmp_path / "stems.npy", stems)
    row = {"given": [1], "start": 2048, "samples": 4096}
    rest = voices.Stems(str(tmp_path), -20.0, False)(row) / 32767
    expected = (stems[0] + stems[2].astype(float))[2048:6144]
    assert np.corrcoef(rest, expected)[0, 1] > 0.9999
    assert abs(20 * np.log10(np.sqrt(np.mean(rest ** 2))) + 20) < 0.1
    given = voices.Stems(str(tmp_path), -20.0, True)(row)
    assert np.corrcoef(given, stems[1, 2048:6144])[0, 1] > 0.9999
    stems[1] = 0
    np.save(tmp_path / "stems.npy", stems)
    assert not voices.Stems(str(tmp_path), -20.0, True)(row).any(), "an instrument that pauses stays silent"


def test_recordings_without_stems_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"take: \[mix, stems\]"):
        voices.stems_of(tmp_path, "maestro")


def test_it_begins_as_the_model_it_goes_on_with():
    model, base = accompanist()
    plain = base.sample(3.0, 5, {"mode": "minor"}, SAMPLE)
    assert torch.allclose(model.sample(3.0, 5, {"mode": "minor"}, SAMPLE), plain, atol=1e-4)


def test_what_is_heard_rides_along_and_without_a_task_nothing_is_heard():
    model, _ = accompanist()
    x, codes = torch.randn(2, 2 * tiny.CHANNELS + 1, 16), torch.zeros(2, 3, dtype=torch.long)
    with torch.no_grad():
        model.network.enter.weight.add_(torch.randn_like(model.network.enter.weight))
        deaf = [model.velocity(torch.cat([x[:, :tiny.CHANNELS], heard], 1), 0.5, codes)
                for heard in (x[:, tiny.CHANNELS:], 0 * x[:, tiny.CHANNELS:])]
        codes[:, model.task] = 1
        hearing = model.velocity(x, 0.5, codes)
    assert deaf[0].equal(deaf[1])
    assert not torch.allclose(hearing[:, :tiny.CHANNELS], deaf[0][:, :tiny.CHANNELS])
    assert not hearing[:, tiny.CHANNELS:].any()


def test_the_past_stays_and_the_rest_is_new():
    model, _ = accompanist()
    latents, known = torch.randn(1, tiny.CHANNELS, 24), torch.arange(24) < 12
    made = model.accompany(latents, "go_on", 1, {}, SAMPLE, known)
    assert made[..., :12].equal(latents[..., :12]) and not torch.allclose(made[..., 12:], latents[..., 12:], atol=0.1)
    with pytest.raises(ValueError, match="task: expected one of"):
        model.accompany(latents, "rset", 1, {}, SAMPLE)


def test_attributes_keep_their_places_on_disk(tmp_path):
    """JSON sorts names: an attribute behind `task` in the alphabet must not change places with it."""
    base = diffusion.Model(tiny.SIZES["diffusion"], tiny.CHANNELS, 10.0, {"mode": ["major"], "tempo": ["1", "2", "3"]})
    model = Accompanist(tiny.SIZES["diffusion"], tiny.CHANNELS, 10.0, base.vocabulary)
    model.begin_as(base)
    assert model.network.conditions.tables[2].weight.equal(base.network.conditions.tables[1].weight)
    tiny.save(model, tmp_path / "m")
    again, heard = load_accompanist(tmp_path / "m"), torch.randn(1, tiny.CHANNELS, 16)
    assert again.accompany(heard, "mix", 1, {"tempo": "3"}, SAMPLE).equal(
        model.eval().accompany(heard, "mix", 1, {"tempo": "3"}, SAMPLE))


@pytest.mark.parametrize("frames", [5, 16, 50])
def test_any_length_is_accompanied_and_again_the_same(frames):
    model, _ = accompanist()
    heard = torch.randn(2, tiny.CHANNELS, frames)
    one, again = (model.accompany(heard, "rest", 3, {}, SAMPLE | {"guidance": 2.0}) for _ in range(2))
    assert one.shape == heard.shape and one.equal(again)
    assert not one.equal(model.accompany(heard, "rest", 4, {}, SAMPLE))


def test_it_comes_back_from_disk(tmp_path):
    from chaconne.running.files import seal

    model, _ = accompanist()
    (tmp_path / "m").mkdir()
    model.save(tmp_path / "m")
    seal(tmp_path / "m")
    heard = torch.randn(1, tiny.CHANNELS, 16)
    again = load_accompanist(tmp_path / "m")
    assert list(again.vocabulary) == sorted(again.vocabulary)
    assert again.vocabulary[TASK] == list(TASKS)
    assert again.accompany(heard, "mix", 1, {}, SAMPLE).equal(model.accompany(heard, "mix", 1, {}, SAMPLE))


def test_crops_of_the_three_are_of_one_place(made):
    sets = learning.aligned(made / "latents/mix", made / "latents", "train", 16)
    model, _ = accompanist()
    data, codes = learning.source_of(sets, model)(64, np.random.default_rng(1))
    again, _ = learning.source_of(sets, model)(64, np.random.default_rng(1))
    assert data.equal(again)
    seed = int(np.random.default_rng(1).integers(2**63))
    drawn = {name: model.normalise(one.draw(64, np.random.default_rng(seed))[0]) for name, one in sets.items()}
    c = tiny.CHANNELS
    for task, target in (("rest", "rest"), ("mix", "mix"), ("go_on", "mix"), (None, "mix")):
        rows = codes[:, model.task] == (TASKS.index(task) + 1 if task else 0)
        assert rows.any()
        assert data[rows, :c].equal(drawn[target][rows])
        known, heard = data[rows, -1], data[rows, c:2 * c]
        source = drawn["mix" if task == "go_on" else "given"][rows]
        assert heard.equal(source * known[:, None])
        shares = known.mean(1)
        assert (shares > 0).all() and (shares < 1).all() if task == "go_on" else (shares == (task is not None)).all()


def test_latents_of_another_corpus_are_refused(made, tmp_path):
    other = corpus_of(tmp_path, [piece(f"q{i}", (72, 60)) for i in range(4)])
    codec = tiny.codec()
    for part in ("given", "rest"):
        (tmp_path / part).mkdir()
        encode_corpus(tmp_path / "corpus", codec, tmp_path / part, lambda spans: (
            np.zeros((samples // 2048, tiny.CHANNELS), np.float32) for _, samples in spans))
    assert other["name"] == "chorales"
    with pytest.raises(ValueError, match="encode_voices"):
        learning.aligned(made / "latents/mix", tmp_path, "train", 16)


def test_it_learns_to_use_what_it_hears():
    """A world in which the rest is the given turned upside down: after some steps that is what is made."""
    model, _ = accompanist()
    model.train()
    steps = []

    class Bench(Trainer):
        seed = 0
        fabric = SimpleNamespace(global_rank=0, world_size=1, backward=lambda loss: loss.backward(),
                                 clip_gradients=lambda *_, **more: None, setup=lambda *parts: parts)

        def __init__(self):
            pass

        def run(self, count, step, state, preview=None):
            steps.extend(step(i)["loss"].item() for i in range(count))
            return {}

    def source(count, rng):
        given = torch.from_numpy(rng.standard_normal((count, tiny.CHANNELS, 1), dtype=np.float32)).expand(-1, -1, 16)
        codes = torch.zeros(count, 3, dtype=torch.long)
        codes[:, model.task] = 1
        return torch.cat([-given, beside(given, torch.ones(16, dtype=torch.bool))], 1), codes

    torch.manual_seed(0)
    model.fit(source, Bench(), {**tiny.SIZES["diffusion"], "steps": 250, "batch": 32})
    model.eval()
    assert np.mean(steps[-20:]) < 0.5 * np.mean(steps[:20])
    heard = torch.randn(8, tiny.CHANNELS, 1).expand(-1, -1, 16)
    out = model.accompany(heard, "rest", 0, {}, SAMPLE)
    assert np.corrcoef(out.flatten(), -heard.flatten())[0, 1] > 0.8


def tones(chords, rate=22050, beat=11025):
    """Return int16 [samples]: a chord of MIDI pitches each beat, struck anew."""
    t = np.arange(beat) / rate
    fade = np.minimum(1, t / 0.01) * np.exp(-2 * t)
    return np.rint(np.concatenate([sum(np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * t) for p in chord) * fade
                                   for chord in chords]) * 3000).astype(np.int16)


MAJOR = [(60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67), (69, 72, 76), (62, 65, 69), (67, 71, 74), (60, 64, 67)]
TUNE = [(72,), (72,), (74,), (76,), (76,), (77,), (79,), (79,)]


def measured(accompaniment, given=TUNE, truth=MAJOR):
    voice, rest, true = (tones(one)[None] for one in (given, accompaniment, truth))
    return fit.measure(heldout.together(voice, rest, 0), rest, voice, heldout.together(voice, true, 0),
                       np.array([11025]), 22050)


def test_the_true_accompaniment_fits_and_another_does_not():
    true, other = measured(MAJOR), measured([tuple(p + 6 for p in chord) for chord in MAJOR])
    assert true["chord_agreement"][0] == 1 and true["chroma_similarity"][0] > 0.999
    assert other["chord_agreement"][0] <= 0.25 and other["chroma_similarity"][0] < 0.5
    assert true["given_heard"][0] >= 0.8


def test_onsets_meet_or_miss():
    together, late = np.arange(0, 4, 0.5), np.arange(0.25, 4, 0.5)
    assert fit.agreement(together, together) == 1
    assert fit.agreement(together, late) == 0
    assert fit.agreement(together, np.sort(np.concatenate([together, late]))) == pytest.approx(2 * 8 / 24)
    assert np.isnan(fit.agreement(together, []))
    assert fit.agreement([], together) == 0


def test_silence_is_no_accompaniment():
    voice, nothing, true = tones(TUNE)[None], np.zeros((1, 8 * 11025), np.int16), tones(MAJOR)[None]
    truth = heldout.together(voice, true, 0)
    found = fit.measure(nothing, nothing, voice, truth, np.array([11025]), 22050)
    assert found["chord_agreement"][0] == found["given_heard"][0] == found["onset_agreement"][0] == 0


def test_without_the_transcription_the_rest_is_measured(monkeypatch):
    monkeypatch.setattr(fit.transcription, "missing", lambda: "pip install basic-pitch")
    assert fit.unavailable() == {"dissonance": "pip install basic-pitch"}
    found = measured(MAJOR)
    assert np.isnan(found["dissonance"]).all() and found["chord_agreement"][0] == 1
    table = tables.table(dict.fromkeys(heldout.ROWS, found), 20, 0)
    assert "dissonance" not in table["rows"]["made"]


def test_recordings_have_no_beat(tmp_path):
    """Their manifest names a latent frame: too short for pitch classes."""
    rows = [{"clip": 0, "start": 0, "samples": 8 * 11025, "piece": "p", "beat_samples": 2048, "tempo_qpm": np.nan}]
    excerpts = heldout.Excerpts(pd.DataFrame(rows), tones(TUNE)[None], tones(MAJOR)[None], {}, 22050)
    both = heldout.together(excerpts.given, excerpts.rest, 0)
    for name, clips in (("given", excerpts.given), ("real", both), ("true", both)):
        (tmp_path / name).mkdir()
        heldout.keep(tmp_path / name, excerpts, clips, excerpts.rest)
    assert tables.values(tmp_path, "true")["chord_agreement"] == [1.0]
    assert tables.values(tmp_path, "true")["given_heard"][0] >= 0.8


def test_a_voice_that_is_not_in_the_sound_is_not_heard():
    voice, rest = tones(TUNE)[None], tones([(61, 63, 66, 68)] * 8)[None]
    found = fit.measure(rest, rest, voice, rest, np.array([11025]), 22050)
    assert found["given_heard"][0] <= 0.25


def test_halfway_is_between_the_random_and_the_true():
    each = {row: {"chord_agreement": np.full(8, value)} for row, value in
            zip(heldout.ROWS, (0.9, 0.6, 0.5, 0.3, 0.3, 0.3), strict=True)}
    table = tables.table(each, 20, 0)
    assert table["halfway"] == pytest.approx(
        {"true": 1, "made": 0.5, "mix": 1 / 3, "random": 0, "free": 0, "silent": 0})
    assert table["intervals"]["made"]["chord_agreement"] == [pytest.approx(0.6)] * 2


def test_rows_of_held_out_excerpts(made, tmp_path):
    excerpts = heldout.choose(made / "corpus", made / "voices", made / "latents", 6, 3.0, 0)
    model, codec = accompanist()[0], tiny.codec()
    pieces = excerpts.table.piece.tolist()
    assert all(pieces[j] != pieces[i] for i, j in enumerate(heldout.another(excerpts.table)))
    assert excerpts.latents["given"].shape == (len(pieces), tiny.CHANNELS, 33)
    again = codec.encode(torch.from_numpy(excerpts.given / 32767).float()[:, :32 * 2048])
    assert torch.allclose(again[..., 4:-4], excerpts.latents["given"][..., 4:28], atol=0.05), "audio and latents meet"
    heldout.keep(tmp_path / "s" / "given" if (tmp_path / "s/given").mkdir(parents=True) else tmp_path / "s/given",
                 excerpts, excerpts.given)
    (tmp_path / "s/real").mkdir()
    heldout.keep(tmp_path / "s/real", excerpts, heldout.together(excerpts.given, excerpts.rest, 0))
    each = {}
    for row in heldout.ROWS:
        alone = heldout.sound_of(row, model, codec, excerpts, SAMPLE, 0)
        (tmp_path / "s" / row).mkdir()
        heldout.keep(tmp_path / "s" / row, excerpts, heldout.heard(row, excerpts, alone, 0), alone)
        each[row] = {k: np.array(v) for k, v in tables.values(tmp_path / "s", row).items()}
    table = tables.table(each, 20, 0)
    assert table["rows"]["true"]["chroma_similarity"] > table["rows"]["random"]["chroma_similarity"]
    assert "onset_agreement" not in table["rows"]["mix"]


def test_the_page_shows_every_row(made, tmp_path, monkeypatch):
    test_rows_of_held_out_excerpts(made, tmp_path)
    root = tmp_path / "p"
    (root / "data/accompaniment").mkdir(parents=True)
    (tmp_path / "s").rename(root / "data/accompaniment/samples")
    plots = root / "metrics/curves/train_accompaniment/plots/metrics"
    plots.mkdir(parents=True)
    (plots / "loss.tsv").write_text("step\tloss\n1\t1.0\n2\t0.5\n")
    each = {row: {"chord_agreement": np.full(8, value)} for row, value in
            zip(heldout.ROWS, (0.9, 0.6, 0.5, 0.3, 0.3, 0.3), strict=True)}
    (root / "metrics/accompaniment.json").write_text(json.dumps(
        tables.table(each, 20, 0) | {"settings": {"clips": 8, "clip_seconds": 3.0, "seed": 0}}))
    page = render_page(root)
    assert page.count("<audio") == 8 * min(4, page.count("<article"))
    assert "Random" in page and "chord agreement of what was made is at 0.5" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


@pytest.mark.parametrize(("pitches", "key", "mode"), [
    ((60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60), "C", "major"),
    ((62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62), "D", "major"),
    ((69, 71, 72, 74, 76, 77, 68, 69, 76, 72, 69), "A", "minor")])
def test_key_and_tuning_are_heard(pitches, key, mode):
    for off in (0.3, -0.4):
        sound = tones([(p + off,) for p in pitches]) / 32767
        rest = 1e-4 * np.random.default_rng(0).standard_normal(len(sound))  # half of it is noise
        tuning, *found = playing.about(torch.from_numpy(np.concatenate([sound, rest])).float(), 22050)
        assert found == [key, mode]
        assert tuning == pytest.approx(off, abs=0.06)


@pytest.mark.parametrize(("key", "mode", "semitones"), [("C", "major", 0), ("D", "major", -2), ("A", "minor", 0),
                                                        ("E", "minor", 5), ("Bb", "major", 2)])
def test_keys_go_the_nearer_way(key, mode, semitones):
    assert playing.semitones_to_c(key, mode) == semitones


def peak_hz(sound, rate=22050):
    """Return the frequency of the strongest partial."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return spectrum.argmax() * rate / len(sound)


@pytest.mark.parametrize("semitones", [0.0, -2.3, 4.0])
def test_moved_recordings_come_back(semitones, monkeypatch):
    monkeypatch.setattr(playing, "BLOCK_S", 1)
    sound = torch.from_numpy(0.2 * np.sin(2 * np.pi * 440 * np.arange(3.5 * 22050) / 22050)).float()
    moved = playing.shifted(sound, 22050, semitones)
    assert len(moved) == len(sound)
    assert peak_hz(moved) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.004)
    back = playing.shifted(moved, 22050, -semitones)
    assert peak_hz(back) == pytest.approx(440, rel=0.004)
    levels = back.unfold(0, 2205, 2205).square().mean(1).sqrt()[2:-2]
    assert levels.min() > 0.6 * levels.max(), "no hole where blocks meet"


def test_what_is_heard_is_moved_to_c_and_what_is_made_moved_back(project, monkeypatch):
    """An accompanist that plays what it hears gives back the line in its own key and tuning."""
    line = tones([(p + 0.3,) for p in (62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62, 62)]) / 32767
    soundfile.write("line.wav", line, 22050)
    trained = playing.open_accompanist(".")
    from chaconne.editing.making import open_recording

    recording = open_recording(trained, "line.wav")
    found = playing.bearings(recording, ".")
    assert (found.key, found.mode) == ("D", "major")
    assert found.semitones == pytest.approx(-2.3, abs=0.06)
    assert playing.bearings(recording, ".", "e minor").semitones == pytest.approx(5 - 0.3, abs=0.06)
    heard = []
    monkeypatch.setattr(playing, "encode", lambda _, audio, frames: heard.append(audio) or torch.zeros(1, 6, frames))
    monkeypatch.setattr(playing, "decoded", lambda *_: [heard[0]])
    (sound,) = playing.accompanied(trained, recording, "rest", 0, {}, found.semitones, 0, True, lambda s, *_: s)
    last = slice(-11025, None)
    assert peak_hz(heard[0][last].numpy()) == pytest.approx(440 * 2 ** ((60 - 69) / 12), rel=0.01)
    assert peak_hz(sound[last].numpy()) == pytest.approx(440 * 2 ** ((62.3 - 69) / 12), rel=0.01)


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tiny.project(tmp_path / "p")
    monkeypatch.chdir(root)
    return root


def test_a_recording_is_accompanied(project):
    tiny.recording(project / "flute.wav", seconds=4.3, rate=44100, channels=2, gain=0.2)
    run = CliRunner().invoke(app, ["accompany", "flute.wav", "--steps", "2", "--json", "--seed", "3"])
    assert run.exit_code == 0, run.output
    said = json.loads(run.output)
    sound, rate = soundfile.read(said["files"][0])
    assert rate == 22050 and len(sound) == pytest.approx(4.3 * 22050, abs=2)
    assert said["seed"] == 3 and said["key"] and abs(said["heard_higher_semitones"]) <= 6.5
    original = tiny.chords(4.3)
    # The recording is still in what one hears: taking it away leaves less than there was.
    given = original[:len(sound)] - original.mean()
    assert np.corrcoef(sound[:len(given)], given)[0, 1] > 0.3
    alone = CliRunner().invoke(app, ["accompany", "flute.wav", "--steps", "2", "--alone", "--out", "alone.flac"])
    assert alone.exit_code == 0 and (project / "alone.flac").exists()


@pytest.mark.parametrize(("arguments", "said"), [
    (["missing.wav"], "missing.wav: expected a recording"),
    (["flute.wav", "--task", "solo"], "--task: expected one of rest, mix"),
    (["flute.wav", "--task", "mix", "--alone"], "--alone"),
    (["flute.wav", "--key", "H"], "key: expected a key"),
    (["flute.wav", "--alone", "--balance", "3"], "--balance"),
    (["flute.wav", "--method", "magic"], "expected one of euler, heun, multistep"),
    (["flute.wav", "--condition", "task=rest"], "--task"),
])
def test_bad_input_is_one_line(project, arguments, said):
    tiny.recording(project / "flute.wav", seconds=1.0)
    run = CliRunner().invoke(app, ["accompany", *arguments])
    assert run.exit_code == 2 and said in run.output
    assert not (project / "flute.accompanied.wav").exists()


def test_a_model_that_is_not_there_says_what_makes_it(tmp_path, monkeypatch):
    root = tiny.project(tmp_path / "p")
    shutil.rmtree(root / "data/accompaniment")
    monkeypatch.chdir(root)
    tiny.recording(root / "flute.wav", seconds=1.0)
    run = CliRunner().invoke(app, ["accompany", "flute.wav"])
    assert run.exit_code == 2 and "train_accompaniment" in run.output
