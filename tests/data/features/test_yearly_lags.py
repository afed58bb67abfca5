"""Do yearly lags say what was on the same days of earlier years, and nothing of what was not known yet?"""

import json
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from gatecast._json import converted
from gatecast.data import to_panel
from gatecast.data.features.holidays import holiday_names, same_date_earlier, same_holiday_earlier
from gatecast.data.features.yearly_lags import CLIP, YearlyLags, days_of, deviations, fit_yearly_lags

H = 30
DAYS = pd.date_range("2015-03-01", "2021-12-31", freq="D")
FIRST = days_of(DAYS[:1].to_numpy())
FOUR = (1, 2, 3, 4)


def noise(seed=0, n=None):
    return np.random.default_rng(seed).normal(size=n or len(DAYS))


def inputs_of(own, values, n_ahead=0):
    n = len(values) + n_ahead
    return own.inputs(values, np.array([0, len(values)]), FIRST, np.zeros(n, np.int64), np.arange(n))


def column(own, inputs, name):
    return inputs[:, own.names.index(name)]


def day(text):
    return DAYS.get_loc(pd.Timestamp(text))


def number(*texts):
    return np.array(texts, "datetime64[D]").astype(np.int64)


def test_deviations_are_from_the_median_of_the_weeks_around():
    values = noise(n=200)
    values[[3, 60, 67, 150]] = np.nan
    offsets = np.array([0, 120, 121, 200])
    expected = []
    for begin, end in pairwise(offsets):
        series = pd.Series(values[begin:end])
        beside = [series.shift(7 * week) for week in (-3, -2, -1, 1, 2, 3)]
        expected.append(series - pd.concat(beside, axis=1).median(axis=1))
    np.testing.assert_allclose(deviations(values, offsets), np.concatenate(expected))


def test_each_input_is_the_deviation_on_its_day():
    values = noise()
    deviating = deviations(values, np.array([0, len(values)]))
    own = YearlyLags(1.0, FOUR, "US")
    inputs = inputs_of(own, values)
    assert inputs.shape == (len(DAYS), len(own.names))
    assert inputs.dtype == np.float32

    def at(name, date):
        return column(own, inputs, name)[day(date)]

    # float32 holds seven digits
    assert at("date_1_years_ago", "2020-07-08") == pytest.approx(deviating[day("2019-07-08")], rel=1e-6)
    assert at("weekday_1_years_ago", "2020-07-08") == pytest.approx(deviating[day("2019-07-10")], rel=1e-6)
    four = [deviating[day(f"{year}-07-08")] for year in (2016, 2017, 2018, 2019)]
    assert at("date_before", "2020-07-08") == pytest.approx(np.mean(four), rel=1e-6)
    four = [deviating[day(f"{year}-07-10")] for year in (2016, 2017, 2018, 2019)]
    assert at("date+2_before", "2020-07-08") == pytest.approx(np.mean(four), rel=1e-6)
    # the Friday after Thanksgiving
    four = [deviating[day(date)] for date in ("2019-11-29", "2018-11-23", "2017-11-24", "2016-11-25")]
    assert at("holiday_before", "2020-11-27") == pytest.approx(np.mean(four), rel=1e-6)
    assert at("holiday_before", "2020-08-10") == 0


def test_years_in_which_a_day_was_a_weekend_are_told_from_others():
    values = noise(6)
    deviating = deviations(values, np.array([0, len(values)]))
    own = YearlyLags(1.0, FOUR, "US")
    inputs = inputs_of(own, values)

    def mean(*dates):
        return np.mean([deviating[day(date)] for date in dates])

    # 25 December was a Sunday in 2016, a Friday in 2020 and a Saturday in 2021; float32 holds seven digits
    working = mean("2017-12-25", "2018-12-25", "2019-12-25")
    for name in ("date_alike_before", "holiday_alike_before"):
        found = column(own, inputs, name)
        assert found[day("2020-12-25")] == pytest.approx(working, rel=1e-6)
    # Labor Day is a Monday in each year, its date is not
    days = ("2016-09-05", "2017-09-04", "2018-09-03", "2019-09-02")
    assert column(own, inputs, "holiday_alike_before")[day("2020-09-07")] == pytest.approx(mean(*days), rel=1e-6)
    dates = ("2016-09-07", "2017-09-07", "2018-09-07")
    assert column(own, inputs, "date_alike_before")[day("2020-09-07")] == pytest.approx(mean(*dates), rel=1e-6)
    # of the four years before 2021, none had Christmas on a weekend
    assert column(own, inputs, "date_alike_before")[day("2021-12-25")] == 0


def test_level_trend_and_weekday_are_in_no_input():
    t = np.arange(len(DAYS), dtype=float)
    own = YearlyLags(1.0, FOUR)
    inputs = inputs_of(own, 100 + 0.5 * t + 9.0 * (t % 7 > 4))
    full = [day("2020-01-01"), day("2021-06-01")]
    np.testing.assert_allclose(inputs[full[0] : full[1]], 0, atol=1e-5)


