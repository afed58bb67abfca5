"""What does a fitted forecaster say about data? Tables of forecasts, each at its own time, and their errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from gatecast.data import Panel, to_panel
from gatecast.data.covariates import with_static_of
from gatecast.data.gaps import behind, carry_forward
from gatecast.evaluate.conformal import coverage
from gatecast.evaluate.evaluation import Evaluation, score
from gatecast.evaluate.levels import level_columns, quantile_columns
from gatecast.evaluate.naive import seasonal_naive
from gatecast.exceptions import ConfigError, DataError
from gatecast.fitted import Fitted
from gatecast.intervals import Forecast
from gatecast.network.inputs import Ahead, PanelArrays, split
from gatecast.network.memory import Memory
from gatecast.preparation import Preparation

__all__ = [
    "Known",
    "Reading",
    "after_training",
    "evaluate_panel",
    "forecast_windows",
    "interval_hits",
    "one_step",
    "one_step_table",
    "read_like_training",
    "read_on",
    "reading_of",
]

METHOD = "LSTM"
# bounds the memory of an evaluation to about a gigabyte
MAX_FORECASTS = 20_000_000


@dataclass(frozen=True)
class Known:
    """What is known of some series at the end of their data, and how to say what comes next.

    Args:
        fitted: The fitted forecaster.
        memories: Of each member, one row for each of n series.
        preparation: Of these series.
        anchors: `(n, lag)` newest values, for a transform that needs them.
        after: Empty series that start right behind the data.
        ahead: What is known of the steps behind the data.
    """

    fitted: Fitted
    memories: tuple[Memory, ...]
    preparation: Preparation
    anchors: np.ndarray
    after: Panel
    ahead: Ahead | None = None

    def forecast(self, horizon: int) -> Forecast:
        """Forecast the next `horizon` steps of each series."""
        scaled = self.fitted.ensemble.forecast(self.memories, horizon, self.ahead).astype(np.float64)
        return Forecast(self.fitted, self.preparation, scaled, self.anchors)

    def table(self, horizon: int, levels: tuple[float, ...] = (), quantiles: tuple[float, ...] = ()) -> Any:
        """Forecast as a table `unique_id, ds, LSTM` of the user's library, with intervals and quantiles beside it."""
        rows = np.repeat(np.arange(self.after.n_series), horizon)
        times = self.after.future_times(horizon).ravel()
        forecast = self.forecast(horizon)
        columns = {METHOD: forecast.point.ravel()}
        if levels:
            lower, upper = forecast.intervals(levels)
            names = level_columns(METHOD, levels)
            ends = [*np.moveaxis(lower, 2, 0)[::-1], *np.moveaxis(upper, 2, 0)]
            columns |= {name: end.ravel() for name, end in zip(names, ends, strict=True)}
        if quantiles:
            values = np.moveaxis(forecast.quantiles(quantiles), 2, 0)
            names = quantile_columns(METHOD, quantiles)
            columns |= {name: value.ravel() for name, value in zip(names, values, strict=True)}
        return self.after.frame(rows, times, **columns)

    def path_table(self, horizon: int, n_paths: int, seed: int) -> Any:
        """Draw paths as a table `unique_id, ds, path, LSTM`."""
        n = self.after.n_series
        paths = self.forecast(horizon).paths(n_paths, seed)
        rows = np.repeat(np.arange(n), n_paths * horizon)
        times = np.repeat(self.after.future_times(horizon)[:, None], n_paths, axis=1).ravel()
        number = np.tile(np.repeat(np.arange(n_paths), horizon), n)
        return self.after.frame(rows, times, path=number, **{METHOD: paths.ravel()})


def read_like_training(fitted: Fitted, data: Any) -> Panel:
    """Read data with the names and, where they are too few to show one, the frequency of the training data."""
    if isinstance(data, Panel):
        return data
    like, roles = fitted.after.columns, fitted.after.roles
    read = partial(to_panel, data, like=like, past=roles.past, future=roles.future, static=roles.static)
    panel = read()
    if fitted.shows_no_frequency(panel):
        panel = read(freq=fitted.after.freq)
    return with_static_of(panel, fitted.after)


