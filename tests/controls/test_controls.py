"""Controls: what is told of music is true, what is asked for reaches the networks, and the judges know no network."""

import numpy as np
import pandas as pd
import pytest
import torch

from chaconne.controls import known as real_clips
from chaconne.controls import steered_diffusion, trials
from chaconne.controls.hearing import hearing
from chaconne.controls.hearing.describing import describe
from chaconne.controls.measuring import judges, tables
from chaconne.controls.sounding.sounding import read_notes
from chaconne.controls.sounding.variants import planned, write_variants
from chaconne.controls.steering import grid, learning
from chaconne.controls.steering.steering import joined
from chaconne.controls.wishes import numbers as n
from chaconne.controls.wishes.described import open_described, read_facts
from chaconne.corpora.rendering import plan
from chaconne.pages.controls.page import render
from chaconne.running.files import read_json, seal
from chaconne.running.models import load_steered
from chaconne.running.params.corpora import read_settings
from chaconne.scores.pieces import score
from chaconne.storage.files import write_json
from chaconne.storage.latents.latents import encode_corpus
from chaconne.training.engine.trainer import Trainer
from tests import tiny
from tests.accompaniment.test_accompaniment import AUDIO, PARAMS, corpus_of, piece

RATE_HZ = tiny.RATE / 2048
KNOBS = {"variants": 3, "instruments": ["Church Organ", "Violin"], "tempi_qpm": [80.75, 129.2], "semitones": [0, 5],
         "octaves": [-1, 0, 1], "voices": [[0, 1, 2, 3], [0]], "pitch_range": [34, 96]}
