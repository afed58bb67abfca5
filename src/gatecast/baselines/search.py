"""Which orders does an ARIMA model of a series have? The stepwise search of Hyndman and Khandakar (2008).

How often the series is differenced is decided by tests; the other orders begin at four models, and go on to the best
neighbour, by AICc, until none is better.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gatecast.data.panel.arrays import Floats

__all__ = ["Orders", "has_strong_season", "search"]

# as in R's forecast package: bounds of the orders, differences, and models that are tried at most
MOST, MOST_SEASONAL, MOST_DIFFERENCES, MOST_MODELS = 5, 2, 2, 94
# a season is differenced whose strength (Wang, Smith and Hyndman 2006) is larger
STRONG = 0.64
# steps of the optimizer while models are only compared
SEARCH_STEPS, FINAL_STEPS = 30, 200


@dataclass(frozen=True)
class Orders:
    """(p, d, q)(P, D, Q) with the steps of a season, 1 for none; and whether there is a mean, or a drift."""

    p: int
    d: int
    q: int
    P: int
    D: int
    Q: int
    season: int
    has_constant: bool

    @property
    def n_lost(self) -> int:
        """Values that differencing takes."""
        return self.d + self.D * self.season

    def fit(self, y: Floats, *, steps: int = FINAL_STEPS, is_approximate: bool = False) -> Any:
        """Estimate the coefficients; where it is approximate, of differences and not of the values themselves."""
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        has_season = self.season > 1 and self.P + self.D + self.Q > 0
        model = SARIMAX(
            y,
            order=(self.p, self.d, self.q),
            seasonal_order=(self.P, self.D, self.Q, self.season) if has_season else (0, 0, 0, 0),
            trend="c" if self.has_constant else "n",
            simple_differencing=is_approximate,
        )
        return model.fit(disp=False, maxiter=steps)


def search(y: Floats, season: int, *, is_approximate: bool) -> Orders:
    """Find the orders with the smallest AICc."""
    D = int(has_strong_season(y, season))
    d = _differences(y[season:] - y[:-season] if D else y)
    tried: dict[Orders, float] = {}
    best = min(_first(d, D, season), key=lambda orders: _aicc(orders, y, tried, is_approximate))
    while True:
        for other in _neighbours(best):
            if len(tried) >= MOST_MODELS:
                return best
            if other not in tried and _aicc(other, y, tried, is_approximate) < tried[best]:
                best = other
                break
        else:
            return best


def _first(d: int, D: int, season: int) -> list[Orders]:
    s, constant = int(season > 1), d + D < 2
    orders = ((2, 2, s, s), (0, 0, 0, 0), (1, 0, s, 0), (0, 1, 0, s))
    found = [Orders(p, d, q, P, D, Q, season, constant) for p, q, P, Q in orders]
    return [*found, Orders(0, d, 0, 0, D, 0, season, has_constant=False)]


def _neighbours(best: Orders) -> Iterator[Orders]:
    """Yield what differs by one in P, Q, p or q, or in both of a pair, and with or without the constant."""
    for names, most in ((("P", "Q"), MOST_SEASONAL if best.season > 1 else 0), (("p", "q"), MOST)):
        for a, b in ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1)):
            values = [getattr(best, name) + step for name, step in zip(names, (a, b), strict=True)]
            if min(values) >= 0 and max(values) <= most:
                yield replace(best, **dict(zip(names, values, strict=True)))
    if best.d + best.D < 2:
        yield replace(best, has_constant=not best.has_constant)


def _aicc(orders: Orders, y: Floats, tried: dict[Orders, float], is_approximate: bool) -> float:
    """Return the criterion, infinite where a model cannot be fitted, and keep it."""
    if orders not in tried:
        try:
            found = float(orders.fit(y, steps=SEARCH_STEPS, is_approximate=is_approximate).aicc)
        # statsmodels raises these where a series is too short or a matrix is singular
        except (ValueError, IndexError, np.linalg.LinAlgError):
            found = np.inf
        tried[orders] = found if np.isfinite(found) else np.inf
    return tried[orders]


def _differences(y: Floats) -> int:
    """Return how often to difference until the KPSS test does not reject that the series is stationary."""
    from statsmodels.tsa.stattools import kpss

    for d in range(MOST_DIFFERENCES):
        if len(y) < 3 or (y == y[0]).all() or kpss(y, nlags="auto")[1] > 0.05:
            return d
        y = np.diff(y)
    return MOST_DIFFERENCES


def has_strong_season(y: Floats, season: int) -> bool:
    """Tell whether the season is so much of the variance, without the trend, that it has to be differenced."""
    if season == 1:
        return False
    from statsmodels.tsa.seasonal import STL

    found = STL(y, period=season).fit()
    rest = found.resid.var()
    return bool(1 - rest / (found.resid + found.seasonal).var() > STRONG) if rest else True
