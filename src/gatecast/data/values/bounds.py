"""Between which values do forecasts of a series stay? Bounds that were asked for, or zero where nothing is below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Ints
from gatecast.data.values.counts import are_never_negative, are_sparse_counts

if TYPE_CHECKING:
    from gatecast.data.panel.panel import Panel

__all__ = ["AUTO", "Bounds", "Limits", "find_bounds"]

# bounds that are found from the data
AUTO = "auto"


class Limits(NamedTuple):
    """What was asked for, for all series alike."""

    lower: float | str | None = AUTO  # `auto` is found for each series; None is no bound
    upper: float | None = None

    @property
    def given(self) -> dict[str, float]:
        """The bounds that are numbers, by name."""
        numbers = {name: value for name, value in self._asdict().items() if isinstance(value, int | float)}
        # 0 and not 0.0, as people write it
        return {name: int(value) if float(value).is_integer() else value for name, value in numbers.items()}


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest value that is forecast of each of S series; infinite where there is no bound."""

    lower: Floats  # `(S,)`
    upper: Floats  # `(S,)`
    limits: Limits = Limits()  # noqa: RUF009  it cannot change

    @property
    def are_any(self) -> Array:
        """Whether a series has a bound, `(S,)`."""
        return np.isfinite(self.lower) | np.isfinite(self.upper)

    def rows(self, index: Ints) -> Bounds:
        """Take some series."""
        return Bounds(self.lower[index], self.upper[index], self.limits)

    def replaced(self, other: Bounds, where: Array) -> Bounds:
        """Take the series of `other` where `where` says so."""
        lower, upper = np.where(where, other.lower, self.lower), np.where(where, other.upper, self.upper)
        return Bounds(lower, upper, self.limits)

    def hold(self, values: Floats, series: Ints | None = None) -> Floats:
        """Move what lies beyond a bound to it: forecasts `(n, ...)`, each row of one of `series`, or all in order.

        Examples:
            >>> Bounds(np.array([0.0]), np.array([np.inf])).hold(np.array([[-1.0, 2.0]])).tolist()
            [[0.0, 2.0]]
        """
        rows = slice(None) if series is None else series
        shape = (-1,) + (1,) * (values.ndim - 1)
        # as `np.clip`, which takes longer to find out that it is this
        return np.minimum(np.maximum(values, self.lower[rows].reshape(shape)), self.upper[rows].reshape(shape))

    def lifted(self, panel: Panel) -> Bounds:
        """Leave out what was found for a series that goes below it in newer values of the same series."""
        if self.limits.lower != AUTO or not np.isfinite(self.lower).any():
            return self
        series, _ = panel.places()
        below = np.bincount(series[panel.values < self.lower[series]], minlength=len(self.lower)) > 0
        return Bounds(np.where(below, -np.inf, self.lower), self.upper, self.limits) if below.any() else self

    def without_lower(self) -> Bounds:
        """Leave out all lower bounds."""
        return Bounds(np.full_like(self.lower, -np.inf), self.upper, self.limits)

    def beyond(self, panel: Panel) -> Ints:
        """Return the places of values of the same series, `(N,)`, that lie beyond a bound."""
        if not self.are_any.any():
            return np.zeros(0, np.int64)
        series, _ = panel.places()
        with np.errstate(invalid="ignore"):
            return np.flatnonzero((panel.values < self.lower[series]) | (panel.values > self.upper[series]))


def find_bounds(panel: Panel, limits: Limits) -> Bounds:
    """Find the bounds of each series of a panel.

    The rule of `lower="auto"`: zero, where none of the series' values is below it and at least 5 % (and two) are zero,
    as of sales, counts and solar power. Other numbers above zero, as prices, may go below it one day for all that is
    known.
    """
    S = panel.n_series
    if limits.lower == AUTO:
        is_never_negative = are_never_negative(panel.values, panel.offsets)
        lower = np.where(is_never_negative | are_sparse_counts(panel.values, panel.offsets), 0.0, -np.inf)
    else:
        lower = np.full(S, limits.given.get("lower", -np.inf), np.float64)
    return Bounds(lower, np.full(S, limits.given.get("upper", np.inf), np.float64), limits)
