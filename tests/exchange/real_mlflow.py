"""Is a forecaster in MLflow the same one, with a signature, an example and parameters?

Run by `tests/exchange/test_real_frameworks.py`.
"""

import os
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

import gatecast.mlflow
from gatecast import ConfigError, LSTMForecaster, NotFittedError, PretrainedLSTM
from made_series import forecaster, table, wave, with_covariates

# files are enough for a run that nobody else reads
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
FAST: dict[str, Any] = {"hidden_size": 4, "epochs": 1, "lookback": 12, "progress": False}


@pytest.fixture(scope="module")
def model() -> LSTMForecaster:
    return PretrainedLSTM(4, season_length=12).fit(table(60))


def test_a_saved_model_is_served_and_loaded(model: LSTMForecaster, tmp_path: Path) -> None:
    newer = table(63)
    gatecast.mlflow.save_model(model, tmp_path / "model", input_example=newer)
    served = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    pd.testing.assert_frame_equal(served.predict(newer), model.predict(data=newer))
    asked = served.predict(newer, params={"horizon": 2, "level": [80.0], "quantiles": [0.3]})
    pd.testing.assert_frame_equal(asked, model.predict(2, data=newer, level=80, quantiles=0.3))
    again = gatecast.mlflow.load_model(tmp_path / "model")
    pd.testing.assert_frame_equal(again.predict(level=80), model.predict(level=80))
    described = mlflow.models.Model.load(str(tmp_path / "model"))
    assert described.flavors["gatecast"] == {"version": gatecast.__version__, "data": "data/model.safetensors"}
    assert described.signature == gatecast.mlflow.signature_of(model)
    assert (tmp_path / "model" / described.saved_input_example_info["artifact_path"]).exists()
    assert (tmp_path / "model" / "requirements.txt").read_text().split() == [f"gatecast=={gatecast.__version__}"]


def test_a_logged_model_is_found_by_its_run(model: LSTMForecaster, tmp_path: Path) -> None:
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    experiment = mlflow.create_experiment("sales", artifact_location=(tmp_path / "kept").as_uri())
    with mlflow.start_run(experiment_id=experiment):
        info = gatecast.mlflow.log_model(model, "sales")
    pd.testing.assert_frame_equal(gatecast.mlflow.load_model(info.model_uri).predict(), model.predict())


def test_covariates_are_in_the_signature(tmp_path: Path) -> None:
    data = with_covariates(80)
    model = forecaster(2, **FAST, future=["price", "weather"], past=["visitors"], static=["region"]).fit(data)
    signature = gatecast.mlflow.signature_of(model)
    types = {one.name: (one.type.name, one.required) for one in signature.inputs.inputs}
    assert types == {
        "unique_id": ("string", True),
        "ds": ("datetime", True),
        "y": ("double", True),
        "visitors": ("double", True),
        "price": ("double", True),
        "weather": ("string", True),
        "region": ("string", False),
    }
    gatecast.mlflow.save_model(model, tmp_path / "model")
    rows = with_covariates(82)[["unique_id", "ds", "y", "visitors", "price", "weather", "region"]]
    rows = rows.astype({"visitors": float})
    # the last two days of each series are about the future
    rows.loc[rows["ds"] > data["ds"].max(), ["y", "visitors"]] = np.nan
    served = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    pd.testing.assert_frame_equal(served.predict(rows), model.predict(data=rows))


def test_series_of_steps_and_one_name(tmp_path: Path) -> None:
    model = forecaster(2, **FAST).fit(wave(60))
    names = {one.name: (one.type.name, one.required) for one in gatecast.mlflow.signature_of(model).inputs.inputs}
    assert names == {"unique_id": ("string", False), "ds": ("long", True), "y": ("double", True)}
    gatecast.mlflow.save_model(model, tmp_path / "model")
    rows = pd.DataFrame({"ds": np.arange(64), "y": wave(64)})
    forecast = mlflow.pyfunc.load_model(str(tmp_path / "model")).predict(rows)
    assert forecast["ds"].tolist() == [64, 65]


def test_what_is_passed_wrongly_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has the type int"):
        gatecast.mlflow.save_model(3, tmp_path / "a")
    with pytest.raises(NotFittedError):
        gatecast.mlflow.save_model(LSTMForecaster(), tmp_path / "a")
