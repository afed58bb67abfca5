"""Does a fit do what the rules say, whatever the lengths of the series? The rules' own numbers are not pinned."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, to_panel
from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import Seasons, choose_seasons
from gatecast.model import plan as rules
from gatecast.model.hold_out import hold_out_lengths
from gatecast.model.plan import TrainingData, input_designs, make_plan
from gatecast.model.selection import clearly_best
from gatecast.model.settings import Settings
from gatecast.network.inputs import ValueInputs
from made_series import SMALL, forecaster, table, wave


def panel_of(*lengths: int, freq: str | int = 1) -> Panel:
    """Series of these lengths with values that differ."""
    values = np.concatenate([wave(n, seed=k) for k, n in enumerate(lengths)])
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    starts = np.zeros(len(lengths), np.int64)
    starts = starts if freq == 1 else np.full(len(lengths), np.datetime64("2020-01-01", "ns"))
    return Panel(np.arange(len(lengths)), values, offsets, starts, freq)


def learned_from(panel: Panel, seasons: Seasons, **settings: Any) -> TrainingData:
    """Nothing of it is held out."""
    return TrainingData(Settings(**{"loss": "mae"} | settings), panel, np.zeros(panel.n_series, np.int64), seasons)


def plan_of(panel: Panel, *seasons: int, **settings: Any) -> Any:
    return make_plan(learned_from(panel, Seasons(seasons), **settings))


# --- hold-out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("horizon", [1, 6, 24])
@pytest.mark.parametrize("lengths", [(1000,), (100,) * 50, (40, 400, 4000), (9,), (2, 3, 500)])
def test_hold_out_is_a_horizon_or_nothing_and_leaves_the_greater_part(lengths: tuple[int, ...], horizon: int) -> None:
    held = hold_out_lengths(Settings(horizon=horizon), panel_of(*lengths))
    some = held > 0
    assert (held[some] >= horizon).all()
    assert (np.array(lengths)[some] - held[some] >= 2 * horizon).all()
    assert (held <= np.maximum(np.array(lengths) / 4, horizon)).all()
    assert some[np.array(lengths) >= 4 * horizon + 10].all()


def test_hold_out_can_be_chosen() -> None:
    panel = panel_of(100, 200, 10)
    assert hold_out_lengths(Settings(validation_size=0.25), panel).tolist()[:2] == [25, 50]
    assert hold_out_lengths(Settings(validation_size=30), panel).tolist()[:2] == [30, 30]
    assert hold_out_lengths(Settings(validation_size=0), panel).tolist() == [0, 0, 0]
    # the tutorials' head has no validation set unless it is asked for
    assert hold_out_lengths(Settings(skip="none"), panel).tolist() == [0, 0, 0]
    assert hold_out_lengths(Settings(skip="none", validation_size=0.25), panel).tolist()[:2] == [25, 50]


@pytest.mark.parametrize("n", [25, 30, 43])
@pytest.mark.parametrize("size", [12, 0.3, 1])
def test_what_is_asked_for_is_held_out_of_short_series_too(n: int, size: float) -> None:
    """43 points are one less than the three horizons and eight points of which anything is held out by itself."""
    assert hold_out_lengths(Settings(12), panel_of(n)).tolist() == [0]
    held = hold_out_lengths(Settings(12, validation_size=size), panel_of(n))
    # one horizon, which is more than is asked for, or what is
    assert held.tolist() == [max(12, int(np.ceil(n * size)) if size < 1 else size)]
    plan_of(panel_of(n - 12), horizon=12)


@pytest.mark.parametrize("mode", ["sequence", "windows"])
def test_nothing_is_held_out_where_the_rest_could_not_be_learned_from(mode: str) -> None:
    asked = Settings(12, validation_size=12, mode=mode)
    assert hold_out_lengths(asked, panel_of(24)).tolist() == [0]
    assert hold_out_lengths(asked, panel_of(25)).tolist() == [12]
    # a series beside a long one is left the two observations that its scale needs, windows need all of them
    assert hold_out_lengths(asked, panel_of(14, 13, 100)).tolist() == ([12, 0, 12] if mode == "sequence" else [0, 0, 0])


def test_a_short_series_has_intervals_where_they_are_asked_for() -> None:
    model = forecaster(6, **SMALL | {"lookback": None, "validation_size": 6}).fit(wave(20))
    assert model.fitted_.record.hold_out == (6,)
    forecast = model.predict(level=80)
    assert (forecast["LSTM-lo-80"] < forecast["LSTM-hi-80"]).all()


def test_a_fit_says_where_it_could_not_hold_out_what_it_was_asked_for() -> None:
    model = forecaster(6, **SMALL | {"lookback": None, "validation_size": 6}).fit(wave(12))
    told = "Nothing was held out of 1 of 1 series, although `training=Training(validation_size=6)` asks for it"
    assert model.decisions_[0].startswith(told)
    with pytest.raises(DataError, match=f"Intervals were asked for.*{re.escape(told)}.*Pass longer series, or `loss="):
        model.predict(level=80)
    assert forecaster(6, **SMALL | {"validation_size": 6}).fit(wave(40)).fitted_.record.hold_out == (6,)


def test_nothing_is_held_back_of_a_series_whose_rest_would_say_nothing() -> None:
    values = np.full(200, np.nan)
    values[-3:] = [5.0, 6.0, 7.0]
    panel = Panel(np.array([0]), values, np.array([0, 200]), np.array([0]), 1)
    assert hold_out_lengths(Settings(validation_size=20), panel).tolist() == [0]
    values = np.arange(200.0)
    values[150:] = np.nan
    panel = Panel(np.array([0]), values, np.array([0, 200]), np.array([0]), 1)
    assert hold_out_lengths(Settings(validation_size=20), panel).tolist() == [0]
    assert hold_out_lengths(Settings(validation_size=80), panel).tolist() == [80]


def test_a_lookback_that_was_given_is_left_room_for() -> None:
    panel = panel_of(60)
    held = hold_out_lengths(Settings(horizon=5, lookback=54), panel)
    assert held.tolist() == [0]
    plan_of(panel.head(panel.lengths - held), horizon=5, lookback=54)


# --- seasons ---------------------------------------------------------------------------------------------------------


def cycle(n: int, *periods: int) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 0.3, n)
    return noise + sum(3 * np.sin(2 * np.pi * np.arange(n) / period) for period in periods)


def daily(values: np.ndarray) -> Panel:
    return to_panel(pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=len(values)), "y": values}))


def test_given_seasons_are_taken_as_they_are() -> None:
    panel = daily(cycle(400, 7))
    assert choose_seasons(panel, 30) == Seasons((30,), "given")
    assert choose_seasons(panel, [30, 7]).lengths == (7, 30)
    assert choose_seasons(panel, 1).lengths == ()


def test_seasons_of_the_frequency_are_kept_where_the_data_show_them() -> None:
    seasons = choose_seasons(daily(cycle(900, 7)))
    assert (seasons.lengths, seasons.shortest, seasons.source) == ((7,), 7, "frequency")
    assert {check.season_length: check.kept for check in seasons.checks}[7]
    seasons = choose_seasons(daily(np.random.default_rng(0).normal(size=900)))
    assert (seasons.lengths, seasons.shortest) == ((), 1)
    assert "does not show" in str(seasons.checks[0].message)


def test_season_is_searched_for_where_the_frequency_suggests_none() -> None:
    seasons = choose_seasons(to_panel(cycle(600, 17)))
    assert seasons.lengths == (17,)
    assert not seasons.is_exact
    assert "17 steps" in str(seasons.checks[0].message)
    assert choose_seasons(to_panel(np.random.default_rng(0).normal(size=600))) == Seasons((), "search")


def test_found_season_is_what_the_fit_uses_and_says() -> None:
    model = forecaster(**SMALL).fit(cycle(600, 17))
    assert model.fitted_.season_length == 17
    assert 17 in model.fitted_.preparation.value_inputs.lags
    assert [check.season_length for check in model.fitted_.record.seasons.checks] == [17]
    assert "SeasonalNaive" in model.evaluate(cycle(650, 17)).scores


# --- sizes -----------------------------------------------------------------------------------------------------------


def test_what_was_given_is_taken() -> None:
    plan = plan_of(panel_of(500), lookback=7, hidden_size=5, n_layers=3, epochs=9, batch_size=11, learning_rate=0.5)
    found = (plan.lookback, plan.hidden_size, plan.n_layers, plan.epochs, plan.batch_size, plan.learning_rate)
    assert found == (7, 5, 3, 9, 11, 0.5)
    assert plan_of(panel_of(500), learning_rate="find").learning_rate is None
    assert plan_of(panel_of(500), dilations=(1, 2, 4)).n_layers == 3


@pytest.mark.parametrize("n", [2, 5, 30, 300, 30_000])
@pytest.mark.parametrize("seasons", [(), (7,), (24, 168), (500,)])
@pytest.mark.parametrize("mode", ["sequence", "windows"])
def test_lookback_leaves_most_of_a_series_for_targets(n: int, seasons: tuple[int, ...], mode: str) -> None:
    plan = plan_of(panel_of(n), *seasons, mode=mode)
    assert 1 <= plan.lookback <= max(1, n // 3)
    assert plan.season_length == (seasons[0] if seasons else 1)
    assert plan.n_steps >= 1
    if n > 10_000 and seasons == (24, 168):
        assert plan.lookback >= 2 * 24


def test_more_data_are_not_learned_more_often() -> None:
    small, middle, large = (plan_of(panel_of(n)) for n in (200, 20_000, 2_000_000))
    assert small.epochs >= middle.epochs >= large.epochs
    assert small.hidden_size <= middle.hidden_size <= large.hidden_size
    assert large.n_steps < 10 * middle.n_steps


def test_windows_make_the_steps_of_an_epoch() -> None:
    tutorial = plan_of(panel_of(8000), mode="windows", lookback=1, batch_size=1, drop_last_window=True)
    # range(len(dataset) - look_back - 1) of the tutorial's code
    assert tutorial.steps_per_epoch == 8000 - 1 - 1
    two = plan_of(panel_of(100, 50), mode="windows", lookback=10, horizon=5, batch_size=32)
    assert two.steps_per_epoch == -(-(86 + 36) // 32)


@pytest.mark.parametrize("mode", ["sequence", "windows"])
def test_shortest_possible_series_is_lookback_plus_horizon(mode: str) -> None:
    assert plan_of(panel_of(8), mode=mode, lookback=5, horizon=3).steps_per_epoch == 1
    assert plan_of(panel_of(2), mode=mode, lookback=1, horizon=1).steps_per_epoch == 1
    with pytest.raises(DataError, match="need at least 8"):
        plan_of(panel_of(7), mode=mode, lookback=5, horizon=3)


# --- series of every length ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transform", ["auto", "log1p", "box-cox", "difference", "seasonal-difference"])
@pytest.mark.parametrize("short", [1, 2, 3, 6, 11, 12, 13])
def test_short_series_are_served_by_what_long_ones_teach(short: int, transform: str) -> None:
    data = pd.concat([table(200), table(short, ("short",))])
    settings = SMALL | {"transform": transform, "season_length": 7}
    model = forecaster(horizon=4, **settings).fit(data)
    forecast = model.predict(9, level=80)
    assert np.isfinite(forecast.iloc[:, 2:].to_numpy(float)).all()
    ours = forecast.loc[forecast["unique_id"] == "short"]
    assert ours["ds"].iloc[0] == pd.Timestamp("2024-01-01") + pd.Timedelta(days=short)
    if transform == "auto":
        # somewhere near the values of the series, which is all that is known
        y = data.loc[data["unique_id"] == "short", "y"]
        assert np.abs(ours["LSTM"] - y.mean()).max() < 10


def test_windows_refuse_a_series_that_has_none() -> None:
    data = pd.concat([table(200), table(10, ("short",))])
    with pytest.raises(DataError, match="Series 'short' has 10 points"):
        forecaster(horizon=4, **SMALL, mode="windows").fit(data)


@pytest.mark.parametrize("n", [2, 3, 4, 6, 9, 14])
@pytest.mark.parametrize("settings", [{}, {"skip": "none"}, {"mode": "windows"}, {"loss": "normal"}])
def test_single_short_series_is_forecast(n: int, settings: dict[str, Any]) -> None:
    made = SMALL | {"lookback": None} | settings
    model = forecaster(**made).fit(wave(n))
    assert np.isfinite(model.predict(3)["LSTM"]).all()


@pytest.mark.parametrize("transform", ["auto", "log1p", "box-cox", "difference"])
def test_constant_series_among_others_is_forecast_as_that_constant(transform: str) -> None:
    data = pd.concat([table(200), table(200, ("c",)).assign(y=7.5)])
    model = forecaster(horizon=4, **SMALL | {"transform": transform}).fit(data)
    forecast = model.predict(9)
    np.testing.assert_allclose(forecast.loc[forecast["unique_id"] == "c", "LSTM"], 7.5, rtol=1e-12)


def test_series_of_very_different_lengths_and_sizes_learn_together() -> None:
    parts = [
        table(n, (f"s{n}",)).assign(y=lambda d, n=n: d["y"] * 10.0 ** (n % 7 - 3)) for n in (20, 55, 150, 400, 900)
    ]
    model = forecaster(horizon=4, **SMALL).fit(pd.concat(parts))
    forecast = model.predict()
    for part in parts:
        y, ours = part["y"], forecast.loc[forecast["unique_id"] == part["unique_id"].iloc[0], "LSTM"]
        # within twice the range of the series
        assert (np.abs(ours - y.mean()) < 2 * (y.max() - y.min())).all()


def test_three_of_the_shortest_season_are_looked_back_where_it_is_exact() -> None:
    def shown(panel: Panel, seasons: tuple[int, ...], source: str) -> ValueInputs:
        return input_designs(learned_from(panel, Seasons(seasons, source)))[0].value_inputs

    hourly = to_panel(pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=600, freq="h"), "y": wave(600)}))
    assert shown(hourly, (24, 168), "frequency") == ValueInputs(
        (1, 24, 48, 72, 168), (1, 24, 48, 72, 168, -24), level=False
    )
    plain = to_panel(wave(600))
    assert shown(plain, (7,), "given").lags == (1, 7, 14, 21)
    # the frequency says nothing, so that this one was searched for
    assert shown(plain, (7,), "search").lags == (1, 7)
    assert shown(plain, (), "search").lags == (1,)


@pytest.mark.parametrize("many", [100, 10**9], ids=["many points", "few points"])
def test_the_level_is_never_taken_without_a_comparison(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MANY_POINTS", many)
    panel, nothing = panel_of(200, 200), np.zeros(2, np.int64)
    for held, settings in ((20, Settings()), (0, Settings()), (20, Settings(transform="none"))):
        designs = input_designs(TrainingData(settings, panel, nothing + held, Seasons((7,))))
        assert not designs[0].value_inputs.level
        assert 0 not in designs[0].value_inputs.skip_forecasts
        is_compared = held > 0 and settings.transform == "auto"
        assert [design.value_inputs.level for design in designs].count(True) == is_compared


def test_whatever_is_not_the_first_way_must_be_better_by_its_margin() -> None:
    margins = [0.05, 0.01, 0.05]
    assert clearly_best([1.0, 0.995, 0.96], margins) == 0
    assert clearly_best([1.0, 0.985, 0.96], margins) == 1
    assert clearly_best([1.0, 0.985, 0.93], margins) == 2
    assert clearly_best([np.nan, 0.94, 0.93], margins) == 1
    assert clearly_best([np.nan, np.nan], margins[:2]) == 0


def test_few_series_with_a_calendar_are_trained_longer() -> None:
    def steps(*lengths: int, **settings: Any) -> int:
        return int(plan_of(panel_of(*lengths, freq="D"), 7, **settings).n_steps)

    assert steps(2_000, calendar=True) > 2 * steps(2_000)
    assert steps(2_000, calendar=True) == steps(2_000, country="US")
    assert steps(*(200,) * 30, calendar=True) == steps(*(200,) * 30)
    assert steps(2_000, calendar=True, epochs=4) == steps(2_000, epochs=4)


# --- members ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [(300,), (9_000,), (1_000,) * 10])
def test_few_series_are_learned_by_several_networks(lengths: tuple[int, ...]) -> None:
    assert plan_of(panel_of(*lengths), horizon=12).n_members > 1


@pytest.mark.parametrize(
    ("lengths", "settings"),
    [
        ((3000,) * 11, {}),
        ((30_000,), {}),
        ((300,), {"horizon": 1}),
        ((300,), {"max_seconds": 5.0}),
        ((300,), {"epochs": 20}),
        ((300,), {"skip": "none"}),
        ((300,), {"mode": "windows", "lookback": 24}),
    ],
)
def test_many_series_one_step_tutorials_and_a_given_length_of_training_mean_one_network(
    lengths: tuple[int, ...], settings: dict[str, Any]
) -> None:
    assert plan_of(panel_of(*lengths), **{"horizon": 12} | settings).n_members == 1


def test_many_short_series_are_learned_for_longer_by_three_networks() -> None:
    short, long = plan_of(panel_of(*(40,) * 50), horizon=4), plan_of(panel_of(*(500,) * 50), horizon=4)
    assert (short.n_members, long.n_members) == (3, 1)
    assert 1500 <= short.n_steps < 1500 + short.steps_per_epoch
    assert 200 <= long.n_steps < 1000


@pytest.mark.parametrize("ensemble", [1, 3])
@pytest.mark.parametrize("lengths", [(300,), (300,) * 11])
def test_the_number_of_networks_can_be_chosen(lengths: tuple[int, ...], ensemble: int) -> None:
    assert plan_of(panel_of(*lengths), ensemble=ensemble, epochs=2).n_members == ensemble