@pytest.mark.parametrize("years", [FOUR, (2, 3, 4)])
def test_inputs_depend_on_nothing_within_the_horizon(years):
    horizon = 365 * years[0] - 65
    own = YearlyLags(1.0, years, "DE")
    origin = day("2019-06-30")
    before, after = noise(1), noise(1)
    after[origin + 1 :] = noise(2)[origin + 1 :] * 50
    until = origin + 1 + horizon
    one, two = inputs_of(own, before), inputs_of(own, after)
    np.testing.assert_array_equal(one[:until], two[:until])
    # what was not there yet is not missed either
    np.testing.assert_array_equal(inputs_of(own, before[: origin + 1], until - origin - 1), one[:until])
    assert (one[until:] != two[until:]).any()


def test_newest_points_are_enough_to_go_on():
    own = YearlyLags(1.0, FOUR, "US")
    values = noise(3)
    whole = inputs_of(own, values, H)
    begin = len(values) - own.reach
    tail = own.inputs(
        values[begin:], np.array([0, own.reach]), FIRST + begin, np.zeros(H, np.int64), own.reach + np.arange(H)
    )
    np.testing.assert_array_equal(tail, whole[-H:])


def test_missing_values_and_young_series_are_zero_and_series_do_not_mix():
    own = YearlyLags(1.0, FOUR)
    young, old = noise(4)[:300], noise(5)
    old[day("2019-07-08")] = np.nan
    values, offsets = np.concatenate([young, old]), np.array([0, 300, 300 + len(old)])
    series = np.repeat([0, 1], np.diff(offsets))
    positions = np.concatenate([np.arange(300), np.arange(len(old))])
    inputs = own.inputs(values, offsets, np.repeat(FIRST, 2), series, positions)
    assert (inputs[:300] == 0).all()
    np.testing.assert_array_equal(inputs[300:], inputs_of(own, old))
    assert column(own, inputs[300:], "date_1_years_ago")[day("2020-07-08")] == 0
    assert column(own, inputs[300:], "date_before")[day("2020-07-08")] != 0
    assert np.isfinite(inputs).all()


def test_scale_is_learned_and_outliers_are_clipped():
    values = noise()
    panel = to_panel(pd.DataFrame({"ds": DAYS, "y": values}))
    own = fit_yearly_lags(panel, values, H)
    assert own == YearlyLags(own.scale, FOUR)
    assert own.scale == pytest.approx(np.nanstd(deviations(values, panel.offsets)))
    values[1500] = 1e9
    assert inputs_of(own, values).max() == CLIP


@pytest.mark.parametrize(("horizon", "years"), [(1, FOUR), (300, FOUR), (301, (2, 3, 4)), (365, (2, 3, 4))])
def test_years_that_are_not_known_ahead_are_left_out(horizon, years):
    panel = to_panel(pd.DataFrame({"ds": DAYS, "y": noise()}))
    assert fit_yearly_lags(panel, panel.values, horizon).years == years
    assert fit_yearly_lags(panel, panel.values, 5 * 365) is None


def test_there_are_none_without_three_years_of_days():
    def of(index):
        panel = to_panel(pd.DataFrame({"ds": index, "y": noise(n=len(index))}))
        return fit_yearly_lags(panel, panel.values, H)

    assert of(DAYS[: 3 * 365]) is None
    assert of(DAYS[: 3 * 365 + 1]) is not None
    assert of(range(2000)) is None
    assert of(pd.date_range("2015", periods=2000, freq="h")) is None
    constant = to_panel(pd.DataFrame({"ds": DAYS, "y": 5.0}))
    assert (inputs_of(fit_yearly_lags(constant, constant.values, H), constant.values) == 0).all()


def test_they_survive_json():
    own = YearlyLags(0.5, (2, 3), "AU-VIC")
    assert converted(json.loads(json.dumps(asdict(own))), YearlyLags) == own


def test_dates_and_holidays_of_earlier_years():
    assert (
        same_date_earlier(number("2021-03-01", "2020-02-29"), 2).tolist() == number("2019-03-01", "2018-03-01").tolist()
    )
    pytest.importorskip("holidays")
    easter = same_holiday_earlier(number("2024-03-29", "2024-03-28", "2024-08-08"), "DE", (1, 2))
    assert easter[0][:2].tolist() == number("2023-04-07", "2023-04-06").tolist()
    assert easter[1][:2].tolist() == number("2022-04-15", "2022-04-14").tolist()
    assert (easter[0][2] < 0, easter[1][2] < 0) == (True, True)
    # the first day of a holiday of several ones stands for it
    new_year = same_holiday_earlier(number("2024-02-10"), "CN", (1,))[0]
    assert new_year.tolist() == number("2023-01-22").tolist()


def test_days_near_a_holiday_bear_its_name():
    pytest.importorskip("holidays")
    # 4 July 2020 was a Saturday, and the Friday before it a day off
    days = number("2020-07-03", "2020-07-04", "2020-07-07", "2020-07-08")
    assert holiday_names(days, "US").tolist() == [
        "Independence Day -1",
        "Independence Day +0",
        "Independence Day +3",
        None,
    ]
    assert holiday_names(days[:0], "US").shape == (0,)
