"""What are the series like, and where should an LSTM win over ARIMA, ETS and Theta, and where not?"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gatecast._json import JsonObject
from gatecast._validation import check_count
from gatecast.baselines.local import needed
from gatecast.comparison.memory import LongMemory, long_memory, teraesvirta
from gatecast.data import Panel, to_panel
from gatecast.data.panel.arrays import Floats
from gatecast.data.seasonality.seasons import choose_seasons
from gatecast.data.values.gaps import fill_gaps
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.model.protocol import Data

__all__ = ["Expectation", "Facts", "facts_about", "strengths"]

# what is looked at, so that it takes seconds
MAX_SERIES, MAX_POINTS = 50, 5_000
# where people speak of a strong trend or season (0.64 is the limit at which R's nsdiffs takes seasonal differences)
STRONG = 0.64
FEW_POINTS, MANY_POINTS, MANY_SERIES = 300, 2_000, 10
P_VALUE = 0.05
MEASURED = ("trend_strength", "season_strength", "nonlinearity_p", "long_memory_d", "long_memory_error")


@dataclass(frozen=True)
class Expectation:
    """One reason for or against an LSTM: what is expected and why."""

    favours: str  # "LSTM", "others" or "neither"
    message: Message


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts about the series of a table."""

    # one row for each series that was looked at: `unique_id, n_points, n_seasons, gap_share` and what is in MEASURED
    per_series: pd.DataFrame
    season_length: int  # steps in a season, 1 for none
    n_series: int  # in the table
    n_points: int  # observed ones in the table
    expectations: tuple[Expectation, ...]  # where the LSTM should win; what a backtest says goes before

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each fact: `fact, median, lowest, highest`, over the series that were looked at."""
        import pandas as pd

        rows = []
        for fact in self.per_series.columns.drop("unique_id"):
            of_series = self.per_series[fact].to_numpy(float)
            rows.append([fact, _middle(of_series), _middle(of_series, np.min), _middle(of_series, np.max)])
        return pd.DataFrame(rows, columns=["fact", "median", "lowest", "highest"])

    def to_dict(self) -> JsonObject:
        """Return everything in plain numbers and texts, None where a number is undefined."""
        rows = self.to_frame().to_dict("records")
        return {name: getattr(self, name) for name in ("season_length", "n_series", "n_points")} | {
            "facts": [{k: None if v != v else v for k, v in row.items()} for row in rows],
            "expectations": [{"favours": e.favours, "sentence": str(e.message)} for e in self.expectations],
        }

    def __repr__(self) -> str:
        table = self.to_frame().round(3).to_string(index=False, na_rep="-")
        return "\n".join([table, *(str(e.message) for e in self.expectations)])


def facts_about(data: Data, season_length: int | None = None, *, freq: str | int | None = None) -> Facts:
    """Look at the training part of a table.

    Strength of trend and season are those of Wang, Smith and Hyndman (2006), from STL (see `strengths`). Nonlinearity
    is the p-value of Teraesvirta's test on the series without its season, of differences where it looks like a random
    walk (augmented Dickey-Fuller test). Long memory is that of `long_memory` with its standard error. At most 50
    series, equally spaced, and their newest 5,000 points are looked at; gaps are filled first.

    Args:
        data: Table, Series, array or `Panel`, as in `LSTMForecaster.fit`; without the part to be tested on.
        season_length: Steps in a season, 1 for none; when absent, the usual one of the frequency, if the data show it,
            or what is found in the data.
        freq: pandas frequency of the times, where it cannot be inferred.
    """
    import pandas as pd

    if season_length is not None:
        check_count("season_length", season_length, "Use `season_length=24` for a day of hourly data, 1 for none.")
    panel = data if isinstance(data, Panel) else to_panel(data, freq=freq)
    season = choose_seasons(panel, season_length).shortest
    chosen = np.unique(np.linspace(0, panel.n_series - 1, min(panel.n_series, MAX_SERIES)).astype(int))
    rows = [{"unique_id": panel.ids[s], **_facts_of(panel.series(s), season)} for s in chosen]
    per_series = pd.DataFrame(rows)
    n_points = len(panel.values) - panel.n_gaps
    of_facts = [look(per_series) for look in (_of_nonlinearity, _of_memory, _of_regularity, _of_gaps)]
    found = [_of_length(panel.n_series, n_points), *of_facts]
    expectations = tuple(expectation for expectation in found if expectation is not None)
    return Facts(per_series, season, panel.n_series, n_points, expectations)


def strengths(values: Floats, season_length: int = 1) -> tuple[Floats, float, float]:
    """Take a series `(n,)` without gaps apart and return its season and the strengths of trend and season, 0 to 1.

    With trend T, season S and rest R from STL (Cleveland et al. 1990) they are `max(0, 1 - var(R) / var(T + R))` and
    `max(0, 1 - var(R) / var(S + R))` (Wang, Smith and Hyndman 2006; Hyndman and Athanasopoulos 2021, section 4.3).
    Where there is no season, or fewer than two of them, T is a local regression over half of the series. Strengths are
    NaN where they are undefined.
    """
    lowess = needed("statsmodels.nonparametric.smoothers_lowess", "library.facts").lowess
    STL = needed("statsmodels.tsa.seasonal", "library.facts").STL
    n, unit = len(values), float(np.abs(values).max())
    if 2 <= season_length <= n // 2:
        parts = STL(values, period=season_length).fit()
        trend, season = np.asarray(parts.trend), np.asarray(parts.seasonal)
        rest = values - trend - season
        return season, _strength(rest, trend, unit), _strength(rest, season, unit)
    trend = np.full(n, values.mean())
    if n >= 5:
        trend = lowess(values, np.arange(n, dtype=float), frac=0.5, it=0, delta=0.01 * n, return_sorted=False)
    return np.zeros(n), _strength(values - trend, trend, unit), np.nan


def _middle(of_series: Floats, summary: Callable[[Floats], float] = np.median) -> float:
    """Summarise what is defined; NaN where nothing is."""
    known = of_series[~np.isnan(of_series)]
    return float(summary(known)) if len(known) else np.nan


def _strength(rest: Floats, part: Floats, unit: float) -> float:
    whole = float(np.var(part + rest))
    # a constant series has neither trend nor season
    if not whole > (1e-10 * unit) ** 2:
        return np.nan
    return max(0.0, 1 - float(np.var(rest)) / whole)


def _facts_of(values: Floats, season: int) -> dict[str, float]:
    seen = np.flatnonzero(~np.isnan(values))
    values = values[seen[0] : seen[-1] + 1] if len(seen) else values[:0]
    facts = {
        "n_points": float(len(seen)),
        "n_seasons": len(values) / season if season > 1 else np.nan,
        "gap_share": 1 - len(seen) / len(values) if len(values) else np.nan,
    }
    if len(values) < 3:
        return facts | dict.fromkeys(MEASURED, np.nan)
    newest = values[-MAX_POINTS:]
    newest = fill_gaps(newest, np.array([0, len(newest)]), season)
    seasonal, trend_strength, season_strength = strengths(newest, season)
    _, p_value = teraesvirta(_stationary(newest - seasonal))
    memory = long_memory(newest, season)
    found = (trend_strength, season_strength, p_value, memory.d, memory.standard_error)
    return facts | dict(zip(MEASURED, found, strict=True))


def _stationary(values: Floats) -> Floats:
    """Return the values, or their differences where they look like a random walk."""
    if len(values) < 20 or np.ptp(values) <= 1e-12 * np.abs(values).max():
        return values
    from statsmodels.tsa.stattools import adfuller

    n_lags = int(12 * (len(values) / 100) ** 0.25)
    try:
        with warnings.catch_warnings():
            # a series that follows from its own lags leaves the test several answers, which say nothing of the series
            warnings.simplefilter("ignore")
            result = adfuller(values, maxlag=min(n_lags, len(values) // 4), autolag=None)
    except (ValueError, np.linalg.LinAlgError):
        # a series without noise leaves nothing to test
        return values
    # an object in newer versions
    p_value = result[1] if isinstance(result, tuple) else result.pvalue
    return values if p_value < P_VALUE else np.diff(values)


def _of_length(n_series: int, n_points: int) -> Expectation | None:
    facts = {"n_points": n_points, "n_series": n_series, "where": Message("unit.series", {"n": n_series})}
    if n_series >= MANY_SERIES and n_points >= MANY_POINTS:
        return Expectation("LSTM", Message("expect.many", facts))
    if n_points < FEW_POINTS:
        return Expectation("others", Message("expect.few", facts))
    if n_points >= MANY_POINTS:
        return Expectation("neither", Message("expect.enough", facts))
    return None


def _of_nonlinearity(facts: pd.DataFrame) -> Expectation | None:
    p_values = facts["nonlinearity_p"].dropna()
    if not len(p_values):
        return None
    share = float((p_values < P_VALUE).mean())
    one = Message("words.p", {"p": float(p_values.iloc[0])})
    several = Message("expect.nonlinearity_share", {"share": share, "n": len(p_values)})
    known = {"p": float(p_values.median()), "what": one if len(p_values) == 1 else several}
    if share >= 0.5:
        return Expectation("LSTM", Message("expect.nonlinear", known))
    return Expectation("others", Message("expect.linear" if share <= 2 * P_VALUE else "expect.nearly_linear", known))


def _of_memory(facts: pd.DataFrame) -> Expectation | None:
    known = facts[["long_memory_d", "long_memory_error"]].dropna()
    if not len(known):
        return None
    d, error = known.median()
    if not LongMemory(d, error).is_long:
        return None
    return Expectation("LSTM", Message("expect.long_memory", {"d": float(d), "error": float(error)}))


def _of_regularity(facts: pd.DataFrame) -> Expectation | None:
    trend, season = (_middle(facts[name].to_numpy(float)) for name in ("trend_strength", "season_strength"))
    if trend > STRONG and season > STRONG:
        return Expectation("others", Message("expect.regular", {"trend": trend, "season": season}))
    if trend > STRONG and np.isnan(season):
        return Expectation("others", Message("expect.trend", {"trend": trend}))
    return None


def _of_gaps(facts: pd.DataFrame) -> Expectation | None:
    share = _middle(facts["gap_share"].to_numpy(float), np.mean)
    return Expectation("neither", Message("expect.gaps", {"share": share})) if share > 0.05 else None
