"""Does a panel know the time of each value, before, inside and after the series?"""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatecast.data import Columns, Panel, to_panel

ALIASES = ["h", "D", "B", "W-SUN", "W-WED", "MS", "ME", "BMS", "BME", "QS-FEB", "QE-DEC", "BQE-DEC", "YS-JAN", "YE-DEC"]
ALIASES += ["30min", "7min", "2h", "s", "15s", "2D", "2MS", "5YS-JAN", "2W-SUN", "SMS-15"]


def a_panel():
    frame = pd.DataFrame(
        {
            "unique_id": ["b"] * 4 + ["a"] * 3,
            "ds": [*pd.date_range("2024-01-30", periods=4), *pd.date_range("2024-02-27", periods=3)],
            "y": np.arange(7.0),
        }
    )
    return to_panel(frame)


@pytest.mark.parametrize("alias", ALIASES)
def test_times_equal_pandas(alias):
    expected = pd.date_range("2020-02-15 00:00", periods=40, freq=alias)
    panel = to_panel(pd.Series(np.zeros(30), index=expected[:30]), freq=alias)
    assert list(panel.times(0)) == list(expected[:30])
    np.testing.assert_array_equal(panel.future_times(10)[0], expected[30:].to_numpy())
    np.testing.assert_array_equal(panel.all_times(), expected[:30].to_numpy())


def test_times_keep_time_of_day():
    expected = pd.date_range("2020-01-01 06:30", periods=8, freq="MS")
    panel = to_panel(pd.Series(np.zeros(5), index=expected[:5]))
    assert panel.freq == "MS"
    np.testing.assert_array_equal(panel.future_times(3)[0], expected[5:].to_numpy())


def test_future_times_per_series():
    days = a_panel().future_times(2).astype("datetime64[D]").astype(str).tolist()
    assert days == [["2024-02-03", "2024-02-04"], ["2024-03-01", "2024-03-02"]]


def test_series_is_a_view():
    panel = a_panel()
    assert np.shares_memory(panel.series(1), panel.values)
    np.testing.assert_array_equal(panel.series(1), [4.0, 5.0, 6.0])
    np.testing.assert_array_equal(panel.lengths, [4, 3])


def test_head_and_tail_share_out_the_panel():
    panel = a_panel()
    head, tail = panel.head(np.array([3, 1])), panel.tail_from(np.array([3, 1]))
    np.testing.assert_array_equal(head.values, [0, 1, 2, 4])
    np.testing.assert_array_equal(tail.values, [3, 5, 6])
    assert str(tail.starts[0])[:10] == "2024-02-02"
    np.testing.assert_array_equal(tail.all_times(), panel.all_times()[[3, 5, 6]])
    np.testing.assert_array_equal(head.head(np.array([99, 0])).lengths, [3, 0])


def test_integer_steps():
    panel = Panel(np.array(["x"]), np.zeros(3), np.array([0, 3]), np.array([5]), freq=2)
    assert panel.times(0).tolist() == [5, 7, 9]
    assert panel.future_times(2).tolist() == [[11, 13]]


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_frame_is_of_the_users_kind(backend):
    base = a_panel()
    panel = Panel(base.ids, base.values, base.offsets, base.starts, "D", Columns("shop", "day", "y"), backend)
    frame = panel.frame(np.repeat([0, 1], 2), panel.future_times(2), LSTM=np.arange(4.0))
    assert isinstance(frame, {"pandas": pd.DataFrame, "polars": pl.DataFrame}[backend])
    assert list(frame.columns) == ["shop", "day", "LSTM"]
    assert list(frame["shop"]) == ["b", "b", "a", "a"]
    assert [str(day)[:10] for day in frame["day"]] == ["2024-02-03", "2024-02-04", "2024-03-01", "2024-03-02"]


@pytest.mark.parametrize("backend", ["pandas", "polars"])
@pytest.mark.parametrize("freq", ["h", "D", "ME"])
def test_time_zone_survives_the_change_of_the_clock(backend, freq):
    expected = pd.date_range("2024-03-25", periods=200, freq=freq, tz="Europe/Berlin")
    table = pd.DataFrame({"ds": expected[:150], "y": 1.0})
    if backend == "polars":
        plain = pl.Series("ds", expected[:150].tz_convert("UTC").tz_localize(None).to_numpy())
        zoned = plain.dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin")
        table = pl.DataFrame({"ds": zoned, "y": [1.0] * 150})
    panel = to_panel(table)
    assert (panel.freq, panel.timezone) == (freq, "Europe/Berlin")
    assert list(panel.times(0)) == list(expected[:150])
    frame = panel.frame(np.zeros(50, dtype=int), panel.future_times(50)[0], LSTM=np.zeros(50))
    assert [pd.Timestamp(time) for time in frame["ds"]] == list(expected[150:])


def test_import_of_data_is_light():
    import subprocess
    import sys

    code = (
        "import sys, gatecast.data, gatecast.datasets; "
        "print([m for m in ('pandas', 'narwhals', 'polars', 'pyarrow', 'statsmodels') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
