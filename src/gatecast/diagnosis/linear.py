"""How far does a plain linear autoregression come on the same training part?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["Linear", "fit_linear", "orders_up_to"]

N_FOLDS = 5
# rows of lagged values that are in memory at once
CHUNK = 4096
# newest rows that are learned from: more change nothing
MAX_ROWS = 60_000
# of the mean variance of the inputs: keeps a singular system solvable
TINY = 1e-8


@dataclass(frozen=True)
class Linear:
    """A linear autoregression `y[t] = a + sum_k b[k] y[t - k]`."""

    order: int  # lags that it looks back, by the smallest corrected AIC
    weights: np.ndarray  # (order + 1,) of lags 1, 2, ... and the constant last
    errors: dict[int, float]  # by order, the cross-validated RMSE on the training part
    # (N,) what came minus what was forecast, of the rows of the training part, each by weights that were learned
    # without its fifth of the rows; NaN where it had too little past
    residuals: np.ndarray

    def forecast(self, values: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Forecast the values at `places` of one series from those before each, `(n,)`; NaN where the past is short."""
        out = np.full(len(places), np.nan)
        good = places >= self.order
        for rows in _chunks(np.flatnonzero(good)):
            lagged = values[places[rows][:, None] - np.arange(1, self.order + 1)]
            out[rows] = lagged @ self.weights[:-1] + self.weights[-1]
        return out

    def shortest(self, slack: float) -> int:
        """Return the fewest lags whose error is at most `slack` (a share) above the best one."""
        best = min(self.errors.values())
        return min(order for order, error in self.errors.items() if error <= best * (1 + slack))


def orders_up_to(most: int, season: int = 1) -> list[int]:
    """Return the orders that are tried: powers of two, those between them, one and two seasons."""
    wanted = {factor * 2**k for k in range(20) for factor in (1, 3)}
    wanted |= {season, season + 1, 2 * season, 2 * season + 1} if season > 1 else set()
    return sorted(order for order in wanted if order <= most)


def fit_linear(values: np.ndarray, begins: np.ndarray, is_row: np.ndarray, orders: list[int]) -> Linear:
    """Learn a linear autoregression by least squares, of the order with the smallest corrected AIC.

    All orders are compared on the same rows, those that have as much past as the longest one needs, where at least
    twice as many rows as lags remain.

    Args:
        values: `(N,)` all series one behind the other, without gaps.
        begins: `(N,)` position in `values` of the first value of each value's series.
        is_row: `(N,)` whether a value is one to learn from: of the training part, and observed.
        orders: Rising.
    """
    places = np.arange(len(values)) - begins
    orders = [order for order in orders if (is_row & (places >= order)).sum() >= max(2 * order + 10, 20)] or orders[:1]
    most = orders[-1]
    rows = np.flatnonzero(is_row & (places >= most))[-MAX_ROWS:]
    fold = np.minimum(np.arange(len(rows)) * N_FOLDS // max(len(rows), 1), N_FOLDS - 1)
    # the constant is the first input, so that an order is a leading block
    grams = np.zeros((N_FOLDS, most + 2, most + 2))
    for part in _chunks(np.arange(len(rows))):
        inputs = _inputs(values, rows[part], most)
        for k in range(N_FOLDS):
            some = inputs[fold[part] == k]
            grams[k] += some.T @ some
    whole, n = grams.sum(axis=0), len(rows)
    errors, criteria, solutions = {}, {}, {}
    for order in orders:
        wrong = sum(_squares(_solve(whole - gram, order), gram, order) for gram in grams)
        errors[order] = float(np.sqrt(wrong / max(n, 1)))
        solutions[order] = _solve(whole, order)
        variance = max(_squares(solutions[order], whole, order) / max(n, 1), 1e-300)
        # Hurvich and Tsai (1989)
        criteria[order] = n * np.log(variance) + 2 * (order + 1) * n / max(n - order - 2, 1)
    order = min(criteria, key=lambda k: (criteria[k], k))
    weights = np.roll(solutions[order], -1)
    return Linear(order, weights, errors, _residuals(values, rows, fold, grams, order))


def _residuals(values: np.ndarray, rows: np.ndarray, fold: np.ndarray, grams: np.ndarray, order: int) -> np.ndarray:
    out = np.full(len(values), np.nan)
    whole = grams.sum(axis=0)
    for k in range(N_FOLDS):
        solution = _solve(whole - grams[k], order)
        for at in _chunks(rows[fold == k]):
            inputs = _inputs(values, at, order)
            out[at] = inputs[:, -1] - inputs[:, :-1] @ solution
    return out


def _chunks(rows: np.ndarray) -> Iterator[np.ndarray]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


def _inputs(values: np.ndarray, at: np.ndarray, order: int) -> np.ndarray:
    """Return the constant, `order` lags and the value itself, `(n, order + 2)`."""
    lagged = values[at[:, None] - np.arange(1, order + 1)]
    return np.concatenate([np.ones((len(at), 1)), lagged, values[at][:, None]], axis=1)


def _solve(gram: np.ndarray, order: int) -> np.ndarray:
    size = order + 1
    system = gram[:size, :size].copy()
    system[np.diag_indices(size)] += TINY * max(float(np.trace(system)) / size, 1e-300)
    return np.asarray(np.linalg.solve(system, gram[:size, -1]))


def _squares(solution: np.ndarray, gram: np.ndarray, order: int) -> float:
    size = order + 1
    cross, square = gram[:size, -1], gram[-1, -1]
    return float(max(square - 2 * solution @ cross + solution @ gram[:size, :size] @ solution, 0.0))
