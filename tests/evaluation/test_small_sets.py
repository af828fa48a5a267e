"""Small sets: how much music there is, intervals over recordings, what stands beside a floor, copies at any offset."""

import json

import numpy as np
import pandas as pd
import pytest

from chaconne.evaluation import crops
from chaconne.evaluation.reference import amounts, coverage, logmel, reference
from chaconne.evaluation.rows import frechet, left_out, rows
from chaconne.evaluation.rows.resampling import estimate, estimate_by_recording, subsets, without_recordings

RATE = 22050
SETTINGS = {
    "clips": 24, "clip_seconds": 2.0, "reference_clips": 48, "embedders": ["logmel"], "weights": "", "bootstrap": 20,
}
SECONDS = 14  # of each recording
SPLITS = ["train"] * 4 + ["valid"] + ["test"] * 2


def recording(rng, centre_hz, brightness):
    """Return int16 [samples]: notes of 0.35 s around a pitch of its own, with overtones of its own."""
    step = round(0.35 * RATE)
    t, partials = np.arange(step) / RATE, brightness ** np.arange(8)
    tones = [
        np.exp(-5 * t) * sum(loud * np.sin(2 * np.pi * hertz * (k + 1) * t) for k, loud in enumerate(partials))
        for hertz in centre_hz * 2 ** (rng.choice([-5, -3, -1, 0, 2, 4, 5, 7, 9, 12], SECONDS * RATE // step) / 12)
    ]
    sound = np.concatenate(tones)
    return np.pad(sound / np.abs(sound).max() * 20_000, (0, SECONDS * RATE - len(sound))).astype(np.int16)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder of seven recordings, 98 s; beats are unknown."""
    folder, rng = tmp_path_factory.mktemp("small"), np.random.default_rng(0)
    samples = SECONDS * RATE
    colours = [(200, 0.3), (300, 0.8), (420, 0.5), (600, 0.7), (260, 0.6), (350, 0.4), (500, 0.75)]
    np.save(folder / "audio.npy", np.concatenate([recording(rng, *colour) for colour in colours]))
    pd.DataFrame({
        "clip": range(len(SPLITS)), "piece": [f"file {i}" for i in range(len(SPLITS))], "split": SPLITS,
        "start": np.arange(len(SPLITS)) * samples, "samples": samples,
    }).to_csv(folder / "manifest.csv", index=False)
    facts = {"name": "small", "sample_rate_hz": RATE, "grid_samples": 2048}
    (folder / "corpus.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture(scope="module")
def ground(corpus):
    reference.build(corpus, corpus / "reference", SETTINGS, 0)
    return reference.load(corpus / "reference", ["logmel"])


# how much there is


def test_what_several_crops_hold_counts_once():
    table = pd.DataFrame({"piece": ["a", "b", "a", "a"], "start": [500, 9000, 0, 0]})
    assert amounts.music_in(table, 2000, 1000) == {"recordings": 2, "seconds": 4.5}
    assert amounts.music_in(table[:0], 2000, 1000) == {"recordings": 0, "seconds": 0.0}


def test_the_reference_says_how_much_music_it_holds(ground):
    assert ground.about["heldout_clips_overlap"]
    for what, recordings in (("heldout", 2), ("training", 4)):
        assert ground.about[what]["recordings"] == recordings
        # 24 clips of 2 s are nearly twice what there is; ends of a recording may be in none.
        assert 0.8 * SECONDS * recordings < ground.about[what]["seconds"] <= SECONDS * recordings


# intervals over recordings


def mean_and_frechet(x, y):
    return {"mean": lambda kept: kept @ x[:, 0, 0] / kept.sum(1), "fad": frechet.Distances(x, frechet.moments(y))}


@pytest.mark.parametrize("sizes", [[30, 30], [20] * 3, [8, 12, 20, 40], [8] * 8, [3, 4, 5, 6, 8, 10, 12, 14, 16, 20]],
                         ids=lambda sizes: f"{len(sizes)}-of-{min(sizes)}-to-{max(sizes)}")
def test_intervals_over_recordings_cover_where_those_over_clips_do_not(sizes):
    """95 of 100 are meant to, of which chance alone makes 90 to 99. Half of the variance is that of recordings."""
    rng, trials = np.random.default_rng(1), 100
    pieces, y = np.repeat(np.arange(len(sizes)), sizes), rng.standard_normal((400, 2, 3))
    found = {}
    for trial in range(trials):
        own = rng.standard_normal((len(sizes), 1, 3))[pieces]
        x = np.sqrt(0.5) * (own + rng.standard_normal((len(pieces), 2, 3))) + 0.5
        kept, clipwise = without_recordings(pieces, 60, trial), subsets(len(pieces), 60, trial)
        for name, statistic in mean_and_frechet(x, y).items():
            value, interval = estimate_by_recording(statistic, pieces, kept)
            found.setdefault(name, []).append((value, *interval, *estimate(statistic, len(pieces), clipwise)[1]))
    for name, estimates in found.items():
        value, low, high, low_clipwise, high_clipwise = np.array(estimates).T
        expected = value.mean()
        covered = np.mean((low <= expected) & (expected <= high))
        assert covered >= 0.87, f"{name}: {covered:.2f}"
        assert np.mean((low_clipwise <= expected) & (expected <= high_clipwise)) < 0.75, name


def test_the_interval_over_recordings_is_students_for_a_mean_of_equal_ones():
    rng = np.random.default_rng(0)
    pieces, x = np.repeat(np.arange(5), 10), rng.standard_normal(50)
    kept = without_recordings(pieces, 200, 0)
    assert kept.shape == (5, 50) and (kept.sum(1) == 40).all()
    value, (low, high) = estimate_by_recording(lambda kept: kept @ x / kept.sum(1), pieces, kept)
    half = 2.776445 * x.reshape(5, 10).mean(1).std(ddof=1) / np.sqrt(5)
    assert (value, low, high) == pytest.approx((x.mean(), x.mean() - half, x.mean() + half))
    _, (low, high) = estimate_by_recording(lambda kept: kept @ x / kept.sum(1), pieces, kept, -0.01, 0.01)
    assert low >= min(-0.01, value) and high <= max(0.01, value)


def test_a_quarter_of_many_recordings_is_left_out_and_clips_of_one_go_together():
    pieces = np.repeat(np.arange(40), 3)
    kept = without_recordings(pieces, 100, 0).reshape(100, 40, 3)
    assert (kept == kept[:, :, :1]).all() and (kept[:, :, 0].sum(1) == 30).all()
    assert (without_recordings(pieces, 100, 0).reshape(100, 40, 3) == kept).all()


def test_where_there_can_be_no_interval_there_is_none(corpus, ground, monkeypatch):
    for pieces in (np.zeros(24), np.repeat([0, 1], [20, 4])):  # without the first of the two, four clips are left
        assert without_recordings(pieces, 200, 0) is None
    monkeypatch.setattr(rows, "heldout_pieces", lambda _: np.full(24, "one"))
    row, intervals = rows.measure_held_out("codec", reference.heldout(ground), ground, 20, 0)
    assert intervals == {} and row["fad"]["logmel"] > 0
    about = ground.about | {"heldout": {"recordings": 1, "seconds": 20.0}}
    [said] = amounts.warnings_of(about, row, intervals)
    assert "out of 20 s of 1 recording, are" in said and "no intervals" in said


def test_rows_of_held_out_clips_alone_are_drawn_by_recording(ground):
    clips = reference.heldout(ground)
    measured, intervals = rows.table(dict.fromkeys(("real", "codec", "gan"), clips), ground, SETTINGS, 0)
    assert measured["codec"] == measured["gan"] == {k: v for k, v in measured["real"].items() if k != "left_out"}
    assert (measured["gan"], intervals["gan"]) == rows.measure(clips, ground, 20, 0)
    widths = {row: np.ptp(intervals[row]["fad_infinity"]["logmel"]) for row in measured}
    assert widths["real"] == widths["codec"] > 3 * widths["gan"]


# what stands beside a floor


def test_a_recording_left_out_is_measured_against_all_the_others():
    rng = np.random.default_rng(0)
    clips = rng.standard_normal((62, 3, 2))
    pieces = np.array(["a", "b", "c"] * 20 + ["short"] * 2)  # of fewer clips than can be measured
    clips[pieces == "c"] += 3
    own, others = clips[pieces == "c"], np.concatenate([clips[pieces == "a"], clips[pieces == "b"]])
    found = left_out.of_each(clips, pieces)
    assert found[2] == pytest.approx(frechet.frechet(*frechet.moments(own), *frechet.moments(others)))
    assert len(found) == 3 and found.argmax() == 2


def test_too_little_held_out_music_is_said_with_numbers(ground):
    row, intervals = rows.measure_held_out("real", reference.heldout(ground), ground, 20, 0)
    assert row["left_out"]["recordings"] == 6  # the training and the held-out ones
    low, high = intervals["left_out"]["fad"]["logmel"]
    assert 0 <= low < row["left_out"]["fad"]["logmel"] < high
    [said] = amounts.warnings_of(ground.about, row, intervals)
    seconds = round(ground.about["heldout"]["seconds"])
    assert f"24 clips that overlap, out of {seconds} s of 2 recordings" in said and "mean of 6)" in said


@pytest.mark.parametrize(("overlap", "recordings", "said"), [
    (False, amounts.FEW, []), (False, amounts.FEW - 1, ["other recordings would give another distance"]),
    (True, 100, ["clips that overlap count for fewer"])])
def test_enough_held_out_music_needs_no_words(ground, overlap, recordings, said):
    about = ground.about | {"heldout_clips_overlap": overlap, "heldout": {"recordings": recordings, "seconds": 900.0}}
    row, intervals = rows.measure(reference.heldout(ground), ground, 20, 0)
    assert [text.split(": ")[2].split(", and")[0] for text in amounts.warnings_of(about, row, intervals)] == said
    other = reference.Reference(about, ground.spaces, ground.embedders, {}, ground.folder)
    embedded = rows.embedded(rows.features_of(reference.heldout(ground), ground), ground)
    assert bool(left_out.left_out(embedded, reference.heldout_pieces(ground), other)[0]) == bool(said)


def test_of_many_recordings_none_is_left_out(ground, monkeypatch):
    monkeypatch.setattr(left_out, "MOST_RECORDINGS", 5)
    monkeypatch.setattr(frechet, "frechet", None)  # to measure any would fail
    embedded = rows.embedded(rows.features_of(reference.heldout(ground), ground), ground)
    assert left_out.left_out(embedded, reference.heldout_pieces(ground), ground) == ({}, {})


# copies


def test_close_crops_begin_with_a_clip_and_end_with_it():
    manifest = pd.DataFrame({"start": [0, 1000, 2000], "samples": [500, 90, 100]})
    starts = crops.closely(manifest, 100, 150)
    assert starts.tolist() == [0, 133, 267, 400, 2000]
    assert len(crops.closely(manifest[1:2], 100, 150)) == 0


def copies_found(ground, audio, starts):
    """Return the share of training clips that begin at `starts` which are found to be copies."""
    clips = crops.read(audio, starts, 2 * RATE)
    space = ground.spaces["logmel"]
    vectors = coverage.clip_vectors(space.project(logmel.embed(clips, RATE)))
    return float(coverage.copied_of(vectors, space.known, space.heldout_nearest)(np.ones((1, len(starts))))[0])


def test_a_copy_that_begins_anywhere_is_found_in_a_small_set(corpus, ground, tmp_path, monkeypatch):
    audio = np.load(corpus / "audio.npy", mmap_mode="r")
    last = (SECONDS - 2) * RATE
    starts = np.concatenate([SECONDS * RATE * i + np.random.default_rng(i).integers(0, last, 20) for i in range(4)])
    settings = SETTINGS | {"reference_clips": 20}
    reference.build(corpus, tmp_path / "close", settings, 0)
    close = reference.load(tmp_path / "close", ["logmel"])
    assert copies_found(close, audio, starts) == 1
    held = crops.read(audio, SECONDS * RATE * 5 + np.arange(20) * RATE, 2 * RATE)
    row, _ = rows.measure(held, close, 20, 0)
    assert row["copied"] < 0.1
    monkeypatch.setattr(reference, "MOST_CLOSE", 0)  # as for large sets
    reference.build(corpus, tmp_path / "apart", settings, 0)
    apart = reference.load(tmp_path / "apart", ["logmel"])
    assert copies_found(apart, audio, starts) < 0.7
    # Nothing else depends on it.
    for name in ("offset", "components", "embeddings", "bandwidth", "kernel_mean"):
        assert np.array_equal(getattr(close.spaces["logmel"], name), getattr(apart.spaces["logmel"], name)), name
    assert np.array_equal(apart.spaces["logmel"].known, coverage.clip_vectors(apart.spaces["logmel"].embeddings))
