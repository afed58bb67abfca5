"""Does every kind of model come back from its file as it was?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster
from made_series import COVARIATES, SMALL, forecaster, table, with_covariates

KINDS: dict[str, dict[str, Any]] = {
    "automatic": {},
    "ensemble": {"ensemble": 3, "ema_decay": 0.9},
    "box-cox": {"transform": "box-cox"},
    "difference": {"transform": "difference"},
    "seasonal difference": {"transform": "seasonal-difference", "season_length": 7},
    "quantiles": {"loss": "quantile", "transform": "log1p"},
    "student": {"loss": "student"},
    "windows": {"mode": "windows", "attention": True, "bidirectional": True, "skip": "none", "validation_size": 0.2},
    "layers": {"cell": "gru", "dilations": (1, 2), "residual": True, "layer_norm": True, "decoder_sizes": (6,)},
    "covariates": {**COVARIATES, "calendar": True, "country": "DE"},
    "covariates of windows": {**COVARIATES, "mode": "windows", "ensemble": 2},
    "nothing held out": {"validation_size": 0},
}


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest) -> LSTMForecaster:
    data = with_covariates(200)
    return forecaster(horizon=4, **SMALL | KINDS[request.param]).fit(data[data["ds"] < "2024-06-01"])


def ahead(model: LSTMForecaster) -> pd.DataFrame | None:
    known = with_covariates(200)
    return pd.concat([known, known.assign(unique_id=known["unique_id"] + "new")]) if model.future else None


def test_loaded_model_says_the_same(model: LSTMForecaster, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    loaded = LSTMForecaster.load(tmp_path / "m")
    known = with_covariates(200)
    later = known[(known["ds"] >= "2024-06-01") & (known["ds"] < "2024-06-20")]
    level = [80, 95] if model.training.validation_size != 0 else None
    for data in (None, later, known[known["ds"] < "2024-06-20"], later.assign(unique_id=later["unique_id"] + "new")):
        found, expected = (
            m.predict(9, data, future=ahead(m), level=level, quantiles=level and [0.1, 0.5]) for m in (loaded, model)
        )
        pd.testing.assert_frame_equal(found, expected)
    if level is not None:
        pd.testing.assert_frame_equal(loaded.simulate(5, future=ahead(loaded)), model.simulate(5, future=ahead(model)))
    found, expected = loaded.evaluate(later), model.evaluate(later)
    assert found.scores["LSTM"].rmse == expected.scores["LSTM"].rmse
    assert found.mase == expected.mase
    assert found.coverage == expected.coverage


def test_loaded_model_knows_how_it_was_learned(model: LSTMForecaster, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    loaded = LSTMForecaster.load(tmp_path / "m")
    assert loaded.fitted_.record == model.fitted_.record
    assert loaded.stop_reason_ is model.stop_reason_
    assert repr(loaded) == repr(model)
    assert loaded.fitted_.after.roles == model.fitted_.after.roles
    for name, values in model.fitted_.after.static.items():
        assert loaded.fitted_.after.static[name].tolist() == values.tolist()
        assert loaded.fitted_.after.static[name].dtype == values.dtype


def test_loaded_model_is_saved_as_the_same_bytes(model: LSTMForecaster, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    LSTMForecaster.load(tmp_path / "m").save(tmp_path / "again")
    assert (tmp_path / "m").read_bytes() == (tmp_path / "again").read_bytes()


def test_equal_fits_are_equal_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        forecaster(horizon=4, **SMALL, ensemble=2).fit(table()).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_streams_of_a_loaded_model_go_on_alike(model: LSTMForecaster, tmp_path: Path) -> None:
    if model.fitted_.preparation.encoder is not None:
        pytest.skip("a stream takes in the target alone")
    model.save(tmp_path / "m")
    one, two = model.stream("b"), LSTMForecaster.load(tmp_path / "m").stream("b")
    for value in (12.0, np.nan, 11.0):
        np.testing.assert_array_equal(one.update(value), two.update(value))
