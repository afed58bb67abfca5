"""Which past values and covariates do forecasts depend on? Gradients to the values, errors without a covariate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gatecast._validation import check_count, is_number
from gatecast.data.panel.arrays import Array, Floats, Frame, Ints
from gatecast.data.panel.panel import Panel
from gatecast.exceptions import ConfigError, DataError
from gatecast.explanation.gates import member_of
from gatecast.explanation.units import duration, duration_message
from gatecast.model.alignment import match_series, model_inputs
from gatecast.model.evaluation import forecast_windows
from gatecast.network.inputs import PanelArrays, SeasonalAverage, ValueInputs
from gatecast.network.memory import TrainedNetwork
from gatecast.network.wrapper import SlopeResult, forecast_slopes
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.model.fitted import Fitted

__all__ = ["CovariateImportance", "LagImportance", "covariate_names", "measure_covariates", "measure_lags"]
__all__ += ["slopes_of_values"]

# outliers beyond this many units say no more to the network, see native/include/gatecast/panel.hpp
CLIP_CHANGE, CLIP_LEVEL = 10.0, 3.0
# gradients that are held at once, in numbers
AT_ONCE = 20_000_000
# each step of a forecast takes a backward pass of its own
STEPS = 1000
SHARE = 0.9


@dataclass(frozen=True)
class CovariateImportance:
    """How much the error grows when a covariate says nothing about its time (Breiman 2001, permutation importance).

    A covariate's column is turned within each series by a random number of steps, so that it keeps its own course and
    its ties with itself but not those with the target; one of a whole series is exchanged between series. Forecasts
    are those after the training part, which the model did not learn from. The error of a forecast is the mean of its
    absolute errors over the series' scale (the denominator of MASE).

    Standard errors know of both kinds of chance: the spread over repeats, and that over blocks of forecasts (a horizon
    of origins of one series each, since forecasts of the same steps share their errors).

    Attributes:
        names: Of C covariates.
        roles: "past", "future" or "static" of each.
        increase: float64 `(C,)` mean growth of the error, in units of the series' scale.
        standard_error: float64 `(C,)`; NaN where there is one block only.
        increases: float64 `(C, repeats)` growth in each repeat.
        error: The error with all covariates in place.
        n_windows: How many forecasts were compared.
        n_blocks: In how many blocks.
    """

    names: tuple[str, ...]
    roles: tuple[str, ...]
    increase: Floats
    standard_error: Floats
    increases: Floats
    error: float
    n_windows: int
    n_blocks: int

    @property
    def order(self) -> Ints:
        """Positions of the covariates, the most important first."""
        return np.argsort(-self.increase, kind="stable")

    @property
    def is_useful(self) -> Array:
        """Whether the error grows by more than two standard errors, `(C,)`."""
        return self.increase > 2 * self.standard_error

    def sentences(self) -> tuple[str, ...]:
        """Say of each covariate what it is good for, the most important first."""
        return tuple(str(self._message(int(n))) for n in self.order)

    def _message(self, n: int) -> Message:
        numbers = {"error": self.error, "grown": float(self.increase[n]), "by": float(self.standard_error[n])}
        code = "explain.useful" if self.is_useful[n] else "explain.not_useful"
        return Message(code, {"name": self.names[n], **numbers})

    def to_frame(self) -> Frame:
        """Return a pandas table `covariate, role, increase, standard_error`, the most important first."""
        import pandas as pd

        named = {"covariate": list(self.names), "role": list(self.roles), "increase": self.increase}
        return pd.DataFrame({**named, "standard_error": self.standard_error}).iloc[self.order].reset_index(drop=True)


def measure_covariates(fitted: Fitted, panel: Panel, *, n_repeats: int = 10, seed: int = 0) -> CovariateImportance:
    """Measure the importance of each covariate after the training part."""
    check_count("n_repeats", n_repeats, "Use `n_repeats=10`.")
    columns = [(name, role) for role in ("future", "past", "static") for name in getattr(fitted.after.roles, role)]
    if not columns:
        raise DataError(
            "This model learned from no covariate, and at least one was expected. Fit with "
            '`LSTMForecaster(future=["price"])` or `past=[...]`.'
        )
    base, blocks = _errors(fitted, panel)
    rng = np.random.default_rng(seed)
    turned = (_turned(panel, name, role, n_repeats, rng) for name, role in columns)
    grown = np.array([[_errors(fitted, other)[0] - base for other in several] for several in turned])
    increases = grown.mean(axis=2)
    n_blocks = len(np.unique(blocks))
    names, roles = zip(*columns, strict=True)
    of_repeats = increases.std(axis=1, ddof=1) / np.sqrt(n_repeats) if n_repeats > 1 else np.zeros(len(increases))
    error = np.hypot(_error_of_blocks(grown.mean(axis=1), blocks), of_repeats)
    return CovariateImportance(
        names, roles, increases.mean(axis=1), error, increases, float(base.mean()), len(base), n_blocks
    )


def _errors(fitted: Fitted, panel: Panel) -> tuple[Floats, Ints]:
    """Return the error of each forecast that something came of, `(n,)`, and its block `(n,)`."""
    forecasts, actual, series = forecast_windows(fitted, panel)
    some = ~np.isnan(actual).all(axis=1)
    if not some.any():
        raise DataError(Message("failure.no_horizon", {"n": fitted.horizon}))
    forecasts, actual, series = forecasts[some], actual[some], series[some]
    errors = np.nanmean(np.abs(forecasts - actual), axis=1) / _scales(fitted, panel, actual, series)
    begins = np.flatnonzero(np.diff(series, prepend=-1))
    position = np.arange(len(series)) - np.repeat(begins, np.diff(np.append(begins, len(series))))
    return errors, series * (len(series) + 1) + position // fitted.horizon


def _scales(fitted: Fitted, panel: Panel, actual: Floats, series: Ints) -> Floats:
    """Return the scale of each forecast's series; of a new or constant one, the mean size of its values."""
    scales = match_series(fitted.after, panel).of_rows(fitted.naive_scales, np.nan)[series]
    sizes = np.bincount(series, np.nan_to_num(np.abs(actual)).mean(axis=1)) / np.maximum(np.bincount(series), 1)
    return np.where(scales > 0, scales, np.maximum(sizes[series], np.finfo(float).tiny))


