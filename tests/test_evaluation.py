"""The evaluation against answers known beforehand."""

import importlib
import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
import torch
import yaml

from chaconne.evaluation import chroma, coverage, crops, distances, embedding, logmel, reference, rows, tables
from chaconne.evaluation.resampling import estimate, subsets

RATE = 22050
BEAT = 8192


def all_of(n):
    return np.ones((1, n))


def tone(hertz, seconds, level=0.3):
    return level * 32767 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


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


# distances


def test_frechet_distance_of_two_gaussians():
    # |m|^2 + sum (sd_x - sd_y)^2 for diagonal covariances.
    x, y = np.diag([1.0, 4.0]), np.diag([9.0, 4.0])
    assert distances.frechet(np.array([3.0, 0.0]), x, np.zeros(2), y) == pytest.approx(9 + 4)


def test_frechet_distance_agrees_with_scipy():
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((500, 64)) * np.geomspace(3, 1e-3, 64) + shift for shift in (0, 0.1))
    (mx, cx), (my, cy) = distances.moments(x), distances.moments(y)
    expected = np.square(mx - my).sum() + np.trace(cx + cy - 2 * scipy.linalg.sqrtm(cx @ cy).real)
    assert distances.frechet(mx, cx, my, cy) == pytest.approx(expected, rel=1e-4)


def test_frechet_statistic_is_the_distance_of_the_kept_clips():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 3, 5)) + 7, rng.standard_normal((60, 3, 5)) + 7
    kept = subsets(40, 2, seed=0)
    found = distances.frechet_of(x, distances.moments(y))(kept)
    expected = [distances.frechet(*distances.moments(x[row > 0]), *distances.moments(y)) for row in kept]
    assert found == pytest.approx(expected)


def kad(x, y):
    bandwidth = distances.median_bandwidth(y)
    mean = distances.mean_of_pairs(distances.kernel_sums(y, y, bandwidth), y.shape[1])
    return distances.kernel_of(x, y, bandwidth, mean)(all_of(len(x)))[0]


def test_kernel_distance_is_the_unbiased_mmd():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 1, 3)), rng.standard_normal((30, 1, 3)) + 1
    bandwidth = np.median([np.linalg.norm(a - b) for i, a in enumerate(y[:, 0]) for b in y[:i, 0]])

    def mean_kernel(a, b, same):
        k = np.exp(-np.square(a[:, None] - b[None]).sum(2) / (2 * bandwidth**2))
        return k[~np.eye(len(a), dtype=bool)].mean() if same else k.mean()

    x0, y0 = x[:, 0], y[:, 0]
    expected = mean_kernel(x0, x0, True) + mean_kernel(y0, y0, True) - 2 * mean_kernel(x0, y0, False)
    assert kad(x, y) == pytest.approx(100 * expected)


def test_kernel_distance_has_expectation_zero_and_grows_with_a_shift():
    rng = np.random.default_rng(0)

    def draw(shift):  # seconds of one clip resemble each other
        return rng.standard_normal((60, 1, 4)) + 0.5 * rng.standard_normal((60, 3, 4)) + shift

    y = draw(0)
    same = [kad(draw(0), draw(0)) for _ in range(30)]
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(30)
    assert kad(draw(0), y) < kad(draw(0.5), y) < kad(draw(1), y)


# coverage


def test_density_and_coverage_of_a_toy_set():
    reference_points = np.arange(12.0)[:, None]  # on a line; the 5th neighbour inside is 3 away
    density, covered = coverage.density_and_coverage_of(np.full((12, 1), 5.5), reference_points)
    # 5.5 lies within the balls of 3..8 (radius 3) and of 2 and 9 (radius 3 and 3: 3.5 away, outside),
    # so every clip is in 6 balls and 6 of 12 are reached.
    assert density(all_of(12))[0] == pytest.approx(6 / 5)
    assert covered(all_of(12))[0] == pytest.approx(6 / 12)


def test_density_and_coverage_of_equal_distributions():
    rng = np.random.default_rng(0)
    density, covered = coverage.density_and_coverage_of(
        rng.standard_normal((200, 8)), rng.standard_normal((1000, 8))
    )
    assert density(all_of(200))[0] == pytest.approx(1, abs=0.15)
    assert covered(all_of(200))[0] == pytest.approx(1 - 2**-5, abs=0.03)


