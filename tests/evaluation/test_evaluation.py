"""The evaluation against answers known beforehand."""

import importlib
import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from chaconne.evaluation import crops, tables
from chaconne.evaluation.reference import batches, chroma, coverage, embedding, logmel, reference
from chaconne.evaluation.rows import rows

RATE = 22050
BEAT = 8192


def all_of(n):
    return np.ones((1, n))


def tone(hertz, seconds, level=0.3):
    return level * 32767 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the memory of this process")
def test_clips_that_were_measured_hold_no_memory(tmp_path):
    def mapped():
        return int(next(line for line in Path("/proc/self/status").read_text().splitlines()
                        if line.startswith("RssFile")).split()[1]) / 1024

    np.save(tmp_path / "clips.npy", np.arange(1 << 24, dtype=np.int32))
    clips = np.load(tmp_path / "clips.npy", mmap_mode="r")
    before, total = mapped(), clips.sum()
    held = mapped()
    batches.let_go(clips)
    assert held - before > 60 and mapped() - before < 5     # MB, of 64
    assert clips.sum() == total
    batches.let_go(np.ones(3))


def chords(rng, count, seconds, held):
    """Return int16 [count, samples] of random triads that change every `held` beats."""
    samples, clips = round(seconds * RATE), []
    for _ in range(count):
        clip = []
        while sum(map(len, clip)) < samples:
            root = 220 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11]) / 12)
            part = sum(tone(root * ratio, held * BEAT / RATE, 0.1) for ratio in (1, 1.25, 1.5))
            clip.append(part * np.linspace(1, 0.5, len(part)))
        clips.append(np.concatenate(clip)[:samples])
    return np.array(clips).astype(np.int16)


# embedders and notes


def test_logmel_of_a_sine_is_loud_and_steady_in_one_band():
    features = logmel.embed(np.array([tone(1000, 3)]).astype(np.int16), RATE)
    assert features.shape == (1, 3, 256)
    mean, deviation = features[0, :, :128], features[0, :, 128:]
    bands = logmel.mel_bands(RATE).numpy()
    assert (mean.argmax(1) == bands[round(1000 * 2048 / RATE)].argmax()).all()
    assert mean[:, -1] == pytest.approx(-5, abs=0.01)  # the floor, far above the tone
    assert deviation[np.arange(3), mean.argmax(1)].max() < 0.01
    louder = logmel.embed(np.array([tone(1000, 3) * 2]).astype(np.int16), RATE)
    assert (louder - features)[0, :, mean.argmax(1)].max() == pytest.approx(np.log10(4), abs=0.01)


def test_unknown_and_missing_embedders(monkeypatch):
    with pytest.raises(ValueError, match=r"'vggsh'; those that exist: .*logmel"):
        embedding.choose(["logmel", "vggsh"])

    class Absent:
        COMPONENTS = None
        missing = staticmethod(lambda: "fetch its weights")

    monkeypatch.setitem(embedding.EMBEDDERS, "absent", lambda weights: Absent)
    ready, unavailable = embedding.choose(["logmel", "absent"])
    assert list(ready) == ["logmel"]
    assert unavailable == {"absent": "fetch its weights"}


def test_adjacent_similarity_tells_held_chords_from_scrambled_ones_and_noise():
    rng = np.random.default_rng(0)
    held, scrambled = (chords(rng, 4, 6, beats) for beats in (4, 1))
    noise = (rng.standard_normal(held.shape) * 1000).astype(np.int16)
    found = [chroma.adjacent_similarity(chroma.chroma(c, RATE, BEAT)).mean() for c in (held, scrambled, noise)]
    assert found[0] > 0.7 > found[1] + 0.2
    assert abs(found[2]) < 0.15
    silent = np.zeros((1, 6 * RATE), np.int16)
    assert np.isnan(chroma.adjacent_similarity(chroma.chroma(silent, RATE, BEAT))).all()


