"""What does a fitted forecaster say about data? Tables of forecasts, each at its own time, and their errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from gatecast.data import Panel, to_panel
from gatecast.data.covariates import with_static_of
from gatecast.data.scaled import carry_forward, scaled_inputs
from gatecast.data.scaling import Scaling, fit_scaling
from gatecast.evaluate.evaluation import Evaluation, score
from gatecast.evaluate.naive import seasonal_naive
from gatecast.exceptions import DataError
from gatecast.fitted import Fitted
from gatecast.network.memory import Memory, TrainedNetwork

__all__ = ["Known", "after_training", "evaluate_panel", "one_step_table", "read_like_training", "read_on"]

# bounds the memory of an evaluation to about a gigabyte
MAX_FORECASTS = 20_000_000


@dataclass(frozen=True)
class Known:
    """What is known of some series at the end of their data, and how to say what comes next.

    Args:
        network: The trained network.
        memory: One row for each of n series.
        center: `(n,)` added to forecasts.
        units: `(n,)` what forecasts are multiplied by.
        after: Empty series that start right behind the data.
    """

    network: TrainedNetwork
    memory: Memory
    center: np.ndarray
    units: np.ndarray
    after: Panel

    def forecast(self, horizon: int) -> np.ndarray:
        """Forecast `(n, horizon)` in the data's units."""
        scaled = self.network.forecast(self.memory, horizon).astype(np.float64)
        return np.asarray(scaled * self.units[:, None] + self.center[:, None])

    def table(self, horizon: int) -> Any:
        """Forecast as a table `unique_id, ds, LSTM` of the user's library."""
        rows = np.repeat(np.arange(self.after.n_series), horizon)
        times = self.after.future_times(horizon).ravel()
        return self.after.frame(rows, times, LSTM=self.forecast(horizon).ravel())


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


def after_training(fitted: Fitted) -> Known:
    """Stand at the end of the training part."""
    return Known(fitted.network, fitted.memory, fitted.scaling.center, fitted.units, fitted.after)


def read_on(fitted: Fitted, panel: Panel) -> Known:
    """Read new data: rows that follow the training part go on from it, all else is read from its own beginning.

    Raises:
        DataError: A series that does not follow the training part is shorter than the lookback.
    """
    panel, match = _align(fitted, panel)
    _check_long_enough(fitted, panel, match)
    center, units, inputs = _scaled(fitted, panel, match, panel.lengths)
    memory = fitted.network.read(_memory_before(fitted, match), inputs, panel.offsets)
    return Known(fitted.network, memory, center, units, panel.tail_from(panel.lengths))


def one_step_table(fitted: Fitted, panel: Panel) -> Any:
    """Forecast each point from those before it; NaN before `lookback` points were read."""
    match = _match(fitted, panel)
    match = replace(match, follows=np.zeros_like(match.follows))
    center, units, inputs = _scaled(fitted, panel, match, panel.lengths)
    each = fitted.network.forecast_each(_memory_before(fitted, match), inputs, panel.offsets, 1)[:, 0]
    series, position = panel.places()
    # the forecast made at one point is for the next one
    forecast = np.concatenate([[np.nan], each[:-1]]) * units[series] + center[series]
    forecast[position < fitted.lookback] = np.nan
    return panel.frame(series, panel.all_times(), **{panel.columns.target: panel.values, "LSTM": forecast})


def evaluate_panel(fitted: Fitted, panel: Panel) -> Evaluation:
    """Compare the forecasts from every origin behind the training part with what came.

    Where that would be more than MAX_FORECASTS numbers, evenly spaced origins are compared.

    Raises:
        DataError: There is nothing behind the training part.
    """
    panel, match = _align(fitted, panel)
    match = _match_values(fitted, panel, match)
    first = np.minimum(np.where(match.follows, 0, np.maximum(match.n_before, fitted.lookback)), panel.lengths)
    if (first == panel.lengths).all():
        raise DataError(
            f"None of the {len(panel.values)} points passed to `evaluate` lies behind the training part, and at "
            "least one was expected. Pass the held-out rows, or all rows with them."
        )
    center, units, inputs = _scaled(fitted, panel, match, first)
    series, position = panel.places()
    is_tested = position >= first[series]
    series, position = series[is_tested], position[is_tested]
    some = slice(None, None, math.ceil(len(series) * fitted.horizon / MAX_FORECASTS))
    series, position = series[some], position[some]
    forecasts = _forecasts_from(fitted, panel, match, first, inputs, is_tested)[some].astype(np.float64)
    return _compare(fitted, panel, match, series, position, forecasts * units[series, None] + center[series, None])


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


