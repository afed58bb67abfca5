"""How does a network of Keras or PyTorch become a forecaster? It reads data, and nothing is trained."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatecast._validation import answers_calls, check_count
from gatecast.data import to_panel
from gatecast.exceptions import ConfigError
from gatecast.exchange.keras import read_keras
from gatecast.exchange.plain import PlainNetwork
from gatecast.exchange.torch import read_torch
from gatecast.forecaster.lstm import LSTMForecaster
from gatecast.model.candidates import make_candidates
from gatecast.model.fitted import FitRecord, Fitted, remember
from gatecast.model.plan import TrainingData, make_plan
from gatecast.model.settings import Settings
from gatecast.texts.message import Message
from gatecast.training.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatecast.data.panel.frequency import Freq
    from gatecast.data.panel.panel import Panel
    from gatecast.data.reading.shapes import Name
    from gatecast.model.protocol import Data, Names

__all__ = ["from_keras", "from_torch"]


@answers_calls
def from_keras(
    model: Any,
    data: Data,
    *,
    lookback: int | None = None,
    scaling: str = "minmax",
    validation_size: float | int = 0,
    season_length: int | Sequence[int] | None = None,
    id_col: Name = None,
    time_col: str | None = None,
    target_col: Name = None,
    freq: Freq | None = None,
) -> LSTMForecaster:
    """Make a forecaster of a trained Keras model, with all that a forecaster can be asked: nothing is trained.

    Args:
        model: A `keras.Sequential` (or the like) of LSTM, GRU or Bidirectional LSTM layers, dense layers with tanh, and
            a dense head whose units are the steps ahead. It reads windows `(n, lookback, 1)` of scaled values.
        data: The series that the model learned from, as `LSTMForecaster.fit` takes them: their scale is learned from
            them, and forecasts begin at their end.
        lookback: Points of a window, where the model's input does not say how many.
        scaling: How the values were scaled: `minmax` (0..1), `standard` (mean 0, deviation 1), `season` or `none`.
        validation_size: Points at the end of each series that the model did not learn from, a number or a share: the
            scale is learned without them, and their errors give intervals their widths; 0 for none.
        season_length: Steps in a season, for comparisons with naive forecasts; found from the data when absent.
        id_col: As in `LSTMForecaster.fit`.
        time_col: As in `LSTMForecaster.fit`.
        target_col: As in `LSTMForecaster.fit`.
        freq: As in `LSTMForecaster.fit`.

    Returns:
        A fitted forecaster, whose `to_keras` is the model again.

    Raises:
        ConfigError: The model has a layer that gatecast does not have, or computes something else than its layers.
        DataError: The data cannot be used.

    Examples:
        >>> import numpy as np
        >>> class Dense:
        ...     def get_config(self):
        ...         return {"units": 1, "activation": "linear"}
        ...
        ...     def get_weights(self):
        ...         return [np.zeros((4, 1)), np.full(1, 0.5)]
        >>> class LSTM:
        ...     def get_config(self):
        ...         return {"units": 4}
        ...
        ...     def get_weights(self):
        ...         return [np.zeros((1, 16)), np.zeros((4, 16)), np.zeros(16)]
        >>> class Model:  # what `keras.Sequential([keras.Input((3, 1)), LSTM(4), Dense(1)])` says of itself
        ...     layers, input_shape = [LSTM(), Dense()], (None, 3, 1)
        ...
        ...     def predict(self, x, verbose):
        ...         return np.full((len(x), 1), 0.5)
        >>> from_keras(Model(), np.arange(11.0)).predict()["LSTM"].tolist()
        [5.0]
    """
    names: Names = {"id_col": id_col, "time_col": time_col, "target_col": target_col, "freq": freq}
    network, panel = read_keras(model), to_panel(data, **names)
    return _forecaster(network, "Keras", panel, lookback, scaling, validation_size, season_length)


@answers_calls
def from_torch(
    module: Any,
    data: Data,
    *,
    lookback: int,
    scaling: str = "minmax",
    validation_size: float | int = 0,
    season_length: int | Sequence[int] | None = None,
    id_col: Name = None,
    time_col: str | None = None,
    target_col: Name = None,
    freq: Freq | None = None,
) -> LSTMForecaster:
    """Make a forecaster of a trained PyTorch module, with all that a forecaster can be asked: nothing is trained.

    Args:
        module: A `torch.nn.Module` that holds LSTM or GRU layers, then Linear layers with tanh between them, the last
            of which reads the last step and has an output for each step ahead. It takes windows `(n, lookback, 1)` of
            scaled values, or `(lookback, n, 1)` where its layers have `batch_first=False`.
        data: As in `from_keras`.
        lookback: Points of a window.
        scaling: As in `from_keras`.
        validation_size: As in `from_keras`.
        season_length: As in `from_keras`.
        id_col: As in `LSTMForecaster.fit`.
        time_col: As in `LSTMForecaster.fit`.
        target_col: As in `LSTMForecaster.fit`.
        freq: As in `LSTMForecaster.fit`.

    Returns:
        A fitted forecaster, whose `to_torch` computes what the module does.

    Raises:
        ConfigError: The module has a layer that gatecast does not have, or computes something else than its layers.
        DataError: The data cannot be used.

    Examples:
        >>> from_torch("model.pt", [1.0, 2.0, 3.0], lookback=1)
        Traceback (most recent call last):
        gatecast.exceptions.ConfigError: `module` has the type str, and a module of PyTorch was expected. ...
    """
    names: Names = {"id_col": id_col, "time_col": time_col, "target_col": target_col, "freq": freq}
    network, panel = read_torch(module), to_panel(data, **names)
    return _forecaster(network, "PyTorch", panel, lookback, scaling, validation_size, season_length)


def _forecaster(
    network: PlainNetwork,
    framework: str,
    panel: Panel,
    lookback: int | None,
    scaling: str,
    validation_size: float | int,
    season_length: int | Sequence[int] | None,
) -> LSTMForecaster:
    if lookback is not None:
        check_count("lookback", lookback, "Use the points of the windows that the network learned from.")
    if network.lookback is not None and lookback not in (None, network.lookback):
        raise ConfigError(
            f"`lookback={lookback}` was passed, and the windows of the {framework} network have {network.lookback} "
            "steps. Leave `lookback` out."
        )
    window = network.lookback or lookback
    if window is None:
        raise ConfigError(
            f"The {framework} network takes windows of any length, and `lookback` was expected. Pass the points of the "
            "windows that it learned from."
        )
    settings = _settings(network, window, scaling, validation_size, season_length)
    settings.check()
    settings = settings.plain()
    model = LSTMForecaster.from_settings(settings)
    model._fitted = _read(network, framework, settings, panel)
    model._fit_settings, model._panel = settings, panel
    return model


def _settings(
    network: PlainNetwork, lookback: int, scaling: str, validation_size: float | int, season_length: Any
) -> Settings:
    """Return the settings with which such a network would be trained here."""
    stack = network.spec.stack
    return Settings(
        horizon=network.spec.horizon,
        season_length=season_length,
        lookback=lookback,
        hidden_size=stack[0].units,
        n_layers=len(stack),
        loss="mse",
        transform="none",
        cell="gru" if stack[0].kind == "gru" else "lstm",
        bidirectional=stack[0].kind == "bidirectional",
        decoder_sizes=tuple(layer.units for layer in network.spec.decoder),
        skip="none",
        mode="windows",
        scaling=scaling,
        validation_size=validation_size,
    )


def _read(network: PlainNetwork, framework: str, settings: Settings, panel: Panel) -> Fitted:
    """Read a panel to its end; forecasts of what was held out say how wide intervals are."""
    data = TrainingData.of(settings, panel)
    candidate = replace(make_candidates(data, make_plan(data), math.inf)[0], spec=network.spec)
    judged = candidate.judge([network.flat])
    calibration = None if judged is None else judged.calibration()
    history: dict[str, list[float]] = {
        name: [] for name in ("loss", "rmse", "scaled_loss", "validation_epoch", "validation_loss")
    }
    record = FitRecord(
        plan=replace(candidate.plan, epochs=0, n_members=1, learning_rate=None),
        transform=candidate.preparation.transform.name,
        value_inputs=candidate.preparation.value_inputs,
        seasons=data.seasons,
        hold_out=tuple(data.hold_out.tolist()),
        patience=0,
        history=history,
        stop=Stop.IMPORTED,
        n_steps=0,
        decisions=(Message("decision.imported", {"framework": framework}),),
    )
    return remember(panel, candidate.preparation, candidate.ensemble([network.flat]), calibration, record)
