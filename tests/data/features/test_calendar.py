"""Does the calendar tell times apart as people do, and are holidays those of the country?"""

import sys

import numpy as np
import pandas as pd
import pytest

from gatecast.data import to_panel
from gatecast.data.features.calendar import calendar_features, check_country, holiday_features, wall_clock
from gatecast.data.panel.frequency import named_grid
from gatecast.exceptions import ConfigError

DAY_CYCLES = ["day_of_week", "day_of_year"]
CYCLES = {
    "h": ["time_of_day", *DAY_CYCLES],
    "15min": ["time_of_day", *DAY_CYCLES],
    "bh": ["time_of_day", *DAY_CYCLES],
    "D": DAY_CYCLES,
    "B": DAY_CYCLES,
    "2D": DAY_CYCLES,
    "W-SUN": ["day_of_year"],
    "5B": ["day_of_year"],
    "14D": ["day_of_year"],
    "SMS-15": ["day_of_year"],
    "MS": ["month"],
    "2ME": ["month"],
    "BME": ["month"],
    "QE-DEC": ["quarter"],
    "QS-FEB": ["quarter"],
    "YS-JAN": [],
    "2YE-DEC": [],
}


def features_of(times, alias):
    names, values = calendar_features(times.to_numpy(dtype="datetime64[ns]"), named_grid(alias))
    return dict(zip(names, values.T, strict=True))


@pytest.mark.parametrize("alias", CYCLES)
def test_cycles_of_each_frequency_equal_pandas(alias):
    times = pd.date_range("2023-11-15 09:30", periods=100, freq=alias)
    phases = {
        "time_of_day": (times - times.normalize()) / pd.Timedelta("1D"),
        "day_of_week": times.day_of_week / 7,
        "day_of_year": (times.day_of_year - 1) / np.where(times.is_leap_year, 366, 365),
        "month": (times.month - 1) / 12,
        "quarter": (times.quarter - 1) / 4,
    }
    found = features_of(times, alias)
    assert list(found) == [f"{name}_{wave}" for name in CYCLES[alias] for wave in ("sin", "cos")]
    for name in CYCLES[alias]:
        angle = 2 * np.pi * np.asarray(phases[name], dtype=float)
        # float32 holds seven digits
        np.testing.assert_allclose(found[f"{name}_sin"], np.sin(angle), atol=1e-6)
        np.testing.assert_allclose(found[f"{name}_cos"], np.cos(angle), atol=1e-6)


def test_integer_steps_have_no_calendar():
    names, values = calendar_features(np.arange(5), named_grid(1))
    assert (names, values.shape, values.dtype) == ((), (5, 0), np.float32)


@pytest.mark.parametrize("freq", ["h", "D", "ME"])
def test_wall_clock_is_the_users(freq):
    times = pd.date_range("2024-03-25", periods=200, freq=freq, tz="Europe/Berlin")
    panel = to_panel(pd.DataFrame({"ds": times, "y": 1.0}))
    expected = times.tz_localize(None).to_numpy(dtype="datetime64[ns]")
    np.testing.assert_array_equal(wall_clock(panel, panel.all_times()), expected)
    np.testing.assert_array_equal(wall_clock(panel, panel.all_times().reshape(2, 100)), expected.reshape(2, 100))


def holidays_of(times, alias, country):
    pytest.importorskip("holidays")
    names, values = holiday_features(times.to_numpy(dtype="datetime64[ns]"), named_grid(alias), country)
    assert values.dtype == np.float32
    return {name: times[column > 0].strftime("%m-%d").tolist() for name, column in zip(names, values.T, strict=True)}


def test_holidays_of_days():
    # New Year and Independence Day are on the same day each year
    found = holidays_of(pd.date_range("2023-07-01", "2023-07-10"), "D", "US")
    assert found == {"holiday": ["07-04"], "day_before_holiday": ["07-03"], "day_after_holiday": ["07-05"]}
    # the holiday of the next year is known on the last day of this one
    edge = holidays_of(pd.date_range("2024-12-30", "2024-12-31"), "D", "US")
    assert edge == {"holiday": [], "day_before_holiday": ["12-31"], "day_after_holiday": []}


