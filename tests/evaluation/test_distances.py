"""Distances, coverage and intervals against closed forms, independent implementations and known truths."""

import importlib.util
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchaudio.functional import frechet_distance

from chaconne.evaluation.reference import coverage, distances, fad_package
from chaconne.evaluation.rows import frechet
from chaconne.evaluation.rows.resampling import estimate, mean_of, subsets
from tests.conftest import ROOT


def all_of(n):
    return np.ones((1, n))


def draw(rng, clips, dimensions, shift=0.0, seconds=3):
    """Return [clips, seconds, D]: seconds of one clip resemble each other; total variance 1."""
    own, shared = rng.standard_normal((clips, seconds, dimensions)), rng.standard_normal((clips, 1, dimensions))
    return np.sqrt(0.5) * (own + shared) + shift


# the package


LIGHT = """
import sys, inspect
from chaconne.evaluation.reference.fad_package import package
module = package()
inspect.getmodule(module.FrechetAudioDistance)          # asks every module for its file
print("laion_clap" in sys.modules, "transformers" in sys.modules, "http" in str(module.laion_clap.__dict__))
"""


OWN = os.environ | {"PYTHONPATH": str(ROOT / "src")}  # another process has to find this checkout's package


def test_the_package_comes_without_clap_and_without_a_network():
    refuse = "import socket; socket.socket.connect = lambda *_: (_ for _ in ()).throw(SystemExit('network'))\n"
    done = subprocess.run([sys.executable, "-c", refuse + LIGHT], env=OWN, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["False", "False", "False"]), done.stderr


def test_clap_is_there_when_it_is_asked_for():
    code = ("from chaconne.evaluation.reference.fad_package import package; "
            "print(package().laion_clap.CLAP_Module.__name__)")
    done = subprocess.run([sys.executable, "-c", code], env=OWN, capture_output=True, text=True)
    assert done.stdout.split() == ["CLAP_Module"], done.stderr


def test_the_package_missing_is_said_in_one_line(monkeypatch):
    fad_package.package.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install --no-deps 'frechet-audio-distance"):
        fad_package.package()


# Fréchet distance


def test_frechet_distance_of_two_gaussians():
    # |m|^2 + sum (sd_x - sd_y)^2 for diagonal covariances.
    x, y = np.diag([1.0, 4.0]), np.diag([9.0, 4.0])
    assert frechet.frechet(np.array([3.0, 0.0]), x, np.zeros(2), y) == pytest.approx(9 + 4)


@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
def test_what_is_no_distance_is_refused(wrong, monkeypatch):
    answers = SimpleNamespace(FrechetAudioDistance=SimpleNamespace(calculate_frechet_distance=lambda *_: wrong))
    monkeypatch.setattr(frechet, "package", lambda: answers)
    with pytest.raises(ValueError, match=f"a Fréchet distance of 0 or more, frechet-audio-distance gave {wrong:g}"):
        frechet.frechet(np.zeros(2), np.eye(2), np.zeros(2), np.eye(2))


def test_what_rounding_leaves_is_none(monkeypatch):
    answers = SimpleNamespace(FrechetAudioDistance=SimpleNamespace(calculate_frechet_distance=lambda *_: -1e-9))
    monkeypatch.setattr(frechet, "package", lambda: answers)
    assert frechet.frechet(np.zeros(2), np.eye(2), np.zeros(2), np.eye(2)) == 0


@pytest.mark.parametrize("clips", [12, 240], ids=["fewer seconds than dimensions", "enough"])
def test_frechet_distances_agree_with_an_independent_implementation(clips):
    rng = np.random.default_rng(0)
    scale = np.geomspace(3, 1e-3, 64)
    x, y = draw(rng, clips, 64, 0.1) * scale, draw(rng, 400, 64) * scale
    ours = frechet.Distances(x, frechet.moments(y))
    expected = float(frechet_distance(*(torch.from_numpy(a) for a in (*frechet.moments(x), *frechet.moments(y)))))
    assert frechet.frechet_of(ours)(all_of(clips))[0] == pytest.approx(expected, rel=1e-3)  # the package's function
    assert ours(all_of(clips))[0] == pytest.approx(expected, rel=1e-3)  # that of the resamplings


