"""Are counts with many zeros told from other series, and is a mean made of quantiles the mean?"""

import numpy as np
import pytest
from scipy import stats

from gatecast.data.values.counts import are_never_negative, are_sparse_counts, mean_of_quantiles

NAN = np.nan
SERIES = {
    "spare parts": ([0, 0, 2, 0, 0, 1, 0, 5], True),
    "gaps": ([0, NAN, 2, NAN, NAN, 3, 3, 0], True),
    # 3 of 4 are not zero: 1.33 steps from one to the next
    "just sparse": ([1, 2, 3, 0], True),
    "hardly any zeros": ([1, 2, 3, 4, 0], False),
    "zeros alone": ([0, 0, 0, 0], False),
    "amounts": ([0, 0, 2.5, 0], False),
    "changes": ([0, 0, -2, 0], False),
    "nothing observed": ([NAN, NAN], False),
    "no points": ([], False),
}


def test_counts_with_many_zeros_are_found_among_others():
    values = [np.array(series, float) for series, _ in SERIES.values()]
    offsets = np.cumsum([0, *map(len, values)])
    found = are_sparse_counts(np.concatenate(values), offsets)
    assert dict(zip(SERIES, found.tolist(), strict=True)) == {
        name: is_sparse for name, (_, is_sparse) in SERIES.items()
    }


def test_zero_is_the_least_where_it_comes_and_nothing_is_below():
    series = {
        "solar power": ([0, 0, 0.5, 2.5, 1.0, 0, NAN], True),
        "two zeros of forty": ([0, 0, *range(1, 39)], True),
        "two zeros of forty-one": ([0, 0, *range(1, 40)], False),
        "one zero": ([0, 1, 2], False),
        "prices": ([1.5, 2.0, 0.5], False),
        "degrees": ([0, 0, 5, -1], False),
        "zeros alone": ([0, 0, 0], False),
        "nothing observed": ([NAN], False),
        "no points": ([], False),
    }
    values = [np.array(each, float) for each, _ in series.values()]
    found = are_never_negative(np.concatenate(values), np.cumsum([0, *map(len, values)]))
    assert dict(zip(series, found.tolist(), strict=True)) == {name: is_so for name, (_, is_so) in series.items()}


@pytest.mark.parametrize(
    "law", [stats.norm(3, 2), stats.uniform(-1, 4), stats.expon(scale=2)], ids=["normal", "uniform", "skewed"]
)
def test_means_of_quantiles_are_the_means_of_known_distributions(law):
    probabilities = np.array([0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975])
    mean = mean_of_quantiles(law.ppf(probabilities)[None, :, None], probabilities)[0, 0]
    # eleven quantiles know nothing of the tails: a twentieth of a standard deviation
    assert abs(mean - law.mean()) < 0.05 * law.std()