def _check_long_enough(fitted: Fitted, panel: Panel, match: Match) -> None:
    short = np.flatnonzero(~match.follows & (panel.lengths < fitted.lookback))
    if len(short):
        raise DataError(
            f"Series {panel.ids[short[0]]!r} has {panel.lengths[short[0]]} points and does not go on where the "
            f"training part ended, so the model's lookback of {fitted.lookback} points was expected. Pass more history."
        )


def _scaled(
    fitted: Fitted, panel: Panel, match: Match, n_past: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return centers, units and scaled inputs; new series are scaled by their first `n_past` points."""
    new = match.rows < 0
    center = fitted.scaling.center[match.rows].copy()
    scale = fitted.scaling.scale[match.rows].copy()
    units = fitted.units[match.rows].copy()
    if new.any():
        past = panel.head(np.where(new, n_past, 0))
        own = fit_scaling(past.values, past.offsets, fitted.scaling.kind)
        center[new], scale[new], units[new] = own.center[new], own.scale[new], own.scale[new]
    before = np.where(match.follows, (fitted.tail[match.rows, -1] - center) / scale, 0.0)
    return center, units, scaled_inputs(panel, Scaling(center, scale, fitted.scaling.kind), before)


def _memory_before(fitted: Fitted, match: Match) -> Memory:
    """Remember the training part where the data follow it, and nothing elsewhere."""
    memory = fitted.memory.rows(match.rows)
    for remembered in (memory.h, memory.c, memory.recent):
        remembered[~match.follows] = 0
    return memory


def _forecasts_from(
    fitted: Fitted, panel: Panel, match: Match, first: np.ndarray, inputs: np.ndarray, is_tested: np.ndarray
) -> np.ndarray:
    """Forecast points `first`, `first` + 1, ... of each series (`is_tested`) from all points before each; scaled."""
    read, tested = panel.head(first), panel.tail_from(first)
    memory = fitted.network.read(_memory_before(fitted, match), inputs[~is_tested], read.offsets)
    each = fitted.network.forecast_each(memory, inputs[is_tested], tested.offsets, fitted.horizon)
    at_first = fitted.network.forecast(memory)
    # row n of `each` is made at point n, for the points behind it: move it one down, and begin with the first origin's
    out = np.empty_like(each)
    out[1:] = each[:-1]
    begins = tested.offsets[:-1]
    some = tested.lengths > 0
    out[begins[some]] = at_first[some]
    return out


def _compare(
    fitted: Fitted, panel: Panel, match: Match, series: np.ndarray, position: np.ndarray, forecasts: np.ndarray
) -> Evaluation:
    """Score forecasts, each of the point at `position` of its series and those behind, beside the naive ones."""
    H, season = fitted.horizon, fitted.season_length
    known, begins = _known_values(fitted, panel, match)
    origins = begins[series] + position - 1
    edges = np.append(begins - np.where(match.follows, season, 0), len(known))
    methods = {"LSTM": forecasts, "Naive": seasonal_naive(known, edges, origins, H, 1)}
    if season > 1:
        methods["SeasonalNaive"] = seasonal_naive(known, edges, origins, H, season)
    actual = _ahead(panel, series, position, H)
    scales = np.where(match.rows >= 0, fitted.naive_scales[match.rows], np.nan)
    scores = {name: score(forecast, actual, series, scales) for name, forecast in methods.items()}
    return Evaluation(scores, H, len(series), season)


def _known_values(fitted: Fitted, panel: Panel, match: Match) -> tuple[np.ndarray, np.ndarray]:
    """Join all series, those that follow the training part behind its end; returns where the data of each begin."""
    filled = carry_forward(panel.values, panel.offsets, fitted.tail[match.rows, -1])
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
