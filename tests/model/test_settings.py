"""Is every impossible setting, and every impossible combination, refused in one sentence?"""

import numpy as np
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster
from gatecast.model.settings import Settings
from made_series import SMALL, forecaster, table, wave


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"horizon": 0}, "`horizon` must be a positive integer, got 0. Use `horizon=24` for a day of hourly data."),
        ({"horizon": -3}, "`horizon` must be a positive integer, got -3"),
        ({"lookback": 0}, "`lookback` must be a positive integer, got 0. Use `lookback=64`, or None"),
        ({"hidden_size": 1.5}, "`hidden_size` must be a positive integer, got 1.5"),
        ({"n_layers": True}, "`n_layers` must be a positive integer, got True"),
        ({"epochs": "5"}, "`epochs` must be a positive integer, got '5'"),
        ({"batch_size": -1}, "`batch_size` must be a positive integer, got -1"),
        ({"n_threads": 0}, "`n_threads` must be a positive integer, got 0"),
        ({"ensemble": 0}, "`ensemble` must be a positive integer, got 0. Use `ensemble=5`, or 1"),
        ({"season_length": 0}, "`season_length` must be a positive integer, got 0"),
        ({"season_length": 12.0}, "`season_length` must be a positive integer, got 12.0"),
        ({"season_length": [7, "x"]}, "`season_length` must be a positive integer, got 'x'"),
        ({"season_length": "12"}, "`season_length` must be a positive integer, got '12'"),
        ({"season_length": [[7]]}, "`season_length` must be a positive integer, got [7]"),
        (
            {"mode": "window"},
            "`mode` must be one of 'sequence', 'windows', got 'window'. Did you mean `training=Training(mode=",
        ),
        ({"loss": "MSE"}, "`loss` must be one of 'mse', 'mae', 'huber', 'quantile', 'normal', 'student', 'poisson', "),
        ({"cell": "LSTM"}, "`cell` must be one of 'lstm', 'gru', got 'LSTM'"),
        ({"skip": "naiv"}, "Did you mean `network=Network(skip='naive')`?"),
        ({"transform": "log"}, "Did you mean `transform='log1p'`?"),
        ({"transform": None}, "`transform` must be one of 'auto', 'none'"),
        ({"schedule": "onecycle"}, "Did you mean `training=Training(schedule='one-cycle')`?"),
        ({"scaling": "min-max"}, "Did you mean `training=Training(scaling='minmax')`?"),
        (
            {"learning_rate": 0},
            'must be a positive number, got 0. Use `training=Training(learning_rate=0.01)`, or "find".',
        ),
        ({"learning_rate": float("nan")}, "`learning_rate` must be a positive number, got nan"),
        ({"learning_rate": "fast"}, "`learning_rate` must be a positive number, got 'fast'"),
        ({"huber_delta": -1.0}, "`huber_delta` must be a positive number"),
        ({"clip_norm": float("inf")}, "`clip_norm` must be a positive number, got inf"),
        ({"clip_norm": None}, "`clip_norm` must be a positive number, got None"),
        ({"weight_decay": -0.1}, "`weight_decay` must be a positive number, got -0.1"),
        ({"ema_decay": 1.0}, "`ema_decay` must be at least 0 and below 1, got 1.0"),
        ({"dropout": 1}, "`dropout` must be at least 0 and below 1, got 1"),
        ({"dropout": -0.1}, "`dropout` must be at least 0 and below 1, got -0.1"),
        ({"dropout": True}, "`dropout` must be at least 0 and below 1, got True"),
        ({"max_seconds": 0}, "`max_seconds` must be a positive number, got 0"),
        ({"checkpoint_seconds": -1}, "`checkpoint_seconds` must be a positive number, got -1"),
        (
            {"patience": -1},
            "must be a whole number from 0 on, got -1. Use `training=Training(patience=15)`, or 0",
        ),
        ({"patience": 2.5}, "`patience` must be a whole number from 0 on, got 2.5"),
        ({"seed": -1}, "`seed` must be a whole number"),
        ({"seed": None}, "`seed` must be a whole number"),
        (
            {"validation_size": -0.2},
            "`validation_size` must be a share from 0 to 1 or a whole number of points, got -0.2",
        ),
        (
            {"validation_size": 1.0},
            "`validation_size` must be a share from 0 to 1 or a whole number of points, got 1.0",
        ),
        (
            {"validation_size": 2.5},
            "`validation_size` must be a share from 0 to 1 or a whole number of points, got 2.5",
        ),
        ({"validation_size": "20%"}, "`validation_size` must be a share"),
        (
            {"decoder_sizes": 8},
            "must be several values, got 8. Use `network=Network(decoder_sizes=(64,))`.",
        ),
        ({"decoder_sizes": (8, 0)}, "`decoder_sizes` must be a positive integer, got 0"),
        (
            {"dilations": 2},
            "must be several values, got 2. Use `network=Network(dilations=(1, 2))` for two layers.",
        ),
        ({"dilations": (1, -2)}, "`dilations` must be a positive integer, got -2"),
        ({"quantiles": 0.5}, "`quantiles` must be several values, got 0.5"),
        ({"quantiles": (0.1, 0.9)}, "rising numbers between 0 and 1 with 0.5 in the middle, got (0.1, 0.9)"),
        ({"quantiles": (0.9, 0.5, 0.1)}, "rising numbers between 0 and 1"),
        ({"quantiles": (0.1, 0.5, "x")}, "rising numbers between 0 and 1"),
        ({"quantiles": (0.1, 0.5, 0.5)}, "rising numbers between 0 and 1"),
        ({"residual": "yes"}, "`residual` must be True or False, got 'yes'. Use `network=Network(residual=True)`."),
        ({"shuffle": 0}, "`shuffle` must be True or False, got 0. Use `training=Training(shuffle=False)`."),
        ({"calendar": None}, "`calendar` must be True or False, got None"),
        # combinations
        ({"bidirectional": True}, '`bidirectional=True` reads a whole window, so `mode="windows"` was expected'),
        ({"attention": True, "mode": "sequence"}, "`attention=True` reads a whole window"),
        (
            {"bidirectional": True, "mode": "windows", "cell": "gru"},
            "`bidirectional=True` is an LSTM without dilations",
        ),
        ({"bidirectional": True, "mode": "windows", "dilations": (2,)}, "`bidirectional=True` is an LSTM"),
        ({"dilations": (1, 2), "n_layers": 3}, "`dilations` has 2 numbers, and one for each of `n_layers=3`"),
        ({"dilations": (), "n_layers": 2}, "`dilations` has 0 numbers"),
    ],
)
def test_impossible_setting_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings(**wrong).check()
    assert message in str(caught.value)
    # one sentence or two, of which one says what to do
    assert str(caught.value).endswith((".", "?"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "good",
    [
        {"horizon": np.int64(3), "lookback": np.int32(8), "seed": np.uint8(1)},
        {"season_length": np.array([7, 365])},
        {"season_length": [365, 7, 7]},
        {"quantiles": np.array([0.1, 0.5, 0.9]), "loss": "quantile"},
        {"learning_rate": "find"},
        {"clip_norm": 0, "weight_decay": 0, "patience": 0, "validation_size": 0},
        {"validation_size": 30},
        {"validation_size": np.int64(30)},
        {"dilations": (1, 2, 4)},
        {"residual": np.True_},
        {"mode": "windows", "attention": True, "bidirectional": True},
    ],
)
def test_possible_settings_are_accepted(good: dict[str, object]) -> None:
    Settings(**good).check()


def test_seasons_are_sorted_and_told_once() -> None:
    assert Settings(season_length=[365, 7, 7]).seasons == (7, 365)
    assert Settings(season_length=12).seasons == (12,)
    assert Settings().seasons is None


def test_unknown_setting_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"`hiden_size` is no setting .* Did you mean `hidden_size=3`"):
        LSTMForecaster(hiden_size=3)


