"""Which model should be used on a table? One call: a backtest, what it says, and what the series are like."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gatecast._json import JsonObject
from gatecast._validation import answers_calls, suggest
from gatecast.backtesting.backtest import backtest, check_jobs, read_panel
from gatecast.backtesting.combination import Combination
from gatecast.backtesting.models import PRETRAINED, Entry, Model, Models, named_models
from gatecast.backtesting.record import Backtest
from gatecast.backtesting.run import prepare_process
from gatecast.backtesting.windows import choose_windows
from gatecast.baselines import statistical as baselines
from gatecast.baselines.limits import beside
from gatecast.baselines.local import has_statsforecast, needed
from gatecast.comparison.board import Leaderboard, leaderboard
from gatecast.comparison.facts import Facts, facts_about
from gatecast.comparison.verdict import ACCURATE, check_preference
from gatecast.data.values.bounds import AUTO
from gatecast.exceptions import ConfigError
from gatecast.forecaster import Forecaster, LSTMForecaster, PretrainedLSTM
from gatecast.model.settings import SETTINGS
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.data.reading.shapes import Name
    from gatecast.metrics.choice import Metrics
    from gatecast.model.protocol import Data

__all__ = ["BEST", "MODELS", "USUAL", "Comparison", "compare", "known_name", "model_named"]

PURPOSE = "library.compare"
# those that have no settings that must be given
MODELS = (
    "LSTM",
    PRETRAINED,
    "Naive",
    "SeasonalNaive",
    "Drift",
    "WindowAverage",
    "AutoARIMA",
    "AutoETS",
    "AutoTheta",
    "MSTL",
    "LinearAR",
)
# SARIMA(p,d,q)(P,D,Q)m, with the season left out where the data show it
ORDERS = re.compile(
    r"s?arima\s*\(\s*(\d+\s*,\s*\d+\s*,\s*\d+)\s*\)(?:\s*\(\s*(\d+\s*,\s*\d+\s*,\s*\d+)\s*\)\s*\[?(\d+)?\]?)?",
    re.IGNORECASE,
)
# Mean(LSTM, AutoETS) and the like
COMBINED = re.compile(r"(mean|weighted)\s*\((.*)\)", re.IGNORECASE)
# commas that separate names, and no numbers in the parentheses of one
BETWEEN = re.compile(r",(?![^(]*\))")
# what stands for the model that a comparison finds best
BEST = "best"
# what is compared where nothing is said
USUAL = ("LSTM", PRETRAINED, "Naive", "SeasonalNaive", "AutoARIMA", "AutoETS", "AutoTheta", "LinearAR")


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a comparison found.

    Attributes:
        backtest: Every forecast with its origin.
        board: Errors, tests and the verdict.
        facts: What the series are like, from what came before the first origin.
    """

    backtest: Backtest
    board: Leaderboard
    facts: Facts

    def to_dict(self) -> JsonObject:
        """Return all but the forecasts in plain numbers and texts."""
        return {**self.board.to_dict(), "facts": self.facts.to_dict()}

    def __repr__(self) -> str:
        return f"{self.board!r}\n\n{self.facts!r}"

    def _repr_html_(self) -> str:
        return self.board._repr_html_()


@answers_calls
def compare(
    data: Data,
    horizon: int,
    models: Models | Sequence[Model | str] | str | None = None,
    *,
    n_windows: int | None = None,
    step_size: int | None = None,
    refit: bool | int = True,
    level: float | Sequence[float] | None = (80, 95),
    n_jobs: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    season_length: int | Sequence[int] | None = None,
    time_limit: float | None = None,
    id_col: Name = None,
    time_col: str | None = None,
    target_col: Name = None,
    freq: str | int | None = None,
    metrics: Metrics | None = None,
    prefer: str = ACCURATE,
    seed: int = 0,
    progress: bool = True,
) -> Comparison:
    """Compare the LSTM with SARIMA, ETS, Theta, a linear autoregression and the naive forecasts on rolling origins.

    Args:
        data: Table, Series, array or `Panel`.
        horizon: H, steps of each forecast.
        models: Objects, a dict of names, or names in `MODELS`, also `Mean(LSTM, AutoETS)`; the LSTM, trained and
            pretrained, and six baselines when absent.
        n_windows: Origins of each series; when absent as many as their lengths allow, 20 at most, as in `backtest`.
        step_size: As in `backtest`, like all that follow but `prefer` and `seed`.
        refit: Whether each window is fitted anew.
        level: Coverage of intervals in %.
        n_jobs: Processes.
        folder: Where finished windows are kept.
        season_length: Steps in a season, for the scales of MASE.
        time_limit: Seconds of computing for each fit, and for each forecast; when absent those of the baselines, and
            none for the LSTM.
        id_col: Name of the column that tells series apart, where it is not `unique_id`, or several names of columns
            that do so together.
        time_col: Name of the time column, where it is not found.
        target_col: Name of the target column, where it is not found, or several names of columns that hold a series
            each.
        freq: pandas frequency of the times, where it cannot be inferred.
        metrics: Further errors, as in `backtest`: columns of `board.table`, which do not decide about ranks.
        prefer: "accurate" recommends the model with the smallest error, and only names a faster one that is not
            distinguishable from it; "fast" recommends that.
        seed: Of the LSTM's weights and of the intervals of skill.
        progress: Whether a terminal or notebook shows a progress bar.

    Raises:
        DataError: The data cannot be used, or a series is not longer than the horizon.
        ConfigError: An argument makes no sense, or a library is not installed.

    Examples:
        >>> import numpy as np
        >>> y = np.sin(np.arange(80.0)) + np.random.default_rng(0).normal(size=80) / 10
        >>> found = compare(y, 3, ["Naive", "LinearAR"], progress=False)
        >>> found.board.verdict.best
        'LinearAR'
    """
    SETTINGS["seed"].check(seed)
    check_preference(prefer)
    check_jobs(n_jobs)
    entries = _entries(USUAL if models is None else models, horizon, seed)
    panel = read_panel(data, entries, freq=freq, id_col=id_col, time_col=time_col, target_col=target_col)
    has_limits = any((time_limit or getattr(entry.model, "time_limit", None)) is not None for entry in entries)
    is_beside = needed("joblib", PURPOSE).effective_n_jobs(n_jobs) == 1 and has_limits
    if is_beside:
        prepare_process()
    found = backtest(
        panel,
        horizon,
        {entry.name: entry.model for entry in entries},
        n_windows=n_windows,
        step_size=step_size,
        refit=refit,
        level=level,
        n_jobs=n_jobs,
        folder=folder,
        season_length=season_length,
        time_limit=time_limit,
        metrics=metrics,
        progress=progress,
    )
    n, step = choose_windows(panel, horizon, n_windows, step_size)
    before = panel.head((panel.lengths - horizon - (n - 1) * step).clip(min=0))
    known = before if before.lengths.max() > 1 else panel
    look = partial(facts_about, known, found.season_length)
    # the process of the baselines has imported statsmodels, which takes seconds
    board = _with_library(leaderboard(found, seed=seed, prefer=prefer), entries)
    return Comparison(found, board, beside(look) if is_beside else look())