WHOLE = {**PARAMS, "controls": KNOBS, "split": {"test": 0.34, "valid": 0.05}}
FACTS = tiny.NUMBERS
SAMPLING = {"gan": {"truncation": 1.0, "piece": 5, "guidance": 1.0},
            "diffusion": {"method": "euler", "steps": 3, "shift": 1.0, "guidance": 1.0, "temperature": 1.0,
                          "batch": 4}}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Variants of six pieces, their latents and descriptions."""
    root = tmp_path_factory.mktemp("controls")
    settings = corpus_of(root, [piece(f"p{i}", (72 + i, 67, 64, 48), 24) for i in range(6)])
    (root / "variants").mkdir()
    write_variants(root / "corpus", root / "scores", root / "variants", settings, WHOLE, root / "journal.json")
    codec, out = tiny.codec(), root / "latents"
    out.mkdir()

    def encode(spans):
        audio = np.load(root / "variants/audio.npy")
        for first, samples in spans:
            yield codec.encode(torch.from_numpy(audio[first:first + samples] / 32767).float()[None])[0].T.numpy()

    encode_corpus(root / "variants", codec, out, encode)
    describe(root / "variants", out, pd.read_csv(out / "index.csv"), 1)
    return root


def steered(name):
    """Return a tiny steered model, and the plain one that it began as."""
    base = tiny.generator(name)
    return tiny.steered(name, base), base


def test_density_and_register_are_those_of_the_notes():
    notes = np.array([(i / 2, i / 2 + 0.5, 60 + 12 * (i >= 40)) for i in range(80)])
    told = n.of_notes(notes, round(40 * RATE_HZ), RATE_HZ)
    assert told["density"][40:-40] == pytest.approx(2, rel=0.2)
    assert told["register"][40] == pytest.approx(60) and told["register"][-40] == pytest.approx(72)
    silent = n.of_notes(notes[:0], 50, RATE_HZ)
    assert (silent["density"] == n.SPARSE).all() and np.isnan(silent["register"]).all()


def test_brightness_is_the_frequency_of_a_sine_and_silence_has_none():
    t = np.arange(4 * tiny.RATE) / tiny.RATE
    sound = (0.1 * np.sin(2 * np.pi * np.where(t < 2, 500, 2000) * t)).astype(np.float32)
    told = hearing.brightness(sound, tiny.RATE, 43)
    assert told[2] == pytest.approx(500, rel=0.05) and told[-3] == pytest.approx(2000, rel=0.05)
    assert np.isnan(hearing.brightness(np.zeros(tiny.RATE, np.float32), tiny.RATE, 10)).all()


def test_a_recording_says_its_own_numbers():
    t = np.arange(12 * tiny.RATE) / tiny.RATE
    sound = (0.3 * np.sin(2 * np.pi * 440 * t) * np.exp(-8 * (t % 0.5))).astype(np.float32)
    told = hearing.heard(sound, tiny.RATE, 129)
    assert told["tempo"][0] in (pytest.approx(120, rel=0.05), pytest.approx(60, rel=0.05))
    assert told["density"][64] == pytest.approx(2, rel=0.25) and told["register"][64] == pytest.approx(69, abs=1)
    silent = hearing.heard(np.zeros(6 * tiny.RATE, np.float32), tiny.RATE, 64)
    assert (silent["density"] == n.SPARSE).all() and np.isnan(silent["register"]).all()
    assert np.isnan(silent["tempo"]).all()


def test_what_is_asked_for_becomes_a_curve_and_a_clock():
    asked = {"register": [(0.0, 50.0), (10.0, 70.0)], "tempo": 120.0, "mode": "minor"}
    curves = n.wished(asked, {}, 100, 10.0, FACTS | {"examples": []})
    assert curves[2, 50] == pytest.approx(60) and curves[0, 0] == pytest.approx(np.log2(120))
    assert np.isnan(curves[1]).all() and np.isnan(curves[3]).all()
    assert curves[4] == pytest.approx(np.arange(100) / 5)      # two quarters a second, ten frames
    assert (n.wished({}, {"tempo": 6.0}, 10, 10.0, FACTS)[0] == 6.0).all()      # of what was drawn
    seen = n.riders(torch.from_numpy(curves)[None].float(), FACTS)
    assert seen.shape == (1, n.RIDERS, 100) and seen[0, 4:8, 0].tolist() == [1, 0, 1, 0]
    assert seen[0, 8, 5] == pytest.approx(1, abs=1e-5) and seen.isfinite().all()
    n.forget(seen[0], 0)
    assert not seen[0, [0, 4, 8, 9]].any() and seen[0, 6].all()


def test_a_tempo_is_the_nearest_of_those_that_were_learned():
    """Networks do not fill in between the few tempi that scores are rendered at."""
    tempo, *_, beat = n.wished({"tempo": [(0.0, 44.0), (9.0, 66.0)]}, {}, 10, 1.0, FACTS)
    assert set(tempo) == {5.5, 6.0} and (np.diff(tempo) >= 0).all()
    assert beat[1] == pytest.approx(2 ** 5.5 / 60) and beat[9] - beat[8] == pytest.approx(64 / 60)
    assert (n.wished({"tempo": 50.0}, {}, 4, 1.0, FACTS | {"beats": False})[0] == np.log2(50)).all()


def test_what_is_left_free_is_that_of_music_which_fits():
    rng = np.random.default_rng(0)
    names, numbers = n.completed({"register": 51.0}, FACTS | {"examples": FACTS["examples"] * 20}, rng)
    assert names == {"instrument": "Church Organ", "mode": "minor"}
    assert numbers == {"tempo": 5.5, "density": 2.0, "brightness": 9.5}
    names, _ = n.completed({"mode": "major", "tempo": 2 ** 5.5}, FACTS | {"examples": FACTS["examples"] * 20}, rng)
    assert names == {"instrument": "Violin"}        # a name counts more than a number that is half a deviation off
    drawn = {n.completed({}, FACTS, rng)[1]["tempo"] for _ in range(30)}
    assert drawn == {6.0, 5.5}
    assert n.completed({"mode": "major"}, FACTS | {"examples": []}, rng) == ({}, {})


def test_a_name_alone_leaves_all_that_have_it():
    """Many examples are equally near; all of them must be drawn, not the first few."""
    many = [{"tempo": float(i), "mode": "major"} for i in range(50)] + [{"tempo": 99.0, "mode": "minor"}] * 50
    rng = np.random.default_rng(0)
    drawn = {n.completed({"mode": "major"}, FACTS | {"examples": many}, rng)[1]["tempo"] for _ in range(300)}
    assert len(drawn) > 40 and 99.0 not in drawn


@pytest.mark.parametrize(("text", "said"), [
    ("loud", "expected a number (mean pitch, MIDI note number) or a curve such as 50@0,70@30"),
    ("20", "expected 50 to 70"),
    ("60@5,62@1", "in order"), ("60@1,62@1", "in order"), ("nan", "expected 50 to 70"), ("60@nan", "expected a number"),
    ("", "expected a number")])
def test_what_cannot_be_asked_is_said_in_one_line(text, said):
    with pytest.raises(ValueError, match="register") as error:
        n.parse("register", text, FACTS)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_texts_become_values_and_curves():
    assert n.parse("register", "60", FACTS) == 60.0
    assert n.parse("register", "52@0,68@30.5", FACTS) == [(0.0, 52.0), (30.5, 68.0)]
    assert n.limits(FACTS)["tempo"] == (32.0, 128.0)


def test_variants_are_drawn_by_hash_and_keep_their_split(made):
    pieces, notes = score.unpack(made / "scores")
    settings = read_settings("chorales") | {"pitch_range": KNOBS["pitch_range"]}
    rows = planned(pieces, notes, settings, WHOLE)
    assert rows == planned(pieces, notes, settings, WHOLE) and len(rows) == 18
    plain = {row["piece"]: row["split"] for row in plan.plan(pieces, notes, settings, AUDIO, WHOLE["split"], 0)}
    assert all(row["split"] == plain[row["piece"]] for row in rows)
    for what in ("instrument", "tempo_qpm", "key"):
        assert len({row[what] for row in rows}) == 2, what
    assert {len(row["voices"]) for row in rows} == {1, 4}
    told = read_notes(made / "variants")
    for row, sounding in zip(rows, told, strict=True):
        count = np.isin(notes[row["index"]]["voice"], row["voices"]).sum()
        assert len(sounding) == count and sounding[:, 1].max() < row["seconds"]
        assert sounding[:, 2].min() >= 34


def test_variants_of_recordings_are_the_recordings(made, tmp_path):
    settings = {"name": "own", "kind": "recordings", "licence": "none", "citation": "none"}
    write_variants(made / "corpus", None, tmp_path, settings, WHOLE, tmp_path / "journal.json")
    assert (np.load(tmp_path / "audio.npy") == np.load(made / "corpus/audio.npy")).all()
    assert read_notes(tmp_path) is None
    index = pd.read_csv(made / "corpus/manifest.csv").assign(tempo_qpm=np.nan)
    index["first"], index["frames"] = index.start // 2048, index.samples // 2048
    write_json(tmp_path / "latents.json", {"sample_rate_hz": tiny.RATE, "hop_samples": 2048})
    describe(tmp_path, tmp_path, index, 1)
    facts = read_facts(tmp_path)
    assert set(facts["numbers"]) == set(n.NUMBERS) and not facts["beats"]     # heard; where beats are nobody knows
    assert np.isnan(np.load(tmp_path / "curves.npy")[:, -1]).all()


def test_descriptions_lie_where_the_latents_lie(made):
    latents, curves = open_described(made / "latents", "train", 16)
    crops, rows = latents.draw(20, np.random.default_rng(3))
    told, again = curves.draw(20, np.random.default_rng(3))
    assert (rows == again).all() and crops.shape[-1] == told.shape[-1] == 16
    assert told[:, 0].exp2() == pytest.approx(
        np.repeat(latents.index.tempo_qpm.to_numpy()[rows][:, None], 16, 1), rel=1e-4)
    beat = told[:, -1].diff(dim=1).mean(1)      # quarters in a frame
    assert beat.numpy() == pytest.approx(latents.index.tempo_qpm.to_numpy()[rows] / 60 / RATE_HZ, rel=1e-3)


def test_described_by_several_processes_it_is_the_same(made, tmp_path):
    (tmp_path / "latents.json").write_bytes((made / "latents/latents.json").read_bytes())
    describe(made / "variants", tmp_path, pd.read_csv(made / "latents/index.csv"), 2)
    assert (tmp_path / "curves.npy").read_bytes() == (made / "latents/curves.npy").read_bytes()


@torch.no_grad()
def test_a_steered_model_that_is_asked_nothing_is_the_plain_one():
    for name in ("gan", "diffusion"):
        model, base = steered(name)
        frames = base.settings["frames"]
        free = torch.zeros(3, len(base.vocabulary) + n.RIDERS * frames)
        codes = torch.zeros(3, len(base.vocabulary), dtype=torch.long)
        for own, known in zip(model.network.conditions.tables, base.network.conditions.tables, strict=True):
            assert torch.equal(own.weight, known.weight)    # every name that was known
        if name == "diffusion":
            x = torch.randn(3, base.channels, frames)
            same = model.velocity(x, 0.4, free), base.velocity(x, 0.4, codes)
        else:
            line, style = base.line(3, frames // 4), torch.randn(3, 8)
            same = model.network(line, style, free), base.network(line, style, codes)
        assert torch.allclose(*same, atol=1e-5), name


@pytest.mark.parametrize("name", ["gan", "diffusion"])
def test_what_is_asked_for_is_heard_by_the_network(name):
    model, _ = steered(name)
    with torch.no_grad():
        for p in model.network.enter.parameters():
            p += 0.2 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1))

    def sample(**asked):
        return model.sample(4.0, 5, asked, SAMPLING[name])

    plain = sample(tempo=64.0)
    assert plain.shape == (1, tiny.CHANNELS, 44) and torch.equal(plain, sample(tempo=64.0))
    for what, (one, other) in {"register": (60.0, 61.0), "density": (3.0, 5.0), "mode": ("major", "minor")}.items():
        assert not torch.equal(sample(tempo=64.0, **{what: one}), sample(tempo=64.0, **{what: other})), what
    # A curve that begins to differ later leaves the beginning of a GAN's piece alone.
    if name == "gan":
        turned = sample(tempo=64.0, register=[(0.0, 60.0), (3.0, 60.0), (3.5, 66.0)])
        held = sample(tempo=64.0, register=60.0)
        assert torch.equal(turned[:, :, :16], held[:, :, :16]) and not torch.equal(turned, held)
        others = {**SAMPLING["gan"], "piece": 2}
        assert torch.allclose(model.sample(4.0, 5, {"register": 60.0}, others), sample(register=60.0), atol=1e-5)
    strong = model.sample(4.0, 5, {"tempo": 64.0, "mode": "minor"}, {**SAMPLING[name], "guidance": 3.0})
    assert not torch.allclose(strong, sample(tempo=64.0, mode="minor"), atol=1e-4)


def test_what_is_asked_reaches_its_own_window():
    """Of a long piece every window sees its own part of a curve."""
    model, _ = steered("diffusion")
    seen, window = [], model.settings["frames"]
    model.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0][:, tiny.CHANNELS + 2]))
    asked = model.asked([{"register": [(0.0, 50.0), (10.0, 70.0)]}], 60, 0)
    model.velocity(torch.zeros(1, tiny.CHANNELS, 60), 0.5, asked)
    whole = model.parts(asked)[1][0, 2]
    starts = [0, 16, 32, 44]
    assert torch.equal(torch.cat(seen), torch.stack([whole[s:s + window] for s in starts]))


def test_training_forgets_names_and_numbers_one_by_one(made):
    latents, curves = open_described(made / "latents", "train", 16)
    model = learning.untrained(steered_diffusion.Model, latents, curves, read_facts(made / "latents"),
                               tiny.generator("diffusion"), {}, ["key", "instrument"], 0)
    assert all(set(one) == {*n.NUMBERS, "instrument", "key"} for one in model.settings["examples"])
    assert model.settings["free"] == 0
    assert list(model.vocabulary) == ["instrument", "key"]
    z, asked = learning.source_of(latents, curves, model)(400, np.random.default_rng(0))
    codes, seen = model.parts(asked)
    assert z.shape == (400, tiny.CHANNELS, 16) and seen.shape == (400, n.RIDERS, 16)
    nothing = (asked == 0).all(1)
    assert 0.05 < nothing.float().mean() < 0.16
    known = seen[~nothing, len(n.NUMBERS):2 * len(n.NUMBERS), 0]
    assert known[:, 0].all()        # the beat is always there
    for column in (*known[:, 1:].T, codes[~nothing, 0] > 0, codes[~nothing, 1] > 0):
        assert 0.42 < column.float().mean() < 0.58
    spread = seen[~nothing, 2].std(dim=1)
    assert 0.4 < (spread < 1e-6).float().mean() < 0.9      # half are told one value; forgotten ones are flat, too


def test_music_is_laid_on_the_grid_and_taken_back():
    """Whatever the tempo is, and where it changes on the way; where none is known nothing moves."""
    rate, per_beat, frames = 10.0, 8, 200
    qpm = torch.stack([torch.full((frames,), 60.0), torch.linspace(50, 120, frames), torch.full((frames,), torch.nan)])
    places = grid.places(qpm, per_beat, rate)
    assert places[0, :3].tolist() == pytest.approx([0, 0.8, 1.6])
    assert places[2].tolist() == list(range(frames))
    beats = 2 * torch.pi * places / per_beat / 2        # half a turn a beat, on the frames of the music
    music = torch.stack([beats.cos(), beats.sin()], 1).float()
    at = grid.times(places, 150)
    on_grid = grid.between(music, at)
    wanted = 2 * torch.pi * torch.arange(150) / per_beat / 2
    for row in range(2):        # the same pattern at both tempi
        assert torch.allclose(on_grid[row, 0], wanted.cos().float(), atol=0.02)
    back = grid.between(on_grid, places[:, :100].clamp(max=148))
    assert torch.allclose(back[:2], music[:2, :, :100], atol=0.03)
    assert torch.equal(grid.nearest(music, at)[2], music[2, :, :150])


def test_a_crop_holds_the_slowest_music(made):
    """Of the corpus, so that the GAN learns from as many beats at every tempo."""
    model, base = steered("gan")
    facts = read_facts(made / "latents")
    frames = model.crop(base, facts)
    slowest = 2 ** facts["numbers"]["tempo"]["low"]
    assert frames - 1 <= max(1, 60 * RATE_HZ / 8 / slowest) * base.settings["frames"] <= frames
    latents, curves = open_described(made / "latents", "train", frames, model.on_beats)
    whole = learning.untrained(type(model), latents, curves, facts, base, {}, ["key"], 0)
    z, asked = learning.source_of(latents, curves, whole)(50, np.random.default_rng(0))
    assert z.shape == (50, tiny.CHANNELS, 16)
    assert (whole.parts(asked)[1][:, -2:] == 0).all()       # no clock: beats are where they are in all of them
    assert model.crop(base, {"numbers": {}}) == base.settings["frames"]


def test_a_misfit_has_one_thing_of_another_row():
    """A name, or a number with its `known` and, for the tempo, the clock; nothing where the other has nothing."""
    model, _ = steered("gan")
    rng = np.random.default_rng(0)
    told = torch.from_numpy(rng.normal(size=(64, len(n.COLUMNS), 16))).float()
    told[::4] = float("nan")
    codes = torch.from_numpy(np.arange(64) % 2 + 1)[:, None].expand(-1, 2) * (torch.arange(64) % 4 > 0)[:, None]
    asked = joined(codes, n.riders(told, FACTS))
    (names, seen), (own, heard) = (model.parts(x) for x in (model.misfits(asked)[0], asked))
    other = [x.roll(1, 0) for x in (own, heard)]
    changes = set()
    for row in range(64):
        taken = tuple(np.flatnonzero(names[row] != own[row]).tolist())
        rode = tuple(np.flatnonzero((seen[row] != heard[row]).any(1)).tolist())
        assert torch.equal(names[row, list(taken)], other[0][row, list(taken)])
        assert torch.equal(seen[row, list(rode)], other[1][row, list(rode)])
        changes.add((taken, rode) if row % 4 != 1 else ((), ()) if not taken + rode else "of nothing")
    assert "of nothing" not in changes
    assert {((0,), ()), ((1,), ()), ((), (0, 8, 9)), ((), (1,)), ((), (2,)), ((), (3,))} <= changes
    assert all(len(taken) + len({n.OF_NUMBER[place] for place in rode}) <= 1 for taken, rode in changes)


@pytest.mark.parametrize("name", ["gan", "diffusion"])
def test_a_training_learns_to_follow(name, tmp_path, monkeypatch):
    """Latents whose first channel is the register: afterwards what is asked for is what comes."""
    monkeypatch.chdir(tmp_path)
    model, _ = steered(name)
    settings = {**model.settings, "steps": 150, "batch": 16, "learning_rate": 0.004, "critic_learning_rate": 0.004,
                "free": 0.0}

    def source(count, rng):
        value = torch.from_numpy(rng.uniform(-1, 1, count)).float()
        z = torch.from_numpy(rng.normal(0, 0.3, (count, tiny.CHANNELS, 16))).float()
        z[:, 0] += 2 * value[:, None]
        told = torch.full((count, len(n.COLUMNS), 16), float("nan"))
        told[:, 2] = value[:, None]
        return z, joined(torch.zeros(count, len(model.vocabulary)), n.riders(told, FACTS))

    trainer = Trainer("follow", {"accelerator": "cpu", "precision": "32-true", "log_every": 50, "previews": 0}, 0, [])
    model.train().fit(source, trainer, settings)
    model.eval()
    low, high = (model.sample(3.0, 1, [{"register": value}] * 8, SAMPLING[name], count=8)[:, 0].mean()
                 for value in (-1.0, 1.0))
    assert high - low > 1.5, (low, high)


def test_models_are_read_again_as_they_were(tmp_path):
    for name in ("gan", "diffusion"):
        model, _ = steered(name)
        (tmp_path / name).mkdir()
        model.save(tmp_path / name)
        seal(tmp_path / name)
        again = load_steered(tmp_path / name)
        assert torch.equal(again.sample(2.0, 1, {"register": 60.0}, SAMPLING[name]),
                           model.sample(2.0, 1, {"register": 60.0}, SAMPLING[name]))
        assert again.limits()["register"] == (50.0, 70.0, "mean pitch, MIDI note number")


def pulses(every_s, hertz, seconds=8.0, seed=0):
    """Return int16 [S]: decaying tones, one every `every_s` seconds, with a little noise."""
    t = np.arange(round(seconds * tiny.RATE)) / tiny.RATE
    sound = 0.3 * np.sin(2 * np.pi * hertz * t) * np.exp(-6 * (t % every_s))
    return np.rint(32767 * (sound + 1e-3 * np.random.default_rng(seed).normal(size=len(t)))).astype(np.int16)


def test_judges_hear_what_they_were_taught():
    rng = np.random.default_rng(0)
    every = rng.uniform(0.4, 1.2, 60)
    hertz = 440 * 2 ** (rng.integers(-12, 12, 60) / 12)
    clips = np.stack([pulses(a, b, seed=i) for i, (a, b) in enumerate(zip(every, hertz, strict=True))])
    told = [{"tempo": 60 / a, "register": 69 + 12 * np.log2(b / 440), "brightness": b,
             "mode": "minor" if b < 440 else "major"} for a, b in zip(every, hertz, strict=True)]
    panel = judges.learn(clips[:48], tiny.RATE, told[:48], 0)
    heard = panel.hear(clips[48:])
    values, intervals = tables.fits(told[48:], heard, ["tempo", "register", "brightness", "mode"], 50, 0)
    assert min(values[name] for name in ("tempo", "register", "brightness")) > 0.8, values
    assert intervals["tempo"][0] <= values["tempo"] <= intervals["tempo"][1]
    silent = panel.hear(np.zeros_like(clips[:2]))
    assert np.isnan(silent["brightness"]).all()


def test_a_fit_tells_order_from_chance():
    asked = [{"tempo": float(i), "mode": "major"} for i in range(40)]
    same = {"tempo": np.arange(40.0) ** 2, "mode": np.array(["major"] * 30 + ["minor"] * 10)}
    values, _ = tables.fits(asked, same, ["tempo", "mode", "key"], 20, 0)
    assert values == {"tempo": pytest.approx(1), "mode": 0.75}
    values, interval = tables.fits(asked, {"tempo": np.random.default_rng(0).normal(size=40)}, ["tempo"], 100, 0)
    assert abs(values["tempo"]) < 0.4 and interval["tempo"][1] - interval["tempo"][0] > 0.3
    assert tables.fits(asked, {"tempo": np.full(40, np.nan)}, ["tempo"], 20, 0)[0] == {"tempo": 0.0}


def test_apart_says_how_rare_a_pair_is():
    real = [{"tempo": float(i), "density": float(i)} for i in range(100)]
    asked = [{"tempo": 10.0, "density": 90.0}, {"tempo": 90.0, "density": 95.0}]
    found = tables.apart(asked, {"tempo": np.array([11.0, 80.0])}, real)
    assert [one["share_of_real"] for one in found] == [0.0, 0.05]
    assert found[0]["heard"] == {"tempo": 11.0}


def test_every_row_asks_for_what_it_is_called(made):
    model, _ = steered("gan")
    model.vocabulary = {"instrument": ["Church Organ", "Violin"], "mode": ["major"]}
    rows = trials.rows_of(model)
    assert rows == ["free", "together", *n.NUMBERS, "instrument", "apart", "moving"]
    held = [{"tempo": 80.0, "mode": "major"}]
    asked = {row: trials.wishes(row, model, held, 8, 10.0) for row in rows}
    assert asked["free"] == [{}] * 8 and asked["together"] == held * 8
    values = [one["register"] for one in asked["register"]]
    assert values == sorted(values) and values[0] > 50 and values[-1] < 70
    assert {one["instrument"] for one in asked["instrument"]} == {"Church Organ", "Violin"}
    assert all(set(one) in ({"tempo", "density"}, {"register", "brightness"}) for one in asked["apart"])
    (first,) = asked["moving"][0].values()
    assert first[0][0] == 0.0 and first[-1][0] == 10.0 and first[0][1] != first[-1][1]
    for row in rows:    # all of it can be asked
        model.asked(asked[row], 40, 0)


def test_from_real_clips_to_the_page(made, tmp_path):
    """Whoever repeats held-out music attains what the judges can hear; whoever makes noise attains nothing."""
    known, samples = tmp_path / "data/controls/known", tmp_path / "data/controls/samples"
    for name, split, count in (("train", "train", 40), ("heldout", "test", 24)):
        (known / name).mkdir(parents=True)
        real_clips.known(made / "variants", made / "latents", known / name, ["instrument", "key"], split, count, 3.0, 0)
    told = read_json(known / "heldout/told.json")
    assert set(told[0]) == {*n.NUMBERS, "instrument", "key"}
    held = np.load(known / "heldout/clips.npy")
    noise = np.random.default_rng(0).integers(-3000, 3000, held.shape).astype(np.int16)
    asked = {"free": [{}] * len(told), "together": told, "tempo": [{"tempo": one["tempo"]} for one in told],
             "moving": [{"register": [(0.0, 50.0), (3.0, 60.0)]}] * len(told),
             "apart": [{"tempo": 60.0, "density": 9.0}] * len(told)}
    rows, intervals, heard = {}, {}, {}
    ground = tables.Ground(known, 20, 0)
    rows["real"], intervals["real"] = ground.real()
    for model, clips in (("gan", noise), ("diffusion", held)):
        for row, wishes in asked.items():
            folder = samples / model / row
            folder.mkdir(parents=True)
            np.save(folder / "clips.npy", clips)
            write_json(folder / "asked.json", wishes)
            write_json(folder / "about.json", {"sample_rate_hz": tiny.RATE, "clips": len(clips), "clip_seconds": 3.0})
        rows[model], intervals[model], heard[model] = ground.model(samples / model, sorted(asked))
    assert rows["diffusion"]["together"]["numbers"] == rows["real"]["numbers"]
    assert rows["diffusion"]["together"]["names"] == rows["real"]["names"]
    assert rows["diffusion"]["fad"]["free"] == rows["real"]["fad"]["real"] < 0.5 * rows["gan"]["fad"]["free"]
    assert rows["gan"]["cost"]["free"] == 1 and set(rows["gan"]["moving"]) == {"register"}
    curve = tmp_path / "metrics/curves/steer_gan/plots/metrics/critic.tsv"
    curve.parent.mkdir(parents=True)
    curve.write_text("step\tcritic\n1\t0.7\n2\t0.6\n")
    write_json(tmp_path / "metrics/controls.json", {"rows": rows, "intervals": intervals, "settings": {
        "clips": len(told), "clip_seconds": 3.0, "seed": 0, "judged": 40}})
    write_json(tmp_path / "data/controls/heard.json", heard)
    page = render(tmp_path)
    assert "Asked against heard" in page and page.count("<audio") >= 8 and "http" not in page.split("<main>")[1]


def test_a_corpus_that_is_too_small_says_so(made, tmp_path):
    with pytest.raises(ValueError, match=r"expected 8 stretches of 60 s or more of the split test.*max_pieces"):
        real_clips.known(made / "variants", made / "latents", tmp_path, [], "test", 8, 60.0, 0)
