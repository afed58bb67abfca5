"""Are seasons found where people know of one, and nowhere else?"""

from pathlib import Path

import numpy as np
import pytest

from gatecast import datasets
from gatecast.data import to_panel
from gatecast.data.panel.frequency import named_grid
from gatecast.data.seasonality.peaks import differenced, log_tail, season_p_values
from gatecast.data.seasonality.period import find_period
from gatecast.data.seasonality.seasons import (
    check_seasons,
    choose_seasons,
    find_longer_season,
    find_season,
    usual_seasons,
)
from gatecast.exceptions import ConfigError

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.parametrize(
    ("freq", "seasons"),
    [
        ("s", (60, 3600)),
        ("min", (60, 1440)),
        ("5min", (288, 2016)),
        ("10min", (144, 1008)),
        ("15min", (96, 672)),
        ("30min", (48, 336)),
        ("h", (24, 168)),
        ("6h", (4, 28)),
        ("7h", (24,)),
        ("D", (7, 365)),
        ("2D", (183,)),
        ("B", (5,)),
        ("W-SUN", (52,)),
        ("2W-SUN", (26,)),
        ("MS", (12,)),
        ("2MS", (6,)),
        ("5MS", ()),
        ("QS-JAN", (4,)),
        ("YS-JAN", ()),
        ("SMS", ()),
        (1, ()),
        (60, ()),
    ],
)
def test_usual_seasons_of_a_frequency(freq, seasons):
    assert usual_seasons(named_grid(freq)) == seasons


def autoregression(rng, memory, n):
    y = rng.normal(size=n + 50)
    for t in range(1, n + 50):
        y[t] += memory * y[t - 1]
    return y[50:]


SEASONLESS = {
    "noise": lambda rng, n: rng.normal(size=n),
    "random walk": lambda rng, n: rng.normal(size=n).cumsum(),
    "random walk + noise": lambda rng, n: rng.normal(size=n).cumsum() * 0.3 + rng.normal(size=n),
    "autoregression": lambda rng, n: autoregression(rng, 0.9, n),
    "alternating": lambda rng, n: autoregression(rng, -0.5, n),
    "heavy tails": lambda rng, n: rng.standard_t(2, size=n),
    "growth": lambda rng, n: np.exp(0.1 * rng.normal(size=n).cumsum()),
    "curve": lambda rng, n: np.arange(n) ** 2 * 0.01 + rng.normal(size=n),
}


@pytest.mark.parametrize("kind", SEASONLESS)
@pytest.mark.parametrize(("n", "season"), [(40, 4), (36, 12), (120, 12), (720, 168)])
def test_false_alarms_are_rare(kind, n, season):
    rng = np.random.default_rng(0)
    series = [SEASONLESS[kind](rng, n) for _ in range(200)]
    alarms = [check_seasons(y, np.array([0, n]), [season])[0].kept for y in series]
    # meant are 1 %; of 200, more than 10 come by chance once in ten million times
    assert sum(alarms) <= 10
    together = check_seasons(np.concatenate(series), np.arange(201) * n, [season])[0]
    assert not together.kept
    assert together.strength == pytest.approx(np.mean(alarms))


@pytest.mark.parametrize("kind", SEASONLESS)
@pytest.mark.parametrize("n", [40, 100, 400, 1000])
def test_no_period_is_found_where_there_is_none(kind, n):
    rng = np.random.default_rng(1)
    found = [find_period(SEASONLESS[kind](rng, n)) for _ in range(200)]
    assert sum(period is not None for period in found) <= 10


def test_changes_are_in_units_of_the_largest_and_carry_what_was_last():
    expected = [[-1 / 3, -1 / 3, 1 / 3, 1.0]]
    np.testing.assert_allclose(differenced(np.array([[1.0, np.nan, 2.0, 4.0]])), expected, rtol=1e-15)


def test_given_seasons_are_taken_as_they_are():
    panel = to_panel(np.tile([1.0, 2.0, 5.0, 3.0], 30))
    assert choose_seasons(panel, (12, 4)).lengths == (4, 12)
    assert choose_seasons(panel, 1).lengths == ()


