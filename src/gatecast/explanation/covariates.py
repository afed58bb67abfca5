"""How much worse do forecasts become without a covariate? Errors when it is taken from other times, with error bars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast._validation import check_count
from gatecast.data.panel.arrays import Array, Floats, Frame, Ints
from gatecast.data.panel.panel import Panel
from gatecast.exceptions import DataError
from gatecast.model.alignment import match_series
from gatecast.model.evaluation import forecast_windows
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.model.fitted import Fitted

__all__ = ["CovariateImportance", "measure_covariates"]


@dataclass(frozen=True)
class CovariateImportance:
    """How much the error grows when a covariate says nothing about its time (Breiman 2001, permutation importance).

    A covariate's column is turned within each series by a random number of steps, so that it keeps its own course and
    its ties with itself but not those with the target; one of a whole series is exchanged between series. Forecasts
    are those after the training part, which the model did not learn from. The error of a forecast is the mean of its
    absolute errors over the series' scale (the denominator of MASE).

    Standard errors know of both kinds of chance: the spread over repeats, and that over blocks of forecasts (a horizon
    of origins of one series each, since forecasts of the same steps share their errors).

    Attributes:
        names: Of C covariates.
        roles: "past", "future" or "static" of each.
        increase: float64 `(C,)` mean growth of the error, in units of the series' scale.
        standard_error: float64 `(C,)`; NaN where there is one block only.
        increases: float64 `(C, repeats)` growth in each repeat.
        error: The error with all covariates in place.
        n_windows: How many forecasts were compared.
        n_blocks: In how many blocks.
    """

    names: tuple[str, ...]
    roles: tuple[str, ...]
    increase: Floats
    standard_error: Floats
    increases: Floats
    error: float
    n_windows: int
    n_blocks: int

    @property
    def order(self) -> Ints:
        """Positions of the covariates, the most important first."""
        return np.argsort(-self.increase, kind="stable")

    @property
    def is_useful(self) -> Array:
        """Whether the error grows by more than two standard errors, `(C,)`."""
        return self.increase > 2 * self.standard_error

    def sentences(self) -> tuple[str, ...]:
        """Say of each covariate what it is good for, the most important first."""
        return tuple(str(self._message(int(n))) for n in self.order)

    def _message(self, n: int) -> Message:
        numbers = {"error": self.error, "grown": float(self.increase[n]), "by": float(self.standard_error[n])}
        code = "explain.useful" if self.is_useful[n] else "explain.not_useful"
        return Message(code, {"name": self.names[n], **numbers})

    def to_frame(self) -> Frame:
        """Return a pandas table `covariate, role, increase, standard_error`, the most important first."""
        import pandas as pd

        columns = {
            "covariate": list(self.names),
            "role": list(self.roles),
            "increase": self.increase,
            "standard_error": self.standard_error,
        }
        return pd.DataFrame(columns).iloc[self.order].reset_index(drop=True)


def measure_covariates(fitted: Fitted, panel: Panel, *, n_repeats: int = 10, seed: int = 0) -> CovariateImportance:
    """Measure the importance of each covariate after the training part."""
    check_count("n_repeats", n_repeats, "Use `n_repeats=10`.")
    columns = [(name, role) for role in ("future", "past", "static") for name in getattr(fitted.after.roles, role)]
    if not columns:
        raise DataError(
            "This model learned from no covariate, and at least one was expected. Fit with "
            '`LSTMForecaster(future=["price"])` or `past=[...]`.'
        )
    base, blocks = _errors(fitted, panel)
    rng = np.random.default_rng(seed)
    grown = np.array(
        [
            [_errors(fitted, turned)[0] - base for turned in _turned(panel, name, role, n_repeats, rng)]
            for name, role in columns
        ]
    )
    increases = grown.mean(axis=2)
    n_blocks = len(np.unique(blocks))
    names, roles = zip(*columns, strict=True)
    error = np.hypot(_error_of_blocks(grown.mean(axis=1), blocks), _error_of_repeats(increases))
    return CovariateImportance(
        names, roles, increases.mean(axis=1), error, increases, float(base.mean()), len(base), n_blocks
    )


def _errors(fitted: Fitted, panel: Panel) -> tuple[Floats, Ints]:
    """Return the error of each forecast that something came of, `(n,)`, and its block `(n,)`."""
    forecasts, actual, series = forecast_windows(fitted, panel)
    some = ~np.isnan(actual).all(axis=1)
    if not some.any():
        raise DataError(Message("failure.no_horizon", {"n": fitted.horizon}))
    forecasts, actual, series = forecasts[some], actual[some], series[some]
    errors = np.nanmean(np.abs(forecasts - actual), axis=1) / _scales(fitted, panel, actual, series)
    begins = np.flatnonzero(np.diff(series, prepend=-1))
    position = np.arange(len(series)) - np.repeat(begins, np.diff(np.append(begins, len(series))))
    return errors, series * (len(series) + 1) + position // fitted.horizon


def _scales(fitted: Fitted, panel: Panel, actual: Floats, series: Ints) -> Floats:
    """Return the scale of each forecast's series; of a new or constant one, the mean size of its values."""
    scales = match_series(fitted.after, panel).of_rows(fitted.naive_scales, np.nan)[series]
    sizes = np.bincount(series, np.nan_to_num(np.abs(actual)).mean(axis=1)) / np.maximum(np.bincount(series), 1)
    return np.where(scales > 0, scales, np.maximum(sizes[series], np.finfo(float).tiny))


def _turned(panel: Panel, name: str, role: str, n_repeats: int, rng: np.random.Generator) -> Iterator[Panel]:
    """Yield the data with one column from other times, or other series."""
    columns = getattr(panel, role)
    for _ in range(n_repeats):
        if role == "static":
            other = columns[name][rng.permutation(panel.n_series)]
        else:
            other = columns[name][_turns(panel, rng)]
        # a panel's role is a field of the same name
        yield replace(panel, **{role: {**columns, name: other}})  # type: ignore[arg-type]


def _turns(panel: Panel, rng: np.random.Generator) -> Ints:
    """Return for each row the one that takes its place: each series is turned by 1 to n - 1 steps."""
    series, position = panel.places()
    n = np.maximum(panel.lengths, 1)
    steps = np.where(n > 1, rng.integers(1, np.maximum(n, 2)), 0)
    return panel.offsets[:-1][series] + (position + steps[series]) % n[series]


def _error_of_blocks(grown: Floats, blocks: Ints) -> Floats:
    """Return the standard error of the mean of `(C, n)` from the spread over blocks, `(C,)`."""
    _, which, counts = np.unique(blocks, return_inverse=True, return_counts=True)
    if len(counts) < 2:
        return np.full(len(grown), np.nan)
    sums = np.array([np.bincount(which, row - row.mean()) for row in grown])
    # of a mean over blocks of unequal sizes
    return np.asarray(np.sqrt((sums**2).sum(axis=1) * len(counts) / (len(counts) - 1)) / counts.sum())


def _error_of_repeats(increases: Floats) -> Floats:
    n = increases.shape[1]
    return increases.std(axis=1, ddof=1) / np.sqrt(n) if n > 1 else np.zeros(len(increases))
