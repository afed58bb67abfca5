"""What forecasts one series on its own? Models of other libraries, and our own ones, behind the same two methods.

All take the values of one series without gaps, `(T,)`, and answer with `mean`, `(h,)`, and `lo-80`, `hi-80` for each
level of 80 %.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Protocol, Self, final

import numpy as np

from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

__all__ = ["Answer", "AutoRegression", "Local", "has_statsforecast", "library", "needed", "one_step", "read_on"]

Answer = dict[str, Floats]
PURPOSE = "library.baselines"
# origins at which fitted values are compared with forecasts, and by how much of the spread they may differ
CHECKED, SAME = 8, 0.02


class Local(Protocol):
    """Forecasts one series."""

    def fit(self, y: Floats) -> Self:
        """Learn from all values of a series, `(T,)`."""

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Forecast the next `h` values."""


def library() -> ModuleType:
    """Return the models of statsforecast or, where it is not installed, those of statsmodels behind the same names.

    They are imported when first needed, with what they import later.
    """
    # these two are imported by what it does later
    for module in ("scipy.stats", "statsmodels.tsa.ar_model"):
        needed(module, PURPOSE)
    if has_statsforecast():
        return needed("statsforecast.models", PURPOSE)
    for module in ("statsmodels.tsa.statespace.sarimax", "statsmodels.tsa.exponential_smoothing.ets"):
        needed(module, PURPOSE)
    return import_module("gatecast.baselines.classical")


def has_statsforecast() -> bool:
    """Tell whether statsforecast is installed, which needs pandas below 3."""
    if "statsforecast.models" in sys.modules:
        return sys.modules["statsforecast.models"] is not None
    return find_spec("statsforecast") is not None


def read_on(fitted: object, y: Floats, h: int, level: Sequence[float] | None) -> Answer | None:
    """Forecast behind other values of a series with what was learned; None where a model has no `forward` to do so."""
    if not hasattr(fitted, "forward"):
        return None
    answer: Answer = fitted.forward(y=y, h=h, level=level)
    return answer


def one_step(fitted: object, y: Floats) -> Floats | None:
    """Forecast each value of a series from those before it, with what was learned, `(T,)`; None if a model cannot.

    The first values of a series are forecast from how the model starts, or are NaN. What a library calls fitted values
    are no forecasts where a moving average is not invertible (Brockwell and Davis 2016, section 3.1): they are compared
    with forecasts at a few origins, and made one by one where they differ.
    """
    if not hasattr(fitted, "forward"):
        return None
    found = np.array(fitted.forward(y=y, h=1, fitted=True)["fitted"], np.float64)
    origins = np.unique(np.linspace(len(y) // 2, len(y) - 1, CHECKED).astype(int))
    forecasts = np.array([fitted.forward(y=y[:t], h=1)["mean"][0] for t in origins])
    if np.abs(found[origins] - forecasts).max() > SAME * y.std():
        first = len(y) // 10 + 1
        found[:first] = np.nan
        found[first:] = [fitted.forward(y=y[:t], h=1)["mean"][0] for t in range(first, len(y))]
    return found


@final
class AutoRegression:
    """A linear autoregression by least squares (statsmodels' AutoReg); several steps ahead from its own forecasts.

    statsforecast's AutoRegressive fits the same equation by a Kalman filter, whose time grows with the square of the
    longest lag. Intervals are those of the moving average that it amounts to (Brockwell and Davis 2016, section 3.3),
    wider by the root of (n + k) / (n - k) for n equations and k coefficients: so much larger are errors on values that
    the coefficients were not fitted to (Akaike's final prediction error, 1969).
    """

    def __init__(self, lags: Sequence[int]) -> None:
        self._lags = list(lags)

    def fit(self, y: Floats) -> Self:
        """Solve for the coefficients."""
        from statsmodels.tsa.ar_model import AutoReg

        self._result = AutoReg(y, lags=self._lags, trend="c").fit()
        n, k = self._result.nobs, len(self._result.params)
        self._n, self._growth = len(y), np.sqrt((n + k) / (n - k))
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Forecast from the newest values and then from forecasts."""
        return self._answer(self._result, self._n, h, level)

    def forward(self, y: Floats, h: int, level: Sequence[float] | None = None, *, fitted: bool = False) -> Answer:
        """Forecast behind other values with the same coefficients; on demand with those of each value as `fitted`."""
        result = self._result.apply(y, refit=False)
        answer = self._answer(result, len(y), h, level)
        if fitted:
            values = np.asarray(result.fittedvalues, np.float64)
            answer["fitted"] = np.concatenate((np.full(len(y) - len(values), np.nan), values))
        return answer

    def _answer(self, result: Any, n: int, h: int, level: Sequence[float] | None) -> Answer:
        found = result.get_prediction(start=n, end=n + h - 1)
        mean = np.asarray(found.predicted_mean)
        answer: Answer = {"mean": mean}
        for percent in level or ():
            ends = np.asarray(found.conf_int(alpha=1 - percent / 100)).T
            low, high = mean + (ends - mean) * self._growth
            answer |= {f"lo-{percent}": low, f"hi-{percent}": high}
        return answer


def needed(module: str, purpose: str) -> ModuleType:
    """Import a module of the extra `compare`; a ConfigError says in the words of the code `purpose` what needs it."""
    try:
        with warnings.catch_warnings():
            # texts of these libraries hold escapes that Python warns of when it first compiles them
            warnings.simplefilter("ignore")
            return import_module(module)
    except ImportError:
        library = module.partition(".")[0]
        raise ConfigError(Message("library.missing", {"purpose": Message(purpose), "library": library})) from None
