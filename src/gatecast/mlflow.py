"""How is a forecaster kept in MLflow? As a pyfunc model: one safetensors file, signature, requirements and an example.

MLflow is imported when one of these functions is called; `mlflow-skinny` is enough.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from gatecast import __version__
from gatecast.data.panel.joint import roles_of_table
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.forecaster import LSTMForecaster
from gatecast.model.forecast import METHOD

__all__ = ["load_model", "log_model", "save_model", "signature_of"]

FLAVOR = "gatecast"
FILE = "model.safetensors"
# what is used of MLflow
PARTS = ("artifacts", "models", "pyfunc", "types")


def save_model(
    model: LSTMForecaster, path: str | os.PathLike[str], *, input_example: Any = None, **settings: Any
) -> None:
    """Write a fitted forecaster into a new folder, as an MLflow model that `mlflow models serve` can serve.

    The pyfunc model takes a table with the columns of the training data (rows that follow it, or whole series) and
    returns the forecast; its parameters are `horizon`, `level` and `quantiles`, as those of `predict`. Values that are
    known ahead stand in rows without a target at the end of the table.

    Args:
        model: A fitted forecaster.
        path: A folder that does not exist yet.
        input_example: Rows like those that are going to be passed.
        **settings: Further arguments of `mlflow.pyfunc.save_model`, such as `metadata` or `pip_requirements`.

    Raises:
        ConfigError: `model` is no LSTMForecaster.
        NotFittedError: It is not fitted.
        GatecastError: MLflow is not installed.

    Examples:
        >>> import tempfile
        >>> from gatecast import PretrainedLSTM, mlflow
        >>> model = PretrainedLSTM(horizon=2, season_length=2).fit([5.0, 7.0] * 12)
        >>> path = f"{tempfile.mkdtemp()}/model"
        >>> mlflow.save_model(model, path)
        >>> mlflow.load_model(path).predict()["LSTM"].round().tolist()
        [5.0, 7.0]
    """
    mlflow, folder = _mlflow(), os.fspath(path)
    _check(model)
    described = settings.pop("mlflow_model", None) or mlflow.models.Model()
    described.add_flavor(FLAVOR, version=__version__, data=f"data/{FILE}")
    arguments = {
        "signature": signature_of(model),
        "pip_requirements": [f"gatecast=={__version__}"],
        **settings,
        **({} if input_example is None else {"input_example": input_example}),
    }
    with tempfile.TemporaryDirectory() as beside:
        file = f"{beside}/{FILE}"
        model.save(file)
        what = {"loader_module": __name__, "data_path": file, "mlflow_model": described}
        mlflow.pyfunc.save_model(path=folder, **what, **arguments)


def log_model(model: LSTMForecaster, name: str = "model", *, input_example: Any = None, **settings: Any) -> Any:
    """Log a fitted forecaster to the current run; see `save_model`.

    Args:
        model: A fitted forecaster.
        name: What the model is called.
        input_example: Rows like those that are going to be passed.
        **settings: Further arguments of `mlflow.models.Model.log` and `save_model`, such as `registered_model_name`.

    Returns:
        MLflow's `ModelInfo`, whose `model_uri` is what `load_model` takes.

    Raises:
        ConfigError: `model` is no LSTMForecaster.
        NotFittedError: It is not fitted.
        GatecastError: MLflow is not installed.

    Examples:
        >>> from gatecast import mlflow
        >>> mlflow.log_model("model.safetensors")
        Traceback (most recent call last):
        gatecast.exceptions.ConfigError: `model` has the type str, and a fitted LSTMForecaster was expected. ...
    """
    mlflow = _mlflow()
    _check(model)
    # MLflow calls `save_model` of this module
    log = mlflow.models.Model.log
    return log(None, sys.modules[__name__], name=name, model=model, input_example=input_example, **settings)


def load_model(model_uri: str | os.PathLike[str]) -> LSTMForecaster:
    """Load a forecaster that `save_model` or `log_model` wrote, with all of its methods.

    Args:
        model_uri: A folder, or what MLflow knows models by, such as "runs:/.../model" or "models:/sales/3".

    Returns:
        The fitted forecaster.

    Raises:
        ConfigError: It is another kind of model.
        GatecastError: MLflow is not installed.

    Examples:
        >>> from gatecast import mlflow
        >>> import mlflow as theirs, tempfile
        >>> theirs.models.Model().save(f"{(folder := tempfile.mkdtemp())}/MLmodel")
        >>> mlflow.load_model(folder)
        Traceback (most recent call last):
        gatecast.exceptions.ConfigError: ... is a model of none, and one of gatecast was expected. ...
    """
    mlflow = _mlflow()
    folder = Path(mlflow.artifacts.download_artifacts(os.fspath(model_uri)))
    flavors = mlflow.models.Model.load(str(folder)).flavors
    if FLAVOR not in flavors:
        known = ", ".join(flavors) or "none"
        raise ConfigError(
            f"{model_uri} is a model of {known}, and one of gatecast was expected. Use "
            "`mlflow.pyfunc.load_model` for it."
        )
    return LSTMForecaster.load(folder / flavors["python_function"]["data"])


def signature_of(model: LSTMForecaster) -> Any:
    """Return MLflow's signature of a fitted forecaster: columns of the data and the forecast, and parameters.

    Args:
        model: A fitted forecaster.

    Returns:
        An `mlflow.models.ModelSignature`.

    Raises:
        NotFittedError: It is not fitted.
        GatecastError: MLflow is not installed.

    Examples:
        >>> from gatecast import PretrainedLSTM
        >>> signature_of(PretrainedLSTM(horizon=2).fit([5.0, 7.0] * 12)).outputs.input_names()
        ['unique_id', 'ds', 'LSTM']
    """
    mlflow = _mlflow()
    types = mlflow.types
    after = model.fitted_.after
    columns, own = after.columns, roles_of_table(after).names
    covariates = {**after.past, **after.future, **after.static}
    cells = after.id_parts or {columns.id: after.ids}
    names = [
        *(
            types.ColSpec("string" if array.dtype.kind in "OU" else "long", name, required=after.n_series > 1)
            for name, array in cells.items()
        ),
        types.ColSpec("datetime" if after.starts.dtype.kind == "M" else "long", columns.time),
    ]
    target = types.ColSpec("double", columns.target)
    others = [
        # what never changes is known of series that were learned from
        types.ColSpec("string" if array.dtype == object else "double", name, required=name not in after.static)
        for name, array in covariates.items()
        if name in own
    ]
    params = types.ParamSchema(
        [
            types.ParamSpec("horizon", "long", int(model.settings_.horizon)),
            types.ParamSpec("level", "double", [], shape=(-1,)),
            types.ParamSpec("quantiles", "double", [], shape=(-1,)),
        ]
    )
    inputs = types.Schema([*names, target, *others])
    keys = [types.ColSpec(one.type, one.name) for one in names]
    return mlflow.models.ModelSignature(inputs, types.Schema([*keys, types.ColSpec("double", METHOD)]), params)


class Served:
    """What MLflow asks for forecasts."""

    def __init__(self, model: LSTMForecaster) -> None:
        self.model = model

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Forecast what follows some data; see `save_model`."""
        asked = dict(params or {})
        chosen = {name: list(asked.get(name, ())) or None for name in ("level", "quantiles")}
        return self.model.predict(asked.get("horizon"), data=data, **chosen)


def _load_pyfunc(path: str) -> Served:
    """Load what MLflow serves; MLflow calls this by its name."""
    return Served(LSTMForecaster.load(path))


def _check(model: object) -> None:
    if not isinstance(model, LSTMForecaster):
        raise ConfigError(
            f"`model` has the type {type(model).__name__}, and a fitted LSTMForecaster was expected. Pass one, e.g. "
            "`log_model(LSTMForecaster(horizon=12).fit(data))`."
        )


def _mlflow() -> ModuleType:
    try:
        modules = [import_module(name) for name in ("mlflow", *(f"mlflow.{part}" for part in PARTS))]
    except ImportError:
        raise GatecastError(
            "Models are kept in MLflow, which is not installed. Run `pip install mlflow-skinny`, or `pip install "
            "mlflow` for its server and page."
        ) from None
    return modules[0]