@pytest.mark.parametrize("room", [frechet.SUMS, 0], ids=["sums of clips", "too many dimensions for them"])
def test_the_frechet_statistic_is_the_distance_of_the_kept_clips(room, monkeypatch):
    monkeypatch.setattr(frechet, "SUMS", room)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 3, 5)) + 7, rng.standard_normal((60, 3, 5)) + 7
    kept = subsets(40, 2, seed=0)
    found = frechet.frechet_of(frechet.Distances(x, frechet.moments(y)))(kept)
    expected = [frechet.frechet(*frechet.moments(x[row > 0]), *frechet.moments(y)) for row in kept]
    assert found == pytest.approx(expected)


def test_infinity_finds_the_true_distance_of_gaussians():
    """The truth is known: N(0, 1) against N(shift, scale^2) in 16 dimensions."""
    rng = np.random.default_rng(0)
    reference = np.zeros(16), np.eye(16)
    for shift, scale in ((0.0, 1.0), (0.5, 1.3)):
        truth = 16 * (shift**2 + (scale - 1) ** 2)
        plain, endless, fits = [], [], []
        for trial in range(40):
            each = frechet.Distances(draw(rng, 80, 16) * scale + shift, reference)
            statistic, fit = frechet.infinity_of(each, seed=trial)
            plain.append(each(all_of(80))[0] - truth)
            endless.append(statistic(all_of(80))[0] - truth)
            fits.append(fit)
        assert np.mean(plain) > 3 * abs(np.mean(endless))
        assert abs(np.mean(endless)) < 3 * np.std(endless) / np.sqrt(40) + 0.02
        assert np.median(fits) > 0.95


def test_infinity_says_when_its_line_is_no_line():
    """Eight clips of two seconds fill a quarter of the 64 dimensions: halves and quarters of them fill nothing."""
    rng = np.random.default_rng(0)
    x = draw(rng, 8, 64, seconds=2)
    _, fit = frechet.infinity_of(frechet.Distances(x, (np.zeros(64), np.eye(64))), seed=0)
    _, enough = frechet.infinity_of(frechet.Distances(draw(rng, 400, 64), (np.zeros(64), np.eye(64))), seed=0)
    assert fit < 0.97 < 0.99 < enough


# kernel distance


def kad(x, y):
    bandwidth = distances.median_bandwidth(y)
    mean = distances.mean_of_pairs(distances.kernel_sums(y, y, bandwidth), y.shape[1])
    return distances.kernel_of(x, y, bandwidth, mean)


def test_kernel_distance_is_the_unbiased_mmd():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 1, 3)), rng.standard_normal((30, 1, 3)) + 1
    bandwidth = np.median([np.linalg.norm(a - b) for i, a in enumerate(y[:, 0]) for b in y[:i, 0]])

    def mean_kernel(a, b, same):
        k = np.exp(-np.square(a[:, None] - b[None]).sum(2) / (2 * bandwidth**2))
        return k[~np.eye(len(a), dtype=bool)].mean() if same else k.mean()

    x0, y0 = x[:, 0], y[:, 0]
    expected = mean_kernel(x0, x0, True) + mean_kernel(y0, y0, True) - 2 * mean_kernel(x0, y0, False)
    assert kad(x, y)(all_of(20))[0] == pytest.approx(100 * expected)


def test_kernel_distance_has_expectation_zero_and_grows_with_a_shift():
    rng = np.random.default_rng(0)
    same = [kad(draw(rng, 60, 4), draw(rng, 60, 4))(all_of(60))[0] for _ in range(40)]
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(40)
    y = draw(rng, 60, 4)
    shifted = [kad(draw(rng, 60, 4, shift), y)(all_of(60))[0] for shift in (0, 0.5, 1)]
    assert shifted == sorted(shifted)


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


