"""Is what is tried what the data suggest or the user wrote down, and is nonsense refused?"""

import numpy as np
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster, to_panel
from gatecast.model.settings import Settings
from gatecast.tuning.search import Search
from gatecast.tuning.space import Choice, Range, make_space, read_entry, single_steps
from made_series import wave

PANEL = to_panel(wave(200))
STARTS = {"model": Settings(), "default": Settings()}


def test_a_range_of_whole_numbers_stays_whole():
    assert read_entry("lookback", (8, 128), Settings()) == Range(8, 128, whole=True)
    assert read_entry("dropout", (0, 0.5), Settings()) == Range(0.0, 0.5)
    assert read_entry("learning_rate", (1e-4, 1e-2, "log"), Settings()) == Range(1e-4, 1e-2, log=True)


def test_entries_of_the_user_replace_those_of_the_data():
    space = make_space(STARTS, PANEL, {"lookback": (5, 9), "cell": ["lstm", "gru"], "dropout": None})
    assert space["lookback"] == Range(5, 9, whole=True)
    assert space["cell"] == Choice(("lstm", "gru"))
    assert "dropout" not in space


def test_ranges_reach_as_far_as_the_settings_that_the_search_starts_from():
    starts = {"model": Settings(lookback=1, hidden_size=300, loss="huber"), "default": Settings()}
    space = make_space(starts, PANEL, {})
    assert space["lookback"].low == 1
    assert space["hidden_size"].high == 300


def test_a_lookback_is_never_longer_than_half_of_the_series():
    assert make_space(STARTS, to_panel(wave(40)), {})["lookback"].high <= 20


def test_the_logarithm_is_tried_only_where_there_is_one():
    assert "log1p" in make_space(STARTS, to_panel(wave(80)), {})["transform"].values
    assert "log1p" not in make_space(STARTS, to_panel(wave(80) - 10), {})["transform"].values


def test_a_loss_that_learns_a_distribution_is_kept():
    starts = {"model": Settings(loss="quantile"), "default": Settings(loss="quantile")}
    assert "loss" not in make_space(starts, PANEL, {})


@pytest.mark.parametrize(
    ("name", "entry", "message"),
    [
        ("hiden_size", (8, 16), "which is no setting.*Did you mean 'hidden_size'"),
        ("horizon", [1, 2], r"Set it in the model: `LSTMForecaster\(horizon=24\)`"),
        ("ensemble", [1, 5], "which says what is asked for"),
        ("dropout", (0.0, 1.5), "cannot be tried: `dropout` must be at least 0 and below 1"),
        ("cell", ["lstm", "transformer"], "cannot be tried: `cell` must be one of"),
        ("cell", ("lstm", "gru"), "a list of values was expected"),
        ("cell", "gru", "a list of values was expected"),
        ("lookback", (128, 8), "low below high was expected"),
        ("lookback", (8.5, 20), "`lookback` must be a positive integer"),
        ("lookback", (0, 20), "`lookback` must be a positive integer"),
        ("lookback", (2, 20, "lin"), r'\(low, high, "log"\)'),
        ("dropout", (0.0, 0.5, "log"), "log ranges begin above 0"),
        ("loss", [], "a list of values was expected"),
        ("hidden_size", (True, 9), "low below high was expected"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(name, entry, message):
    with pytest.raises(ConfigError, match=message):
        make_space(STARTS, PANEL, {name: entry})


def test_steps_change_one_setting_each_and_all_of_them_before_any_again():
    space = {"lookback": Range(4, 60, log=True, whole=True), "loss": Choice(("mae", "mse"))}
    steps = single_steps(space, {"lookback": 24, "loss": "mae"})
    assert steps == [("lookback", 48), ("loss", "mse"), ("lookback", 12)]


def test_a_space_with_nothing_to_try_is_refused():
    names = make_space(STARTS, PANEL, {})
    with pytest.raises(ConfigError, match="at least one was expected"):
        make_space(STARTS, PANEL, dict.fromkeys(names))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_trials": 0}, "`n_trials` must be a positive integer, got 0"),
        ({"max_seconds": 0}, "`max_seconds` must be a positive number, got 0"),
        ({"patience": -1}, "`patience` must be a whole number of trials"),
        ({"n_windows": 0}, "`n_windows` must be a positive integer"),
        ({"metric": "mape"}, "`metric` must be one of 'mase'"),
        ({"sampler": "bayes"}, "`sampler` must be one of 'tpe'"),
        ({"seed": -1}, "`seed` must be a whole number"),
        ({"space": ["lookback"]}, "must be a dictionary"),
        ({"study": 3}, "`study` must be a path"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Search(**options).check(Settings())


def test_a_series_that_is_too_short_is_refused():
    from gatecast.tuning import tune

    with pytest.raises(DataError, match="has 20 points, and to judge settings at least 44 were expected"):
        tune(np.arange(20.0), LSTMForecaster(horizon=12, progress=False), n_trials=1)
