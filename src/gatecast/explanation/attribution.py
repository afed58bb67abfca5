"""Why this forecast? What each past value, naive forecast and covariate adds to it, by integrated gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gatecast._validation import check_count
from gatecast.data.panel.arrays import Array, Floats, Frame
from gatecast.data.panel.panel import Panel
from gatecast.exceptions import DataError
from gatecast.explanation.importance import covariate_names, slopes_of_values
from gatecast.model.alignment import model_inputs
from gatecast.model.forecast import Forecast, after_inputs
from gatecast.network.inputs import Ahead, PanelArrays, ValueInputs, extend
from gatecast.network.memory import TrainedNetwork
from gatecast.network.wrapper import SlopeResult, Stretches, forecast_slopes, run_sequences
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.model.fitted import Fitted

__all__ = ["Attributions", "attribute"]

# points of the way from the baseline to the data, and of the past that networks that carry a state are followed back
N_POINTS, MOST_READ = 32, 1000
# gradients that are held at once, in numbers
AT_ONCE = 20_000_000
# a forecast that is closer to its baseline, in scaled units, is brought back by the slope of the transform there
CLOSE = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class Attributions:
    """What the forecast of one series is made of, in the data's units.

    Integrated gradients (Sundararajan, Taly and Yan 2017): the slopes of the forecast along the straight way from a
    baseline, where all values (and covariates) that are read stand at their mean, to the data. `values`, `candidates`,
    `covariates` and `rest` add up to `forecast - baseline`. Where values were transformed, shares of the transformed
    forecast are taken in proportion. Of several networks, whose median is the forecast, those in the middle count.

    Attributes:
        unique_id: Of the series.
        times: Times of the H steps.
        lags: `(L,)` how many steps before the forecast's origin a value lies; 0 is the newest one.
        past_times: Times of these values.
        forecast: float64 `(H,)`, what `predict` says.
        baseline: float64 `(H,)` what would be forecast of a series that stands at its mean.
        values: float64 `(H, L)` what each past value adds through the network.
        candidates: float64 `(H, J)` what each naive forecast adds through the skip connection.
        covariates: float64 `(H, C)` what each covariate adds.
        rest: float64 `(H,)` what is further back than the values that were read, and errors of the sum.
        candidate_messages: What each of J naive forecasts is; `candidate_names` in English.
        covariate_names: C names.
    """

    unique_id: object
    times: Array
    lags: Array
    past_times: Array
    forecast: Floats
    baseline: Floats
    values: Floats
    candidates: Floats
    covariates: Floats
    rest: Floats
    candidate_messages: tuple[Message, ...]
    covariate_names: tuple[str, ...]

    @property
    def candidate_names(self) -> tuple[str, ...]:
        """What each naive forecast is."""
        return tuple(map(str, self.candidate_messages))

    def __repr__(self) -> str:
        sums = self.to_frame().groupby(["step", "source"], sort=False)["contribution"].sum().unstack()
        return f"Attributions of {self.unique_id!r}, in all:\n{sums.assign(forecast=self.forecast).to_string()}"

    def to_frame(self) -> Frame:
        """Return a pandas table `step, ds, source, name, contribution`: sources of each step add up to its forecast.

        Sources are `baseline`, `value` (the name is its time), `candidate`, `covariate` and `rest`.
        """
        import pandas as pd

        names = [("baseline", "")]
        names += [("value", str(time)) for time in self.past_times]
        names += [("candidate", name) for name in self.candidate_names]
        names += [("covariate", name) for name in self.covariate_names]
        names.append(("rest", ""))
        parts = [self.baseline[:, None], self.values, self.candidates, self.covariates, self.rest[:, None]]
        H = len(self.forecast)
        return pd.DataFrame(
            {
                "step": np.repeat(np.arange(1, H + 1), len(names)),
                "ds": np.repeat(np.asarray(self.times), len(names)),
                "source": [source for source, _ in names] * H,
                "name": [name for _, name in names] * H,
                "contribution": np.concatenate(parts, axis=1).ravel(),
            }
        )


def attribute(
    fitted: Fitted, panel: Panel, unique_id: object = None, future: object = None, n_points: int = N_POINTS
) -> Attributions:
    """Follow the forecast after the end of one series back to what it is made of."""
    check_count("n_points", n_points, "Use `n_points=32`.")
    own = panel.only(panel.row(unique_id))
    alignment, preparation, arrays = inputs = model_inputs(fitted, own)
    origin = after_inputs(fitted, inputs, future, fitted.horizon)
    predicted = origin.forecast(fitted.horizon)
    way = _Way.of(fitted, arrays, origin.ahead, alignment.panel.ids.tolist()[0])
    scaled = _integrated(fitted, way, n_points)
    ends = Forecast(fitted, preparation, way.ends(fitted), np.repeat(origin.anchors, 2, axis=0), np.zeros(2, np.int64))
    baseline = ends.point[0]
    parts = _in_units(predicted, ends, scaled)
    explained = sum(part.sum(axis=1) for part in parts)
    data = alignment.panel
    past = data.times(0)[way.origin - way.used + 1 : way.origin + 1][::-1]
    values, candidates, covariates = parts
    return Attributions(
        unique_id=data.ids.tolist()[0],
        times=np.asarray(origin.after.future_times(fitted.horizon))[0],
        lags=np.arange(way.used),
        past_times=np.asarray(past),
        forecast=predicted.point[0],
        baseline=baseline,
        values=values,
        candidates=candidates,
        covariates=covariates,
        rest=predicted.point[0] - baseline - explained,
        candidate_messages=tuple(_candidate_messages(fitted.ensemble.first.value_inputs)),
        covariate_names=covariate_names(fitted, arrays.n_inputs),
    )


@dataclass(frozen=True)
class _Way:
    """The straight way from the baseline of a series to its data."""

    arrays: PanelArrays  # of one series, with what is known ahead of its end
    origin: int  # position of its newest point
    T: int  # points that are read

    @classmethod
    def of(cls, fitted: Fitted, arrays: PanelArrays, ahead: Ahead | None, name: object) -> _Way:
        n, network = len(arrays.values), fitted.ensemble.first
        T = network.window or min(n, MOST_READ)
        if n < T:
            raise DataError(Message("failure.no_history", {"name": name, "n_points": n, "least": T}))
        return cls(arrays if ahead is None else extend(arrays, ahead), n - 1, T)

    @cached_property
    def used(self) -> int:
        """Points of the series up to the origin."""
        return self.origin + 1

    @cached_property
    def change(self) -> Floats:
        """What the way adds to each value, `(n,)`; nothing to what lies ahead."""
        y = np.asarray(self.arrays.values, np.float64)
        return np.where(np.arange(len(y)) <= self.origin, y - y[: self.used].mean(), 0.0)

    @cached_property
    def change_of_numbers(self) -> Floats:
        """What the way adds to each covariate, `(n, C)`."""
        numbers = np.asarray(self.arrays.numbers, np.float64)
        return numbers - numbers[: self.used].mean(axis=0) if len(numbers) else numbers

    def at(self, shares: Floats) -> PanelArrays:
        """Return the series at K places of the way, 0 for the baseline and 1 for the data, one behind the other."""
        arrays, K = self.arrays, len(shares)
        left = 1 - shares[:, None]
        known = arrays.values  # noqa: PD011  of a panel
        values = (np.asarray(known, np.float64) - left * self.change).astype(known.dtype)
        targets = np.where(np.isnan(arrays.targets), arrays.targets, values)
        offsets = np.arange(K + 1, dtype=np.int64) * len(arrays.values)
        numbers = np.asarray(arrays.numbers, np.float64) - left[:, :, None] * self.change_of_numbers
        codes = np.tile(arrays.codes, (K, 1)) if len(arrays.codes) else arrays.codes
        whole = numbers.reshape(-1, arrays.numbers.shape[1]) if len(arrays.numbers) else arrays.numbers
        series = arrays.series(np.zeros(K, np.int64))
        return replace(
            series,
            values=values.ravel(),
            targets=targets.ravel().astype(values.dtype),
            offsets=offsets,
            numbers=whole.astype(arrays.numbers.dtype),
            codes=codes,
        )

    def forecasts(self, network: TrainedNetwork, there: PanelArrays) -> Array:
        """Forecast from each place, `(K, P, H)`."""
        K = there.n_series
        start = np.full(K, self.origin + 1 - self.T)
        stretches = Stretches(np.arange(K), start, np.full(K, self.T))
        call = (network.spec, network.weights, network.loss, network.value_inputs, there, stretches)
        return run_sequences(*call, n_threads=network.n_threads).last

    def ends(self, fitted: Fitted) -> Floats:
        """Return parameters of the forecasts at both ends, `(2, P, H)`, the median over all networks."""
        there = self.at(np.array([0.0, 1.0]))
        each = [self.forecasts(network, there) for network in fitted.ensemble.networks]
        return np.asarray(np.median(each, axis=0), np.float64)


def _integrated(fitted: Fitted, way: _Way, n_points: int) -> tuple[Floats, Floats, Floats]:
    """Return what values `(H, L)`, candidates `(H, J)` and covariates `(H, C)` add, in scaled units."""
    # Gauss and Legendre's rule on the way from 0 to 1
    nodes, weights = np.polynomial.legendre.leggauss(n_points)
    shares, weights = (nodes + 1) / 2, weights / 2
    networks = fitted.ensemble.networks
    spec = networks[0].spec
    block = max(1, AT_ONCE // max(1, spec.horizon * way.T * spec.dense_inputs))
    totals: list[Floats] = []
    for at in range(0, n_points, block):
        part = slice(at, at + block)
        there = way.at(shares[part])
        middle = _middle_shares([way.forecasts(one, there)[:, one.loss.middle] for one in networks])
        for network, counts in zip(networks, middle, strict=True):
            if counts.any():
                added = _added(network, way, there, counts * weights[part][:, None])
                totals = [a + b for a, b in zip(totals, added, strict=True)] if totals else added
    return totals[0], totals[1], totals[2]


def _middle_shares(forecasts: list[Array]) -> Floats:
    """Return what share each of M networks has in the median of forecasts `(K, H)`, `(M, K, H)`."""
    order = np.argsort(np.argsort(forecasts, axis=0, kind="stable"), axis=0, kind="stable")
    M = len(forecasts)
    is_middle = (order == (M - 1) // 2).astype(np.float64) + (order == M // 2)
    return np.asarray(is_middle / 2)


def _added(network: TrainedNetwork, way: _Way, there: PanelArrays, counts: Floats) -> list[Floats]:
    """Sum up slopes of one network over places of the way, of which each counts `(K, H)`, times what the way adds."""
    K = there.n_series
    found = forecast_slopes(
        network.spec, network.weights, network.loss, network.value_inputs, there,
        (np.arange(K), np.full(K, way.origin)), way.T, n_threads=network.n_threads,
    )  # fmt: skip
    value_inputs, J = network.value_inputs, network.spec.n_skip_forecasts
    n = way.used
    change = way.change[: way.used][::-1]
    values = np.zeros((counts.shape[1], n))
    for k, each in enumerate(_places(found, there, way)):
        slopes = slopes_of_values(_without_candidates(each[0]), value_inputs, each[1], np.array([way.origin]))[0]
        known = min(n, slopes.shape[1])
        values[:, :known] += counts[k][:, None] * slopes[:, :known] * change[:known]
    moved = _candidate_changes(network, way, change)
    candidates = np.einsum("kh,khj,hj->hj", counts, np.asarray(found.candidates, np.float64), moved[:, :J])
    beside = found.inputs[..., value_inputs.n_inputs :].astype(np.float64)
    C = way.change_of_numbers.shape[1] if way.change_of_numbers.ndim == 2 else 0
    covariates = np.zeros((counts.shape[1], beside.shape[3]))
    if C:
        read = way.change_of_numbers[way.origin + 1 - way.T : way.origin + 1]
        covariates[:, :C] = np.einsum("kh,khtc,tc->hc", counts, beside[..., :C], read)
        ahead = way.change_of_numbers[way.origin + 1 :]
        if len(ahead) and found.ahead.shape[2]:
            A = found.ahead.shape[2]
            steps = min(len(ahead), counts.shape[1])
            known = found.ahead[:, :steps].astype(np.float64)
            covariates[:steps, :A] += np.einsum("kh,kha,ha->ha", counts[:, :steps], known, ahead[:steps, :A])
    return [values, candidates, covariates]


def _places(found: SlopeResult, there: PanelArrays, way: _Way) -> Iterator[tuple[SlopeResult, PanelArrays]]:
    """Take slopes and series of each place."""
    n, values = len(way.arrays.values), there.values  # noqa: PD011  of a panel
    for k in range(there.n_series):
        own = replace(way.arrays, values=values[k * n : (k + 1) * n])
        one = SlopeResult(found.inputs[k : k + 1], found.candidates[k : k + 1], found.ahead[k : k + 1])
        yield one, own


def _without_candidates(found: SlopeResult) -> SlopeResult:
    return replace(found, candidates=np.zeros_like(found.candidates))


def _candidate_changes(network: TrainedNetwork, way: _Way, change: Floats) -> Floats:
    """Return how far each naive forecast moves on the whole way, `(H, J)`: it is linear in the values."""
    H, J = network.spec.horizon, network.spec.n_skip_forecasts
    moved = np.zeros((H, J))
    inputs = np.zeros((1, H, way.T, network.spec.dense_inputs))
    for j in range(J):
        unit = np.zeros((1, H, J))
        unit[..., j] = 1.0
        result = SlopeResult(inputs, unit, np.zeros((1, H, 0)))
        slopes = slopes_of_values(result, network.value_inputs, way.arrays, np.array([way.origin]))[0]
        known = min(len(change), slopes.shape[1])
        moved[:, j] = slopes[:, :known] @ change[:known]
    return moved


def _in_units(predicted: Forecast, ends: Forecast, scaled: tuple[Floats, Floats, Floats]) -> list[Floats]:
    """Bring shares `(H, ...)` of scaled forecasts to the data's units."""
    transform, middle = predicted.preparation.transform, predicted.fitted.ensemble.first.loss.middle
    if not transform.is_elementwise:
        lag, unit = ends.anchors.shape[1], float(predicted.preparation.units[0])
        return [unit * _summed(part, lag) for part in scaled]
    first, last = ends.scaled[:, middle]
    whole, change = ends.point[1] - ends.point[0], last - first
    nudged = replace(ends, scaled=ends.scaled + CLOSE)
    near = (nudged.point[0] - ends.point[0]) / CLOSE
    factor = np.where(np.abs(change) > CLOSE, whole / np.where(np.abs(change) > CLOSE, change, 1.0), near)
    return [part * factor[:, None] for part in scaled]


def _summed(part: Floats, lag: int) -> Floats:
    """Sum up shares of changes over `lag` steps: each step goes on from the one so many steps before."""
    total = part.copy()
    for step in range(lag, len(part)):
        total[step] += total[step - lag]
    return total


def _candidate_messages(value_inputs: ValueInputs) -> Iterator[Message]:
    """Say what each naive forecast is."""
    for m in value_inputs.skip_forecasts:
        code = "last" if m == 1 else "back" if m > 0 else "mean" if m else "training_mean"
        yield Message(f"naive.{code}", {"n": abs(m)})
    for n in value_inputs.drifts:
        yield Message("naive.line", {"n": n})
    for season, n, newest, follows in value_inputs.averages:
        code = "seasons_moved" if newest < 0 else "seasons_line" if follows else "seasons"
        yield Message(f"naive.{code}", {"n": n, "season": season, "newest": abs(newest)})