def _turned(panel: Panel, name: str, role: str, n_repeats: int, rng: np.random.Generator) -> Iterator[Panel]:
    """Yield the data with one column from other times, or other series."""
    columns = getattr(panel, role)
    for _ in range(n_repeats):
        other = columns[name][rng.permutation(panel.n_series) if role == "static" else _turns(panel, rng)]
        # a panel's role is a field of the same name
        yield replace(panel, **{role: {**columns, name: other}})  # type: ignore[arg-type]


def _turns(panel: Panel, rng: np.random.Generator) -> Ints:
    """Return for each row the one that takes its place: each series is turned by 1 to n - 1 steps."""
    series, position = panel.places()
    n = np.maximum(panel.lengths, 1)
    steps = np.where(n > 1, rng.integers(1, np.maximum(n, 2)), 0)
    return panel.offsets[:-1][series] + (position + steps[series]) % n[series]


def _error_of_blocks(grown: Floats, blocks: Ints) -> Floats:
    """Return the standard error of the mean of `(C, n)` from the spread over blocks, `(C,)`."""
    _, which, counts = np.unique(blocks, return_inverse=True, return_counts=True)
    if len(counts) < 2:
        return np.full(len(grown), np.nan)
    sums = np.array([np.bincount(which, row - row.mean()) for row in grown])
    # of a mean over blocks of unequal sizes
    return np.asarray(np.sqrt((sums**2).sum(axis=1) * len(counts) / (len(counts) - 1)) / counts.sum())


