"""How does a fitted forecaster become evidence? Its errors beside those of linear and naive forecasts, one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.data import Panel
from gatecast.data.values.gaps import carry_forward
from gatecast.diagnosis.evidence import Coverage, Curves, Errors, Evidence, Facts
from gatecast.diagnosis.floor import NoiseFloor, noise_floor
from gatecast.diagnosis.linear import Linear, fit_linear, orders_up_to
from gatecast.diagnosis.thresholds import LEAST_POINTS, NEARLY_BEST
from gatecast.exceptions import DataError
from gatecast.model.forecast import interval_hits, one_step, read_like_training
from gatecast.model.plan import choose_seasons, held_back, make_plan
from gatecast.model.settings import Settings
from gatecast.network.ensemble import Ensemble

if TYPE_CHECKING:
    from gatecast.forecaster import LSTMForecaster
    from gatecast.model.fitted import Fitted

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
    """Which points of a panel are what.

    Args:
        panel: Training part and what follows it.
        n_learned: `(S,)` points of each series that were learned from.
        n_trained: `(S,)` the same with the validation part.
    """

    panel: Panel
    n_learned: np.ndarray
    n_trained: np.ndarray

    @property
    def train(self) -> Panel:
        """The training part, with its validation part."""
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
        counts = (np.where(kept, n, 0) for n in (lengths, self.n_learned, self.n_trained))
        length, learned, trained = counts
        return Parts(self.panel.head(length), learned, trained)


def find_parts(model: LSTMForecaster, data: Any = None, test: Any = None) -> Parts:
    """Lay out the training part, and what follows it, of a fitted model.

    Args:
        model: Fitted.
        data: The training data, where the model does not hold them; newer rows behind them are the test part.
        test: Held-out rows, alone or behind the training data.

    Raises:
        DataError: The model holds no training data and none were passed, or none of them are those of the model.
    """
    fitted = model.fitted_
    kept: Panel | None = getattr(model, "_panel", None)
    if data is None and kept is None:
        raise DataError(
            f"A model that was loaded does not hold its {int(fitted.lengths.sum())} training points, and a diagnosis "
            "needs them. Pass them: `diagnose(model, data)`."
        )
    panel = kept if data is None else read_like_training(fitted, data)
    assert panel is not None
    n_trained = _n_trained(fitted, panel)
    if not n_trained.any():
        raise DataError(
            f"None of the {len(panel.values)} points passed as `data` belongs to the training part, and at least "
            f"{LEAST_POINTS} were expected. Pass the data that the model was fitted on."
        )
    # what was held back at first was learned from in the end
    held = 0 if model.settings_.refit_full else held_back(model.settings_, panel.head(n_trained))
    if test is not None:
        panel = _joined(panel.head(n_trained), read_like_training(fitted, test))
    return Parts(panel, n_trained - held, n_trained)


def _n_trained(fitted: Fitted, panel: Panel) -> np.ndarray:
    """Count the points of each series that belong to the training part; none of a series that was not in it."""
    rows = _rows(fitted, panel)
    if panel.starts.dtype.kind != fitted.after.starts.dtype.kind or panel.freq != fitted.after.freq:
        raise DataError(
            f"The data have the frequency {panel.freq!r}, and the model learned from {fitted.after.freq!r}. Pass the "
            "data that the model was fitted on."
        )
    ends = np.where(rows >= 0, fitted.after.starts[rows], panel.starts)
    before = panel.grid.positions(np.maximum(ends, panel.starts), panel.starts)
    return np.asarray(np.clip(before, 0, panel.lengths))


def _rows(fitted: Fitted, panel: Panel) -> np.ndarray:
    if panel.n_series == 1 and fitted.after.n_series == 1:
        return np.zeros(1, np.int64)
    return np.array([fitted.row_of.get(id_, -1) for id_ in panel.ids.tolist()], np.int64)


def _joined(train: Panel, test: Panel) -> Panel:
    """Put the test part behind the training part, with gaps between where steps are missing.

    Raises:
        DataError: No series of the test part goes on behind the training part.
    """
    place = {id_: s for s, id_ in enumerate(test.ids.tolist())}
    is_single = train.n_series == test.n_series == 1
    pieces = []
    for s, id_ in enumerate(train.ids.tolist()):
        other = 0 if is_single else place.get(id_)
        rows = np.arange(train.offsets[s], train.offsets[s + 1])
        pieces.append((rows, *((0, np.empty(0, np.int64)) if other is None else _newer(train, s, test, other))))
    if not any(len(newer) for _, _, newer in pieces):
        raise DataError(
            f"None of the {len(test.values)} points passed as `test` lies behind the training part, and at least "
            "one was expected. Pass the held-out rows."
        )
    offsets = np.concatenate(([0], np.cumsum([len(rows) + gap + len(newer) for rows, gap, newer in pieces])))

    def join(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        missing: Any = None if first.dtype == object else np.nan
        parts = [(first[rows], np.full(gap, missing, first.dtype), second[newer]) for rows, gap, newer in pieces]
        return np.concatenate([part for three in parts for part in three])

    return replace(
        train,
        values=join(train.values, test.values),
        offsets=offsets,
        past={name: join(column, test.past[name]) for name, column in train.past.items()},
        future={name: join(column, test.future[name]) for name, column in train.future.items()},
    )


def _newer(train: Panel, s: int, test: Panel, other: int) -> tuple[int, np.ndarray]:
    """Return the steps that are missing behind series s, and which rows of the test part follow."""
    values, n = test.series(other), int(train.lengths[s])
    start = train.starts[s : s + 1]
    at = test.starts[other : other + 1]
    begins = int(test.grid.positions(np.maximum(at, start), start)[0])
    is_untimed = train.starts.dtype.kind != "M" and begins == 0
    if is_untimed and not (len(values) > n and np.array_equal(values[:n], train.series(s), equal_nan=True)):
        # without times both begin at step 0: these are the held-out values alone
        begins = n
    skipped = max(n - begins, 0)
    rows = np.arange(test.offsets[other] + min(skipped, len(values)), test.offsets[other + 1])
    return max(begins - n, 0) if len(rows) else 0, rows


def gather(model: LSTMForecaster, data: Any = None, test: Any = None) -> Evidence:
    """Collect what the checks look at.

    Args:
        model: Fitted.
        data: As in `find_parts`.
        test: As in `find_parts`.

    Raises:
        DataError: As in `find_parts`; or too few points have forecasts.
    """
    everything = find_parts(model, data, test)
    parts = everything.some()
    fitted = model.fitted_
    view = _View.of(fitted, parts)
    found, _ = choose_seasons(Settings(progress=False), parts.learned)
    linear = fit_linear(view.scaled, view.begins, view.is_learned, _orders(fitted, parts, found))
    points = _points(fitted, parts, view, linear)
    learned, validation, test_part = (points(rows) for rows in view.rows())
    judged = [("test part", test_part), ("validation part", validation), ("training part", learned)]
    part, fresh = next((p for p in judged if len(p[1]) >= LEAST_POINTS), max(judged, key=lambda p: len(p[1])))
    if not len(fresh):
        raise DataError(
            f"None of the {len(parts.panel.values)} points has a forecast, because the first {fitted.lookback} of each "
            "series are read only, and a diagnosis needs some. Pass longer series, or a smaller `lookback`."
        )
    return Evidence(
        fresh=fresh,
        learned=learned if len(learned) >= LEAST_POINTS else None,
        part=part,
        curves=_curves(model),
        coverage=_coverage(model, parts) if part == "test part" else None,
        floor=_floor(view, fresh, learned),
        facts=_facts(model, everything, linear, found),
        unit="the data's units" if parts.panel.n_series == 1 else "units of each series' seasonal change",
    )


@dataclass(frozen=True)
class _View:
    """The values in units in which series can be compared, and which of them are what.

    Args:
        scaled: `(N,)` filled values, centred and divided by `unit` for several series.
        observed: `(N,)` the same, NaN where nothing was observed.
        begins: `(N,)` first position of each value's series.
        series: `(N,)`.
        unit: `(N,)`.
        center: `(N,)`.
        is_learned, is_validation, is_test: `(N,)`; observed ones only.
    """

    scaled: np.ndarray
    observed: np.ndarray
    begins: np.ndarray
    series: np.ndarray
    unit: np.ndarray
    center: np.ndarray
    is_learned: np.ndarray
    is_validation: np.ndarray
    is_test: np.ndarray

    @classmethod
    def of(cls, fitted: Fitted, parts: Parts) -> _View:
        panel = parts.panel
        series, position = panel.places()
        filled = carry_forward(panel.values, panel.offsets)
        learned, trained = parts.n_learned[series], parts.n_trained[series]
        if panel.n_series == 1:
            unit, center = np.ones(len(filled)), np.zeros(len(filled))
        else:
            rows = _rows(fitted, panel)
            scales = np.where(rows >= 0, fitted.naive_scales[rows], np.nan)
            scales = np.where(scales > 0, scales, np.nan)
            inside = position < learned
            counts = np.maximum(np.bincount(series[inside], minlength=panel.n_series), 1)
            means = np.bincount(series[inside], filled[inside], minlength=panel.n_series) / counts
            unit, center = scales[series], means[series]
        seen = ~np.isnan(panel.values) & ~np.isnan(unit)
        unit = np.where(np.isnan(unit), 1.0, unit)
        scaled = (filled - center) / unit
        return cls(
            scaled,
            np.where(seen, scaled, np.nan),
            panel.offsets[series],
            series,
            unit,
            center,
            seen & (position < learned),
            seen & (position >= learned) & (position < trained),
            seen & (position >= trained) & (trained > 0),
        )

    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.is_learned, self.is_validation, self.is_test


def _points(fitted: Fitted, parts: Parts, view: _View, linear: Linear) -> Any:
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
        came = view.observed[good]
        return Errors(
            came - network[good],
            came - straight[good],
            came - naive[good],
            network[good],
            view.series[good],
            np.array([member[good] for member in members]) if members else np.empty((0, 0)),
        )

    return collect


def _orders(fitted: Fitted, parts: Parts, seasons: tuple[int, ...]) -> list[int]:
    reach = [fitted.lookback, LEAST_LAGS, *(2 * season for season in seasons[:1]), *(s + 1 for s in seasons)]
    season = seasons[0] if seasons else 1
    return orders_up_to(max(1, min(max(reach), MAX_LAGS, int(parts.n_learned.max()) // POINTS_PER_LAG)), season)


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
    is_learned = model.settings_.loss in ("quantile", "normal", "student")
    n = 0 if calibration is None or is_learned else len(calibration.residuals)
    return Coverage(hits, LEVELS, n) if len(hits) else None


def _facts(model: LSTMForecaster, parts: Parts, linear: Linear, found: tuple[int, ...]) -> Facts:
    fitted = model.fitted_
    learned = parts.learned
    given = model.settings_.seasons
    kept = tuple(check.season_length for check in fitted.learned.seasons if check.kept)
    seasons = kept if given is None else tuple(season for season in given if season > 1)
    plan = make_plan(model.settings_, learned, seasons)
    return Facts(
        lookback=fitted.lookback,
        is_windows=model.settings_.mode == "windows",
        seasons=seasons,
        season_length=max(1, *(seasons or found or (1,))[:1]),
        n_parameters=fitted.ensemble.spec.n_parameters,
        n_learned=int((~np.isnan(learned.values)).sum()),
        hidden_size=plan.hidden_size,
        epochs=len(model.history_.get("rmse", ())),
        learning_rate=float("nan") if plan.learning_rate is None else plan.learning_rate,
        n_members=len(fitted.ensemble.networks),
        stop=str(model.stop_reason_),
        loss=model.settings_.loss,
        transform=fitted.preparation.transform.name,
        patience=model.settings_.patience,
        has_covariates=fitted.preparation.encoder is not None,
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
            if column.dtype == object:
                continue
            moves = np.diff(column)
            if lead and is_smooth:
                continue
            if abs(_correlation(changes[lead:], moves[: len(moves) - lead])) > SAME:
                return name
    return ""


def _correlation(ours: np.ndarray, theirs: np.ndarray) -> float:
    seen = np.isfinite(ours) & np.isfinite(theirs)
    ours, theirs = ours[seen], theirs[seen]
    if len(ours) < LEAST_POINTS or not ours.std() > 0 or not theirs.std() > 0:
        return 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])
