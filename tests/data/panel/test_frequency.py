"""Is the frequency the one that made the times, and is an unclear one refused?"""

import ast
import re

import numpy as np
import pandas as pd
import pytest

from gatecast.data import to_panel
from gatecast.exceptions import ConfigError, DataError


def a_series(times):
    return pd.Series(np.arange(len(times), dtype=float), index=times)


def long(**series):
    parts = [pd.DataFrame({"unique_id": name, "ds": times, "y": 1.0}) for name, times in series.items()]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("alias", "named"),
    [
        ("h", "h"),
        ("D", "D"),
        ("B", "B"),
        ("W-SUN", "W-SUN"),
        ("W-THU", "W-THU"),
        ("MS", "MS"),
        ("ME", "ME"),
        ("BMS", "BMS"),
        ("BME", "BME"),
        ("QS", "QS-JAN"),
        ("QS-NOV", "QS-FEB"),
        ("QE", "QE-DEC"),
        ("YS", "YS-JAN"),
        ("QE-JAN", "QE-OCT"),
        ("YE-JUN", "YE-JUN"),
        ("30min", "30min"),
        ("10s", "10s"),
        ("250ms", "250ms"),
        ("4h", "4h"),
        ("3D", "3D"),
        ("2W-MON", "14D"),
        ("2MS", "2MS"),
        ("28D", "28D"),
        ("90min", "90min"),
    ],
)
@pytest.mark.parametrize("n", [30, 7])
def test_inferred_from_date_range(alias, named, n):
    times = pd.date_range("2021-01-05", periods=n, freq=alias)
    assert to_panel(a_series(times)).freq == named


@pytest.mark.parametrize("alias", ["h", "D", "B", "W-SUN", "MS", "ME", "QE-DEC", "YS-JAN"])
def test_missing_times_become_gaps(alias):
    times = pd.date_range("2021-01-05", periods=40, freq=alias)
    kept = np.delete(np.arange(40), [3, 17, 18, 30])
    panel = to_panel(pd.Series(kept.astype(float), index=times[kept]))
    assert (panel.freq, panel.n_gaps) == (alias, 4)
    assert np.flatnonzero(np.isnan(panel.values)).tolist() == [3, 17, 18, 30]
    np.testing.assert_array_equal(panel.values[kept], kept)


def test_two_points_are_enough():
    assert to_panel(a_series(pd.to_datetime(["2024-01-01", "2024-02-01"]))).freq == "MS"
    assert to_panel(a_series(pd.to_datetime(["2024-01-01", "2024-01-02"]))).freq == "D"


def test_one_point_is_fine():
    assert to_panel(a_series(pd.to_datetime(["2024-01-01"]))).lengths.tolist() == [1]
    panel = to_panel(long(a=pd.date_range("2024", periods=5, freq="h"), b=pd.to_datetime(["2024-03-03"])))
    assert (panel.freq, panel.lengths.tolist()) == ("h", [5, 1])


def test_weekdays_that_differ_need_no_anchor():
    mondays, fridays = (pd.date_range("2024-01-01", periods=6, freq=f"W-{day}") for day in ("MON", "FRI"))
    panel = to_panel(long(a=mondays, b=fridays))
    assert (panel.freq, panel.n_gaps) == ("7D", 0)


def test_quarters_that_differ_need_no_anchor():
    frame = long(a=pd.date_range("2024", periods=6, freq="QS-JAN"), b=pd.date_range("2024", periods=6, freq="QS-FEB"))
    panel = to_panel(frame)
    assert (panel.freq, panel.n_gaps) == ("3MS", 0)


def test_daily_with_weekends_is_no_business_frequency():
    assert to_panel(a_series(pd.date_range("2024-01-01", periods=7))).freq == "D"
    assert to_panel(a_series(pd.date_range("2024-01-01", periods=5))).freq == "D"


@pytest.mark.parametrize(
    ("days", "steps"),
    [
        ([0, 1, 2, 5, 20, 40], "1 day (2 times) and 3 days (once)"),
        ([0, 2, 4, 6, 7, 9], "2 days (4 times) and 1 day (once)"),
        ([0, 3, 5, 10, 12], "2 days (2 times) and 3 days (once)"),
    ],
)
def test_irregular_names_two_steps(days, steps):
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")
    with pytest.raises(DataError) as error:
        to_panel(a_series(times))
    assert steps in str(error.value)
    assert "`freq=" in str(error.value)


def tried(error):
    """The frequency that an error proposes first, and what it says that it leaves empty."""
    found = re.search(r"`freq=(\S+)`(?:, which leaves (\d+)%)?", str(error.value))
    return ast.literal_eval(found[1]), int(found[2] or 0)


@pytest.mark.parametrize("unit", ["D", "h", "min", "W"])
def test_remedies_for_irregular_times_work(unit):
    rng = np.random.default_rng(0)
    for share in (0.3, 0.05):
        every = pd.date_range("2024-01-01", periods=4000, freq=unit)
        series = a_series(every[np.sort(rng.choice(4000, int(4000 * share), replace=False))])
        with pytest.raises(DataError, match="irregular") as error:
            to_panel(series)
        freq, empty = tried(error)
        panel = to_panel(series, freq=freq)
        assert panel.n_gaps / len(panel.values) == pytest.approx(empty / 100, abs=0.005)
        assert freq == ("order" if share < 0.1 else unit)