def _with_library(board: Leaderboard, entries: list[Entry]) -> Leaderboard:
    """Say in the notes which models are those of statsmodels, where statsforecast is not installed."""
    names = [entry.name for entry in entries if isinstance(entry.model, baselines.OfLibrary)]
    if not names or has_statsforecast():
        return board
    note = Message("note.statsmodels", {"names": names, "n": len(names)})
    return replace(board, notes=(*board.notes, note))


def _entries(models: Models | Sequence[Model | str] | str, horizon: int, seed: int) -> list[Entry]:
    if isinstance(models, Mapping):
        return named_models(models)
    several = [models] if isinstance(models, str) or not isinstance(models, Sequence) else models
    return named_models([model_named(model, horizon, seed) if isinstance(model, str) else model for model in several])


def model_named(
    name: str,
    horizon: int,
    seed: int = 0,
    *,
    past: Sequence[str] = (),
    future: Sequence[str] = (),
    static: Sequence[str] = (),
    joint: bool = False,
    calendar: bool = False,
    country: str | None = None,
    lower: float | str | None = AUTO,
    upper: float | None = None,
) -> Forecaster:
    """Make a model of `MODELS` with its defaults, `SARIMA(2,0,2)(0,1,1)12` with these orders, or `Mean(LSTM, AutoETS)`.

    `Mean(...)` and `Weighted(...)` are a `Combination` of the models in it.
    """
    SETTINGS["seed"].check(seed)
    combined = COMBINED.fullmatch(name.strip())
    if combined is not None:
        known_columns = {
            "past": past,
            "future": future,
            "static": static,
            "joint": joint,
            "calendar": calendar,
            "country": country,
        }
        inner = [model_named(one.strip(), horizon, seed, **known_columns) for one in BETWEEN.split(combined[2])]  # type: ignore[arg-type]
        weights = "mean" if combined[1].lower() == "mean" else "backtest"
        return Combination(inner, weights=weights, lower=lower, upper=upper)
    orders = ORDERS.fullmatch(name)
    if orders is not None:
        return _with_orders(horizon, *orders.groups())
    known = known_name(name)
    if known == "LSTM":
        return LSTMForecaster(
            horizon,
            seed=seed,
            past=past,
            future=future,
            static=static,
            joint=joint,
            calendar=calendar,
            country=country,
            lower=lower,
            upper=upper,
        )
    if known == PRETRAINED:
        return PretrainedLSTM(horizon, lower=lower, upper=upper)
    made: Forecaster = getattr(baselines, known)(horizon)
    return made


def known_name(name: str, more: Sequence[str] = ()) -> str:
    """Return how the name of a model, or one of `more`, is written; capitals and spaces do not count.

    Raises:
        ConfigError: There is no such name.
    """
    if ORDERS.fullmatch(name) or COMBINED.fullmatch(name.strip()):
        return name
    names = {_bare(known): known for known in (*more, *MODELS)}
    if _bare(name) not in names:
        raise ConfigError(
            f"There is no model {name!r}, and one of {', '.join(names.values())}, SARIMA(p,d,q)(P,D,Q)m or a mean of "
            f"some, Mean(LSTM, AutoETS), was expected. Use `{names[suggest(_bare(name), names)]}`."
        )
    return names[_bare(name)]


def _bare(name: str) -> str:
    return name.lower().replace(" ", "")


def _with_orders(horizon: int, order: str, seasonal: str | None, season: str | None) -> baselines.SARIMA:
    first, second = (tuple(map(int, text.split(","))) if text else (0, 0, 0) for text in (order, seasonal))
    # without seasonal orders there is no season
    length = 1 if seasonal is None else int(season) if season else None
    return baselines.SARIMA(horizon, season_length=length, order=first, seasonal_order=second)