@pytest.mark.parametrize(
    ("settings", "data", "message"),
    [
        # what somebody in a hurry passes
        ({"horizon": 30}, wave(20), r"has 20 points.*horizon 30 need at least 31.*smaller `lookback` or `horizon`"),
        ({"lookback": 500}, wave(200), r"lookback 500 \+ horizon 1 need at least 501"),
        ({"mode": "windows", "lookback": 50}, [*wave(20)], "has 20 points for training"),
        ({}, [], r"no|empty|0"),
        ({}, [1.0], "need at least 2"),
        ({}, ["a", "b", "c"], "number"),
        ({}, [np.nan] * 50, "50 times NaN"),
        ({"transform": "log1p"}, wave(200) - 20, "needs values above -1"),
        ({"transform": "seasonal-difference"}, np.random.default_rng(0).normal(size=200), "needs a season"),
        ({"future": ["price"]}, table(100), "price"),
        ({"calendar": True}, wave(100), "`calendar=True` needs dates"),
        ({"country": "Atlantis"}, table(100), "Atlantis"),
        ({"hidden_size": 10**12}, wave(100), "`hidden_size=1000000000000`.*not enough memory"),
        ({"checkpoint": 3}, wave(100), "`checkpoint` must be a path, got 3"),
    ],
)
def test_hurried_wrong_inputs_get_an_answer(settings: dict[str, object], data: object, message: str) -> None:
    model = forecaster(**{"progress": False, "epochs": 1} | settings)
    with pytest.raises((ConfigError, DataError), match=message) as caught:
        model.fit(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("season_length", [2, 13, 150, 400])
def test_season_longer_than_a_series_does_no_harm(season_length: int) -> None:
    model = forecaster(horizon=3, **SMALL, season_length=season_length).fit(wave(200))
    assert np.isfinite(model.predict(level=80).iloc[:, 2:].to_numpy(float)).all()
