"""How good is a network on the last part of each series, which it does not learn from, and on the part before?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.values.gaps import carry_forward
from gatecast.metrics.conformal import Conformal, fit_conformal
from gatecast.metrics.errors import root_mean_square
from gatecast.metrics.naive import seasonal_naive
from gatecast.model.inputs import Preparation
from gatecast.network.ensemble import Ensemble, median
from gatecast.network.inputs import LossSettings, PanelArrays, spans
from gatecast.network.losses import mean_loss, quantiles_of
from gatecast.network.memory import Memory, TrainedNetwork
from gatecast.network.wrapper import Stretches, run_sequences

__all__ = ["Judged", "Origins", "Run", "Validation"]

# parameters, what came, series and origin of each, see `Validation.forecasts`
Forecasts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
# forecasts of some parts by one network, and its state after the last origin of each stretch or run, `(n, state_size)`
Run = tuple[list[Forecasts], np.ndarray]
# more say little that these do not
MAX_WINDOWS = 3000
# where the parts that are judged are long: so many series at least, and points of all that are read
LEAST_SERIES, MAX_POINTS = 100, 200_000
# points of a stretch that are read one after the other, and of all runs of origins where there are more
LONGEST, POINTS_OF_RUNS = 50_000, 100_000
# stretches that say as much of how wide intervals have to be as the networks know, and the least share of their widths:
# of single series, of which three stretches are seen at most, factors of their own made intervals hold less
WIDTH_STRETCHES, LEAST_WIDTH = 30, 0.2
# the power of such a factor where many stretches were seen
MOST_TRUST = 0.5
LARGEST_ERROR = 1e290


@dataclass(frozen=True)
class Origins:
    """Where forecasts are judged: in each series after every `step`-th point of a stretch, or of runs within it."""

    spans: np.ndarray  # `(S,)` points in the stretch of each series; 0 for a series that is not judged
    step: int = 1
    run: int = 0  # origins of a run, each of which is read from a zero state; 0 where a stretch is read as a whole
    apart: int = 0  # points from the first origin of a run to that of the next

    @classmethod
    def limited(cls, spans: np.ndarray, most: int = MAX_WINDOWS, reach: int = 0) -> Origins:
        """Judge every series at evenly spaced origins, about `most` in all, at least one of each.

        Evenly spaced series alone are judged where there are more of them than that, or where more than 100 of them
        hold more than 200,000 points that would be read. Where these still have more than that, origins stand in evenly
        spaced runs, before each of which `reach` points are read: about 100,000 points in all, many runs side by side.
        So they do in stretches of more than 50,000 points, which no threads can share.
        """
        judged = np.flatnonzero(spans)
        if spans.sum() <= most:
            return cls(spans)
        n_kept = min(len(judged), most, max(LEAST_SERIES, MAX_POINTS // max(int(spans[judged].mean()), 1)))
        limited = np.zeros_like(spans)
        kept = judged[:: -(-len(judged) // n_kept)]
        limited[kept] = spans[kept]
        n_points = int(limited.sum())
        if not reach or (n_points <= MAX_POINTS and limited.max() <= LONGEST):
            return cls(limited, -(-n_points // most))
        # half of what is read stands before the runs
        step = max(1, POINTS_OF_RUNS // (2 * most))
        run = min(-(-reach // step), most)
        return cls(limited, step, run, max(-(-n_points * run // most), run * step))

    @property
    def counts(self) -> Ints:
        """Origins of each series, `(S,)`."""
        if not self.run:
            return np.asarray(-(-self.spans // self.step))
        whole, rest = np.divmod(self.spans, self.apart)
        return np.asarray(whole * self.run + np.minimum(-(-rest // self.step), self.run))

    def places(self, numbers: Ints) -> Ints:
        """Return how many points behind the first origin others lie, which are counted from 0."""
        if not self.run:
            return numbers * self.step
        return numbers // self.run * self.apart + numbers % self.run * self.step

    def runs(self, counts: Ints) -> tuple[Ints, Ints]:
        """Return the stretch of each run, and how many origins of the stretch come before it."""
        n_runs = -(-counts // self.run) if self.run else np.ones_like(counts)
        return np.repeat(np.arange(len(counts)), n_runs), self.run * spans(np.zeros_like(n_runs), n_runs)

    @property
    def n_windows(self) -> int:
        """Origins of all series."""
        return int(self.counts.sum())

    def judged_of(self, panel: Panel) -> Panel:
        """Return a panel without the points of series that are not judged, which need not be prepared."""
        return panel if self.spans.all() else panel.head(np.where(self.spans, panel.lengths, 0))


@dataclass(frozen=True)
class Validation:
    """Forecasts from rolling origins in the validation set of each series."""

    panel: PanelArrays  # all points of the S series, those held out too; a series that is not judged may be empty
    values: np.ndarray  # `(N,)` the same in the units of the data
    n_learned: np.ndarray  # `(S,)` points that are learned from; the first origin is the last of them
    origins: Origins  # where forecasts are judged from there on
    reach: int  # points that are read before the first origin, from a zero state

    def before(self, horizon: int) -> Validation:
        """Forecast as many points of the same series alike, the newest of those that are learned from."""
        spans = np.clip(self.n_learned - horizon, 0, self.origins.spans)
        return replace(self, n_learned=self.n_learned - horizon - spans + 1, origins=replace(self.origins, spans=spans))

    def curves(self, network: TrainedNetwork, preparation: Preparation) -> dict[str, float]:
        """Return the losses, as they are minimised, and the RMSE of what is held out and of as much before it.

        The curves can be compared: the same weights, without dropout, judged alike on what they learned from.
        """
        parts = (self, self.before(network.spec.horizon))
        forecasts = zip(parts, self.forecasts_of(parts, network), strict=True)
        held, learned = (Judged(part, network.loss, preparation, *each) for part, each in forecasts)
        losses = {"validation_loss": held.mean_loss, "train_loss": learned.mean_loss}
        return losses | {"validation_rmse": held.rmse, "train_rmse": learned.rmse}

    def judge(self, ensemble: Ensemble, preparation: Preparation, known: Sequence[Run] = ()) -> Judged:
        """Forecast with several networks from every origin; the first ones are not asked again where that is known."""
        runs = [*known, *(self.run(network) for network in ensemble.networks[len(known) :])]
        each, states = zip(*runs, strict=True)
        forecasts = median([scaled for ((scaled, *_),) in each])
        memories = ensemble.memories(self.panel, states) if self._reads_all and not ensemble.first.window else None
        _, targets, series, places = each[0][0]
        return Judged(self, ensemble.first.loss, preparation, forecasts, targets, series, places, memories)

    def run(self, network: TrainedNetwork) -> Run:
        """Forecast with one network from every origin."""
        return self._forecasts((self,), network)

    @property
    def _reads_all(self) -> bool:
        """Whether every point of every series is read from a zero state on, up to the newest one."""
        return (
            self.origins.step == 1
            and not self.origins.run
            and bool(self.origins.spans.all())
            and self.reach >= int(self.n_learned.max()) - 1
        )

    def forecasts(self, network: TrainedNetwork) -> Forecasts:
        """Forecast from every origin.

        Returns parameters of the forecasts `(n, P, H)` and what came `(n, H)` (NaN where nothing was observed), both
        scaled; the series of each row `(n,)`, and where its origin lies among all points `(n,)`.
        """
        return self.forecasts_of((self,), network)[0]

    def forecasts_of(self, parts: tuple[Validation, ...], network: TrainedNetwork) -> list[Forecasts]:
        """Forecast several parts of the same panel at once, which takes less time than one after the other."""
        return self._forecasts(parts, network)[0]

    def _forecasts(self, parts: tuple[Validation, ...], network: TrainedNetwork) -> Run:
        """Forecast several parts; the state is that after the last origin of each stretch."""
        some, first, counts = self._stretches(parts)
        series, positions = self._places(some, first, counts)
        places = self.panel.offsets[series] + positions
        actual = self.ahead(self.panel.targets, series, places, network.spec.horizon)
        if network.window:
            forecasts = network.forecast_windows(self.panel, series, positions, network.spec.horizon)
            state = np.zeros((len(some), 0), forecasts.dtype)
        else:
            forecasts, state = self._run(network, some, first, counts)
        if len(parts) == 1:
            return [(forecasts, actual, series, places)], state
        ends = np.cumsum([part.origins.n_windows for part in parts])[:-1]
        cut = (np.split(array, ends) for array in (forecasts, actual, series, places))
        return list(zip(*cut, strict=True)), state

    def _stretches(self, parts: tuple[Validation, ...]) -> tuple[Ints, Ints, Ints]:
        """Return the series of each stretch of several parts, where its first origin lies, and how many it has."""
        judged = [np.flatnonzero(part.origins.spans) for part in parts]
        first = [part.n_learned[at] - 1 for part, at in zip(parts, judged, strict=True)]
        counts = [part.origins.counts[at] for part, at in zip(parts, judged, strict=True)]
        return np.concatenate(judged), np.concatenate(first), np.concatenate(counts)

    def _places(self, some: Ints, first: Ints, counts: Ints) -> tuple[Ints, Ints]:
        """Return the series of each origin, and where it lies in its series."""
        steps = self.origins.places(spans(np.zeros_like(counts), counts))
        return np.repeat(some, counts), np.repeat(first, counts) + steps

    def ahead(self, values: np.ndarray, series: np.ndarray, places: np.ndarray, horizon: int) -> np.ndarray:
        """Return what came after places `(n,)` among all points, `(n, horizon)`; NaN behind the end of a series."""
        at = places[:, None] + np.arange(1, horizon + 1)
        inside = at < self.panel.offsets[series + 1][:, None]
        return np.where(inside, values[np.where(inside, at, 0)], np.nan)

    def _run(self, network: TrainedNetwork, some: Ints, first: Ints, counts: Ints) -> tuple[np.ndarray, np.ndarray]:
        """Forecast from `counts` origins of some series from `first` on; returns the states behind them too."""
        call = (network.spec, network.weights, network.loss, network.value_inputs, self.panel)
        H, threads, step = network.spec.horizon, network.n_threads, self.origins.step
        if self.origins.run:
            of, before = self.origins.runs(counts)
            some, first = some[of], first[of] + self.origins.places(before)
            counts = np.minimum(counts[of] - before, self.origins.run)
        start = np.maximum(first - self.reach, 0)
        # points before the first origin have no forecast
        lead = first - start
        stretches = Stretches(some, start, lead + (counts - 1) * step + 1)
        result = run_sequences(*call, stretches, width=H, every_from=lead, every_step=step, n_threads=threads)
        return result.every, result.state


@dataclass(frozen=True)
class Judged:
    """Forecasts from the origins of a validation set, made once for all who ask, and what came."""

    validation: Validation
    loss: LossSettings  # of the networks
    preparation: Preparation
    scaled: np.ndarray  # `(n, P, H)` parameters of the forecasts, the median over several networks
    targets: np.ndarray  # `(n, H)` what came, scaled; NaN where nothing was observed
    series: Ints  # `(n,)` the series of each origin
    places: Ints  # `(n,)` where each origin lies among all points
    # what networks that carry a state remember at the end of the panel, where all of it was read on the way
    memories: tuple[Memory, ...] | None = None

    @property
    def mean_loss(self) -> float:
        """The mean loss in scaled units, as it is minimised."""
        units = self.preparation.scaling.scale[self.series][:, None]
        return mean_loss(self.loss, self.scaled, self.targets, self.weights, units)

    @property
    def rmse(self) -> float:
        """The root of the mean squared error in the data's units."""
        observed = np.isfinite(self.errors)
        weights = None if self.weights is None else self.weights[observed]
        return root_mean_square(self.errors[observed], weights)

    @cached_property
    def weights(self) -> np.ndarray | None:
        """What each target counts, `(n, H)`; None where all count the same."""
        known = self.validation.panel.target_weights
        return None if known is None else self.validation.ahead(known, self.series, self.places, self.targets.shape[1])

    @cached_property
    def errors(self) -> Floats:
        """What came minus what was forecast, `(n, H)` in the data's units; NaN also where the weight is 0."""
        values = self.validation.values
        anchors = self.preparation.transform.anchors(values, self.validation.panel.offsets, self.places)
        actual = self.validation.ahead(values, self.series, self.places, self.targets.shape[1])
        return self._counted(actual - self.preparation.point(self.loss, self.scaled, self.series, anchors))

    def _counted(self, errors: Floats) -> Floats:
        """Leave out what has a weight of 0."""
        return errors if self.weights is None else np.where(self.weights == 0, np.nan, errors)

    @property
    def scaled_errors(self) -> Floats:
        """What came minus what was forecast, `(n, H)` in units of each series' scale.

        Under a transform that bends each value alone these are errors of transformed values, else of values themselves.
        """
        if not self.preparation.transform.is_elementwise:
            return np.asarray(self.errors / self.preparation.scaling.scale[self.series][:, None])
        return self._counted(np.asarray(self.targets - self.scaled[:, self.loss.middle]))

    def calibration(self) -> Conformal | None:
        """Return the intervals that follow from the errors; None where nothing is known of them."""
        errors = self.scaled_errors
        return fit_conformal(errors) if np.isfinite(errors).any() else None

    def widening(self) -> float:
        """Return the factor by which intervals have to be wider than the networks' own, which learn quantiles.

        With it the ends of 80 % intervals, as far from the middle as the networks say, would have held 80 % of what
        came: conformalized quantile regression (Romano, Patterson and Candès 2019), with distances relative to the
        width. It is drawn halfway to 1, as in the newer half of a series networks know less of it than at its end, and
        further where few stretches of H steps were seen, which hang together.
        """
        low, middle, high = np.moveaxis(quantiles_of(self.loss, self.scaled, np.array([0.1, 0.5, 0.9])), 1, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            above, below = (self.targets - middle) / (high - middle), (self.targets - middle) / (low - middle)
        reach = self._counted(np.where(self.targets > middle, above, below))
        reach = reach[np.isfinite(reach)]
        if not len(reach):
            return 1.0
        spans = self.validation.origins.spans
        n = float(np.maximum(spans[spans > 0] / self.targets.shape[1], 1.0).sum())
        return float(max(np.quantile(reach, 0.8), LEAST_WIDTH) ** (MOST_TRUST * n / (n + WIDTH_STRETCHES)))

    def naive_errors(self, season: int) -> Floats:
        """Return what came minus the seasonal naive forecast from the same origins, `(n, H)`."""
        validation, horizon = self.validation, self.targets.shape[1]
        known = carry_forward(validation.values, validation.panel.offsets, np.nan)
        actual = validation.ahead(validation.values, self.series, self.places, horizon)
        return np.asarray(actual - seasonal_naive(known, validation.panel.offsets, self.places, horizon, season))

    def mases(self, scales: Floats, *others: Floats, horizon: int | None = None) -> list[float]:
        """Return the mean absolute error over each series' scale `(S,)` (MASE), and that of other forecasts.

        Errors `(n, H)` of others count, as ours do, where all of them are known; NaN where none is. Of the steps only
        the first `horizon` count, if given.
        """
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            scaled = [np.abs(errors[:, :horizon]) / scales[self.series][:, None] for errors in (self.errors, *others)]
        # sums of more may be no numbers
        known = (np.asarray(scaled) < LARGEST_ERROR).all(axis=0)
        if not known.any():
            return [math.nan] * len(scaled)
        weights = None if self.weights is None else self.weights[:, :horizon][known]
        return [float(np.average(one[known], weights=weights)) for one in scaled]