@pytest.mark.parametrize("odd", ["2102-03-05", "1902-03-05", "2024-02-03 13:07"])
def test_rows_that_break_a_frequency_are_named(odd):
    days = pd.date_range("2024-01-01", periods=60)
    with pytest.raises(DataError, match=f"without {odd}.* their frequency would be 'D'"):
        to_panel(a_series(days.append(pd.DatetimeIndex([odd]))))


def test_a_frequency_is_left_out_where_that_helps():
    with pytest.raises(DataError, match="Leave `freq` out, as 'D' fits, or resample"):
        to_panel(a_series(pd.date_range("2024-01-01", periods=9)), freq="2D")
    irregular = pd.to_datetime("2024-01-01") + pd.to_timedelta([0, 1, 3, 7, 8.3], "D")
    with pytest.raises(DataError, match='Pass `freq="order"` to take the rows as the steps, or resample'):
        to_panel(a_series(irregular), freq="D")


def test_irregular_integer_steps():
    with pytest.raises(DataError, match=r"2 \(2 times\) and 3 \(once\).*freq=1"):
        to_panel(pd.Series([1.0, 2.0, 3.0, 4.0], index=[1, 3, 5, 8]))


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [("D", "h", ("'D'", "'h'")), ("MS", "QS", ("'MS'", "'QS-JAN'")), ("D", "MS", ("'D'", "'MS'"))],
)
def test_two_frequencies_are_both_named(one, other, names):
    frame = long(first=pd.date_range("2024", periods=30, freq=one), second=pd.date_range("2024", periods=9, freq=other))
    with pytest.raises(DataError) as error:
        to_panel(frame)
    assert all(name in str(error.value) for name in (*names, "'first'", "'second'"))


def test_given_frequency_wins():
    times = pd.to_datetime(["2024-01-01", "2024-01-11", "2024-01-31"])
    panel = to_panel(a_series(times), freq="D")
    assert (panel.freq, len(panel.values), panel.n_gaps) == ("D", 31, 28)


@pytest.mark.parametrize("freq", [None, "MS", "ME", "M"])
def test_months_stay_on_the_fifteenth(freq):
    times = pd.date_range("2024-01-01", periods=6, freq="MS") + pd.Timedelta(days=14)
    panel = to_panel(a_series(times), freq=freq)
    assert panel.freq == "month(15)"
    assert list(panel.times(0)) == list(times)


def test_month_frequency_moves_days_that_differ():
    times = pd.to_datetime(["2024-01-14", "2024-02-15", "2024-03-13"])
    panel = to_panel(a_series(times), freq="MS")
    assert list(panel.times(0)) == list(pd.date_range("2024-01-01", periods=3, freq="MS"))
    ends = to_panel(a_series(times), freq="ME")
    assert list(ends.times(0)) == list(pd.date_range("2024-01-31", periods=3, freq="ME"))


@pytest.mark.parametrize(
    ("given", "times", "named"),
    [
        ("M", "MS", "MS"),
        ("M", "ME", "ME"),
        ("Q", "QE", "QE-DEC"),
        ("Y", "YS", "YS-JAN"),
        ("A", "YE", "YE-DEC"),
        ("W", "W-TUE", "W-TUE"),
        ("H", "h", "h"),
        ("T", "min", "min"),
        ("15T", "15min", "15min"),
        ("BM", "BME", "BME"),
    ],
)
def test_old_and_bare_aliases_follow_the_data(given, times, named):
    assert to_panel(a_series(pd.date_range("2024-01-01", periods=6, freq=times)), freq=given).freq == named


@pytest.mark.parametrize("freq", ["foo", "", "-1D", "0h", 1, True])
def test_unknown_frequency_says_what_is_known(freq):
    with pytest.raises(ConfigError, match="`freq` must be a pandas alias"):
        to_panel(a_series(pd.date_range("2024", periods=4)), freq=freq)


@pytest.mark.parametrize("freq", ["D", 0, -1])
def test_integer_times_need_integer_frequency(freq):
    with pytest.raises(ConfigError, match="`freq` must be a positive integer"):
        to_panel(pd.Series([1.0, 2.0], index=[1, 2]), freq=freq)


def test_times_beside_the_given_frequency():
    with pytest.raises(DataError, match=r"2 of 4 times do not fall on `freq='2D'`, the first is 2024-01-02"):
        to_panel(a_series(pd.date_range("2024-01-01", periods=4)), freq="2D")
    with pytest.raises(DataError, match=r"fall on the same step of `freq='MS'`"):
        to_panel(a_series(pd.date_range("2024-01-01", periods=4)), freq="MS")


def test_absurd_span_is_refused_before_memory_is_taken():
    times = pd.to_datetime(["1700-01-01", "2200-01-01"])
    with pytest.raises(DataError, match="at most 1000000000"):
        to_panel(a_series(times), freq="s")


def test_centuries_of_days_do_not_overflow():
    times = pd.date_range("1700-01-01", "2200-01-01", freq="D", unit="us")
    panel = to_panel(a_series(times.delete([100_000])))
    assert (panel.n_gaps, len(panel.values)) == (1, len(times))
    np.testing.assert_array_equal(panel.all_times(), times.to_numpy(dtype="datetime64[ns]"))
