"""What do ARIMA, ETS and Theta say where statsforecast is not installed? The same models, computed by statsmodels.

The classes have the names, arguments and methods of `statsforecast.models` that `gatecast.baselines.statistical` uses:
statsforecast needs pandas below 3, and whoever has a newer one has these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self, final

import numpy as np

from gatecast.baselines.local import Answer
from gatecast.baselines.search import Orders, search
from gatecast.data.panel.arrays import Floats

__all__ = ["ARIMA", "MSTL", "AutoARIMA", "AutoETS", "AutoTheta"]

Kind = Literal["add", "mul"]
# paths from which the intervals of multiplicative models are read; a seed makes them the same each time
N_PATHS, SEED = 1000, 0


@final
class ARIMA:
    """ARIMA with given orders by maximum likelihood (statsmodels' SARIMAX); with a mean where nothing is differenced.

    `has_constant` decides otherwise: with one difference the constant is a drift.
    """

    def __init__(
        self,
        order: Sequence[int],
        seasonal_order: Sequence[int] = (0, 0, 0),
        season_length: int = 1,
        *,
        has_constant: bool | None = None,
    ) -> None:
        p, d, q = order
        P, D, Q = seasonal_order
        constant = d + D == 0 if has_constant is None else has_constant
        self._orders = Orders(p, d, q, P, D, Q, season_length, constant)

    def fit(self, y: Floats) -> Self:
        """Estimate the coefficients."""
        self._result = self._orders.fit(y)
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Forecast behind the values that were learned from."""
        return _of_state_space(self._result, h, level)

    def forward(self, y: Floats, h: int, level: Sequence[float] | None = None, *, fitted: bool = False) -> Answer:
        """Forecast behind other values with the same coefficients; on demand with those of each value as `fitted`."""
        result = self._result.apply(y)
        answer = _of_state_space(result, h, level)
        if fitted:
            values = np.array(result.fittedvalues, np.float64)
            # the filter does not know yet what these were differenced by
            values[: self._orders.n_lost] = np.nan
            answer["fitted"] = values
        return answer


@final
class AutoARIMA:
    """ARIMA whose orders a stepwise search finds (`gatecast.baselines.search`)."""

    def __init__(self, season_length: int = 1, *, approximation: bool = False) -> None:
        self._season, self._approximation = season_length, approximation

    def fit(self, y: Floats) -> Self:
        """Search for the orders, and estimate the coefficients."""
        found = search(y, self._season, is_approximate=self._approximation)
        order, seasonal_order = (found.p, found.d, found.q), (found.P, found.D, found.Q)
        self._model = ARIMA(order, seasonal_order, self._season, has_constant=found.has_constant).fit(y)
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Forecast behind the values that were learned from."""
        return self._model.predict(h, level=level)

    def forward(self, y: Floats, h: int, level: Sequence[float] | None = None, *, fitted: bool = False) -> Answer:
        """Forecast behind other values with the same coefficients."""
        return self._model.forward(y, h, level, fitted=fitted)


@final
class AutoETS:
    """Exponential smoothing with the error, trend and season of the smallest AICc (statsmodels' ETSModel).

    Of the combinations those are left out that R's `ets` leaves out: multiplicative trends, and a multiplicative season
    with additive errors. `model` "ZZN" leaves out the season.
    """

    def __init__(self, season_length: int = 1, model: str = "ZZZ") -> None:
        self._season = 1 if model.endswith("N") else season_length

    def fit(self, y: Floats) -> Self:
        """Fit all combinations, and keep the best."""
        found = [self._fitted(y, *kind) for kind in self._kinds(y)]
        self._kind, self._result = min(found, key=lambda pair: pair[1].aicc)
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Forecast behind the values that were learned from."""
        return self._answer(self._result, h, level)

    def forward(self, y: Floats, h: int, level: Sequence[float] | None = None, *, fitted: bool = False) -> Answer:
        """Forecast behind other values with the same parameters and first states."""
        result = self._model(y, *self._kind).smooth(self._result.params)
        answer = self._answer(result, h, level)
        if fitted:
            answer["fitted"] = np.asarray(result.fittedvalues, np.float64)
        return answer

    def _kinds(self, y: Floats) -> list[tuple[Kind, Kind | None, bool, Kind | None]]:
        kinds: tuple[Kind, ...] = ("add", "mul") if y.min() > 0 else ("add",)
        # the first states are estimated from so many values
        has_season = self._season > 1 and len(y) >= 10 + 2 * (self._season // 2)
        seasons: tuple[Kind | None, ...] = (None, *kinds) if has_season else (None,)
        trends: tuple[tuple[Kind | None, bool], ...] = ((None, False), ("add", False), ("add", True))
        return [
            (error, trend, is_damped, season)
            for error in kinds
            for trend, is_damped in trends
            for season in seasons
            if not (error == "add" and season == "mul")
        ]

    def _model(self, y: Floats, error: Kind, trend: Kind | None, is_damped: bool, season: Kind | None) -> Any:
        import pandas as pd
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        period = self._season if season else None
        # its intervals need an index
        return ETSModel(
            pd.Series(y), error=error, trend=trend, damped_trend=is_damped, seasonal=season, seasonal_periods=period
        )

    def _fitted(self, y: Floats, *kind: Any) -> tuple[tuple[Any, ...], Any]:
        return kind, self._model(y, *kind).fit(disp=False, maxiter=200)

    @staticmethod
    def _answer(result: Any, h: int, level: Sequence[float] | None) -> Answer:
        answer: Answer = {"mean": np.asarray(result.forecast(h), np.float64)}
        if level:
            n = int(result.nobs)
            errors = np.random.default_rng(SEED).normal(0, np.sqrt(result.scale), (h, N_PATHS))
            found = result.get_prediction(n, n + h - 1, simulate_repetitions=N_PATHS, random_errors=errors)
            for percent in level:
                low, high = np.asarray(found.pred_int(alpha=1 - percent / 100), np.float64).T
                answer |= {f"lo-{percent}": low, f"hi-{percent}": high}
        return answer


@final
class AutoTheta:
    """The theta method (statsmodels' ThetaModel), after a season that is significant is taken out.

    The variant is that of Assimakopoulos and Nikolopoulos (2000); it is learned anew behind newer values.
    """

    def __init__(self, season_length: int = 1) -> None:
        self._season = season_length

    def fit(self, y: Floats) -> Self:
        """Estimate the smoothing and the trend."""
        from statsmodels.tsa.forecasting.theta import ThetaModel

        self._result = ThetaModel(y, period=self._season, deseasonalize=self._season > 1).fit()
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Forecast behind the values that were learned from."""
        answer: Answer = {"mean": np.asarray(self._result.forecast(h), np.float64)}
        for percent in level or ():
            low, high = np.asarray(self._result.prediction_intervals(h, alpha=1 - percent / 100), np.float64).T
            answer |= {f"lo-{percent}": low, f"hi-{percent}": high}
        return answer


@final
class MSTL:
    """Trend and several seasons by smoothing (statsmodels' MSTL); another model forecasts what is left."""

    def __init__(self, season_length: Sequence[int], trend_forecaster: AutoETS) -> None:
        self._seasons, self._trend = tuple(season_length), trend_forecaster

    def fit(self, y: Floats) -> Self:
        """Take the seasons out, and learn the rest."""
        rest = self._without_seasons(y)
        self._trend.fit(rest)
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Forecast the rest, and add the newest seasons."""
        return self._added(self._trend.predict(h, level=level), h)

    def forward(self, y: Floats, h: int, level: Sequence[float] | None = None, *, fitted: bool = False) -> Answer:
        """Forecast behind other values, whose seasons are taken out anew; on demand with `fitted` values."""
        rest = self._without_seasons(y)
        found = self._trend.forward(rest, h, level, fitted=fitted)
        one_step = {"fitted": found.pop("fitted") + (y - rest)} if fitted else {}
        return self._added(found, h) | one_step

    def _without_seasons(self, y: Floats) -> Floats:
        from statsmodels.tsa import seasonal

        # those that the values hold twice
        held = [season for season in sorted(self._seasons) if len(y) > 2 * season]
        self._newest: list[Floats] = []
        if not held:
            return y
        found: Floats = np.asarray(seasonal.MSTL(y, periods=held).fit().seasonal, np.float64).reshape(len(y), -1)
        self._newest = [part[-season:] for part, season in zip(found.T, held, strict=True)]
        rest: Floats = y - found.sum(axis=1)
        return rest

    def _added(self, answer: Answer, h: int) -> Answer:
        ahead = sum((np.resize(part, h) for part in self._newest), np.zeros(h))
        return {name: values + ahead for name, values in answer.items()}


def _of_state_space(result: Any, h: int, level: Sequence[float] | None) -> Answer:
    found = result.get_forecast(h)
    answer: Answer = {"mean": np.asarray(found.predicted_mean, np.float64)}
    for percent in level or ():
        low, high = np.asarray(found.conf_int(alpha=1 - percent / 100), np.float64).T
        answer |= {f"lo-{percent}": low, f"hi-{percent}": high}
    return answer
