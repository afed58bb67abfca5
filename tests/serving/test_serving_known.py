"""Are newer data of a model, whose columns are not guessed again, what the library reads?"""

import numpy as np
import pandas as pd
import pytest

from gatecast.data import to_panel
from gatecast.serving.known import known_panel, plain_panel
from gatecast.serving.tables import table_of

FREQS = {"h": "2024-01-01 05:00", "D": "2024-01-30", "W-SUN": "2024-01-07", "MS": "2024-01-01", "ME": "2024-01-31"}
FREQS |= {"B": "2024-01-05", "QS": "2024-01-01", "30min": "2024-01-01"}


def columns_of(freq, ids, n, drop=()):
    times = pd.date_range(FREQS[freq], periods=n, freq=freq)
    kept = [k for k in range(n) if k not in drop]
    found = {"ds": [times[k].isoformat() for _ in ids for k in kept], "y": [float(k) for _ in ids for k in kept]}
    return ({"unique_id": [id_ for id_ in ids for _ in kept]} if len(ids) > 1 else {}) | found


def after(freq, ids):
    columns = columns_of(freq, ids, 12)
    panel = to_panel(pd.DataFrame({**columns, "ds": pd.to_datetime(columns["ds"])}), freq=freq)
    return panel.tail_from(panel.lengths)


@pytest.mark.parametrize("freq", FREQS)
@pytest.mark.parametrize("ids", [["y"], ["a", "b"]], ids=["one", "two"])
@pytest.mark.parametrize("drop", [(), (3, 4)], ids=["whole", "gap"])
def test_known_columns_are_read_as_the_library_reads_them(freq, ids, drop):
    columns, like = columns_of(freq, ids, 20, drop), after(freq, ids)
    panel, expected = known_panel(columns, like), to_panel(table_of(columns, "ds"), like=like)
    assert panel is not None
    for name in ("ids", "values", "offsets", "starts"):
        np.testing.assert_array_equal(getattr(panel, name), getattr(expected, name))
    assert (panel.freq, panel.columns, panel.timezone) == (expected.freq, expected.columns, expected.timezone)


@pytest.mark.parametrize(
    "change",
    [
        {"ds": ["2024-02-01T00:00:00", "2024-02-01T00:00:00"], "y": [1.0, 2.0]},
        {"ds": ["2024-02-02T00:00:00", "2024-02-01T00:00:00"], "y": [1.0, 2.0]},
        {"ds": ["2024-02-01T00:00:00", "2024-02-02T01:00:00"], "y": [1.0, 2.0]},
        {"ds": ["2024-02-01", "2094-02-02"], "y": [1.0, 2.0]},
        {"ds": ["2024-02-01Z", "2024-02-02Z"], "y": [1.0, 2.0]},
        {"ds": ["2024-02-01", "2024-02-02"], "y": ["1", "2"]},
        {"ds": ["2024-02-01", "2024-02-02"], "y": [1.0, 1e301]},
        {"ds": ["2024-02-01", "2024-02-02"], "y": [None, None]},
        {"time": ["2024-02-01", "2024-02-02"], "y": [1.0, 2.0]},
        {"ds": ["2024-02-01", "2024-02-02"], "y": [1.0, 2.0], "price": [1, 2]},
    ],
)
def test_what_does_not_fit_at_once_is_left_to_the_library(change):
    assert known_panel(change, after("D", ["y"])) is None


@pytest.mark.parametrize("freq", [*FREQS, "7D", "s", "YS", "QE"])
def test_plain_tables_are_read_as_the_library_reads_them(freq):
    times = pd.date_range(FREQS.get(freq, "2019-12-31"), periods=40, freq=freq)
    columns = {"ds": [time.isoformat() for time in times], "y": [None, *range(39)]}
    panel, expected = plain_panel(columns), to_panel(table_of(columns))
    assert panel is not None
    for name in ("ids", "values", "offsets", "starts"):
        np.testing.assert_array_equal(getattr(panel, name), getattr(expected, name))
        assert getattr(panel, name).dtype == getattr(expected, name).dtype
    assert (panel.freq, panel.columns, panel.timezone) == (expected.freq, expected.columns, expected.timezone)
    assert (panel.backend, panel.bare_times, panel.weights) == (expected.backend, expected.bare_times, None)


@pytest.mark.parametrize(
    ("ds", "y"),
    [
        (["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05", "2024-01-06"], [1, 2, 3, 4, 5]),
        (["2024-01-02", "2024-01-01", "2024-01-03"], [1, 2, 3]),
        (["2024-01-01", "2024-01-01", "2024-01-02"], [1, 2, 3]),
        (["2024-01-01 00:00:00", "2024-01-01 01:00:01", "2024-01-01 02:00:00", "2024-01-01 03:00:00"], [1, 2, 3, 4]),
        (["2024-01-01T00:00Z", "2024-01-02T00:00Z", "2024-01-03T00:00Z"], [1, 2, 3]),
        (["2024-01-01", "2024-01-02", "2024-01-03"], ["1", "2", "3"]),
        (["2024-01-01", "2024-01-02", "2024-01-03"], [None, None, None]),
        (["2024-01-01", "2024-01-02"], [1, 2]),
        ([1, 2, 3], [1, 2, 3]),
        (["1700-01-01", "1900-01-01", "2100-01-01"], [1, 2, 3]),
    ],
)
def test_what_may_be_meant_in_another_way_is_left_to_the_library(ds, y):
    assert plain_panel({"ds": ds, "y": y}) is None
    assert plain_panel({"ds": ["2024-01-01", "2024-01-02", "2024-01-03"], "sales": [1, 2, 3]}) is None