def test_p_values_are_uniform_without_a_season():
    rows = differenced(np.random.default_rng(0).normal(size=(4000, 120)))
    p = season_p_values(rows, 12)
    # twice the smaller of two valid p-values is conservative, and not by more than a half
    for level in (0.01, 0.05, 0.2):
        # three standard deviations of a binomial
        assert np.mean(p < level) <= level + 3 * np.sqrt(level / 4000)
        assert np.mean(p < level) >= level / 2 - 3 * np.sqrt(level / 4000)


def test_tail_is_that_of_the_f_distribution():
    f = pytest.importorskip("scipy.stats").f
    ratios = np.array([0.1, 1.0, 5.0, 40.0])
    np.testing.assert_allclose(log_tail(ratios, 4), f.logsf(ratios, 2, 8), rtol=1e-12)


@pytest.mark.parametrize("season", [4, 7, 12, 24])
def test_a_clear_season_is_kept_and_others_are_not(season):
    rng = np.random.default_rng(season)
    n = 8 * season + 3
    y = np.concatenate([np.resize(rng.normal(size=season), n) + 0.3 * rng.normal(size=n) for _ in range(30)])
    checks = check_seasons(y, np.arange(31) * n, [season, season + 1])
    assert [(c.season_length, c.kept) for c in checks] == [(season, True), (season + 1, False)]
    assert str(checks[0].message) == f"{checks[0].strength:.0%} of 30 series show a season of {season} steps."
    assert str(checks[1].message).endswith("at least 5% were expected.")


