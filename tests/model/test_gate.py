"""Do trained networks forecast only where they are better than the seasonal naive forecast, and does a fit say so?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gatecast import LSTMForecaster
from gatecast.model.gate import Gate
from made_series import COVARIATES, forecaster, wave, with_covariates

# a step so small that nothing is learned: the forecast stays near the mean of all candidates
UNTRAINED: dict[str, Any] = {"hidden_size": 4, "lookback": 12, "learning_rate": 1e-12, "progress": False}


def ends_flat(n: int = 120) -> np.ndarray:
    """A wave that comes to rest before its last part: there the last value is forecast without an error."""
    return np.concatenate([wave(n - 40), np.full(40, 20.0)])


def trend(n: int = 120) -> np.ndarray:
    return np.arange(n) + np.random.default_rng(0).normal(0, 0.1, n)


def last_of(model: LSTMForecaster) -> str:
    return model.fitted_.record.decisions[-1].code.removeprefix("decision.")


@pytest.mark.parametrize("more", [{}, {"loss": "quantile"}, {"mode": "windows"}, {"cell": "gru"}], ids=str)
def test_where_nothing_is_better_the_naive_forecast_is_taken(more: dict[str, Any], tmp_path: Path) -> None:
    y = ends_flat()
    model = forecaster(4, **UNTRAINED | {"season_length": 1, "validation_size": 20} | more).fit(y)
    assert last_of(model) == "by_naive"
    assert model.decisions_[-1].startswith("Forecasts are the seasonal naive ones (season 1)")
    # single precision of a series whose values are around 20
    np.testing.assert_allclose(model.predict(9, level=80)["LSTM"], 20.0, rtol=1e-6)
    np.testing.assert_allclose(model.predict(4, data=np.append(y, 23.0))["LSTM"], 23.0, rtol=1e-6)
    stream = model.stream()
    np.testing.assert_allclose(stream.update(31.0), 31.0, rtol=1e-6)
    assert model.simulate(3).shape == (12, 4)
    model.save(tmp_path / "model.safetensors")
    again = LSTMForecaster.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(9)["LSTM"], model.predict(9)["LSTM"])
    assert again.decisions_ == model.decisions_
    assert "采用季节朴素预测（季节长度 1）" in model.fitted_.record.decisions[-1].say("zh")


def test_the_naive_forecast_of_a_season_is_that_season() -> None:
    season = [1.0, 5.0, 2.0, 8.0, 4.0]
    y = np.tile(season, 30) + np.random.default_rng(0).normal(0, 0.1, 150)
    # which is forecast without an error in the end
    y[-45:] = np.tile(season, 9)
    settings = UNTRAINED | {"season_length": 5, "validation_size": 30}
    model = forecaster(7, **settings).fit(y)
    assert last_of(model) == "by_naive"
    np.testing.assert_allclose(model.predict()["LSTM"], np.resize(season, 7), rtol=1e-5)


def test_covariates_do_not_move_the_naive_forecast() -> None:
    data = with_covariates()
    data["y"] = np.where(data.groupby("unique_id").cumcount() < 250, data["y"], 20.0)
    settings = UNTRAINED | COVARIATES | {"season_length": 1, "validation_size": 30}
    model = forecaster(4, **settings).fit(data[data.groupby("unique_id").cumcount() < 290])
    assert last_of(model) == "by_naive"
    ahead = data[data.groupby("unique_id").cumcount() >= 290].drop(columns=["y", "visitors", "mood"])
    np.testing.assert_allclose(model.predict(4, future=ahead)["LSTM"], 20.0, rtol=1e-6)


def test_pretrained_networks_are_taken_where_they_are_better_than_the_naive_forecast() -> None:
    y = trend()
    model = forecaster(6, **UNTRAINED | {"season_length": 1, "transform": "none"}).fit(y)
    pretrained = LSTMForecaster(6, season_length=1, pretrained="only", progress=False).fit(y)
    assert last_of(model) == "by_pretrained"
    np.testing.assert_array_equal(model.predict(9, level=80)["LSTM"], pretrained.predict(9)["LSTM"])
    facts = model.fitted_.record.decisions[-1].facts
    assert facts["pretrained"] < facts["naive"] <= facts["error"]
    # how training went is still told
    assert model.fitted_.record.n_steps > 0
    assert model.fitted_.record.plan.n_members == len(model.fitted_.ensemble.networks)


@pytest.mark.parametrize("more", [{"epochs": 2}, {"skip": "none"}], ids=str)
def test_what_was_asked_for_is_kept_and_told_of(more: dict[str, Any]) -> None:
    model = forecaster(4, **UNTRAINED | {"season_length": 1, "validation_size": 20} | more).fit(ends_flat())
    assert last_of(model) == "no_better"
    assert "prefer that one, or train longer" in model.decisions_[-1]
    assert not np.allclose(model.predict(data=np.append(ends_flat(), 23.0))["LSTM"], 23.0, rtol=1e-2)


def test_networks_that_learned_are_kept() -> None:
    model = forecaster(4, hidden_size=8, progress=False).fit(wave())
    assert not {"no_better", "by_naive", "by_pretrained"} & {
        decision.code.removeprefix("decision.") for decision in model.fitted_.record.decisions
    }


@pytest.mark.parametrize(("error", "is_open"), [(0.9, True), (1.0, False), (1.1, False), (np.nan, True)])
def test_the_gate_is_open_to_what_is_better_or_cannot_be_judged(error: float, is_open: bool) -> None:
    assert Gate(None, error, 1.0).is_open == is_open  # type: ignore[arg-type]
