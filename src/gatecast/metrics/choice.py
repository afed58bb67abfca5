"""Which errors are measured? Those that a person names, from a list with sources, and functions of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatecast._validation import is_number, suggest
from gatecast.data.panel.arrays import Array, Floats, Ints
from gatecast.exceptions import ConfigError
from gatecast.metrics.errors import root_mean_square

__all__ = ["NAMED", "Compared", "Metrics", "chosen_metrics", "measured"]

# a name of `NAMED`, or a function of what came and what was forecast, `(n,)` each, that returns a number
Metric = str | Callable[[Any, Any], float]
Metrics = Sequence[Metric] | Mapping[str, Metric] | Metric


@dataclass(frozen=True)
class Compared:
    """n forecasts, of points that were observed, beside what came, `(n,)` each, with what errors are measured against.

    Scales are those of the S series in their training parts: the mean absolute change over a season, and the root of
    the mean squared one; NaN where they are not known. Quantiles are by their probability.
    """

    actual: Floats
    forecast: Floats
    series: Ints
    scales: Floats  # (S,)
    square_scales: Floats  # (S,)
    quantiles: Mapping[float, Floats] = field(default_factory=dict)
    weights: Floats | None = None  # what each counts; all the same when absent

    @property
    def error(self) -> Floats:
        """Forecast minus what came, `(n,)`."""
        return self.forecast - self.actual

    @classmethod
    def of_origins(
        cls,
        forecasts: Floats,
        actual: Floats,
        series: Ints,
        scales: tuple[Floats, Floats],
        quantiles: Mapping[float, Floats] | None = None,
        weights: Floats | None = None,
    ) -> Compared:
        """Take the steps that were observed of forecasts `(n, H)` of n origins, with the series `(n,)` of each."""
        seen = ~np.isnan(actual)
        rows = np.broadcast_to(series[:, None], actual.shape)[seen]
        ends = {p: values[seen] for p, values in (quantiles or {}).items()}
        counts = None if weights is None else weights[seen]
        return cls(actual[seen], forecasts[seen], rows, *scales, ends, counts)

    def mean(self, values: Floats, where: Array | None = None) -> float:
        """Return the weighted mean of values, `(n,)`; NaN where there are none."""
        weights = np.ones(len(values)) if self.weights is None else self.weights
        weights = weights if where is None else weights * where
        total = weights.sum()
        return float((values[weights > 0] * weights[weights > 0]).sum() / total) if total > 0 else np.nan

    def of_series(self, scales: Floats, power: int) -> Floats:
        """Return the mean absolute error of each series over its scale, or the root of that of powers, `(S,)`."""
        weights = np.ones(len(self.actual)) if self.weights is None else self.weights
        # powers of errors in units of the scales do not overflow
        unit = np.where(scales > 0, scales, np.nan)[self.series]
        total = np.bincount(self.series, weights * np.abs(self.error / unit) ** power, len(scales))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((total / np.bincount(self.series, weights, len(scales))) ** (1 / power))


def _mae(given: Compared) -> float:
    return given.mean(np.abs(given.error))


def _mse(given: Compared) -> float:
    return _rmse(given) ** 2


def _rmse(given: Compared) -> float:
    return root_mean_square(given.error, given.weights)


def _mase(given: Compared) -> float:
    return _mean_known(given.of_series(given.scales, 1))


def _rmsse(given: Compared) -> float:
    return _mean_known(given.of_series(given.square_scales, 2))


def _mean_known(ratios: Floats) -> float:
    known = ratios[np.isfinite(ratios)]
    return float(known.mean()) if len(known) else np.nan


def _mape(given: Compared) -> float:
    there = given.actual != 0
    return 100 * given.mean(np.abs(given.error) / np.where(there, np.abs(given.actual), 1.0), there)


def _smape(given: Compared) -> float:
    size = np.abs(given.actual) + np.abs(given.forecast)
    return 200 * given.mean(np.abs(given.error) / np.where(size > 0, size, 1.0), size > 0)


def _over_sum(given: Compared, error: Floats) -> float:
    whole = given.mean(np.abs(given.actual))
    return given.mean(error) / whole if whole > 0 else np.nan


def _wape(given: Compared) -> float:
    return _over_sum(given, np.abs(given.error))


def _bias(given: Compared) -> float:
    return _over_sum(given, given.error)


def _quantile_loss(given: Compared) -> float:
    if not given.quantiles:
        return np.nan
    losses = [
        given.mean(np.maximum(p * (given.actual - one), (p - 1) * (given.actual - one)))
        for p, one in given.quantiles.items()
    ]
    return float(np.mean(losses))


# mae, mse, rmse, mape and smape (in %, the one over targets that are not zero, the other from 0 to 200): Hyndman and
# Athanasopoulos (2021), section 5.8. mase: Hyndman and Koehler (2006). rmsse: the same with squares, as in the M5
# competition (Makridakis, Spiliotis and Assimakopoulos 2022). wape, the sum of absolute errors over that of absolute
# targets: Kolassa and Schuetz (2007). bias, the sum of errors over that of absolute targets, is above 0 where forecasts
# are too high. quantile_loss, the mean over the ends of the intervals and the point forecast as median: Koenker and
# Bassett (1978)
NAMED: dict[str, Callable[[Compared], float]] = {
    "mae": _mae,
    "mse": _mse,
    "rmse": _rmse,
    "mase": _mase,
    "rmsse": _rmsse,
    "mape": _mape,
    "smape": _smape,
    "wape": _wape,
    "bias": _bias,
    "quantile_loss": _quantile_loss,
}


def chosen_metrics(metrics: Metrics | None) -> dict[str, Metric]:
    """Name the metrics that were asked for; a function by its own name, unless it comes in a dict.

    Raises:
        ConfigError: There is no such metric, or two have one name.

    Examples:
        >>> list(chosen_metrics(["wape", max]))
        ['wape', 'max']
    """
    if metrics is None:
        return {}
    if isinstance(metrics, Mapping):
        named = list(metrics.items())
    else:
        several = [metrics] if isinstance(metrics, str) or callable(metrics) else list(metrics)
        named = [
            (one if isinstance(one, str) else getattr(one, "__name__", type(one).__name__), one) for one in several
        ]
    for _, metric in named:
        _check(metric)
    names = [name for name, _ in named]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ConfigError(
            f"`metrics` holds {names.count(twice[0])} metrics called {twice[0]!r}, and each needs a name of its own. "
            f'Pass a dict, e.g. `metrics={{"first": ..., "second": ...}}`.'
        )
    return dict(named)


def _name(metric: Metric) -> str:
    return metric if isinstance(metric, str) else str(getattr(metric, "__name__", type(metric).__name__))


def _check(metric: object) -> None:
    if callable(metric) or metric in NAMED:
        return
    raise ConfigError(
        f"`metrics` must be names of {', '.join(NAMED)}, or functions of (actual, forecast), got {metric!r}. Use for "
        f'example `metrics=["{suggest(metric, NAMED) or "wape"}"]`.'
    )


def measured(metrics: Mapping[str, Metric], given: Compared) -> dict[str, float]:
    """Measure all of them; NaN where nothing came.

    Raises:
        ConfigError: A function did not return a number.
    """
    return {name: _measure(name, metric, given) for name, metric in metrics.items()}


def _measure(name: str, metric: Metric, given: Compared) -> float:
    if not len(given.actual):
        return np.nan
    if isinstance(metric, str):
        return float(NAMED[metric](given))
    counted = np.ones(len(given.actual), bool) if given.weights is None else given.weights > 0
    value = metric(given.actual[counted].copy(), given.forecast[counted].copy())
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if not is_number(value):
        raise ConfigError(
            f"The metric {name!r} returned {type(value).__name__}, and a number was expected. Let it return for "
            "example `np.abs(actual - forecast).mean()`."
        )
    return float(value)