@dataclass(frozen=True)
class LagImportance:
    """How much each step of a forecast moves with each value before it, and with each covariate.

    Lag 1 is the newest value that is known, lag 24 the one 24 steps before the first step of the forecast. Gradients
    are of scaled (and transformed) forecasts with respect to scaled values, so that without a transform they are those
    of the data themselves; all ways are in them: the recurrent layers and the naive forecasts that the head mixes.
    Gaps count with the value that filled them. What inputs of earlier years (`earlier_years`) lead to is counted among
    the covariates.

    Attributes:
        lags: int64 `(L,)`, 1 to L.
        absolute: float64 `(H, L)` mean size of the gradient over the origins.
        signed: float64 `(H, L)` mean gradient: which way the forecast moves.
        covariates: float64 `(H, C)` mean size of the gradient with respect to each number beside the values, per
            standard deviation of it, summed over the steps that are read and the forecast's own step.
        covariate_names: C names.
        freq: Frequency of the steps.
        n_origins: How many forecasts the means are of.
        share: Of the summed sizes that the effective lookback holds.
        is_whole: Whether all that the network reads was looked at: windows are whole; a state that is carried along was
            followed back for L steps.
    """

    lags: Ints
    absolute: Floats
    signed: Floats
    covariates: Floats
    covariate_names: tuple[str, ...]
    freq: str | int
    n_origins: int
    share: float
    is_whole: bool

    @property
    def importance(self) -> Floats:
        """Share of each lag in all gradients, over all steps of the forecast, `(L,)`; sums to 1."""
        sizes = self.absolute.mean(axis=0)
        total = sizes.sum()
        return np.asarray(sizes / total if total else sizes)

    @property
    def effective_lookback(self) -> int:
        """The smallest number of newest values that hold `share` of all gradients; 0 where nothing matters."""
        return _least(self.absolute.mean(axis=0), self.share)

    @property
    def effective_lookbacks(self) -> Ints:
        """The same for each step of the forecast, `(H,)`."""
        return np.array([_least(sizes, self.share) for sizes in self.absolute], np.int64)

    @property
    def text(self) -> str:
        """The effective lookback in the data's unit of time, e.g. "2 days"."""
        return duration(self.effective_lookback, self.freq)

    def top(self, n: int = 5) -> list[tuple[int, float]]:
        """List the most important lags with their shares."""
        order = np.argsort(-self.importance, kind="stable")[:n]
        return [(int(self.lags[at]), float(self.importance[at])) for at in order]

    def sentence(self) -> str:
        """Say how far back the forecasts look."""
        return str(self.message)

    @property
    def message(self) -> Message:
        """How far back the forecasts look."""
        if not self.effective_lookback:
            return Message("explain.no_lags")
        lag, most = self.top(1)[0]
        times = {"time": self.effective_lookback, "top": lag, "within": len(self.lags)}
        facts: dict[str, object] = {name: duration_message(steps, self.freq) for name, steps in times.items()}
        code = "explain.lags" if self.is_whole else "explain.lags_within"
        return Message(code, facts | {"share": float(self.share), "most": most})

    def to_frame(self) -> Frame:
        """Return a pandas table `step, lag, absolute, signed`, a row for each step of the forecast and lag."""
        import pandas as pd

        H, L = self.absolute.shape
        named = {"absolute": self.absolute.ravel(), "signed": self.signed.ravel()}
        return pd.DataFrame({"step": np.repeat(np.arange(1, H + 1), L), "lag": np.tile(self.lags, H), **named})


