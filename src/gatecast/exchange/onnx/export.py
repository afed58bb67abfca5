"""How does a fitted forecaster become an ONNX model? History in, forecast and quantiles out."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from gatecast import __version__
from gatecast._files import unwritable, write_atomically
from gatecast.data.values.counts import mean_of_quantiles
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.exchange.onnx.graph import Array, Graph, Node
from gatecast.exchange.onnx.network import ensemble_forecast
from gatecast.exchange.onnx.preparation import Rows, prepare_rows
from gatecast.metrics.levels import check_quantiles
from gatecast.model.fitted import Fitted
from gatecast.model.forecast import Forecast
from gatecast.network.inputs import LossSettings
from gatecast.network.losses import quantiles_of

__all__ = ["make_onnx", "write_onnx"]

# the newest versions that runtimes of three years ago know
OPSET, IR_VERSION = 18, 8
USUAL_QUANTILES = (0.1, 0.5, 0.9)
OWN_HISTORY = -1
DTYPES = ("float32", "float64")


def write_onnx(path: str | os.PathLike[str], model: Any) -> None:
    """Write a model, replacing an older file only when the new one is complete."""
    try:
        write_atomically(path, model.SerializeToString())
    except OSError as error:
        raise unwritable("ONNX model", path, error) from None


def make_onnx(fitted: Fitted, horizon: int, quantiles: Sequence[float] | float | None, dtype: str) -> Any:
    """Return an `onnx.ModelProto` that forecasts as `predict` does; see `LSTMForecaster.to_onnx`."""
    _check_can_be_written(fitted)
    if dtype not in DTYPES:
        raise ConfigError(f"`dtype` must be one of {', '.join(DTYPES)}, got {dtype!r}. Use `dtype='float64'`.")
    wanted = _wanted(fitted, quantiles)
    g = Graph()
    history = Node(g, "history", np.dtype(dtype))
    has_series = len(fitted.after.ids) > 1
    series = Node(g, "series", np.dtype(np.int64)) if has_series else g.node(np.array([_only_series(fitted)]))
    rows = prepare_rows(g, fitted, history.cast(np.float64), series)
    scaled = ensemble_forecast(g, fitted.ensemble.networks, rows.values, rows.missing, rows.spread, horizon)
    outputs = _outputs(g, fitted, rows, scaled.cast(np.float64).swap(0, 2, 1), wanted, horizon)
    for name, node in outputs.items():
        g.output(node.cast(dtype), name)
    return _model(g, fitted, horizon, wanted, dtype)


def _check_can_be_written(fitted: Fitted) -> None:
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise GatecastError(
            "Graphs are written with onnx, which is not installed. Run `pip install 'gatecast[onnx]'`."
        ) from None
    if fitted.preparation.encoder is not None:
        raise ConfigError(
            "This model learned from covariates or the calendar, and an ONNX graph takes the history of the target "
            "alone. Fit a model without `past`, `future`, `static`, `calendar` and `country`, or serve this one with "
            "gatecast itself."
        )


def _wanted(fitted: Fitted, quantiles: Sequence[float] | float | None) -> tuple[float, ...]:
    """Return the probabilities of quantiles that are to be computed; by default the usual ones where they can be."""
    loss = fitted.ensemble.first.loss
    has_no_operator = fitted.learns_intervals and (loss.loss == "student" or loss.is_of_counts)
    if quantiles is None:
        return USUAL_QUANTILES if fitted.has_intervals and not has_no_operator else ()
    wanted = check_quantiles(quantiles) if np.ndim(quantiles) == 0 or len(np.atleast_1d(quantiles)) else ()
    if wanted and has_no_operator:
        raise ConfigError(
            f'Quantiles of the distribution of `loss="{loss.loss}"` were asked for, and ONNX has no operator for '
            'them. Pass `quantiles=()` for the forecast alone, or fit with `loss="quantile"`.'
        )
    return wanted


def _outputs(
    g: Graph, fitted: Fitted, rows: Rows, scaled: Node, wanted: tuple[float, ...], horizon: int
) -> dict[str, Node]:
    """Return forecast `(B, H)` and quantiles `(B, H, Q)` of scaled parameters `(B, H, P)`; see `model.forecast`."""
    loss = fitted.ensemble.first.loss
    middle = scaled.cut(2, loss.middle, loss.middle + 1)
    restored = rows.restore(middle)
    forecast = restored
    if loss.loss == "quantile":
        # the mean of counts with many zeros, as `Preparation.point` has it
        means = (rows.restore(scaled) * _mean_weights(loss)).reduce("Sum", 2)
        forecast = g.where(rows.is_sparse.unsqueeze(2), means, restored)
    outputs = {"forecast": forecast.squeeze(2)}
    if wanted:
        outputs["quantiles"] = _quantiles(fitted, rows, scaled, forecast, wanted, horizon)
    return outputs


def _quantiles(
    fitted: Fitted, rows: Rows, scaled: Node, forecast: Node, wanted: tuple[float, ...], horizon: int
) -> Node:
    """Return quantiles in the data's units, `(B, H, Q)`, as `Forecast.quantiles` computes them."""
    loss, known = fitted.ensemble.first.loss, Forecast.of_zeros(fitted, horizon)
    middle = scaled.cut(2, loss.middle, loss.middle + 1)
    if fitted.learns_intervals:
        away = _learned_quantiles(loss, scaled, wanted) - middle
        return rows.restore(middle + away * (known.growth[:, None] * fitted.widening))
    offsets = known.offsets(wanted)
    if fitted.preparation.transform.is_elementwise:
        return rows.restore(middle + offsets)
    return forecast + rows.unit.unsqueeze(2) * offsets