def test_pitch_classes_and_key():
    clip = np.concatenate([tone(hertz, 1) for hertz in (440, 440, 440, 261.63)]).astype(np.int16)[None]
    classes = chroma.pitch_classes(chroma.chroma(clip, RATE, BEAT))[0]
    assert classes[9] == pytest.approx(0.75, abs=0.05)  # A
    assert classes[0] == pytest.approx(0.25, abs=0.05)  # C
    assert chroma.in_key(classes[None])[0] > 0.98
    assert chroma.in_key(np.full((1, 12), 1 / 12))[0] == pytest.approx(7 / 12)
    distance = chroma.pitch_class_distance_of(np.eye(12)[:1], np.eye(12)[1])
    assert distance(all_of(1))[0] == pytest.approx(1)


def test_onset_rate_and_silence_count_what_was_put_in():
    clip = np.zeros(6 * RATE)
    for onset in range(12):  # two a second, each 0.3 s long
        begin = round((onset / 2 + 0.1) * RATE)
        note = tone(330, 0.3)
        note *= np.exp(-np.linspace(0, 8, len(note)))  # an abrupt end would click: another onset
        clip[begin : begin + len(note)] = note
    clips = clip.astype(np.int16)[None]
    assert chroma.onset_rate(clips, RATE)[0] == pytest.approx(2, abs=0.2)
    assert chroma.silence(clips, RATE)[0] == pytest.approx(0.6, abs=0.1)  # -50 dBFS after 0.16 s
    assert chroma.silence(np.zeros_like(clips), RATE)[0] == 1


# crops


def test_crops_are_on_beats_apart_and_from_every_piece():
    manifest = pd.DataFrame({
        "clip": [0, 1, 2], "piece": ["a", "a", "b"], "start": [0, 40 * BEAT, 80 * BEAT],
        "samples": 40 * BEAT, "beat_samples": 2 * BEAT,
    })
    table, overlap = crops.choose(manifest, 6, 15 * BEAT, BEAT, seed=0)
    starts = np.sort(table["start"])
    assert not overlap
    assert (np.diff(starts) >= 15 * BEAT).all()
    assert (starts % (2 * BEAT) == 0).all()
    assert ((starts % (40 * BEAT)) + 15 * BEAT <= 40 * BEAT).all()
    assert set(table["piece"][:2]) == {"a", "b"}
    more, overlap = crops.choose(manifest, 20, 15 * BEAT, BEAT, seed=0)
    assert overlap
    assert more["start"].nunique() == 20
    assert len(crops.choose(manifest, 9999, 15 * BEAT, BEAT, seed=0)[0]) == 3 * 26


# files


def write_corpus(folder, rng, name):
    """Write a corpus folder of eight pieces of held chords, 24 s each."""
    Path(folder).mkdir(parents=True)
    samples = 64 * BEAT
    audio = chords(rng, 8, samples / RATE, 4)[:, :samples]
    audio = np.pad(audio, ((0, 0), (0, samples - audio.shape[1])))
    np.save(Path(folder, "audio.npy"), audio.reshape(-1))
    pd.DataFrame({
        "clip": range(8), "piece": [f"piece{i}" for i in range(8)], "split": ["train"] * 5 + ["test"] * 3,
        "start": np.arange(8) * samples, "samples": samples, "beat_samples": 2 * BEAT,
    }).to_csv(Path(folder, "manifest.csv"), index=False)
    facts = {"name": name, "sample_rate_hz": RATE, "grid_samples": 2048}
    Path(folder, "corpus.json").write_text(json.dumps(facts))


def write_samples(folder, clips, **more):
    Path(folder).mkdir(parents=True)
    np.save(Path(folder, "clips.npy"), clips)
    about = {"sample_rate_hz": RATE, "clip_seconds": 3.0, "clips": len(clips), **more}
    Path(folder, "about.json").write_text(json.dumps(about))


SETTINGS = {
    "clips": 12, "clip_seconds": 3.0, "reference_clips": 30, "embedders": ["logmel"], "weights": "", "bootstrap": 20,
}


