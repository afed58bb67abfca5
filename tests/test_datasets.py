"""Are the example series the known ones?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import datasets
from gatecast.data import to_panel


def test_sine_is_the_tutorials_to_the_bit():
    state = np.random.RandomState(0)
    steps = np.arange(0, 1000, 0.1)
    expected = np.sin(steps) + state.normal(0, 0.5, len(steps))
    frame = datasets.sine()
    assert list(frame.columns) == ["unique_id", "ds", "y", "clean"]
    np.testing.assert_array_equal(frame["y"].to_numpy(), expected)
    np.testing.assert_array_equal(frame["clean"].to_numpy(), np.sin(steps))


def test_sine_leaves_global_random_state():
    np.random.seed(7)  # noqa: NPY002  (the global state is the point)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    datasets.sine()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_sine_becomes_one_series_of_y():
    panel = to_panel(datasets.sine())
    assert (panel.n_series, panel.freq, panel.columns.target) == (1, 1, "y")
    np.testing.assert_array_equal(panel.values, datasets.sine()["y"])


@pytest.mark.parametrize(
    ("load", "n", "freq", "start", "end", "first", "last"),
    [
        (datasets.sunspots, 309, "YS-JAN", "1700-01-01", "2008-01-01", 5.0, 2.9),
        (datasets.nile, 100, "YS-JAN", "1871-01-01", "1970-01-01", 1120.0, 740.0),
    ],
)
def test_real_series_have_known_ends(load, n, freq, start, end, first, last):
    frame = load()
    assert list(frame.columns) == ["unique_id", "ds", "y"]
    panel = to_panel(frame)
    assert (len(frame), panel.freq, panel.n_gaps) == (n, freq, 0)
    assert (frame["ds"].iloc[0], frame["ds"].iloc[-1]) == (pd.Timestamp(start), pd.Timestamp(end))
    assert frame["y"].iloc[[0, -1]].tolist() == [first, last]


def test_co2_is_the_mean_of_observed_weeks():
    weekly = pytest.importorskip("statsmodels.datasets.co2").load_pandas().data["co2"]
    observed = weekly.dropna()
    means = observed.groupby([observed.index.year, observed.index.month]).mean()
    frame = datasets.co2()
    panel = to_panel(frame)
    assert (len(frame), panel.freq, panel.n_gaps) == (452, "MS", 0)
    # The month before the first has no observation at all.
    assert (1964, 4) not in means.index
    assert (frame["ds"].iloc[0], frame["ds"].iloc[-1]) == (pd.Timestamp("1964-05-01"), pd.Timestamp("2001-12-01"))
    np.testing.assert_allclose(frame["y"], means.loc[(1964, 5) :].to_numpy(), rtol=1e-14)


def test_what_a_caller_changes_is_his_own():
    table = datasets.nile()
    table["y"] = 0.0
    assert datasets.nile()["y"].min() == 456.0
