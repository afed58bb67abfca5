"""Are quantiles and intervals of counts those of their distributions, and whole numbers?"""

import numpy as np
import pytest
from scipy import stats

from gatecast.network.counts import Counts
from gatecast.network.inputs import LossSettings

MEAN, DISPERSION, ZEROS = np.meshgrid([0.02, 0.4, 3.0, 80.0], [0.0, 0.3, 4.0], [0.0, 0.25, 0.8], indexing="ij")
COUNTS = Counts(MEAN, DISPERSION, ZEROS, np.zeros(MEAN.shape, bool))
SUPPORT = np.arange(20_000)


def probabilities(mean, dispersion, zeros):
    """Of 0, 1, 2, ... pieces, by SciPy."""
    mu = mean / (1 - zeros)
    rest = stats.poisson.pmf(SUPPORT, mu)
    if dispersion:
        rest = stats.nbinom.pmf(SUPPORT, 1 / dispersion, 1 / (1 + dispersion * mu))
    return zeros * (SUPPORT == 0) + (1 - zeros) * rest


def each():
    for at in np.ndindex(MEAN.shape):
        yield at, np.cumsum(probabilities(MEAN[at], DISPERSION[at], ZEROS[at]))


def test_quantiles_are_the_least_counts_that_are_enough():
    for p in (0.01, 0.1, 0.5, 0.8, 0.975, 0.999):
        found = COUNTS.quantile(np.asarray(p))
        for at, below in each():
            assert found[at] == np.searchsorted(below, p), (at, p)


def test_probabilities_below_are_sums():
    for count in (0, 1, 5, 100):
        found = COUNTS.below(np.full(MEAN.shape, float(count)))
        expected = [0.0 if count == 0 else below[count - 1] for _, below in each()]
        np.testing.assert_allclose(found.ravel(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_intervals_hold_their_share_and_not_more_than_they_must(share):
    lower, upper = COUNTS.interval(share)
    for at, below in each():
        low, high = int(lower[at]), int(upper[at])
        under = below[low - 1] if low else 0.0
        assert below[high] - under >= share - 1e-9
        # one piece less at the upper end would be too little, and at most the usual tail lies below
        assert high == low or below[high - 1] - under < share
        assert under <= (1 - share) / 2 + 1e-12


def test_growth_is_that_of_the_deviation():
    grown = COUNTS.wider(np.full(MEAN.shape, 1.7))
    for at in np.ndindex(MEAN.shape):
        variances = [
            mu + spread * mu**2
            for mu, spread in ((MEAN[at] / (1 - ZEROS[at]), one.dispersion[at]) for one in (COUNTS, grown))
        ]
        assert variances[1] == pytest.approx(1.7**2 * variances[0], rel=1e-12)
    assert COUNTS.wider(np.ones(MEAN.shape)).dispersion == pytest.approx(DISPERSION, abs=1e-15)


def test_a_mean_of_nothing_grows_to_nothing():
    nothing = Counts.of(LossSettings("poisson"), np.zeros((1, 1, 2)), np.zeros((1, 2)), np.zeros((1, 1), bool))
    assert nothing.wider(np.array([1.0, 2.0])).quantile(np.asarray(0.99)).tolist() == [[0.0, 0.0]]


def test_a_fixed_count_has_no_other():
    fixed = Counts.of(LossSettings("poisson"), np.array([[[0.0]]]), np.array([[7.0]]), np.array([[True]]))
    assert [float(end[0, 0]) for end in fixed.interval(0.8)] == [7.0, 7.0]
    assert fixed.quantile(np.asarray(0.01)).tolist() == [[7.0]]