GENERATORS = {"gan": {"train": {"steps": 3}, "sample": {"truncation": 1.0}}, "diffusion": {"sample": {"steps": 8}}}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A folder with params, two small corpora and samples of two generators, both references built."""
    root = tmp_path_factory.mktemp("workspace")
    rng = np.random.default_rng(0)
    params = {
        "scale": "smoke", "data": "chorales", "genre": "folk", "codec": "spectral", "model": "gan", "seed": 0,
        "runs": 1, "threads": 1, "generators": ["gan", "diffusion"], "evaluate": SETTINGS,
        "finetune": {"scratch": False}, **GENERATORS,
    }
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    (root / "conf/scale").mkdir(parents=True)
    (root / "conf/scale/smoke.yaml").write_text("{}")
    for name in ("corpus", "genre"):
        write_corpus(root / "data" / name, rng, name)
        reference.build(root / "data" / name, root / f"data/{FOLDERS[name]}", SETTINGS, 0)
    held = np.load(root / "data/reference/heldout.npy")
    about = dict(parameters=10, inference_parameters=8, train_examples=100, function_evaluations=1)
    write_samples(root / "data/samples/anchors/real", held)
    noise = (rng.standard_normal(held.shape) * 2000).astype(np.int16)
    write_samples(root / "data/samples/anchors/noise", noise)
    for name in ("gan", "diffusion", *(f"finetune/{row}" for row in ("codec", "before", "after", "old_after"))):
        write_samples(root / "data/samples" / name, chords(rng, 12, 3, 2), **about)
    return root


FOLDERS = {"corpus": "reference", "genre": "genre_reference"}


@pytest.fixture
def run_stage(monkeypatch):
    """A function that runs a stage in a folder, in this process; returns its exit message or None."""
    threads, handler = torch.get_num_threads(), signal.getsignal(signal.SIGTERM)

    def run(root, name, *arguments):
        monkeypatch.chdir(root)
        try:
            importlib.import_module(f"stages.{name}").main(*arguments)
        except SystemExit as end:
            return end.code
        return None

    yield run
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    signal.signal(signal.SIGTERM, handler)


def flat(tree, path=()):
    for key, value in tree.items():
        yield from flat(value, (*path, key)) if isinstance(value, dict) else [((*path, key), value)]


def test_reference_is_complete_and_deterministic(workspace, tmp_path):
    folder = workspace / "data/reference"
    about = json.loads((folder / "about.json").read_text())
    assert about["reference_clips"] == 30
    assert about["eighth_samples"] == BEAT
    held = np.load(folder / "heldout.npy")
    assert held.shape == (12, 3 * RATE)
    table = pd.read_csv(folder / "heldout.csv")
    assert set(table["piece"]) == {"piece5", "piece6", "piece7"}
    assert set(pd.read_csv(folder / "clips.csv")["piece"]) == {f"piece{i}" for i in range(5)}
    audio = np.load(workspace / "data/corpus/audio.npy", mmap_mode="r")
    assert (held[3] == audio[table["start"][3] :][: 3 * RATE]).all()
    reference.build(workspace / "data/corpus", tmp_path / "again", SETTINGS, 0)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_a_slow_embedder_takes_fewer_of_the_reference_evenly_spread():
    assert reference.thinned(range(1200), 240).tolist()[::239] == [0, 1199]
    assert len(set(reference.thinned(range(250), 240))) == 240
    assert reference.thinned(range(30), 240).tolist() == list(range(30))


def test_rows_have_all_keys_and_intervals_that_contain_them(workspace):
    ground = reference.load(workspace / "data/reference", ["logmel"])
    clips = np.load(workspace / "data/samples/gan/clips.npy", mmap_mode="r")
    row, intervals = rows.measure(clips, ground, 20, 0)
    assert set(row) == {
        "fad", "fad_infinity", "fad_infinity_fit", "kad", "mad", "density", "coverage", "nearest_train", "copied",
        "adjacent_similarity", "notes",
    }
    for distance in ("fad", "fad_infinity", "fad_infinity_fit", "kad"):
        assert set(row[distance]) == {"logmel"}
    # What a transcription would give is absent without the embedder `notes`.
    assert set(row["notes"]) == {"in_key", "onset_rate", "silence", "pitch_class_distance"}
    bounds = dict(flat(intervals))
    fits = row.pop("fad_infinity_fit")
    assert 0 < fits["logmel"] <= 1
    for path, value in flat(row):
        low, high = bounds.pop(path)
        assert low <= value <= high, path
    assert not bounds
    assert rows.measure(clips, ground, 20, 0) == (row | {"fad_infinity_fit": fits}, intervals)
    real, _ = rows.measure(reference.heldout(ground), ground, 20, 0)
    noise, _ = rows.measure(np.load(workspace / "data/samples/anchors/noise/clips.npy"), ground, 20, 0)
    assert real["nearest_train"] == pytest.approx(1)
    assert noise["fad"]["logmel"] > 10 * real["fad"]["logmel"]
    assert noise["nearest_train"] > 2


def test_stages_write_the_tables_of_the_design(workspace, run_stage):
    for name in ("anchors", "gan", "diffusion"):
        assert run_stage(workspace, "evaluate", name) is None
    assert run_stage(workspace, "evaluate_finetune") is None
    assert run_stage(workspace, "compare") is None
    found = {p.stem: json.loads(p.read_text()) for p in (workspace / "metrics").glob("*.json")}
    comparison = found["comparison"]
    parts = {"settings", "intervals", "unavailable", "warnings", "verdict"}
    assert {"real", "noise", "gan", "diffusion", *parts} == set(comparison)
    assert comparison["settings"].items() >= {
        "scale": "smoke", "data": "chorales", "codec": "spectral", "clips": 12, "clip_seconds": 3.0,
        "reference_clips": 30, "seed": 0, "generators": GENERATORS,
    }.items()
    assert any("12 clips are few" in text for text in comparison["warnings"])
    # Three pieces of 24 s are held out, which is no floor; of training music there are five.
    about = json.loads((workspace / "data/reference/about.json").read_text())
    for table in (comparison, found["finetune"]):
        assert table["settings"]["heldout"] == {"recordings": 3, "seconds": 36.0}
        assert table["settings"]["training"]["recordings"] == 5
        assert sum("12 clips, out of 36 s of 3 recordings" in text for text in table["warnings"]) == 1
    assert comparison["settings"]["training"] == about["training"]
    assert comparison["gan"]["parameters"] == 10
    assert found["eval"] == comparison["gan"] | {"model": "gan"}
    rows_of_finetune = {"real", "codec", "before", "after", "old_real", "old_before", "old_after"}
    assert set(found["finetune"]) == rows_of_finetune | {"model", "genre", "intervals", "warnings", "unavailable",
                                                         "settings"}
    assert set(found["finetune"]["intervals"]) == rows_of_finetune
    assert (found["finetune"]["model"], found["finetune"]["genre"]) == ("gan", "folk")


def test_a_network_from_scratch_is_measured_where_there_is_one(workspace, tmp_path, run_stage):
    """What lies in its folder from an earlier run is no row of this one."""
    root = tmp_path / "copy"
    shutil.copytree(workspace, root)
    write_samples(root / "data/samples/finetune/scratch", chords(np.random.default_rng(5), 12, 3, 2))
    params = yaml.safe_load((root / "params.yaml").read_text())
    for wanted in (False, True):
        (root / "params.yaml").write_text(yaml.safe_dump(params | {"finetune": {"scratch": wanted}}))
        assert run_stage(root, "evaluate_finetune") is None
        table = json.loads((root / "metrics/finetune.json").read_text())
        assert ("scratch" in table) == ("scratch" in table["intervals"]) == wanted


def test_what_is_missing_is_named_in_one_line(workspace, tmp_path, run_stage):
    shutil.copy(workspace / "params.yaml", tmp_path)
    shutil.copytree(workspace / "conf", tmp_path / "conf")
    for name, arguments, expected in (
        ("reference", ["corpus"], "run `dvc repro corpus`"),
        ("reference", ["genre"], "run `dvc repro stages/genre/dvc.yaml:genre_corpus`"),
        ("evaluate", ["gan"], "run `dvc repro reference`"),
        ("evaluate_finetune", [], "run `dvc repro stages/genre/dvc.yaml:genre_reference`"),
        ("compare", [], "run `dvc repro evaluate@anchors`"),
    ):
        message = run_stage(tmp_path, name, *arguments)
        assert expected in message
        assert "\n" not in message


def test_clips_that_cannot_be_compared_are_refused(workspace, tmp_path):
    ground = reference.load(workspace / "data/reference", ["logmel"])
    write_samples(tmp_path / "few", np.zeros((5, 3 * RATE), np.int16))
    with pytest.raises(ValueError, match=r"few: expected .*12.*, received .*5.*dvc repro sample@gan"):
        rows.read_clips(tmp_path / "few", ground, "sample@gan")
    clips = np.load(workspace / "data/samples/gan/clips.npy")
    clips[7] = 0
    write_samples(tmp_path / "quiet", clips)
    with pytest.raises(ValueError, match=r"quiet: clip 7 is silent"):
        rows.read_clips(tmp_path / "quiet", ground, "sample@gan")
    with pytest.raises(ValueError, match=r"anchors.rows.codec.fad is nan"):
        tables.rounded({"rows": {"codec": {"fad": float("nan")}}}, "anchors")


def test_a_row_of_several_runs_is_their_mean_with_a_t_interval(workspace):
    rng = np.random.default_rng(5)
    ground = reference.load(workspace / "data/reference", ["logmel"])
    runs = [chords(rng, 12, 3, 2) for _ in range(3)]
    alone = [rows.measure(clips, ground, 20, 0)[0] for clips in runs]
    table, intervals = rows.table({"gan": runs}, ground, SETTINGS, 0)
    row, intervals = table["gan"], intervals["gan"]
    assert row["runs"] == 3
    fads = np.array([one["fad"]["logmel"] for one in alone])
    half = 4.302653 * fads.std(ddof=1) / np.sqrt(3)  # Student's t, two degrees of freedom, 97.5 %
    assert row["fad"]["logmel"] == pytest.approx(fads.mean(), rel=1e-5)
    assert intervals["fad"]["logmel"] == pytest.approx([fads.mean() - half, fads.mean() + half], rel=1e-5)
    assert intervals["coverage"][1] <= 1


def test_copies_and_repeats_are_flagged_and_honest_rows_are_not(tmp_path):
    """Every piece has a colour of its own: noise with a random spectrum."""
    rng, samples = np.random.default_rng(3), 3 * RATE

    def colours(count):
        noise = np.fft.rfft(rng.standard_normal((count, samples)))
        gains = np.repeat(np.exp(rng.standard_normal((count, 24))), -(-noise.shape[1] // 24), axis=1)
        sound = np.fft.irfft(noise * gains[:, : noise.shape[1]], samples)
        return (sound / np.abs(sound).max(1, keepdims=True) * 20_000).astype(np.int16)

    (tmp_path / "corpus").mkdir()
    pieces = colours(90)
    np.save(tmp_path / "corpus/audio.npy", pieces.reshape(-1))
    pd.DataFrame({
        "clip": range(90), "piece": [f"piece{i}" for i in range(90)], "split": ["train"] * 60 + ["test"] * 30,
        "start": np.arange(90) * samples, "samples": samples,
    }).to_csv(tmp_path / "corpus/manifest.csv", index=False)
    facts = {"name": "colours", "sample_rate_hz": RATE, "grid_samples": 2048}
    (tmp_path / "corpus/corpus.json").write_text(json.dumps(facts))
    reference.build(tmp_path / "corpus", tmp_path / "reference", SETTINGS | {"clips": 30, "reference_clips": 60}, 0)
    ground = reference.load(tmp_path / "reference", ["logmel"])
    sets = {
        "honest": colours(30), "copies": pieces[:30], "half": np.concatenate([pieces[:15], colours(15)]),
        "repeats": np.tile(pieces[60:62], (15, 1)),
    }
    measured, intervals = rows.table(sets, ground, SETTINGS, 0)
    assert measured["copies"]["copied"] == 1
    assert measured["copies"]["fad"]["logmel"] < measured["honest"]["fad"]["logmel"]  # which rewards copying
    said = {name: [text.split("?")[0] for text in coverage.warnings_of(name, measured[name], intervals[name])]
            for name in sets}
    assert said == {"honest": [], "copies": ["copies: memorised"], "half": ["half: memorised"],
                    "repeats": ["repeats: collapsed"]}
