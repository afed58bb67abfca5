"""Which forecasts does an LSTM have to beat? The models that people use today, with the interface of `LSTMForecaster`.

Each class answers one question only: which model does a series of so many values get, and from how many values on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import final

import numpy as np

from gatecast._validation import answers_making, as_tuple, check_count, is_integer
from gatecast.baselines.base import Baseline
from gatecast.baselines.local import PURPOSE, AutoRegression, Local, library, needed
from gatecast.baselines.simple import LastSeason, LastWithDrift, WindowMean
from gatecast.exceptions import ConfigError

__all__ = [
    "MSTL",
    "SARIMA",
    "AutoARIMA",
    "AutoETS",
    "AutoTheta",
    "Baseline",
    "Drift",
    "LinearAR",
    "Naive",
    "OfLibrary",
    "SeasonalNaive",
    "WindowAverage",
]

# below so many values the libraries call a series tiny, or fit one parameter to each value
LEAST = 8
# statsforecast's ETS keeps the states of at most so many steps of a season
LONGEST_ETS_SEASON = 24
# values in a mean where there is no season, as in `gatecast.model.plan`
SHORT_MEAN = 4


@final
@answers_making
@dataclass(eq=False)
class Naive(Baseline):
    """The last value; intervals grow with the root of the step, as those of a random walk.

    Examples:
        >>> Naive(horizon=2).fit([1.0, 3.0, 2.0]).predict()["Naive"].tolist()
        [2.0, 2.0]
    """

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:  # noqa: ARG002
        """Make the model."""
        return LastSeason()


@final
@answers_making
@dataclass(eq=False)
class SeasonalNaive(Baseline):
    """The value of the same step of the last season.

    Examples:
        >>> SeasonalNaive(horizon=3, season_length=2).fit([1.0, 2.0, 3.0, 5.0]).predict()["SeasonalNaive"].tolist()
        [3.0, 5.0, 3.0]
    """

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        """Make the model."""
        season = seasons[0] if seasons else 1
        return LastSeason(season) if n > season else None


@final
@answers_making
@dataclass(eq=False)
class Drift(Baseline):
    """The last value, moved on by the mean change (Hyndman and Athanasopoulos 2021, section 5.2).

    Examples:
        >>> Drift(horizon=2).fit([1.0, 2.0, 5.0]).predict()["Drift"].tolist()
        [7.0, 9.0]
    """

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:  # noqa: ARG002
        """Make the model."""
        return LastWithDrift()


@final
@answers_making
@dataclass(eq=False)
class WindowAverage(Baseline):
    """The mean of the newest values.

    Args:
        window_size: How many; when absent those of a season, or four where there is none.

    Examples:
        >>> WindowAverage(window_size=2).fit([1.0, 2.0, 6.0]).predict()["WindowAverage"].tolist()
        [4.0]
    """

    _: KW_ONLY
    window_size: int | None = None

    def check(self) -> None:
        """Check the settings."""
        super().check()
        if self.window_size is not None:
            check_count("window_size", self.window_size, "Use `window_size=7`, or None to have it chosen.")

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        """Make the model."""
        wanted = self.window_size or (seasons[0] if seasons else SHORT_MEAN)
        # one value more than the mean has, so that it has made an error once
        return WindowMean(min(wanted, n - 1))


@dataclass(eq=False)
class OfLibrary(Baseline):
    """A model of statsforecast or, where it is not installed, of statsmodels (`gatecast.baselines.classical`)."""

    def import_library(self) -> None:
        """Import the library."""
        library()


@dataclass(eq=False)
class _OfNewest(OfLibrary):
    """Learns from the newest values of a series, since its time grows with their number."""

    _: KW_ONLY
    max_points: int | None = 1000

    @property
    def most_points(self) -> int | None:
        """How many of the newest values are learned from."""
        return self.max_points

    def check(self) -> None:
        """Check the settings."""
        super().check()
        if self.max_points is not None:
            check_count("max_points", self.max_points, "Use `max_points=1000`, or None for all.")


@final
@answers_making
@dataclass(eq=False)
class AutoARIMA(_OfNewest):
    """ARIMA with orders from a stepwise search (Hyndman and Khandakar 2008), SARIMA where there is a season.

    As in R's forecast package, models of more than 150 values, or with a season of more than 12 steps, are searched
    with an approximate likelihood, and the one that is chosen is fitted with the exact one. It is slow where seasons
    are long, because the filter's state holds a season or two.

    Args:
        max_points: How many of the newest values (at least four seasons) are learned from; None for all. Time grows
            with their number, and a thousand values tell a handful of parameters well enough.
    """

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        """Make the model."""
        season = _season(n, seasons)
        is_approximate = n > 150 or season > 12
        return _made(library().AutoARIMA(season_length=season, approximation=is_approximate)) if n >= LEAST else None


@final
@answers_making
@dataclass(eq=False)
class SARIMA(_OfNewest):
    """ARIMA with given orders (p, d, q)(P, D, Q), fitted by maximum likelihood; its name holds them.

    Args:
        order: p values, d differences, q errors.
        seasonal_order: P, D, Q of the same a season back.
        max_points: How many of the newest values are learned from; None for all.

    Examples:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).normal(size=300)
        >>> y = [0.0]
        >>> for shock in noise:
        ...     y.append(0.8 * y[-1] + shock)
        >>> forecast = SARIMA(order=(1, 0, 0), season_length=1).fit(y).predict()["SARIMA(1,0,0)"]
        >>> bool(abs(forecast[0] - 0.8 * y[-1]) < 0.2)
        True
    """

    _: KW_ONLY
    order: Sequence[int] = (1, 1, 1)
    seasonal_order: Sequence[int] = (0, 0, 0)
    max_points: int | None = None

    @property
    def name(self) -> str:
        """Name of the forecast's column, e.g. `SARIMA(2,0,2)(0,1,1)`."""
        orders = [self.order, self.seasonal_order] if any(self.seasonal_order) else [self.order]
        return "SARIMA" + "".join(f"({','.join(map(str, order))})" for order in orders)

    def check(self) -> None:
        """Check the settings."""
        super().check()
        for name in ("order", "seasonal_order"):
            given = as_tuple(name, getattr(self, name), f"Use `{name}=(1, 1, 1)`.")
            if len(given) != 3 or not all(is_integer(number) and number >= 0 for number in given):
                raise ConfigError(
                    f"`{name}` must be three whole numbers from 0 on, got {getattr(self, name)!r}. "
                    f"Use `{name}=(1, 1, 1)`."
                )

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        """Make the model."""
        season = seasons[0] if seasons else 1
        (p, d, q), (P, D, Q) = self.order, self.seasonal_order
        n_parameters = p + q + P + Q + 2
        if n < max(LEAST, d + D * season + max(p + P * season, q + Q * season) + n_parameters):
            return None
        return _made(library().ARIMA(order=(p, d, q), seasonal_order=(P, D, Q), season_length=season))