def after_training(fitted: Fitted, future: Any, horizon: int) -> Known:
    """Stand at the end of the training part."""
    ahead = _ahead_of(fitted.preparation, fitted.after, fitted.years, future, horizon)
    return Known(fitted, fitted.memories, fitted.preparation, fitted.anchors, fitted.after, ahead)


def read_on(fitted: Fitted, panel: Panel, future: Any, horizon: int) -> Known:
    """Read new data: rows that follow the training part go on from it, all else is read from its own beginning.

    Raises:
        DataError: A series that does not follow the training part is shorter than the lookback.
    """
    panel, match, preparation, arrays = _ready(fitted, panel)
    memories = fitted.ensemble.read(_memories_before(fitted, match), arrays)
    after = panel.tail_from(panel.lengths)
    years = preparation.newest_years(arrays, _years_before(fitted, match))
    values, offsets = behind(_anchors_before(fitted, match), panel.values, panel.offsets)
    anchors = preparation.transform.anchors(values, offsets)
    ahead = _ahead_of(preparation, after, years, future, horizon)
    return Known(fitted, memories, preparation, anchors, after, ahead)


def _ready(fitted: Fitted, panel: Panel) -> tuple[Panel, Match, Preparation, PanelArrays]:
    panel, match = _align(fitted, panel)
    _check_long_enough(fitted, panel, match)
    return panel, match, *_prepared(fitted, panel, match, panel.lengths)


@dataclass(frozen=True)
class Reading:
    """Data as the networks read them on the way to a forecast.

    Args:
        panel: The data; where they begin a few steps behind the training part, with a gap before them.
        preparation: Of these series.
        arrays: What the networks read.
        memories: What each member remembers before the first point.
    """

    panel: Panel
    preparation: Preparation
    arrays: PanelArrays
    memories: tuple[Memory, ...]


def reading_of(fitted: Fitted, panel: Panel) -> Reading:
    """Prepare data as `read_on` does, with what is remembered before them.

    Raises:
        DataError: A series that does not follow the training part is shorter than the lookback.
    """
    panel, match, preparation, arrays = _ready(fitted, panel)
    return Reading(panel, preparation, arrays, _memories_before(fitted, match))


def _ahead_of(preparation: Preparation, after: Panel, years: np.ndarray, future: Any, horizon: int) -> Ahead | None:
    """Read what is known of the steps behind the data."""
    encoder = preparation.encoder
    names = () if encoder is None else encoder.future_names
    if future is not None and not names:
        raise ConfigError(
            f"`future` has the type {type(future).__name__}, and None was expected, because the model learned from no "
            'column that is known ahead. Name such columns with `LSTMForecaster(future=["price"])`, or leave it out.'
        )
    if not names:
        return preparation.ahead(after, horizon, {}, years)
    from gatecast.data.future import read_future

    return preparation.ahead(after, horizon, read_future(after, future, horizon, names), years)


def one_step_table(fitted: Fitted, panel: Panel) -> Any:
    """Forecast each point from those before it; NaN before `lookback` points were read."""
    series, _ = panel.places()
    columns = {panel.columns.target: panel.values, METHOD: one_step(fitted, panel)}
    return panel.frame(series, panel.all_times(), **columns)


def one_step(fitted: Fitted, panel: Panel) -> np.ndarray:
    """Forecast each point from those before it, `(N,)`; NaN before `lookback` points were read."""
    match = _match(fitted, panel)
    match = replace(match, follows=np.zeros_like(match.follows))
    preparation, arrays = _prepared(fitted, panel, match, panel.lengths)
    each = fitted.ensemble.forecast_each(_memories_before(fitted, match), arrays, 1)
    series, position = panel.places()
    anchors = preparation.transform.anchors(panel.values, panel.offsets, np.maximum(np.arange(len(series)) - 1, 0))
    forecast = Forecast(fitted, preparation, each.astype(np.float64), anchors, series).point[:, 0]
    forecast[position < fitted.lookback] = np.nan
    return forecast


