"""How does a fitted forecaster become evidence? Its errors beside those of linear and naive forecasts, one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data import Panel
from gatecast.data.seasonality.seasons import choose_seasons
from gatecast.data.values.gaps import carry_forward
from gatecast.diagnosis.evidence import Coverage, Curves, Errors, Evidence, Facts
from gatecast.diagnosis.floor import NoiseFloor, noise_floor
from gatecast.diagnosis.linear import Linear, fit_linear, orders_up_to
from gatecast.diagnosis.thresholds import LEAST_POINTS, NEARLY_BEST
from gatecast.exceptions import DataError
from gatecast.model.alignment import SeriesMatch, match_series, read_like_training
from gatecast.model.evaluation import interval_hits
from gatecast.model.forecast import one_step
from gatecast.network.ensemble import Ensemble
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.forecaster import LSTMForecaster
    from gatecast.model.fitted import Fitted
    from gatecast.model.protocol import Data

__all__ = ["Parts", "find_parts", "gather"]

# evenly spaced series are looked at, up to about so many points
MAX_POINTS = 60_000
# lags of the linear autoregression, in all and for each point of the longest series
MAX_LAGS, POINTS_PER_LAG = 400, 5
LEAST_LAGS = 48
# points of the part that is judged from which on it alone tells the noise
ENOUGH_FOR_FLOOR = 200
LEVELS = (80.0, 95.0)
# a covariate whose changes are those of the target
SAME = 0.999
SMOOTH = 0.99


@dataclass(frozen=True)
class Parts:
    """Which points of a panel are what."""

    panel: Panel  # training part and what follows it
    n_learned: np.ndarray  # (S,) points of each series that were learned from
    n_trained: np.ndarray  # (S,) the same with the validation set

    @property
    def train(self) -> Panel:
        """The training part, with its validation set."""
        return self.panel.head(self.n_trained)

    @property
    def learned(self) -> Panel:
        """What was learned from."""
        return self.panel.head(self.n_learned)

    def some(self) -> Parts:
        """Keep evenly spaced series where all together have too many points; the others become empty."""
        lengths = self.panel.lengths
        every = max(1, int(np.ceil(lengths.sum() / MAX_POINTS))) if self.panel.n_series > 1 else 1
        kept = np.arange(len(lengths)) % every == 0
        length, learned, trained = (np.where(kept, n, 0) for n in (lengths, self.n_learned, self.n_trained))
        return Parts(self.panel.head(length), learned, trained)


def find_parts(model: LSTMForecaster, data: Data | None = None, test: Data | None = None) -> Parts:
    """Lay out the training part, and what follows it, of a fitted model.

    Raises:
        DataError: The model holds no training data and none were passed, or none of them are those of the model.
    """
    fitted = model.fitted_
    kept: Panel | None = getattr(model, "_panel", None)
    if data is None and kept is None:
        known = {"n": int(fitted.lengths.sum()), "call": "diagnose(model, data)"}
        raise DataError(Message("failure.no_stored", known))
    panel = kept if data is None else read_like_training(fitted, data)
    assert panel is not None
    match = match_series(fitted.after, panel)
    n_trained = np.minimum(match.n_before, panel.lengths)
    if not n_trained.any():
        raise DataError(
            f"None of the {len(panel.values)} points passed as `data` belongs to the training part, and at least "
            f"{LEAST_POINTS} were expected. Pass the data that the model was fitted on."
        )
    # what was held out at first was learned from in the end, where the fit says so
    held_out = 0 if fitted.record.refit_steps is not None else match.of_rows(np.array(fitted.record.hold_out), 0)
    n_learned = np.clip(match.n_before - held_out, 0, n_trained)
    if test is not None:
        panel = _joined(panel.head(n_trained), read_like_training(fitted, test))
    return Parts(panel, n_learned, n_trained)


def _joined(train: Panel, test: Panel) -> Panel:
    """Put the test part after the training part, with gaps between where steps are missing."""
    filled = np.append(carry_forward(train.values, train.offsets), np.nan)
    newest = filled[np.where(train.lengths > 0, train.offsets[1:] - 1, -1)]
    match = match_series(train.tail_from(train.lengths), test).with_untimed(test, train.lengths, newest)
    place = {row: s for s, row in enumerate(match.rows.tolist()) if row >= 0}
    pieces = []
    for s in range(train.n_series):
        rows = np.arange(train.offsets[s], train.offsets[s + 1])
        pieces.append((rows, *((0, rows[:0]) if s not in place else _newer(test, match, place[s]))))
    if not any(len(newer) for _, _, newer in pieces):
        raise DataError(
            f"None of the {len(test.values)} points passed as `test` lies after the training part, and at least "
            "one was expected. Pass the held-out rows."
        )
    offsets = np.concatenate(([0], np.cumsum([len(rows) + gap + len(newer) for rows, gap, newer in pieces])))

    def join(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        missing: float | None = None if first.dtype == object else np.nan
        parts = [(first[rows], np.full(gap, missing, first.dtype), second[newer]) for rows, gap, newer in pieces]
        return np.concatenate([part for three in parts for part in three])

    return replace(
        train,
        values=join(train.values, test.values),
        offsets=offsets,
        past={name: join(column, test.past[name]) for name, column in train.past.items()},
        future={name: join(column, test.future[name]) for name, column in train.future.items()},
    )


def _newer(test: Panel, match: SeriesMatch, s: int) -> tuple[int, np.ndarray]:
    """Return the steps that are missing before series s of the test part, and which of its rows are newer."""
    rows = np.arange(test.offsets[s] + min(int(match.n_before[s]), int(test.lengths[s])), test.offsets[s + 1])
    return int(match.lead[s]) if len(rows) else 0, rows


def gather(model: LSTMForecaster, data: Data | None = None, test: Data | None = None) -> Evidence:
    """Collect what the checks look at.

    Raises:
        DataError: As in `find_parts`; or too few points have forecasts.
    """
    everything = find_parts(model, data, test)
    parts = everything.some()
    fitted = model.fitted_
    view = _View(fitted, parts)
    found = choose_seasons(parts.learned).lengths
    season = found[0] if found else 1
    reach = max(fitted.lookback, LEAST_LAGS, 2 * season, *(season + 1 for season in found))
    orders = orders_up_to(max(1, min(reach, MAX_LAGS, int(parts.n_learned.max()) // POINTS_PER_LAG)), season)
    linear = fit_linear(view.scaled, view.begins, view.is_learned, orders)
    points = _points(fitted, parts, view, linear)
    learned, validation, test_part = (points(rows) for rows in (view.is_learned, view.is_validation, view.is_test))
    judged = [("test part", test_part), ("validation set", validation), ("training part", learned)]
    part, fresh = next((p for p in judged if len(p[1]) >= LEAST_POINTS), max(judged, key=lambda p: len(p[1])))
    if not len(fresh):
        raise DataError(Message("failure.no_forecast", {"n": len(parts.panel.values), "lookback": fitted.lookback}))
    return Evidence(
        fresh=fresh,
        learned=learned if len(learned) >= LEAST_POINTS else None,
        is_scaled=parts.panel.n_series > 1,
        part=part,
        curves=_curves(model),
        coverage=_coverage(model, parts) if part == "test part" else None,
        floor=_floor(view, fresh, learned),
        facts=_facts(model, everything, linear, found),
    )


class _View:
    """The values, filled, `(N,)` in units in which series can be compared, and which of those observed are what."""

    def __init__(self, fitted: Fitted, parts: Parts) -> None:
        panel = parts.panel
        self.series, position = panel.places()
        self.begins = panel.offsets[self.series]
        filled = carry_forward(panel.values, panel.offsets)
        learned, trained = parts.n_learned[self.series], parts.n_trained[self.series]
        unit, self.center = np.ones(len(filled)), np.zeros(len(filled))
        if panel.n_series > 1:
            scales = match_series(fitted.after, panel).of_rows(fitted.naive_scales, np.nan)
            rows = self.series[position < learned]
            counts = np.maximum(np.bincount(rows, minlength=panel.n_series), 1)
            means = np.bincount(rows, filled[position < learned], minlength=panel.n_series) / counts
            unit, self.center = np.where(scales > 0, scales, np.nan)[self.series], means[self.series]
        seen = ~np.isnan(panel.values) & ~np.isnan(unit)
        self.unit = np.where(np.isnan(unit), 1.0, unit)
        self.scaled = (filled - self.center) / self.unit
        self.observed = np.where(seen, self.scaled, np.nan)
        self.is_learned = seen & (position < learned)
        self.is_validation = seen & (position >= learned) & (position < trained)
        self.is_test = seen & (position >= trained) & (trained > 0)


def _points(fitted: Fitted, parts: Parts, view: _View, linear: Linear) -> Callable[[np.ndarray], Errors]:
    """Return a function that collects the errors on some rows."""

    def forecast(which: Fitted) -> np.ndarray:
        return np.asarray((one_step(which, parts.panel) - view.center) / view.unit)

    network = forecast(fitted)
    single = [
        replace(fitted, ensemble=Ensemble((one,)), memories=(memory,))
        for one, memory in zip(fitted.ensemble.networks, fitted.memories, strict=True)
    ]
    members = [forecast(one) for one in single] if len(single) > 1 else []
    straight = view.observed - linear.residuals
    for s in np.unique(view.series):
        at = np.flatnonzero(view.series == s)
        later = np.flatnonzero((view.is_validation | view.is_test)[at])
        straight[at[later]] = linear.forecast(view.scaled[at], later)
    naive = np.append(np.nan, view.scaled[:-1])
    naive[np.arange(len(naive)) == view.begins] = np.nan

    def collect(rows: np.ndarray) -> Errors:
        good = rows & np.isfinite(network) & np.isfinite(straight) & np.isfinite(naive)
        came, ours = view.observed[good], network[good]
        each = np.array([member[good] for member in members]) if members else np.empty((0, 0))
        return Errors(came - ours, came - straight[good], came - naive[good], ours, view.series[good], each)

    return collect


def _floor(view: _View, fresh: Errors, learned: Errors) -> NoiseFloor | None:
    errors = fresh.linear if len(fresh) >= ENOUGH_FOR_FLOOR else np.concatenate([learned.linear, fresh.linear])
    if len(errors) < LEAST_POINTS or not np.any(errors):
        return None
    counts = np.bincount(view.series)
    return noise_floor(view.scaled[view.series == np.argmax(counts)], errors)


def _curves(model: LSTMForecaster) -> Curves | None:
    history = model.history_
    loss = np.array(history.get("validation_loss", ()), float)
    if len(loss):
        train, epochs = (np.array(history.get(name, ()), float) for name in ("train_loss", "validation_epoch"))
        return Curves(loss, train, epochs)
    loss = np.array(history.get("scaled_loss", ()), float)
    return Curves(loss, epochs=np.arange(1.0, len(loss) + 1), is_validation=False) if len(loss) else None


def _coverage(model: LSTMForecaster, parts: Parts) -> Coverage | None:
    hits = interval_hits(model.fitted_, parts.panel, LEVELS)
    hits = hits[~np.isnan(hits).any(axis=1)]
    calibration = model.fitted_.calibration
    n = 0 if calibration is None or model.fitted_.learns_intervals else len(calibration.residuals)
    return Coverage(hits, LEVELS, n) if len(hits) else None


def _facts(model: LSTMForecaster, parts: Parts, linear: Linear, found: tuple[int, ...]) -> Facts:
    fitted, learned = model.fitted_, parts.learned
    record, first = fitted.record, fitted.ensemble.first
    seasons = record.seasons.lengths
    return Facts(
        lookback=fitted.lookback,
        seasons=seasons,
        season_length=max(1, *(seasons or found or (1,))[:1]),
        n_parameters=first.spec.n_parameters,
        n_learned=int((~np.isnan(learned.values)).sum()),
        is_trained=not record.is_pretrained,
        hidden_size=record.plan.hidden_size,
        dropout=max((layer.dropout for layer in first.spec.stack), default=0.0),
        hold_out_share=record.n_held_out / max(int(fitted.lengths.sum()), 1),
        epochs=record.n_epochs,
        learning_rate=record.learning_rate,
        stop=str(record.stop),
        loss=first.loss.loss,
        transform=record.transform,
        is_positive=bool(np.nanmin(learned.values) > 0),
        needed_lags=linear.shortest(NEARLY_BEST),
        same_as_target=_same_as_target(parts.panel),
    )


def _same_as_target(panel: Panel) -> str:
    """Name a column that is known before the target and moves as it does; "" for none."""
    changes = np.diff(panel.values)
    # a smooth series moves as it did a step ago, and a column that holds it now tells nothing of what comes
    is_smooth = abs(_correlation(changes[1:], changes[:-1])) > SMOOTH
    for columns, lead in ((panel.future, 0), (panel.past, 1)):
        for name, column in columns.items():
            if column.dtype == object or (lead and is_smooth):
                continue
            moves = np.diff(column)
            if abs(_correlation(changes[lead:], moves[: len(moves) - lead])) > SAME:
                return name
    return ""


def _correlation(ours: np.ndarray, theirs: np.ndarray) -> float:
    seen = np.isfinite(ours) & np.isfinite(theirs)
    ours, theirs = ours[seen], theirs[seen]
    if len(ours) < LEAST_POINTS or not ours.std() > 0 or not theirs.std() > 0:
        return 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])
