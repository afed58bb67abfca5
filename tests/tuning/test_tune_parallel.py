"""Does a search over joblib's processes find what one process finds, step by step?

Oracle: the same search in one process; a network does not depend on the number of threads, nor on where it is trained.
"""

import numpy as np
import pytest
from joblib import parallel_config

from gatecast import ConfigError, DataError, to_panel, tune
from gatecast.tuning import objective
from made_series import forecaster, wave

Y = wave(120)
SPACE = {"lookback": (4, 20), "learning_rate": (1e-3, 1e-1, "log"), "epochs": (2, 4), "hidden_size": [4, 8]}
MODEL = forecaster(3, hidden_size=8, epochs=2, lookback=8, learning_rate=0.01, transform="none", progress=False)


def search(**options):
    return tune(Y, MODEL, **{"space": SPACE, "n_trials": 3, "n_windows": 1} | options)


@pytest.fixture(scope="module", autouse=True)
def _short_fits():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gatecast.model.plan.LEAST_STEPS", 20)
        yield


@pytest.fixture(scope="module")
def alone():
    return search()


def same(found, alone):
    columns = [name for name in alone.trials if name != "seconds"]
    assert found.trials[columns].equals(alone.trials[columns])
    assert found.settings == alone.settings
    np.testing.assert_array_equal(found.model.predict()["LSTM"], alone.model.predict()["LSTM"])


def test_threads_find_the_same(alone):
    with parallel_config(backend="threading", n_jobs=2):
        same(search(), alone)


def test_processes_are_asked_for_by_their_number(alone, monkeypatch):
    asked = []
    parallel = objective.judge_in_parallel

    def judge(*args):
        asked.append(args[-1])
        return parallel(*args)

    monkeypatch.setattr(objective, "judge_in_parallel", judge)
    with parallel_config(backend="threading"):
        same(search(n_jobs=2), alone)
    assert set(asked) == {2}
    asked.clear()
    search(n_jobs=1, n_trials=1)
    assert asked == []


def test_a_trial_that_cannot_be_judged_says_why(monkeypatch):
    window = objective.make_windows(to_panel(Y), MODEL.settings, 1)
    told = []

    def failing(*args):
        args[3](0, 1.5)
        raise DataError("no reason")

    monkeypatch.setattr(objective, "_error", failing)
    with parallel_config(backend="threading"), pytest.raises(DataError, match="no reason"):
        objective.judge_in_parallel(MODEL.settings, window, "mase", lambda *report: told.append(report), 2, 2)
    assert told == [(0, 1.5)]


def test_a_wrong_number_of_processes_is_told():
    with pytest.raises(ConfigError, match="`n_jobs` must be a whole number other than 0"):
        search(n_jobs=0)