def evaluate_panel(fitted: Fitted, panel: Panel, levels: tuple[float, ...]) -> Evaluation:
    """Compare the forecasts from every origin behind the training part with what came.

    It also counts how often intervals of `levels`, in %, held.

    Where that would be more than MAX_FORECASTS numbers, evenly spaced origins are compared.

    Raises:
        DataError: There is nothing behind the training part.
    """
    return _compare(_behind(fitted, panel), levels)


def forecast_windows(fitted: Fitted, panel: Panel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forecast from every origin behind the training part that has a whole horizon behind it.

    Args:
        fitted: What was learned.
        panel: Rows behind the training part, or all rows with them.

    Returns:
        Forecasts and what came, `(n, H)` each in the data's units, NaN where nothing was observed; the series of each
        row `(n,)`.

    Raises:
        DataError: There is nothing behind the training part.
    """
    made = _behind(fitted, panel)
    whole = made.position + fitted.horizon <= made.panel.lengths[made.series]
    series, position = made.series[whole], made.position[whole]
    return made.forecasts.point[whole], _ahead(made.panel, series, position, fitted.horizon), series


def interval_hits(fitted: Fitted, panel: Panel, levels: tuple[float, ...]) -> np.ndarray:
    """Tell, from the origins of `evaluate_panel`, how often intervals held.

    Returns:
        `(n, L)` share of an origin's steps that lay within the interval of each level; NaN where nothing came. No rows
        where the model has no intervals.

    Raises:
        DataError: There is nothing behind the training part.
    """
    made = _behind(fitted, panel)
    if not made.forecasts.has_intervals:
        return np.empty((0, len(levels)))
    actual = _ahead(made.panel, made.series, made.position, fitted.horizon)[:, :, None]
    lower, upper = made.forecasts.intervals(levels)
    came = ~np.isnan(actual)
    held = ((lower <= actual) & (actual <= upper) & came).sum(axis=1)
    n_came = came.sum(axis=1)
    return np.where(n_came > 0, held / np.maximum(n_came, 1), np.nan)


@dataclass(frozen=True)
class Behind:
    """Forecasts from origins behind the training part.

    Args:
        fitted: The fitted forecaster.
        panel: The data.
        match: How they relate to the training part.
        series: `(n,)` series of each origin.
        position: `(n,)` the first point that each forecasts.
        forecasts: From these origins.
    """

    fitted: Fitted
    panel: Panel
    match: Match
    series: np.ndarray
    position: np.ndarray
    forecasts: Forecast


def _behind(fitted: Fitted, panel: Panel) -> Behind:
    panel, match = _align(fitted, panel)
    match = _match_values(fitted, panel, match)
    own = np.maximum(np.maximum(match.n_before, fitted.lookback), _first_observed(panel) + 1)
    first = np.minimum(np.where(match.follows, 0, own), panel.lengths)
    if (first == panel.lengths).all():
        raise DataError(
            f"None of the {len(panel.values)} points passed to `evaluate` lies behind the training part, and at "
            "least one was expected. Pass the held-out rows, or all rows with them."
        )
    preparation, arrays = _prepared(fitted, panel, match, first)
    series, position = panel.places()
    is_tested = position >= first[series]
    series, position = series[is_tested], position[is_tested]
    some = slice(None, None, math.ceil(len(series) * fitted.horizon / MAX_FORECASTS))
    series, position = series[some], position[some]
    scaled = _forecasts_from(fitted, match, first, arrays)[some].astype(np.float64)
    joined, offsets = behind(_anchors_before(fitted, match), panel.values, panel.offsets)
    newest = offsets[series] + fitted.anchors.shape[1] + position - 1
    anchors = preparation.transform.anchors(joined, offsets, newest)
    return Behind(fitted, panel, match, series, position, Forecast(fitted, preparation, scaled, anchors, series))


@dataclass(frozen=True)
class Match:
    """How series of new data (n of them) relate to the training part.

    Args:
        rows: `(n,)` row of the series among those fitted, -1 for a new one.
        follows: `(n,)` whether the data go on behind the training part, after a gap of at most `lookback` steps.
        n_before: `(n,)` how many of the points belong to the training part.
        lead: `(n,)` steps between the training part and data that follow it.
    """

    rows: np.ndarray
    follows: np.ndarray
    n_before: np.ndarray
    lead: np.ndarray


def _match(fitted: Fitted, panel: Panel) -> Match:
    after = fitted.after
    if panel.freq != after.freq or panel.starts.dtype.kind != after.starts.dtype.kind:
        raise DataError(
            f"The data have the frequency {panel.freq!r}, and the model learned from {after.freq!r}. "
            "Pass data of that frequency, with times where it had times, or fit a model to these."
        )
    rows = np.array([fitted.row_of.get(id_, -1) for id_ in panel.ids.tolist()], np.int64)
    if panel.n_series == 1 and after.n_series == 1:
        # one series is that series, whatever it is called
        rows[0] = 0
    known = rows >= 0
    ends = np.where(known, after.starts[rows], panel.starts)
    lead = panel.grid.positions(np.maximum(ends, panel.starts), ends)
    n_before = panel.grid.positions(np.maximum(ends, panel.starts), panel.starts)
    follows = known & (n_before == 0) & (lead <= fitted.lookback)
    return Match(rows, follows, n_before, np.where(follows, lead, 0))


def _align(fitted: Fitted, panel: Panel) -> tuple[Panel, Match]:
    """Match the data, and let those that begin a few steps behind the training part begin with a gap."""
    match = _match(fitted, panel)
    return (panel.with_leading_gaps(match.lead) if match.lead.any() else panel), match


def _match_values(fitted: Fitted, panel: Panel, match: Match) -> Match:
    """Tell held-out arrays from whole ones: without times both begin at step 0, but one holds the training part."""
    follows, n_before = match.follows.copy(), match.n_before.copy()
    for s in np.flatnonzero((match.rows >= 0) & ~match.follows):
        n = int(fitted.lengths[match.rows[s]])
        if panel.starts.dtype.kind == "M" or panel.starts[s] != 0 or n_before[s] != n:
            continue
        past = panel.series(int(s))[:n]
        observed = past[~np.isnan(past)]
        follows[s] = n > panel.lengths[s] or not len(observed) or observed[-1] != fitted.tail[match.rows[s], -1]
    return replace(match, follows=follows, n_before=np.where(follows, 0, n_before))


def _first_observed(panel: Panel) -> np.ndarray:
    """Return the position of the first value of each series that is not missing, `(n,)`; its length where none is."""
    at = np.flatnonzero(~np.isnan(panel.values))
    first = np.append(at, len(panel.values))[np.searchsorted(at, panel.offsets[:-1])]
    return np.asarray(np.minimum(first, panel.offsets[1:]) - panel.offsets[:-1])


def _check_long_enough(fitted: Fitted, panel: Panel, match: Match) -> None:
    short = np.flatnonzero(~match.follows & (panel.lengths < fitted.lookback))
    if len(short):
        raise DataError(
            f"Series {panel.ids[short[0]]!r} has {panel.lengths[short[0]]} points and does not go on where the "
            f"training part ended, so the model's lookback of {fitted.lookback} points was expected. Pass more history."
        )


def _prepared(fitted: Fitted, panel: Panel, match: Match, n_past: np.ndarray) -> tuple[Preparation, PanelArrays]:
    """Return preparation and inputs; new series are scaled by their first `n_past` points."""
    new = match.rows < 0
    preparation = fitted.preparation.with_new(match.rows, panel.head(np.where(new, n_past, 0)), fitted.season_length)
    preparation.warn_of_low(panel)
    memory = fitted.memories[0]
    newest = memory.newest_values(preparation.value_inputs.season + 1)
    before = np.where(match.follows[:, None], newest[match.rows], np.nan)
    n_own = 0 if preparation.anniversaries is None else len(preparation.anniversaries.names)
    numbers = memory.newest_numbers()[match.rows, n_own:] * match.follows[:, None]
    anchors, years = _anchors_before(fitted, match), _years_before(fitted, match)
    return preparation, preparation.arrays(panel, before, numbers, anchors, years)


def _anchors_before(fitted: Fitted, match: Match) -> np.ndarray:
    """Return what a difference must know of the training part, `(n, lag)`; NaN where the data do not follow it."""
    return np.where(match.follows[:, None], fitted.anchors[match.rows], np.nan)


def _years_before(fitted: Fitted, match: Match) -> np.ndarray:
    """Return what anniversaries must know of the training part, `(n, K)`; NaN where the data do not follow it."""
    return np.where(match.follows[:, None], fitted.years[match.rows], np.nan)


def _memories_before(fitted: Fitted, match: Match) -> tuple[Memory, ...]:
    """Remember the training part where the data follow it, and nothing elsewhere."""
    return tuple(memory.rows(match.rows, match.follows) for memory in fitted.memories)


def _forecasts_from(fitted: Fitted, match: Match, first: np.ndarray, arrays: PanelArrays) -> np.ndarray:
    """Forecast points `first`, `first` + 1, ... of each series from all points before each; scaled parameters."""
    read, tested = split(arrays, first)
    memories = fitted.ensemble.read(_memories_before(fitted, match), read)
    return fitted.ensemble.forecast_each(memories, tested, fitted.horizon)


def _compare(made: Behind, levels: tuple[float, ...]) -> Evaluation:
    """Score forecasts beside the naive ones from the same origins."""
    fitted, panel, match, series, position = made.fitted, made.panel, made.match, made.series, made.position
    H, season = fitted.horizon, fitted.season_length
    known, begins = _known_values(fitted, panel, match)
    origins = begins[series] + position - 1
    edges = _edges(fitted, match, known, begins)
    methods = {METHOD: made.forecasts.point, "Naive": seasonal_naive(known, edges, origins, H, 1)}
    if season > 1:
        methods["SeasonalNaive"] = seasonal_naive(known, edges, origins, H, season)
    actual = _ahead(panel, series, position, H)
    scales = np.where(match.rows >= 0, fitted.naive_scales[match.rows], np.nan)
    scores = {name: score(forecast, actual, series, scales) for name, forecast in methods.items()}
    return Evaluation(scores, H, len(series), season, _coverage(made.forecasts, actual, levels))


def _coverage(forecasts: Forecast, actual: np.ndarray, levels: tuple[float, ...]) -> dict[float, float]:
    """Measure how often intervals held."""
    if not forecasts.has_intervals:
        return {}
    lower, upper = forecasts.intervals(levels)
    return {level: coverage(lower[:, :, n], upper[:, :, n], actual) for n, level in enumerate(levels)}


def _edges(fitted: Fitted, match: Match, known: np.ndarray, begins: np.ndarray) -> np.ndarray:
    return np.append(begins - np.where(match.follows, fitted.tail.shape[1], 0), len(known))


def _known_values(fitted: Fitted, panel: Panel, match: Match) -> tuple[np.ndarray, np.ndarray]:
    """Join all series, those that follow the training part behind its end; returns where the data of each begin.

    Gaps are filled with the last value; NaN stays where nothing was observed before.
    """
    filled = carry_forward(panel.values, panel.offsets, np.where(match.follows, fitted.tail[match.rows, -1], np.nan))
    pieces, begins, n = [], [], 0
    for s in range(panel.n_series):
        tail = fitted.tail[match.rows[s]] if match.follows[s] else filled[:0]
        pieces += [tail, filled[panel.offsets[s] : panel.offsets[s + 1]]]
        begins.append(n + len(tail))
        n = begins[-1] + int(panel.lengths[s])
    return np.concatenate(pieces), np.array(begins)


def _ahead(panel: Panel, series: np.ndarray, position: np.ndarray, horizon: int) -> np.ndarray:
    """Return the values at `position` of each row's series and behind it, `(n, horizon)`; NaN beyond its end."""
    at = position[:, None] + np.arange(horizon)
    inside = at < panel.lengths[series][:, None]
    values = panel.values[np.where(inside, panel.offsets[series][:, None] + at, 0)]
    return np.where(inside, values, np.nan)