def test_holidays_of_hours_last_the_whole_day():
    found = holidays_of(pd.date_range("2023-07-03 12:00", periods=48, freq="h"), "h", "US")
    assert found["holiday"] == ["07-04"] * 24


def test_holidays_of_a_part_of_a_country():
    # Melbourne Cup Day, the first Tuesday of November, is a holiday in Victoria alone
    november = pd.date_range("2024-11-01", "2024-11-30")
    assert holidays_of(november, "D", "AU-VIC")["holiday"] == ["11-05"]
    assert holidays_of(november, "D", "au")["holiday"] == []


@pytest.mark.parametrize(
    ("alias", "first", "expected"),
    [
        # the weeks around Tuesday, 4 July 2023: called by their Monday, Sunday, Tuesday
        ("W-MON", "2023-06-26", [0, 1, 0]),
        ("W-SUN", "2023-07-02", [0, 1, 0]),
        ("W-TUE", "2023-07-04", [1, 0, 0]),
        ("7D", "2023-06-28", [1, 0, 0]),
        # June (19th), July (4th), August (none) of 2023 in the US
        ("MS", "2023-06-01", [1, 1, 0]),
        ("ME", "2023-06-30", [1, 1, 0]),
        # April to June: Memorial Day, Juneteenth. July to September: the 4th, Labor Day. Then Columbus, Veterans (and
        # the day it was kept instead, as the 11th was a Saturday), Thanksgiving, Christmas
        ("QS-JAN", "2023-04-01", [2, 2, 5]),
        ("QE-DEC", "2023-06-30", [2, 2, 5]),
        ("SMS-15", "2023-06-15", [1, 1, 0]),
    ],
)
def test_holidays_are_counted_in_longer_steps(alias, first, expected):
    pytest.importorskip("holidays")
    times = pd.date_range(first, periods=3, freq=alias).to_numpy(dtype="datetime64[ns]")
    names, values = holiday_features(times, named_grid(alias), "US")
    assert (names, values[:, 0].tolist()) == (("n_holidays",), expected)


def test_years_have_no_holidays_and_no_times_no_rows():
    pytest.importorskip("holidays")
    years = pd.date_range("2020", periods=3, freq="YS").to_numpy(dtype="datetime64[ns]")
    assert holiday_features(years, named_grid("YS-JAN"), "CN")[1].shape == (3, 0)
    assert holiday_features(years[:0], named_grid("D"), "CN")[1].shape == (0, 3)


@pytest.mark.parametrize(
    ("country", "says"),
    [
        ("China", "Did you mean `country='CN'`"),
        ("Chna", "Did you mean `country='CN'`"),
        ("germny", "Did you mean `country='DE'`"),
        ("中国", "Use for example `country='CN'`"),
        ("", "countries, perhaps with a part as in 'AU-VIC', got ''"),
        (7, "got 7"),
        ("AU-VIK", "names no part of AU .*`country='AU-VIC'`"),
        ("CN-XX", "names no part of CN"),
    ],
)
def test_unknown_country_is_answered_with_the_nearest(country, says):
    pytest.importorskip("holidays")
    with pytest.raises(ConfigError, match=says):
        check_country(country)


def test_known_countries():
    pytest.importorskip("holidays")
    assert (check_country("cn"), check_country("AU-vic"), check_country("UK")) == (
        ("CN", None),
        ("AU", "VIC"),
        ("UK", None),
    )


def test_holidays_need_dates():
    pytest.importorskip("holidays")
    with pytest.raises(ConfigError, match="integer steps"):
        holiday_features(np.arange(3), named_grid(1), "CN")


def test_holidays_need_their_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ConfigError, match=r"pip install 'gatecast\[holidays\]'"):
        check_country("CN")
