"""MAD: known answers, the numbers of mauve-text, resampling."""

import numpy as np
import pytest
from scipy.integrate import trapezoid

from chaconne.evaluation.rows import mauve


def blobs(shares, clips, seed):
    """Return clips x 8 vectors in as many far and narrow heaps as there are shares, as many in each as those say."""
    rng = np.random.default_rng(seed)
    centres = 50 * np.random.default_rng(9).standard_normal((len(shares), 8))
    counts = np.round(np.array(shares) * clips).astype(int)
    return np.repeat(centres, counts, axis=0) + 0.01 * rng.standard_normal((counts.sum(), 8))


def all_of(statistic, clips):
    return float(statistic(np.ones((1, clips)))[0])


def test_equal_histograms_are_at_nothing_and_disjoint_ones_at_the_highest():
    half = np.array([0.5, 0.5, 0, 0])
    assert mauve.divergence(half[None], half)[0] == pytest.approx(0, abs=1e-4)
    apart = mauve.divergence(half[None], half[::-1])[0]
    assert apart == pytest.approx(5.504, abs=1e-3)     # what mauve-text 0.4 gives
    assert apart < mauve.HIGHEST


def test_a_histogram_as_mauve_text_measures_it():
    # mauve-text 0.4.0: get_divergence_curve_for_multinomials and the area under it.
    p, q = np.array([[0.5, 0.3, 0.2, 0.0]]), np.full(4, 0.25)
    assert mauve.divergence(p, q)[0] == pytest.approx(0.49739361142712146, rel=1e-9)


def test_heaps_have_the_divergence_of_their_shares(monkeypatch):
    # Heaps so narrow and far that clusters cannot mix them: the answer is that of the shares, integrated finely.
    monkeypatch.setattr(mauve, "CLIPS_A_CLUSTER", 20)
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
    given = all_of(mauve.mad_of(blobs(p, 80, 0), blobs(q, 80, 1), 0), 80)
    w = np.linspace(0, 1, 4001)[1:-1, None]
    mixed = w * p + (1 - w) * q
    x, y = (np.exp(-5 * (h * np.log(h / mixed)).sum(1)) for h in (q, p))
    x, y = np.r_[0, x[::-1], 1], np.r_[1, y[::-1], 0]
    assert given == pytest.approx(-np.log(trapezoid(y, x)), abs=0.02)


def test_it_grows_with_distance_and_is_small_for_the_same():
    rng = np.random.default_rng(0)
    reference = rng.standard_normal((240, 16))
    found = [all_of(mauve.mad_of(rng.standard_normal((240, 16)) + shift, reference, 0), 240)
             for shift in (0, 0.25, 0.5, 1)]
    assert found == sorted(found) and found[0] < 0.15 and found[-1] > 4


def test_draws_are_measured_as_subsets_and_seeds_decide():
    rng = np.random.default_rng(0)
    x, reference = rng.standard_normal((40, 4)), rng.standard_normal((60, 4)) + 0.5
    kept = np.ones((2, 40))
    kept[1, ::2] = 0
    both = mauve.mad_of(x, reference, 0)(kept)
    assert both[0] == pytest.approx(all_of(mauve.mad_of(x, reference, 0), 40)) != pytest.approx(both[1])
    assert all_of(mauve.mad_of(x, reference, 1), 40) != both[0]


def test_the_mean_of_clusterings_depends_little_on_their_seed():
    """One clustering moves it by a factor of nearly two: findings/mauve_by_its_seed.sh."""
    rng = np.random.default_rng(0)
    x, reference = rng.standard_normal((240, 16)), rng.standard_normal((240, 16)) + 0.25
    found = [all_of(mauve.mad_of(x, reference, seed), 240) for seed in range(4)]
    assert max(found) < 1.2 * min(found)