def _learned_quantiles(loss: LossSettings, scaled: Node, wanted: tuple[float, ...]) -> Node:
    if loss.loss == "normal":
        deviates = np.array([NormalDist().inv_cdf(p) for p in wanted])
        return scaled.cut(2, 0, 1) + scaled.cut(2, 1, 2) * deviates
    # they are straight lines between those that were learned, so a matrix `(P, Q)` says all
    each = np.eye(loss.n_parameters)[:, :, None]
    return scaled @ quantiles_of(loss, each, np.asarray(wanted))[:, :, 0]


def _mean_weights(loss: LossSettings) -> Array:
    """Return the weight of each learned quantile in the mean, `(P,)`."""
    return mean_of_quantiles(np.eye(loss.n_parameters)[:, :, None], np.asarray(loss.quantiles))[:, 0]


def _model(g: Graph, fitted: Fitted, horizon: int, wanted: tuple[float, ...], dtype: str) -> Any:
    from onnx import checker, helper, numpy_helper

    number = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    inputs = [helper.make_tensor_value_info("history", number, ["batch", "length"])]
    if len(fitted.after.ids) > 1:
        whole = helper.np_dtype_to_tensor_dtype(np.dtype(np.int64))
        inputs.append(helper.make_tensor_value_info("series", whole, ["batch"]))
    outputs = [helper.make_tensor_value_info("forecast", number, ["batch", horizon])]
    if wanted:
        outputs.append(helper.make_tensor_value_info("quantiles", number, ["batch", horizon, len(wanted)]))
    nodes, constants = g.needed(one.name for one in outputs)
    # an array without axes stays one
    initial = [numpy_helper.from_array(np.array(array, order="C"), name) for name, array in constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "gatecast", inputs, outputs, initial),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="gatecast",
        producer_version=__version__,
    )
    helper.set_model_props(model, {name: json.dumps(fact) for name, fact in _facts(fitted, wanted, horizon).items()})
    checker.check_model(model)
    return model


def _only_series(fitted: Fitted) -> int:
    """Return how the histories are scaled where one series was learned from: as that one.

    Pretrained networks only read it, and each history that they are shown is scaled by itself.
    """
    return OWN_HISTORY if fitted.record.is_pretrained else 0


def _facts(fitted: Fitted, wanted: tuple[float, ...], horizon: int) -> dict[str, Any]:
    """Return what a caller must know beside the graph, ready for JSON."""
    return {
        "horizon": horizon,
        "quantiles": wanted,
        "least_length": fitted.lookback,
        "season_length": fitted.season_length,
        "frequency": fitted.after.freq,
        "series": [str(one) for one in fitted.after.ids.tolist()],
    }
