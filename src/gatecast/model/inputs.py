"""In which form does the network see a table, and how do its forecasts come back? Learned before the hold-out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.features.yearly_lags import YearlyLags, days_of, fit_yearly_lags
from gatecast.data.panel.arrays import Array, Floats, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.times import time_text
from gatecast.data.values.bounds import Bounds, Limits, find_bounds
from gatecast.data.values.counts import are_sparse_counts, mean_of_quantiles, no_counts
from gatecast.data.values.gaps import fill_gaps, prepend
from gatecast.data.values.ranges import limits_of, observed_range, union
from gatecast.data.values.scaling import Scaling, fit_scaling
from gatecast.data.values.transforms import Transform, fit_transform_named, transform_from_arrays
from gatecast.exceptions import DataError
from gatecast.network.inputs import Ahead, LossSettings, PanelArrays, ValueInputs, spans
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.data.features.encoding import CovariateEncoder

__all__ = ["MOST_SCALED", "Learned", "Preparation", "beyond_bound", "check_bounds", "check_counts", "check_logarithms"]
__all__ += ["low_value", "prepare", "too_far"]

# scaled values of more are no single-precision numbers, or sums and products of them are none
MOST_SCALED = 1e30


@dataclass(frozen=True)
class Preparation:
    """Transform, scale and covariates of S series."""

    transform: Transform  # bends values before they are scaled
    scaling: Scaling  # center and scale of each series, in transformed units
    spreads: Floats  # `(S,)` standard deviation of each series, in scaled units
    # `(S,)` what scaled forecasts are multiplied by: the scale, but 0 for a series that never changed, so that its
    # forecast is that value exactly
    units: Floats
    is_sparse: Array  # `(S,)` whether a series holds counts with many zeros, whose mean is forecast
    bounds: Bounds  # between which values the forecasts of each series stay
    observed: Floats  # `(S, 2)` lowest and highest value of each series, see `limited`; NaN where there is none
    value_inputs: ValueInputs  # what the network is shown of the values
    encoder: CovariateEncoder | None = None  # turns covariates into numbers and codes; None without covariates
    # turns the series' own past into numbers that are known ahead; None where that is not asked for
    yearly_lags: YearlyLags | None = None

    def rows(self, index: Ints) -> Preparation:
        """Take some series."""
        return replace(
            self,
            transform=self.transform.rows(index),
            scaling=replace(self.scaling, center=self.scaling.center[index], scale=self.scaling.scale[index]),
            spreads=self.spreads[index],
            units=self.units[index],
            is_sparse=self.is_sparse[index],
            bounds=self.bounds.rows(index),
            observed=self.observed[index],
        )

    def with_new(self, index: Ints, past: Panel, season: int) -> Preparation:
        """Take some series, where -1 is one that was never seen: it is scaled by its own `past`."""
        known = self.rows(index)
        is_new = index < 0
        if not is_new.any():
            return known
        kind = self.transform if self.transform.is_shared else self.transform.name
        limits = self.bounds.limits
        own = prepare(past, kind, self.scaling.kind, season, self.value_inputs, self.encoder, limits=limits)
        return known.replaced(own, is_new)

    def read_newer(self, panel: Panel) -> Preparation:
        """Return how newer values of the same series are read: a bound that was found and does not hold is lifted.

        Warns of values that the transform reads as others or that lie beyond a bound that was given, with the first one
        and a way out.
        """
        low = np.flatnonzero(panel.values < self.transform.lowest)
        if len(low):
            what = f"{len(low)} value{'s are' if len(low) > 1 else ' is'}"
            warnings.warn(low_value(self.transform, what, value_at(panel, int(low[0]))), stacklevel=2)
        known = replace(self, bounds=self.bounds.lifted(panel))
        beyond = known.bounds.beyond(panel)
        if len(beyond):
            warnings.warn(str(beyond_bound("failure.newer_beyond", known.bounds, panel, beyond)), stacklevel=2)
        return known

    def replaced(self, other: Preparation, where: Array) -> Preparation:
        """Take the series of `other` where `where` says so."""
        ours, theirs = self.transform.to_arrays(), other.transform.to_arrays()
        S = len(where)
        mixed = {
            n: np.where(where, theirs[n], a) if len(a) == S and len(theirs[n]) == S else a for n, a in ours.items()
        }
        return replace(
            self,
            transform=transform_from_arrays(self.transform.name, mixed),
            scaling=replace(
                self.scaling,
                center=np.where(where, other.scaling.center, self.scaling.center),
                scale=np.where(where, other.scaling.scale, self.scaling.scale),
            ),
            spreads=np.where(where, other.spreads, self.spreads),
            units=np.where(where, other.units, self.units),
            is_sparse=np.where(where, other.is_sparse, self.is_sparse),
            bounds=self.bounds.replaced(other.bounds, where),
            observed=np.where(where[:, None], other.observed, self.observed),
        )

    def arrays(
        self,
        panel: Panel,
        before: Array | None = None,
        numbers: Array | None = None,
        anchors: Floats | None = None,
        years: Array | None = None,
    ) -> PanelArrays:
        """Return what the network reads of the same S series, with what is known before the first point.

        `before` are the `(S, K)` newest scaled values and `numbers` the `(S, n)` covariates of the row before it, see
        `fill_gaps`; `anchors` the `(S, lag)` values that a difference needs, `years` the `(S, K)` scaled ones for
        yearly lags; NaN where nothing was.
        """
        targets = self.scaling.transform(self._bent(panel, anchors), panel.offsets, np.float32)
        _check_scaled(panel, targets)
        arrays = PanelArrays(
            fill_gaps(targets, panel.offsets, self.value_inputs.season, before),
            targets,
            panel.offsets.astype(np.int64),
            self.scaling.scale,
            self.spreads.astype(np.float32),
            target_weights=_target_weights(panel),
        )
        if self.encoder is not None:
            arrays = _with_covariates(arrays, self.encoder, panel, numbers)
        return arrays if self.yearly_lags is None else _with_years(arrays, self.yearly_lags, panel, years)

    def newest_years(self, arrays: PanelArrays, years: Array | None = None) -> Array:
        """Return the newest scaled values that yearly lags need, `(S, K)` float32; `years` came before `arrays`."""
        if self.yearly_lags is None:
            return np.zeros((arrays.n_series, 0), np.float32)
        known = np.empty((arrays.n_series, 0)) if years is None else years
        values, offsets = prepend(known, arrays.targets, arrays.offsets)
        K = self.yearly_lags.reach
        positions = offsets[1:, None] + np.arange(-K, 0)
        inside = positions >= offsets[:-1, None]
        return np.where(inside, np.append(values, np.nan)[np.where(inside, positions, -1)], np.nan).astype(np.float32)

    def ahead(self, after: Panel, horizon: int, columns: dict[str, Array], years: Array) -> Ahead | None:
        """Return what is known of the steps after the data; None where nothing can be.

        `after` are empty series that start right there, and `years`, `(S, K)`, the newest scaled values.
        """
        if self.encoder is None or not self.encoder.n_future_numeric + self.encoder.n_future_codes:
            return None
        numbers, codes = self.encoder.encode_future(after, horizon, columns)
        if self.yearly_lags is None:
            return Ahead(numbers, codes)
        S, K = years.shape
        steps = np.repeat(np.arange(S), horizon), np.tile(K + np.arange(horizon), S)
        own = self.yearly_lags.inputs(years.ravel(), np.arange(S + 1) * K, days_of(after.starts) - K, *steps)
        return Ahead(np.concatenate([own.reshape(S, horizon, -1), numbers], axis=2), codes)

    def _bent(self, panel: Panel, anchors: Floats | None) -> Floats:
        if anchors is None or not anchors.shape[1]:
            return self.transform.forward(panel.values, panel.offsets)
        values, offsets = prepend(anchors, panel.values, panel.offsets)
        lag = anchors.shape[1]
        return np.asarray(self.transform.forward(values, offsets)[spans(offsets[:-1] + lag, panel.lengths)])

    def restore(self, scaled: Array, series: Ints | None = None, anchors: Floats | None = None) -> Floats:
        """Bring forecasts `(n, H)` or `(n, H, Q)` back to the units of the data, between the bounds.

        Each row belongs to one of `series`, `(n,)`, or to all in order. For the anchors of a difference see
        `Transform.anchors`.
        """
        if series is None and len(scaled) < len(self.units):
            series = np.arange(len(scaled))
        # all in order are taken as they are, as streams restore with each observation
        rows = slice(None) if series is None else series
        shape = (-1,) + (1,) * (scaled.ndim - 1)
        unit, center = (part[rows].reshape(shape) for part in (self.units, self.scaling.center))
        return self.bounds.hold(self.transform.inverse(scaled * unit + center, anchors, series), series)

    def having_seen(self, panel: Panel) -> Preparation:
        """Know the range of more values of the same series."""
        return replace(self, observed=union(self.observed, observed_range(panel.values, panel.offsets)))

    def limited(self, forecasts: Floats, series: Ints | None = None) -> Floats:
        """Cut forecasts `(n, ...)` in the data's units off where they leave the history by 100 times its range.

        None is farther from any value of it. Growth that a network learned, as of a logarithm, has no end of its own.
        """
        rows = np.arange(len(forecasts)) if series is None else series
        low, high = (limit[rows].reshape(-1, *(1,) * (forecasts.ndim - 1)) for limit in limits_of(self.observed))
        return self.bounds.hold(np.minimum(np.maximum(forecasts, low), high), rows)

    def point(
        self, loss: LossSettings, scaled: Array, series: Ints | None = None, anchors: Floats | None = None
    ) -> Floats:
        """Return point forecasts `(n, H)` in the data's units, of parameters `(n, P, H)` as networks give them.

        They are means where a network learned quantiles of counts with many zeros, whose median says nothing.
        """
        restored = self.restore(scaled[:, loss.middle], series, anchors)
        rows = np.arange(len(scaled)) if series is None else series
        sparse = np.flatnonzero(self.is_sparse[rows])
        if loss.loss == "quantile" and len(sparse):
            known = None if anchors is None else anchors[sparse]
            each = self.restore(np.moveaxis(scaled[sparse], 1, 2), rows[sparse], known)
            restored[sparse] = mean_of_quantiles(np.moveaxis(each, 2, 1), np.asarray(loss.quantiles))
        return restored


@dataclass(frozen=True)
class Learned:
    """What is learned of the values of S series under a transform, whatever their season."""

    transform: Transform
    bent: Floats  # `(N,)` transformed values
    deviation: Floats  # `(S,)` their standard deviations
    is_constant: Array  # `(S,)`
    is_sparse: Array  # `(S,)`, see `Preparation`
    bounds: Bounds
    observed: Floats  # `(S, 2)`, see `Preparation`

    @classmethod
    def of(cls, panel: Panel, transform: str | Transform, season: int, limits: Limits) -> Learned:
        """Learn from a training part; `transform` is a name, or learned already."""
        own = transform
        if isinstance(own, str):
            own = fit_transform_named(own, panel.values, panel.offsets, season)
        bent = own.forward(panel.values, panel.offsets)
        deviation = fit_scaling(bent, panel.offsets, "standard").scale
        is_sparse, observed = (
            are_sparse_counts(panel.values, panel.offsets),
            observed_range(panel.values, panel.offsets),
        )
        return cls(own, bent, deviation, panel.is_constant, is_sparse, find_bounds(panel, limits), observed)


def prepare(
    panel: Panel,
    transform: str | Transform,
    scaling: str,
    season: int,
    value_inputs: ValueInputs,
    encoder: CovariateEncoder | None = None,
    horizon: int | None = None,
    limits: Limits = Limits(),  # noqa: B008  it cannot change
    learned: Learned | None = None,
) -> Preparation:
    """Learn a preparation from a training part.

    `transform` is a name, or learned already; yearly lags are known `horizon` steps ahead, and left out where it is
    None. `learned` is what was learned of the same values, transform and limits for another season. Raises a DataError
    where the values have no such transform.
    """
    known = Learned.of(panel, transform, season, limits) if learned is None else learned
    scale = fit_scaling(known.bent, panel.offsets, scaling, season)
    if scaling == "none":
        # the center is all that is forecast of a series that never changed
        value = np.nan_to_num(observed_range(known.bent, panel.offsets)[:, 0])
        scale = replace(scale, center=np.where(known.is_constant, value, scale.center))
    units = np.where(known.is_constant, 0.0, scale.scale)
    yearly_lags = None
    if horizon is not None and encoder is not None and encoder.calendar:
        scaled = scale.transform(known.bent, panel.offsets, np.float32)
        yearly_lags = fit_yearly_lags(panel, scaled, horizon, country=encoder.country)
    return Preparation(
        transform=known.transform,
        scaling=scale,
        spreads=np.maximum(known.deviation / scale.scale, 1e-3),
        units=units,
        is_sparse=known.is_sparse,
        bounds=known.bounds,
        observed=known.observed,
        value_inputs=value_inputs,
        encoder=encoder,
        yearly_lags=yearly_lags,
    )


def check_logarithms(panel: Panel) -> None:
    """Raise a DataError where a value, held out or not, is -1 or less and has no logarithm."""
    low = np.flatnonzero(panel.values <= -1)
    if len(low):
        raise DataError(
            f'`transform="log1p"` needs values above -1, got {value_at(panel, int(low[0]))}. Use `transform="none"`, '
            "or remove such values."
        )


def check_counts(panel: Panel, loss: str) -> None:
    """Raise a DataError where a value, held out or not, is no count, whose likelihood is learned."""
    wrong = no_counts(panel.values)
    if len(wrong):
        raise DataError(
            f'`loss="{loss}"` is the likelihood of counts, whole numbers from 0 on, got '
            f'{value_at(panel, int(wrong[0]))}. Use `loss="normal"` or `loss="quantile"`, or correct such values.'
        )


def _check_scaled(panel: Panel, targets: Array) -> None:
    """Raise a DataError where a scaled value, `(N,)`, is too large for the core."""
    if max(np.fmax.reduce(targets, initial=0), -np.fmin.reduce(targets, initial=0)) > MOST_SCALED:
        raise too_far(value_at(panel, int(np.nanargmax(np.abs(targets)))))


def too_far(what: str) -> DataError:
    """Return the error that says that a value is too large for the scale of its series."""
    return DataError(
        f"The data hold {what}, which is more than {MOST_SCALED:g} times the scale that was learned of earlier values, "
        'and at most so much was expected. Correct it, or fit a model to such values with `scaling="season"`.'
    )


def _target_weights(panel: Panel) -> Array | None:
    """Return what each target counts, `(N,)`, in shares of the largest weight; the loss is a weighted mean."""
    if panel.weights is None:
        return None
    weights = panel.weights_or_ones
    return np.asarray(weights / max(float(weights.max(initial=0.0)), np.finfo(np.float64).tiny), np.float32)


def check_bounds(panel: Panel, limits: Limits) -> None:
    """Raise a DataError where a value lies beyond a bound that was given."""
    if not limits.given:
        return
    bounds = find_bounds(panel, limits)
    beyond = bounds.beyond(panel)
    if len(beyond):
        raise DataError(beyond_bound("failure.beyond_bound", bounds, panel, beyond))


def beyond_bound(code: str, bounds: Bounds, panel: Panel, beyond: Ints) -> Message:
    """Say which values, at places `beyond` of a panel, lie beyond a bound of their series."""
    place = int(beyond[0])
    series = int(np.searchsorted(panel.offsets, place, side="right")) - 1
    # what was found is lifted instead
    name = "lower" if panel.values[place] < bounds.lower[series] else "upper"
    facts: dict[str, object] = {"n": len(beyond), "first": value_at(panel, place)}
    return Message(code, facts | {"bound": {name: bounds.limits.given[name]}, "none": {name: None}})


def value_at(panel: Panel, place: int) -> str:
    """Name one of the values `(N,)` with its series and time."""
    series = int(np.searchsorted(panel.offsets, place, side="right")) - 1
    time = panel.grid.times(panel.starts[series : series + 1], np.array([place - panel.offsets[series]]))[0]
    at = f"at {time_text(time)}" if panel.starts.dtype.kind == "M" else f"at step {time}"
    return f"{float(panel.values[place]):g} of series {panel.ids.tolist()[series]!r} {at}"


def low_value(transform: Transform, what: str, first: str) -> str:
    """Tell what becomes of values that are lower than any that were learned from."""
    least = f"{transform.lowest:g}"
    return (
        f"{what} below {least}, which is as low as this model's transform {transform.name} goes, the first one is "
        f'{first}: it counts as {least}. Fit with `transform="none"` to have such values count as they are.'
    )


def _with_covariates(
    arrays: PanelArrays, encoder: CovariateEncoder, panel: Panel, numbers: Array | None
) -> PanelArrays:
    encoded = encoder.encode_panel(panel, numbers)
    return replace(
        arrays,
        numbers=encoded.numeric,
        codes=encoded.codes,
        static_numbers=encoded.static_numeric,
        static_codes=encoded.static_codes,
        n_ahead_numbers=encoder.n_future_numeric,
        n_ahead_codes=encoder.n_future_codes,
    )


def _with_years(arrays: PanelArrays, own: YearlyLags, panel: Panel, years: Array | None) -> PanelArrays:
    """Put the yearly lags before what else is known ahead."""
    known = np.empty((panel.n_series, 0)) if years is None else years
    K = known.shape[1]
    values, offsets = prepend(known, arrays.targets, arrays.offsets)
    series, positions = panel.places()
    inputs = own.inputs(values, offsets, days_of(panel.starts) - K, series, positions + K)
    return replace(
        arrays,
        numbers=np.concatenate([inputs, arrays.numbers], axis=1),
        n_ahead_numbers=arrays.n_ahead_numbers + inputs.shape[1],
    )