def test_nearest_train_is_zero_for_copies():
    rng = np.random.default_rng(0)
    train, held = rng.standard_normal((50, 4)), rng.standard_normal((30, 4))
    unit = np.median(coverage.nearest(held, train))
    assert coverage.nearest_train_of(train[:30], train, unit)(all_of(30))[0] == pytest.approx(0, abs=1e-6)
    assert coverage.nearest_train_of(held, train, unit)(all_of(30))[0] == pytest.approx(1)


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


# resampling and crops


def test_interval_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(0).standard_normal(400)
    value, (low, high) = estimate(chroma.mean_of(x), 400, subsets(400, 2000, seed=0))
    assert value == pytest.approx(x.mean())
    assert low < value < high
    assert high - low == pytest.approx(2 * 1.96 * x.std() / 20, rel=0.1)


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
    "clips": 12, "clip_seconds": 3.0, "reference_clips": 30, "embedders": ["logmel"], "bootstrap": 20,
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A folder with params, two small corpora and samples of two generators, both references built."""
    root = tmp_path_factory.mktemp("workspace")
    rng = np.random.default_rng(0)
    params = {
        "scale": "smoke", "data": "chorales", "genre": "folk", "codec": "spectral", "model": "gan", "seed": 0,
        "threads": 1, "generators": ["gan", "diffusion"], "evaluate": SETTINGS,
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
    for name in ("gan", "diffusion", "finetune/after", "finetune/scratch", "finetune/old_after"):
        write_samples(root / "data/samples" / name, chords(rng, 12, 3, 2), **about)
    for name, clock in {"train_gan": {"train_cpu_seconds": 2.0, "train_wall_seconds": 1.0},
                        "sample_gan": {"realtime_factor": 9.0}}.items():
        (root / "data/timing").mkdir(exist_ok=True)
        (root / f"data/timing/{name}.json").write_text(json.dumps(clock | {"wall_seconds": 3.0}))
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
    assert set(row) == {"fad", "kad", "density", "coverage", "nearest_train", "adjacent_similarity", "notes"}
    assert set(row["fad"]) == set(row["kad"]) == {"logmel"}
    # What a transcription would give is absent without the embedder `notes`.
    assert set(row["notes"]) == {"in_key", "onset_rate", "silence", "pitch_class_distance"}
    bounds = dict(flat(intervals))
    for path, value in flat(row):
        low, high = bounds.pop(path)
        assert low <= value <= high, path
    assert not bounds
    assert rows.measure(clips, ground, 20, 0) == (row, intervals)
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
    assert {"real", "noise", "gan", "diffusion", "settings", "intervals", "unavailable"} == set(comparison)
    assert comparison["settings"].items() >= {
        "scale": "smoke", "data": "chorales", "codec": "spectral", "clips": 12, "clip_seconds": 3.0,
        "reference_clips": 30, "seed": 0,
    }.items()
    assert comparison["gan"]["parameters"] == 10
    assert found["eval"] == comparison["gan"] | {"model": "gan"}
    rows_of_finetune = {"before", "after", "scratch", "old_before", "old_after", "real"}
    assert rows_of_finetune <= set(found["finetune"])
    assert set(found["finetune"]["intervals"]) == rows_of_finetune
    assert (found["finetune"]["model"], found["finetune"]["genre"]) == ("gan", "folk")
    assert found["timing"]["gan"] == {
        "train_cpu_seconds": 2.0, "train_wall_seconds": 1.0, "realtime_factor": 9.0
    }
    assert found["timing"]["stages"]["train_gan"] == {"wall_seconds": 3.0}


def test_what_is_missing_is_named_in_one_line(workspace, tmp_path, run_stage):
    shutil.copy(workspace / "params.yaml", tmp_path)
    shutil.copytree(workspace / "conf", tmp_path / "conf")
    for name, arguments, expected in (
        ("reference", ["corpus"], "run `dvc repro corpus`"),
        ("reference", ["genre"], "run `dvc repro genre_corpus`"),
        ("evaluate", ["gan"], "run `dvc repro reference`"),
        ("evaluate_finetune", [], "run `dvc repro genre_reference`"),
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
    with pytest.raises(ValueError, match="row `gan`: all clips are silent"):
        rows.table({"gan": np.zeros((12, 3 * RATE), np.int16)}, ground, SETTINGS, 0)
    with pytest.raises(ValueError, match=r"anchors.rows.codec.fad is nan"):
        tables.rounded({"rows": {"codec": {"fad": float("nan")}}}, "anchors")


def test_few_clips_are_warned_about(workspace):
    ground = reference.load(workspace / "data/reference", ["logmel"])
    assert "12 clips are few" in tables.settings_of(ground, 0)["warning"]
