"""Is training made longer where the validation loss still falls fast, and only there?"""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster
from gatecast.model import members
from gatecast.training.stop import Stop
from made_series import forecaster, wave

SMALL: dict[str, Any] = {"horizon": 1, "hidden_size": 16, "transform": "none", "progress": False}


def logistic_map(n: int = 220, x: float = 0.3) -> np.ndarray:
    """Chaos without noise: each value follows from the one before, but no linear model can tell."""
    values = np.empty(n)
    for t in range(n):
        x = 3.8 * x * (1 - x)
        values[t] = x
    return values


@functools.cache
def usual_fit() -> LSTMForecaster:
    """What several tests compare with; none changes it."""
    return forecaster(**SMALL).fit(logistic_map())


def about_epochs(model: LSTMForecaster) -> list[str]:
    return [sentence for sentence in model.decisions_ if sentence.startswith("Epochs ")]


def test_chaos_is_learned_as_long_as_that_pays() -> None:
    y = logistic_map(400)
    longer = forecaster(**SMALL).fit(y[:360])
    usual = forecaster(**SMALL, epochs=200).fit(y[:360])
    # 200 epochs of one step each are what a series of so few points gets
    assert [sentence.split(":")[0] for sentence in about_epochs(longer)] == ["Epochs 800", "Epochs 3200"]
    assert len(longer.history_["loss"]) == 3200
    assert about_epochs(usual) == []
    # the map can be learned: what is left is a matter of training
    assert longer.evaluate(y).rmse < 0.1 * usual.evaluate(y).rmse


@pytest.mark.parametrize(
    "more", [{"learning_rate": 0.01}, {"horizon": 2, "ensemble": 2}, {"transform": "auto"}], ids=str
)
def test_every_way_of_few_series_may_be_longer(more: dict[str, Any]) -> None:
    model = forecaster(**SMALL | more).fit(logistic_map())
    assert about_epochs(model)[0].startswith("Epochs 800: after 200 the validation set was still forecast better")
    assert len(model.fitted_.ensemble.networks) == more.get("ensemble", 1)


@pytest.mark.parametrize("more", [{"epochs": 200}, {"max_seconds": 1e6}, {"validation_size": 0}], ids=str)
def test_what_the_user_chose_stays(more: dict[str, Any]) -> None:
    assert about_epochs(forecaster(**SMALL | more).fit(logistic_map())) == []


@pytest.mark.parametrize("y", [wave(), np.random.default_rng(0).normal(size=300)], ids=["wave", "noise"])
def test_a_training_that_is_long_enough_stays(y: np.ndarray) -> None:
    model = forecaster(**SMALL).fit(y)
    assert about_epochs(model) == []
    assert len(model.history_["loss"]) <= 200


def test_many_series_are_not_trained_longer() -> None:
    table = pd.concat(
        pd.DataFrame({"unique_id": k, "ds": range(100), "y": logistic_map(100, 0.2 + k / 100)}) for k in range(11)
    )
    assert about_epochs(forecaster(**SMALL).fit(table)) == []


def test_a_longer_training_that_is_no_better_is_not_taken() -> None:
    # noise cannot be learned: after 200 epochs the loss still falls, but there is little left to gain
    y = logistic_map(360) + np.random.default_rng(1).normal(0, 0.06, 360)
    settings = SMALL | {"learning_rate": 0.01}
    usual, model = forecaster(**settings, epochs=200).fit(y), forecaster(**settings).fit(y)
    assert len(about_epochs(model)) == 1
    assert about_epochs(model)[0].startswith("Epochs 200: 800 were not much better on the validation set (MASE: 200")
    np.testing.assert_array_equal(model.predict()["LSTM"], usual.predict()["LSTM"])


def test_ctrl_c_in_a_longer_training_ends_the_fit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    y, train = logistic_map(), members.train

    def interrupted(trainer: Any, source: Any, schedule: Any, *more: Any) -> Any:
        result = train(trainer, source, schedule, *more)
        return result if len(schedule.rates) <= 200 else members.replace(result, stop=Stop.INTERRUPTED)

    model = forecaster(**SMALL, checkpoint=tmp_path / "unfinished")
    with monkeypatch.context() as patched:
        patched.setattr(members, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.fit(y)
    assert np.isfinite(model.predict()["LSTM"]).all()
    # what goes on from there is what was never interrupted
    whole, resumed = usual_fit(), forecaster(**SMALL).fit(y, resume=tmp_path / "unfinished")
    assert resumed.decisions_ == whole.decisions_
    np.testing.assert_array_equal(resumed.predict()["LSTM"], whole.predict()["LSTM"])


def test_a_longer_training_is_that_of_one_network_unless_more_are_asked_for() -> None:
    y = logistic_map()
    model = forecaster(**SMALL | {"horizon": 2}).fit(y)
    assert len(model.fitted_.ensemble.networks) == 1
    assert model.decisions_[-1].startswith("One network instead of 5")
    assert len(forecaster(**SMALL | {"horizon": 2}).fit(wave()).fitted_.ensemble.networks) == 5


def test_a_checkpoint_keeps_how_long_training_is(tmp_path: Path) -> None:
    y, kept = logistic_map(), {"checkpoint": tmp_path / "unfinished", "checkpoint_seconds": 1e-9}
    whole = usual_fit()
    np.testing.assert_array_equal(forecaster(**SMALL, **kept).fit(y).predict()["LSTM"], whole.predict()["LSTM"])
    resumed = forecaster(**SMALL).fit(y, resume=tmp_path / "unfinished")
    assert resumed.fitted_.record == whole.fitted_.record
    np.testing.assert_array_equal(resumed.predict()["LSTM"], whole.predict()["LSTM"])