def measure_lags(
    fitted: Fitted,
    panel: Panel,
    unique_id: object = None,
    *,
    n_lags: int | None = None,
    n_origins: int | None = None,
    share: float = SHARE,
    member: int = 0,
) -> LagImportance:
    """Go back from forecasts at evenly spaced points of one series to the values."""
    if n_origins is None:
        n_origins = max(5, min(50, STEPS // fitted.horizon))
    check_count("n_origins", n_origins, "Use `n_origins=50`.")
    if n_lags is not None:
        check_count("n_lags", n_lags, "Use `n_lags=100`.")
    if not is_number(share) or not 0 < share < 1:
        raise ConfigError(f"`share` must be a share between 0 and 1, got {share!r}. Use `share=0.9`.")
    network: TrainedNetwork = member_of(fitted, member)
    data, _, arrays = model_inputs(fitted, panel.only(panel.row(unique_id)))
    T = network.window or n_lags or 2 * fitted.lookback
    n = int(data.panel.lengths[0])
    T = T if network.window else min(T, n)
    if n < T:
        raise DataError(Message("failure.no_history", {"name": data.panel.ids.tolist()[0], "n_points": n, "least": T}))
    origins = np.unique(np.linspace(T - 1, max(n - 1 - fitted.horizon, T - 1), n_origins).round().astype(np.int64))
    names = covariate_names(fitted, arrays.n_inputs)
    block = max(1, AT_ONCE // (fitted.horizon * T * network.spec.dense_inputs))
    sums = [_sums(network, arrays, T, origins[at : at + block]) for at in range(0, len(origins), block)]
    absolute, signed, covariates = (np.sum(parts, axis=0) / len(origins) for parts in zip(*sums, strict=True))
    used = max(T, int(np.flatnonzero(absolute.any(axis=0)).max(initial=-1)) + 1)
    lags = np.arange(1, used + 1)
    means = absolute[:, :used], signed[:, :used], covariates
    return LagImportance(lags, *means, names, panel.freq, len(origins), share, network.window > 0)


def _sums(network: TrainedNetwork, arrays: PanelArrays, T: int, origins: Ints) -> tuple[Floats, Floats, Floats]:
    """Add up sizes of slopes, slopes, and sizes of those of covariates, over origins read from a zero state."""
    places = (np.zeros_like(origins), origins)
    found = forecast_slopes(
        network.spec, network.weights, network.loss, network.value_inputs, arrays, places, T,
        n_threads=network.n_threads,
    )  # fmt: skip
    slopes = slopes_of_values(found, network.value_inputs, arrays, origins)
    beside = np.abs(found.inputs[..., network.value_inputs.n_inputs :]).sum(axis=(0, 2), dtype=np.float64)
    beside[:, : found.ahead.shape[2]] += np.abs(found.ahead).sum(axis=0)
    return np.abs(slopes).sum(axis=0), slopes.sum(axis=0), beside


def slopes_of_values(found: SlopeResult, value_inputs: ValueInputs, arrays: PanelArrays, origins: Ints) -> Floats:
    """Follow gradients of what entered the network back to the values of a single series.

    Of n forecasts from `origins`, `(n,)`; return `(n, H, T + value_inputs.history)`, the newest value first.
    """
    n, H, T = found.inputs.shape[:3]
    # one place for each point from `history` before the first one that is read; those before the series stay empty
    slopes = np.zeros((n, H, value_inputs.history + T))
    y = np.asarray(arrays.values, np.float64)
    at = origins[:, None] - np.arange(T - 1, -1, -1)
    own = slice(value_inputs.history, None)
    if not value_inputs.lags:
        slopes[..., own] = found.inputs[..., 0]
    for j, lag in enumerate(value_inputs.lags):
        change = y[at] - y[np.maximum(at - lag, 0)]
        counts = (at >= lag) & (np.abs(change) < CLIP_CHANGE)
        moved = found.inputs[..., j] * counts[:, None]
        slopes[..., own] += moved
        slopes[..., value_inputs.history - lag : value_inputs.history - lag + T] -= moved
    for j, average in enumerate(value_inputs.averages if value_inputs.lags else ()):
        _add_surprises(slopes, found.inputs[..., len(value_inputs.lags) + j], average, y, at)
    if value_inputs.lags and value_inputs.level:
        spread = 1.0 if arrays.spreads is None else float(arrays.spreads[0])
        counts = np.abs(y[at] / spread) < CLIP_LEVEL
        slopes[..., own] += found.inputs[..., value_inputs.n_inputs - 2] * (counts / spread)[:, None]
    for j, m in enumerate(value_inputs.skip_forecasts):
        _add_candidate(slopes, found.candidates[:, :, j].astype(np.float64), m, origins)
    for j, n_back in enumerate(value_inputs.drifts, start=len(value_inputs.skip_forecasts)):
        _add_drift(slopes, found.candidates[:, :, j].astype(np.float64), np.minimum(n_back, origins))
    for j, average in enumerate(value_inputs.averages, start=value_inputs.n_candidates - len(value_inputs.averages)):
        shares = found.candidates[:, :, j].astype(np.float64)
        for i, origin in enumerate(origins):
            back = average_slopes(average, int(origin), n_steps=H)
            slopes[i, :, slopes.shape[2] - back.shape[1] :] += shares[i][:, None] * back
    return slopes[..., ::-1]


def _add_candidate(slopes: Floats, shares: Floats, m: int, origins: Ints) -> None:
    """Add the way through one naive forecast, of which each step takes `shares` `(n, H)`; places end at the origin."""
    n, H = shares.shape
    newest = slopes.shape[2] - 1
    if m < 0:
        for i, origin in enumerate(origins):
            count = min(-m, int(origin) + 1)
            slopes[i, :, newest + 1 - count :] += shares[i][:, None] / count
    elif m > 0:
        steps = np.arange(1, H + 1)
        back = m * -(-steps // m) - steps
        # where the series is younger than that, the last value stands in
        back = np.where(origins[:, None] >= back, back, 0)
        np.add.at(slopes, (np.arange(n)[:, None], np.arange(H), newest - back), shares)


def _add_drift(slopes: Floats, shares: Floats, back: Ints) -> None:
    """Add the way through the line from the value `back` `(n,)` steps ago to the newest one."""
    newest, rows = slopes.shape[2] - 1, np.arange(len(back))
    steps = np.arange(1, shares.shape[1] + 1) / np.maximum(back, 1)[:, None] * (back > 0)[:, None]
    slopes[:, :, newest] += shares * (1 + steps)
    slopes[rows, :, newest - back] -= shares * steps


@lru_cache(maxsize=8192)
def average_slopes(average: SeasonalAverage, t: int, n_steps: int) -> Floats:
    """Say how each step of a seasonal average made at position t moves with the values up to there.

    Returns:
        `(n_steps, n)`, the newest value last; kept for the next call, and not to be changed.
    """
    m, count, newest, follows = average
    whole = (t + 1) // m
    if not whole:
        return np.ones((n_steps, 1))
    used = min(count, whole)
    slopes = np.zeros((n_steps, min(t + 1, average.history)))
    steps, end = np.arange(n_steps), slopes.shape[1]
    for back in range(1, used + 1):
        slopes[steps, end - back * m + steps % m] += 1 / used
    if newest < 0:
        known = min(count, (t + 1 + newest) // m) if t + 1 >= -newest else 0
        slopes[:, newest:] += (known > 0) / -newest
        for back in range(1, known + 1):
            slopes[:, end - back * m + newest : end - back * m] += 1 / (known * newest)
        return slopes
    newest = min(newest, whole)
    slopes[:, -m * newest :] += 1 / (m * newest)
    slopes[:, -m * used :] -= 1 / (m * used)
    if follows and used > 1:
        # least squares through the means of the seasons
        line = np.repeat(np.arange(used) - (used - 1) / 2, m) * 12 / (m * used * (used**2 - 1))
        slopes[:, -m * used :] += (steps // m + (newest + 1) / 2)[:, None] * line
    return slopes


def _add_surprises(slopes: Floats, entered: Array, average: SeasonalAverage, y: Floats, at: Ints) -> None:
    """Add the way through how far each value was from a seasonal average; `entered` `(n, H, T)` are slopes of these."""
    T = at.shape[1]
    for i, j in np.argwhere(at >= average.season):
        t = at[i, j]
        back = average_slopes(average, int(t) - 1, n_steps=1)[0]
        before = y[t - len(back) : t]
        if np.abs(y[t] - before @ back) < CLIP_CHANGE:
            newest = slopes.shape[2] - T + j
            slopes[i, :, newest] += entered[i, :, j]
            slopes[i, :, newest - len(back) : newest] -= entered[i, :, j, None] * back


def covariate_names(fitted: Fitted, n: int) -> tuple[str, ...]:
    """Name the numbers that stand beside the values, in the core's order: the steps' own, then those of the series."""
    preparation = fitted.preparation
    if preparation.encoder is None:
        return ()
    years = () if preparation.yearly_lags is None else preparation.yearly_lags.names
    names = [*years, *preparation.encoder.numeric_names]
    rest = n - len(names)
    static = [column.name for column in preparation.encoder.static_numbers]
    return (*names, *(static if len(static) == rest else [f"static {k}" for k in range(rest)]))


def _least(sizes: Array, share: float) -> int:
    """Return the smallest number of first elements that hold a share of the sum."""
    sums = np.cumsum(sizes)
    # sums of many numbers are not exact
    return int(np.searchsorted(sums, share * sums[-1] * (1 - 1e-12))) + 1 if sums[-1] > 0 else 0