def hours(rng, weekly):
    """Ten weeks: a day whose height wanders and, if wanted, Sundays."""
    t = np.arange(1680)
    height = 1 + np.repeat(0.2 * rng.normal(size=70), 24)
    y = height * np.sin(2 * np.pi * t / 24) + np.cos(4 * np.pi * t / 24) + 0.1 * rng.normal(size=1680)
    return y - weekly * (t // 24 % 7 == 6)


@pytest.mark.parametrize("weekly", [0.0, 0.5])
def test_a_longer_season_must_show_more_than_the_shorter_one(weekly):
    rng = np.random.default_rng(0)
    y = np.concatenate([hours(rng, weekly) for _ in range(20)])
    day, week = check_seasons(y, np.arange(21) * 1680, [168, 24])
    assert (day.season_length, day.kept, week.season_length, week.kept) == (24, True, 168, weekly > 0)
    assert "a season of 168 steps beyond that of 24" in str(week.message)


@pytest.mark.parametrize("weekly", [0.0, 0.5])
def test_a_longer_season_is_searched_for_where_there_are_no_dates(weekly):
    rng = np.random.default_rng(0)
    panel = to_panel(hours(rng, weekly))
    seasons = choose_seasons(panel)
    assert seasons.lengths == ((24, 168) if weekly else (24,))
    # a week holds a day so often that its length is known to the step
    assert seasons.is_exact == (weekly > 0)
    assert [str(check.message) for check in seasons.checks][-1].endswith(f"every {seasons.lengths[-1]} steps.")


@pytest.mark.parametrize("period", [12, 24, 8.3, 31.7])
def test_a_single_season_is_rarely_taken_for_two(period):
    rng = np.random.default_rng(0)
    t, alarms = np.arange(600), 0
    for _ in range(100):
        harmonics = rng.normal(size=(3, 1)) * np.cos(
            2 * np.pi * (np.arange(1, 4)[:, None] * t / period + rng.random((3, 1)))
        )
        y = harmonics.sum(axis=0) + autoregression(rng, 0.5, 600)
        alarms += find_longer_season(y, np.array([0, 600]), round(period)) is not None
    # meant are less than 1 %; of 100, more than 4 come by chance once in three hundred times, and the seed is fixed
    assert alarms <= 4


def test_a_longer_season_of_too_few_periods_is_not_searched_for():
    rng = np.random.default_rng(0)
    y = hours(rng, 2.0)
    assert find_longer_season(y, np.array([0, len(y)]), 24) == 168
    assert find_longer_season(y[: 3 * 5 * 24 - 1], np.array([0, 3 * 5 * 24 - 1]), 24) is None
    assert find_longer_season(np.empty(0), np.array([0, 0]), 24) is None


def test_gaps_level_size_and_trend_do_not_matter():
    rng = np.random.default_rng(0)
    y = np.resize(rng.normal(size=12), 120) + 0.3 * rng.normal(size=120)
    with_gaps = y.copy()
    with_gaps[rng.choice(120, 15, replace=False)] = np.nan
    with_gaps[:4] = np.nan
    for changed in (y, 1e200 * y, 1e-200 * y, y + 1e6, y + np.arange(120), with_gaps):
        assert check_seasons(changed, np.array([0, 120]), [12])[0].kept
        assert find_season(changed, np.array([0, 120])) == 12


def test_too_short_constant_straight_and_empty_series_show_nothing():
    parts = [np.full(100, 3.0), 0.1 * np.arange(100.0), np.full(100, np.nan), np.arange(5.0), np.empty(0)]
    values = np.concatenate(parts)
    offsets = np.concatenate(([0], np.cumsum([len(p) for p in parts])))
    check = check_seasons(values, offsets, [7])[0]
    assert (check.kept, check.strength) == (False, 0.0)
    assert find_season(values, offsets) is None
    check = check_seasons(values, offsets, [40])[0]
    assert (check.kept, str(check.message)) == (
        False,
        "No series has 3 full seasons of 40 steps, so it cannot be seen.",
    )


def test_a_season_of_one_step_is_refused():
    with pytest.raises(ConfigError, match="at least 2 steps, got 1"):
        check_seasons(np.ones(9), np.array([0, 9]), [1])


@pytest.mark.parametrize("seed", range(5))
def test_period_of_a_noisy_sine(seed):
    y = np.sin(0.1 * np.arange(8000)) + 0.5 * np.random.default_rng(seed).normal(size=8000)
    # 2 pi / 0.1 = 62.8
    assert find_season(y, np.array([0, 8000])) == 63


def test_period_of_sunspots_is_eleven_years():
    sunspots = datasets.sunspots()["y"].to_numpy()
    assert find_season(sunspots, np.array([0, len(sunspots)])) == 11


def test_a_harmonic_is_not_taken_for_the_season():
    rng = np.random.default_rng(0)
    t = np.arange(600)
    # the fifth harmonic is the strongest
    y = np.sin(2 * np.pi * t / 12) + 3 * np.sin(2 * np.pi * 5 * t / 12) + 0.5 * rng.normal(size=600)
    assert find_season(y, np.array([0, 600])) == 12


def test_the_season_of_most_series_is_taken():
    rng = np.random.default_rng(0)
    parts = [np.resize(rng.normal(size=m), 200) + 0.2 * rng.normal(size=200) for m in (9, 9, 9, 14, 9)]
    assert find_season(np.concatenate(parts), np.arange(6) * 200) == 9
    different = [np.resize(rng.normal(size=m), 200) + 0.2 * rng.normal(size=200) for m in (5, 7, 9, 13)]
    assert find_season(np.concatenate(different), np.arange(5) * 200) is None


@pytest.mark.skipif(not DATA.exists(), reason="the real series are not here")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m4/m4_hourly", {24: 0.95, 168: 0.3}),
        ("m4/m4_weekly", {52: 0.5}),
        ("tourism/tourism_monthly", {12: 0.9}),
        ("tourism/tourism_quarterly", {4: 0.8}),
        ("hospital", {12: 0.2}),
        ("nn5", {7: 0.95}),
        ("us_births", {7: 1.0, 365: 1.0}),
        ("vic_elec", {48: 1.0, 336: 1.0}),
    ],
)
def test_real_series_show_their_seasons(name, expected):
    pandas = pytest.importorskip("pandas")
    table = pandas.read_parquet(DATA / f"{name}.parquet")
    table = table[~table["is_test"]] if "is_test" in table else table
    ids = table["unique_id"].to_numpy() if "unique_id" in table else np.zeros(len(table))
    begins = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1], [True])))
    checks = check_seasons(table["y"].to_numpy(dtype=float), begins, expected)
    assert all(check.kept and check.strength >= expected[check.season_length] for check in checks), checks
