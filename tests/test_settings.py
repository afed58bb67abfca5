"""Is every impossible setting refused in one sentence, and are the automatic ones what the rules say?"""

import numpy as np
import pytest

from gatecast import ConfigError, DataError, to_panel
from gatecast.settings import Settings, make_plan


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
        ({"season_length": 0}, "`season_length` must be a positive integer, got 0"),
        (
            {"mode": "window"},
            "`mode` must be one of 'sequence', 'windows', got 'window'. Did you mean `mode='windows'`?",
        ),
        ({"loss": "MSE"}, "`loss` must be one of 'mse', 'mae', 'huber', got 'MSE'"),
        ({"schedule": "onecycle"}, "Did you mean `schedule='one-cycle'`?"),
        ({"scaling": "min-max"}, "Did you mean `scaling='minmax'`?"),
        ({"learning_rate": 0}, "`learning_rate` must be a positive number, got 0. Use `learning_rate=0.01`."),
        ({"learning_rate": float("nan")}, "`learning_rate` must be a positive number, got nan"),
        ({"learning_rate": "fast"}, "`learning_rate` must be a positive number, got 'fast'"),
        ({"huber_delta": -1.0}, "`huber_delta` must be a positive number"),
        ({"clip_norm": float("inf")}, "`clip_norm` must be a positive number, got inf"),
        ({"clip_norm": None}, "`clip_norm` must be a positive number, got None"),
        ({"seed": -1}, "`seed` must be a whole number"),
        ({"seed": None}, "`seed` must be a whole number"),
    ],
)
def test_impossible_setting_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings(**wrong).check()
    assert message in str(caught.value)


def test_numpy_integers_are_integers() -> None:
    Settings(horizon=np.int64(3), lookback=np.int32(8), seed=np.uint8(1)).check()


def plan(n: int, season: int = 1, **settings: object):
    return make_plan(Settings(**settings), to_panel(np.arange(float(n))), season)


def test_lookback_follows_the_rules() -> None:
    assert plan(10_000).lookback == 64
    assert plan(10_000, season=168).lookback == 336
    assert plan(10_000, season=500).lookback == 336
    assert plan(103, horizon=13).lookback == 30
    assert plan(10_000, lookback=7).lookback == 7


def test_training_takes_300_steps_or_an_epoch() -> None:
    short, long = plan(500), plan(10_000_000)
    assert 300 <= short.epochs * short.steps_per_epoch < 300 + short.steps_per_epoch
    assert long.epochs == 1
    assert plan(500, epochs=7).epochs == 7


def test_windows_make_the_steps_of_an_epoch() -> None:
    tutorial = plan(8000, mode="windows", lookback=1, batch_size=1, drop_last_window=True)
    # range(len(dataset) - look_back - 1) of the tutorial's code
    assert tutorial.steps_per_epoch == 8000 - 1 - 1
    assert plan(100, mode="windows", lookback=10, horizon=5, batch_size=32).steps_per_epoch == 3


@pytest.mark.parametrize("mode", ["sequence", "windows"])
def test_shortest_possible_series_is_lookback_plus_horizon(mode: str) -> None:
    assert plan(8, mode=mode, lookback=5, horizon=3).steps_per_epoch == 1
    assert plan(2, mode=mode, lookback=1, horizon=1).steps_per_epoch == 1
    with pytest.raises(DataError, match="need at least 8"):
        plan(7, mode=mode, lookback=5, horizon=3)