def test_twenty_four_clips_repeated_are_flagged_by_coverage():
    rng = np.random.default_rng(0)
    known = rng.standard_normal((1200, 8))
    for vectors, collapsed in ((np.tile(rng.standard_normal((24, 8)), (10, 1)), True),
                               (rng.standard_normal((240, 8)), False),
                               (rng.standard_normal((240, 8)) + 9, False)):  # elsewhere altogether: another fault
        row, intervals = {"copied": 0.0, "nearest_train": 1.0}, {"copied": [0.0, 0.0]}
        kept = subsets(240, 100, 0)
        statistics = coverage.density_and_coverage_of(vectors, known)
        for name, statistic in zip(("density", "coverage"), statistics, strict=True):
            row[name], intervals[name] = estimate(statistic, 240, kept, 0.0)
        assert bool(coverage.warnings_of("gan", row, intervals)) == collapsed, row


def test_nearest_train_is_zero_for_copies():
    rng = np.random.default_rng(0)
    train, held = rng.standard_normal((50, 4)), rng.standard_normal((30, 4))
    unit = np.median(coverage.nearest(held, train))
    assert coverage.nearest_train_of(train[:30], train, unit)(all_of(30))[0] == pytest.approx(0, abs=1e-6)
    assert coverage.nearest_train_of(held, train, unit)(all_of(30))[0] == pytest.approx(1)
    assert coverage.copied_of(train[:30], train, unit)(all_of(30))[0] == 1
    mixed = np.concatenate([train[:6], held[:24] + 20])
    assert coverage.copied_of(mixed, train, unit)(all_of(30))[0] == pytest.approx(6 / 30)


# intervals


def test_interval_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(0).standard_normal(400)
    value, (low, high) = estimate(lambda kept: kept @ x / kept.sum(1), 400, subsets(400, 2000, seed=0))
    assert value == pytest.approx(x.mean())
    assert low < value < high
    assert high - low == pytest.approx(2 * 1.96 * x.std() / 20, rel=0.1)


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_intervals_cover_what_is_expected_at_that_number_of_clips(shift):
    """95 of 100, for Gaussian clips of known separation; among 150 trials chance alone makes 91 to 98 of that.

    More is no fault: near the floor intervals are wide (see resampling.py).
    """
    rng = np.random.default_rng(2)
    trials, clips, y = 150, 80, draw(rng, 1000, 4)
    bandwidth = distances.median_bandwidth(y)
    mean = distances.mean_of_pairs(distances.kernel_sums(y, y, bandwidth), y.shape[1])
    found = {"fad": [], "fad_infinity": [], "kad": [], "density": []}
    for trial in range(trials):
        x, kept = draw(rng, clips, 4, shift), subsets(clips, 100, trial)
        each = frechet.Distances(x, frechet.moments(y))
        density, _ = coverage.density_and_coverage_of(coverage.clip_vectors(x), coverage.clip_vectors(y))
        statistics = (each, frechet.infinity_of(each, trial)[0], distances.kernel_of(x, y, bandwidth, mean), density)
        for name, statistic in zip(found, statistics, strict=True):
            found[name].append(estimate(statistic, clips, kept))
    for name, estimates in found.items():
        expected = np.mean([value for value, _ in estimates])
        covered = np.mean([low <= expected <= high for _, (low, high) in estimates])
        assert covered >= 0.9, f"{name}: {covered:.2f}"


def test_the_interval_over_runs_is_students():
    mean, (low, high) = mean_of([1.0, 2.0, 6.0])
    assert mean == 3
    assert (low, high) == pytest.approx((3 - 4.302653 * np.sqrt(7 / 3), 3 + 4.302653 * np.sqrt(7 / 3)))
    assert mean_of([0.9, 1.0], 0.0, 1.0)[1] == [pytest.approx(0.95 - 12.7062 * 0.05), 1.0]
    rng = np.random.default_rng(0)
    covered = [low <= 5 <= high for low, high in (mean_of(rng.normal(5, 2, 3))[1] for _ in range(1000))]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.025)
