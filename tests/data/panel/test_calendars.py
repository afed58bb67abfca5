"""Is a calendar of its own found in its times, kept under its name, and gone on with?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatecast import ConfigError, DataError, LSTMForecaster, PretrainedLSTM, to_panel
from gatecast.data.panel.frequency import named_grid
from gatecast.data.reading.files import read_table
from gatecast.data.seasonality.seasons import usual_seasons
from gatecast.texts import Texts
from gatecast.texts.frequency import frequency_words
from made_series import wave


def times(begin: str, end: str, freq: str, keep: Callable[[pd.DatetimeIndex], Any]) -> pd.DatetimeIndex:
    every = pd.date_range(begin, end, freq=freq)
    return every[keep(every)]


def opening(every: pd.DatetimeIndex) -> Any:
    return (every.day_of_week < 6) & (every.hour * 60 + every.minute >= 540) & (every.hour * 60 + every.minute <= 930)


def sessions(every: pd.DatetimeIndex) -> Any:
    minutes = every.hour * 60 + every.minute
    return (every.day_of_week < 5) & (minutes.isin([*range(570, 690, 30), *range(780, 900, 30)]))


def saturdays_shorter(every: pd.DatetimeIndex) -> Any:
    return (every.hour >= 8) & (every.hour < np.where(every.day_of_week == 5, 12, 18)) & (every.day_of_week < 6)


def month_of(day: int, february: int = 29) -> Callable[[pd.DatetimeIndex], Any]:
    def keep(every: pd.DatetimeIndex) -> Any:
        longest = np.where(every.month == 2, np.minimum(every.days_in_month, february), every.days_in_month)
        return every.day == np.minimum(day, longest)

    return keep


def of_quarter(every: pd.DatetimeIndex) -> Any:
    return (every.month % 3 == 2) & (every.day == 15)


def third_friday(every: pd.DatetimeIndex) -> Any:
    return (every.day_of_week == 4) & ((every.day - 1) // 7 == 2)


def last_friday(every: pd.DatetimeIndex) -> Any:
    return (every.day_of_week == 4) & (every.day + 7 > every.days_in_month)


CALENDARS: dict[str, tuple[pd.DatetimeIndex, tuple[int, ...]]] = {
    "week(Mon-Sat 09:00-15:30/30min)": (times("2024-01-01", "2024-02-20", "30min", opening), (14, 84)),
    "week(Mon-Fri 09:30,10:00,10:30,11:00,13:00,13:30,14:00,14:30)": (
        times("2024-01-01", "2024-02-20", "30min", sessions),
        (8, 40),
    ),
    "week(Mon-Fri 08:00-17:00/h; Sat 08:00-11:00/h)": (
        times("2024-01-01", "2024-02-20", "h", saturdays_shorter),
        (54,),
    ),
    "week(Mon-Sat)": (times("2024-01-01", "2024-06-01", "D", lambda e: e.day_of_week < 6), (6,)),
    "week(Mon-Thu)": (times("2024-01-01", "2024-08-01", "D", lambda e: e.day_of_week < 4), (4,)),
    "week(Tue,Thu,Sat)": (times("2024-01-01", "2024-10-01", "D", lambda e: e.day_of_week.isin([1, 3, 5])), (3,)),
    "week(Sat,Sun 18:00)": (
        times("2024-01-01 18:00", "2025-03-01 18:00", "D", lambda e: e.day_of_week > 4),
        (2,),
    ),
    "month(15)": (times("2015-01-01", "2024-10-01", "D", month_of(15)), (12,)),
    "month(30)": (times("2015-01-01", "2024-10-01", "D", month_of(30)), (12,)),
    "month(31 F28)": (times("2015-01-01", "2024-10-01", "D", month_of(31, 28)), (12,)),
    "3month(15)": (times("1990-01-01", "2022-01-01", "D", of_quarter), (4,)),
    "month(1,11,21)": (times("2020-01-01", "2023-12-01", "D", lambda e: e.day.isin([1, 11, 21])), (36,)),
    "month(15,31)": (
        times("2018-01-01", "2023-12-01", "D", lambda e: (e.day == 15) | (e.day == e.days_in_month)),
        (24,),
    ),
    "year(16D)": (times("2018-01-01", "2023-12-01", "D", lambda e: e.day_of_year % 16 == 1), (23,)),
    "month(3 Fri)": (times("2014-01-01", "2024-01-01", "D", third_friday), (12,)),
    "month(last Fri)": (times("2014-01-01", "2024-01-01", "D", last_friday), (12,)),
}
CALENDARS["weeks(4-4-5 from 2016-07-03)"] = (
    pd.to_datetime("2016-07-03") + pd.to_timedelta(np.cumsum([0, *[28, 28, 35] * 40]), "D"),
    (12,),
)


def fiscal(weeks: list[int], first: str, long: tuple[int, ...], n_years: int = 12) -> pd.DatetimeIndex:
    """Months of whole weeks, whose last one of the years `long` from the first on has a week more."""
    lengths = [n + (i == len(weeks) - 1 and year in long) for year in range(n_years) for i, n in enumerate(weeks)]
    return pd.to_datetime(first) + pd.to_timedelta(7 * np.cumsum([0, *lengths[:-1]]), "D")


# the years of 53 weeks of the National Retail Federation are 2012, 2017 and 2023
CALENDARS["weeks(4-5-4, Sat nearest to Jan)"] = (fiscal([4, 5, 4] * 4, "2012-01-29", (0, 5, 11)), (12,))
CALENDARS["weeks(4-4-5, last Sat of Sep)"] = (fiscal([4, 4, 5] * 4, "2012-09-30", (4, 10)), (12,))
CALENDARS["weeks(13x4, Sun nearest to Dec)"] = (fiscal([4] * 13, "2012-01-02", (3, 8)), (13,))


def frame(ds: Any, n: int | None = None) -> pd.DataFrame:
    index = pd.DatetimeIndex(ds)[:n]
    return pd.DataFrame({"ds": index, "y": wave(len(index), period=6)})


@pytest.mark.parametrize("freq", CALENDARS)
def test_a_calendar_is_found_and_gone_on_with(freq: str) -> None:
    whole, seasons = CALENDARS[freq]
    panel = to_panel(frame(whole))
    assert (panel.freq, panel.n_gaps, panel.n_series) == (freq, 0, 1)
    np.testing.assert_array_equal(panel.times(0), whole)
    # its name says all
    assert named_grid(freq) == panel.grid
    assert usual_seasons(panel.grid) == seasons
    n = len(whole) - 9
    forecast = PretrainedLSTM(9).fit(frame(whole, n)).predict()
    np.testing.assert_array_equal(forecast["ds"], whole[n:])


@pytest.mark.parametrize("freq", CALENDARS)
def test_newer_rows_and_model_files_keep_the_calendar(freq: str, tmp_path: Any) -> None:
    whole = CALENDARS[freq][0]
    data, n = frame(whole), len(whole) - 9
    PretrainedLSTM(3).fit(data[:n]).save(tmp_path / "model.safetensors")
    model = LSTMForecaster.load(tmp_path / "model.safetensors")
    for rows in ([0], [0, 1, 2], [0, 2, 4], [2, 3]):
        found = model.predict(data=data.iloc[[n + k for k in rows]])
        np.testing.assert_array_equal(found["ds"], whole[n + rows[-1] + 1 :][:3])
    assert model.evaluate(data[n:]).n_origins == 9


@given(freq=st.sampled_from(list(CALENDARS)), begin=st.integers(0, 60), steps=st.integers(-20, 20))
def test_steps_and_times_are_each_others_inverse(freq: str, begin: int, steps: int) -> None:
    whole = CALENDARS[freq][0].to_numpy(dtype="datetime64[ns]")
    grid, start = named_grid(freq), whole[begin + 20 : begin + 21]
    there = grid.times(start, np.array([steps]))
    np.testing.assert_array_equal(there, whole[begin + 20 + steps])
    if steps >= 0:
        assert grid.positions(there, start).tolist() == [steps]


def test_holidays_are_gaps_of_a_calendar() -> None:
    whole = CALENDARS["week(Mon-Sat)"][0]
    closed = whole.isin(pd.to_datetime(["2024-01-01", "2024-04-01", "2024-05-01"]))
    panel = to_panel(frame(whole[~closed]))
    # the first one lies before all others
    assert (panel.freq, panel.n_gaps) == ("week(Mon-Sat)", 2)


def test_what_is_no_calendar_stays_what_it_was() -> None:
    days = pd.date_range("2024-01-01", periods=200)
    rng = np.random.default_rng(0)
    assert to_panel(frame(days[np.sort(rng.choice(200, 150, replace=False))])).freq == "D"
    assert to_panel(frame(days[days.day_of_week < 5])).freq == "B"
    # two weeks without Sundays are no calendar
    assert to_panel(frame(days[:12][days[:12].day_of_week < 6])).freq == "D"
    hours = pd.date_range("2024-01-01", periods=600, freq="h")
    assert to_panel(frame(hours.delete(range(30, 50)))).freq == "h"
    with pytest.raises(DataError, match="irregular"):
        to_panel(frame(days[np.sort(rng.choice(200, 60, replace=False))]))


def test_zones_do_not_move_opening_hours() -> None:
    local = times("2024-02-01", "2024-05-01", "h", lambda e: (e.hour >= 9) & (e.hour <= 16) & (e.day_of_week < 5))
    aware = local.tz_localize("Europe/Berlin")
    panel = to_panel(frame(aware[:-8]))
    assert (panel.freq, panel.n_gaps) == ("week(Mon-Fri 09:00-16:00/h)", 0)
    forecast = PretrainedLSTM(8).fit(frame(aware[:-8])).predict()
    np.testing.assert_array_equal(pd.DatetimeIndex(forecast["ds"]), aware[-8:])


def test_a_step_that_was_given_keeps_to_the_times_at_which_values_come() -> None:
    whole = CALENDARS["week(Mon-Sat 09:00-15:30/30min)"][0]
    assert to_panel(frame(whole), freq="30min").freq == "week(Mon-Sat 09:00-15:30/30min)"
    # few steps that are empty are what was asked for
    assert to_panel(frame(CALENDARS["week(Mon-Sat)"][0]), freq="D").freq == "D"
    assert to_panel(frame(whole), freq="week(Mon-Sun 09:00-15:30/30min)").n_gaps > 0


@pytest.mark.parametrize(
    "freq",
    [
        *("week(Mo-Sat)", "week(Mon 25:00)", "week(Mon 9-17/h)", "weeks(4-4-4 from 2020-01-05)", "weeks(4-4-5)"),
        *("weeks(4-4-4, last Sat of Sep)", "weeks(4-4-5, Sat near Jan)", "weeks(4-4-5, last Som of Sep)"),
        *("month(1,32)", "month(0)", "month(5 Fri)", "year(1D)", "week(Mon 09:00-10:00/0min)", "year(D)"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_named(freq: str) -> None:
    with pytest.raises(ConfigError, match="describes no calendar, and one like"):
        to_panel(frame(pd.date_range("2024-01-01", periods=9)), freq=freq)


def test_calendars_are_said_in_words() -> None:
    words = {freq: frequency_words(freq) for freq in ("week(Mon-Sat)", "month(15)", "3month(15)", "year(16D)", "order")}
    assert words == {
        "week(Mon-Sat)": "in each week: Mon-Sat",
        "month(15)": "in each month: 15",
        "3month(15)": "on day 15 of every 3 months",
        "year(16D)": "every 16D from January 1st of each year",
        "order": "the order of the rows",
    }
    assert frequency_words("month(15)", Texts("zh")) == "每月：15"


JITTER = np.random.default_rng(1).integers(0, 9, 400)


@pytest.mark.parametrize(
    ("freq", "offset", "unit"), [("h", "0s", "s"), ("5min", "17s", "s"), ("10s", "0s", "ms"), ("D", "9h", "min")]
)
def test_a_clock_that_is_a_little_off_keeps_its_steps(freq: str, offset: str, unit: str) -> None:
    exact = pd.date_range("2024-03-01", periods=400, freq=freq) + pd.Timedelta(offset)
    panel = to_panel(frame(exact + pd.to_timedelta(JITTER, unit)))
    assert (panel.freq, panel.n_gaps, len(panel.values)) == (freq, 0, 400)
    beside = np.abs(panel.times(0) - exact)
    assert beside.max() <= pd.Timedelta(8, unit)
    # a missing step is one, and a given frequency means the same
    assert to_panel(frame((exact + pd.to_timedelta(JITTER, unit)).delete(7)), freq=freq).n_gaps == 1
    model = PretrainedLSTM(2).fit(frame(exact[:390] + pd.to_timedelta(JITTER[:390], unit)))
    found = model.predict(data=frame(exact[390:] + pd.to_timedelta(JITTER[390:], unit)))
    assert abs(found["ds"].iloc[0] - (exact[-1] + (exact[1] - exact[0]))) <= pd.Timedelta(8, unit)


def test_what_was_moved_is_said(tmp_path: Any) -> None:
    hours = pd.date_range("2024-03-01", periods=40, freq="h")
    for name, times in (("exact", hours), ("moved", hours + pd.to_timedelta(JITTER[:40], "s"))):
        frame(times).to_csv(tmp_path / f"{name}.csv", index=False)
    assert read_table(tmp_path / "exact.csv").date_format == "%Y-%m-%d %H:%M:%S"
    assert read_table(tmp_path / "moved.csv").date_format == "%Y-%m-%d %H:%M:%S, each moved to its step"


def test_the_order_of_rows_may_be_all_that_counts() -> None:
    days = pd.to_datetime("2024-01-01") + pd.to_timedelta(np.cumsum(np.random.default_rng(2).integers(1, 30, 140)), "D")
    data = frame(days)
    panel = to_panel(data.iloc[::-1], freq="order")
    assert (panel.freq, panel.n_gaps, panel.starts.tolist()) == ("order", 0, [0])
    np.testing.assert_array_equal(panel.values, data["y"])
    model = PretrainedLSTM(3).fit(data, freq="order")
    assert model.predict()["ds"].tolist() == [140, 141, 142]
    assert model.predict()["LSTM"].tolist() == PretrainedLSTM(3).fit(data["y"].to_numpy()).predict()["LSTM"].tolist()
    assert model.predict(data=data)["ds"].tolist() == [140, 141, 142]
    # whatever the times are
    assert to_panel(data.assign(ds=[f"visit {k}" for k in range(140)]), freq="order", time_col="ds").n_gaps == 0
    two = pd.concat([data.assign(unique_id="a"), data.assign(unique_id="b")[:90]]).sample(frac=1, random_state=0)
    assert sorted(to_panel(two, freq="order").lengths.tolist()) == [90, 140]