@final
@answers_making
@dataclass(eq=False)
class AutoETS(_OfNewest):
    """Exponential smoothing whose error, trend and season are chosen by information criterion (Hyndman et al. 2008).

    The library keeps a season of at most 24 steps; a longer one is left out.

    Args:
        max_points: How many of the newest values are learned from; None for all. Older ones weigh next to nothing.
    """

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        """Make the model."""
        season = _season(n, tuple(season for season in seasons if season <= LONGEST_ETS_SEASON))
        return _made(library().AutoETS(season_length=season)) if n >= LEAST else None


@final
@answers_making
@dataclass(eq=False)
class AutoTheta(_OfNewest):
    """The theta method whose variant is chosen by its errors (Fiorucci et al. 2016), after the season is taken out.

    Args:
        max_points: How many of the newest values are learned from; None for all. Time grows with their number.
    """

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        """Make the model."""
        return _made(library().AutoTheta(season_length=_season(n, seasons))) if n >= LEAST else None


@final
@answers_making
@dataclass(eq=False)
class MSTL(OfLibrary):
    """Trend and several seasons by smoothing (Bandara et al. 2021); exponential smoothing forecasts what is left.

    A season that the series does not hold twice is left out; without any it is exponential smoothing without a season.
    """

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        """Make the model."""
        kept = [season for season in seasons if n > 2 * season]
        if n < LEAST:
            return None
        trend = library().AutoETS(model="ZZN")
        return _made(library().MSTL(season_length=kept, trend_forecaster=trend) if kept else trend)


@final
@answers_making
@dataclass(eq=False)
class LinearAR(Baseline):
    """A plain linear autoregression by least squares; several steps ahead it goes on from its own forecasts.

    Args:
        lags: Which earlier values it sees: a number of newest ones, or their distances. When absent, the newest
            `10 log10(T)` of them (as R's `ar`), and those of one season ago (and beside it) and of two. Lags beyond a
            third of the series, and more lags than a third of its values, are left out.
    """

    _: KW_ONLY
    lags: int | Sequence[int] | None = None

    def import_library(self) -> None:
        """Import the library."""
        needed("statsmodels.tsa.ar_model", PURPOSE)

    def check(self) -> None:
        """Check the settings."""
        super().check()
        given = self.lags
        if given is None:
            return
        for lag in (given,) if is_integer(given) else as_tuple("lags", given, "Use `lags=(1, 2, 12)`."):
            check_count("lags", lag, "Use `lags=12`, or (1, 2, 12), or None to have them chosen.")

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        """Make the model."""
        lags = [lag for lag in self._wanted(n, seasons) if lag <= n // 3][: max(n // 3 - 1, 0)]
        return AutoRegression(lags) if lags and n >= LEAST else None

    def _wanted(self, n: int, seasons: tuple[int, ...]) -> list[int]:
        if self.lags is None:
            beside = {lag for m in seasons[:1] for lag in (m - 1, m, m + 1, 2 * m)}
            return sorted({*range(1, int(10 * math.log10(n)) + 1), *beside})
        given = np.asarray(self.lags)
        return list(range(1, int(given) + 1)) if given.ndim == 0 else sorted({int(lag) for lag in given})


def _season(n: int, seasons: tuple[int, ...]) -> int:
    """Return the shortest season, 1 where the series does not hold it twice."""
    return seasons[0] if seasons and n > 2 * seasons[0] else 1


def _made(model: Local) -> Local:
    # the libraries have no types, and this says that their models are such
    return model
