"""How good is a network on the last part of each series, which it does not learn from, and on the part before?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.values.gaps import carry_forward
from gatecast.metrics.naive import seasonal_naive
from gatecast.model.inputs import Preparation
from gatecast.network.ensemble import Ensemble, median
from gatecast.network.inputs import PanelArrays, spans
from gatecast.network.losses import mean_loss
from gatecast.network.memory import TrainedNetwork
from gatecast.network.wrapper import Stretches, run_sequences

__all__ = ["Origins", "Validation"]

# parameters, what came, series and origin of each, see `Validation.forecasts`
Forecasts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
# more say little that these do not
MAX_WINDOWS = 3000
# where the parts that are judged are long: so many series at least, and points of all that are read
LEAST_SERIES, MAX_POINTS = 100, 200_000
# numbers that forecasts after every point of a stretch may take before those between origins are dropped
MAX_NUMBERS = 2**24


@dataclass(frozen=True)
class Origins:
    """Where forecasts are judged: in each series after every `step`-th point of a stretch."""

    spans: np.ndarray  # `(S,)` points in the stretch of each series; 0 for a series that is not judged
    step: int = 1

    @classmethod
    def limited(cls, spans: np.ndarray, most: int = MAX_WINDOWS) -> Origins:
        """Judge every series at evenly spaced origins, about `most` in all, at least one of each.

        Evenly spaced series alone are judged where there are more of them than that, or where more than 100 of them
        hold more than 200,000 points that would be read.
        """
        judged = np.flatnonzero(spans)
        if spans.sum() <= most:
            return cls(spans)
        n_kept = min(len(judged), most, max(LEAST_SERIES, MAX_POINTS // max(int(spans[judged].mean()), 1)))
        limited = np.zeros_like(spans)
        kept = judged[:: -(-len(judged) // n_kept)]
        limited[kept] = spans[kept]
        return cls(limited, -(-int(limited.sum()) // most))

    @property
    def counts(self) -> Ints:
        """Origins of each series, `(S,)`."""
        return np.asarray(-(-self.spans // self.step))

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
        held, learned = (part.losses(each, network, preparation) for part, each in forecasts)
        losses = {"validation_loss": held[0], "train_loss": learned[0]}
        return losses | {"validation_rmse": held[1], "train_rmse": learned[1]}

    def losses(self, each: Forecasts, network: TrainedNetwork, preparation: Preparation) -> tuple[float, float]:
        """Return the mean loss of forecasts, in scaled units as it is minimised, and their RMSE in the data's units."""
        forecasts, actual, _, _ = each
        errors, _ = self._errors([each], network.loss.middle, preparation)
        observed = np.isfinite(errors)
        rmse = float(np.sqrt(np.mean(errors[observed] ** 2))) if observed.any() else math.nan
        return mean_loss(network.loss, forecasts, actual), rmse

    def errors(self, ensemble: Ensemble, preparation: Preparation) -> tuple[np.ndarray, np.ndarray]:
        """Return what came minus what was forecast, `(n, H)` in the data's units, and the series of each row `(n,)`."""
        each = [self.forecasts(network) for network in ensemble.networks]
        return self._errors(each, ensemble.first.loss.middle, preparation)

    def _errors(self, each: list[Forecasts], middle: int, preparation: Preparation) -> tuple[np.ndarray, np.ndarray]:
        _, _, series, origins = each[0]
        point = median([forecasts for forecasts, *_ in each])[:, middle]
        anchors = preparation.transform.anchors(self.values, self.panel.offsets, origins)
        actual = self._ahead(self.values, series, origins, point.shape[1])
        return actual - preparation.restore(point, series, anchors), series

    def scaled_errors(self, ensemble: Ensemble, preparation: Preparation) -> np.ndarray:
        """Return what came minus what was forecast, `(n, H)` in units of each series' scale.

        Under a transform that bends each value alone these are errors of transformed values, else of values themselves.
        """
        if not preparation.transform.is_elementwise:
            errors, series = self.errors(ensemble, preparation)
            return np.asarray(errors / preparation.scaling.scale[series][:, None])
        each = [self.forecasts(network) for network in ensemble.networks]
        return np.asarray(each[0][1] - median([forecasts for forecasts, *_ in each])[:, ensemble.first.loss.middle])

    def forecasts(self, network: TrainedNetwork) -> Forecasts:
        """Forecast from every origin.

        Returns parameters of the forecasts `(n, P, H)` and what came `(n, H)` (NaN where nothing was observed), both
        scaled; the series of each row `(n,)`, and where its origin lies among all points `(n,)`.
        """
        return self.forecasts_of((self,), network)[0]

    def forecasts_of(self, parts: tuple[Validation, ...], network: TrainedNetwork) -> list[Forecasts]:
        """Forecast several parts of the same panel at once, which takes less time than one after the other."""
        some, first, counts = self._stretches(parts)
        series, positions = self._places(some, first, counts)
        places = self.panel.offsets[series] + positions
        actual = self._ahead(self.panel.targets, series, places, network.spec.horizon)
        if network.window:
            forecasts = network.forecast_windows(self.panel, series, positions, network.spec.horizon)
        else:
            forecasts = self._run(network, some, first, counts)
        ends = np.cumsum([part.origins.n_windows for part in parts])[:-1]
        cut = (np.split(array, ends) for array in (forecasts, actual, series, places))
        return list(zip(*cut, strict=True))

    def _stretches(self, parts: tuple[Validation, ...]) -> tuple[Ints, Ints, Ints]:
        """Return the series of each stretch of several parts, where its first origin lies, and how many it has."""
        judged = [np.flatnonzero(part.origins.spans) for part in parts]
        first = [part.n_learned[at] - 1 for part, at in zip(parts, judged, strict=True)]
        counts = [part.origins.counts[at] for part, at in zip(parts, judged, strict=True)]
        return np.concatenate(judged), np.concatenate(first), np.concatenate(counts)

    def _places(self, some: Ints, first: Ints, counts: Ints) -> tuple[Ints, Ints]:
        """Return the series of each origin, and where it lies in its series."""
        steps = self.origins.step * spans(np.zeros_like(counts), counts)
        return np.repeat(some, counts), np.repeat(first, counts) + steps

    def naive_errors(self, season: int, horizon: int) -> Floats:
        """Return what came minus the seasonal naive forecast from the same origins, `(n, horizon)`."""
        series, positions = self._places(*self._stretches((self,)))
        places, offsets = self.panel.offsets[series] + positions, self.panel.offsets
        known = carry_forward(self.values, offsets, np.nan)
        return np.asarray(
            self._ahead(self.values, series, places, horizon) - seasonal_naive(known, offsets, places, horizon, season)
        )

    def _ahead(self, values: np.ndarray, series: np.ndarray, places: np.ndarray, horizon: int) -> np.ndarray:
        at = places[:, None] + np.arange(1, horizon + 1)
        inside = at < self.panel.offsets[series + 1][:, None]
        return np.where(inside, values[np.where(inside, at, 0)], np.nan)

    def _run(self, network: TrainedNetwork, some: Ints, first: Ints, counts: Ints) -> np.ndarray:
        """Forecast from `counts` origins of some series, `step` points apart from `first` on."""
        call = (network.spec, network.weights, network.loss, network.value_inputs, self.panel)
        H, threads, step = network.spec.horizon, network.n_threads, self.origins.step
        start = np.maximum(first - self.reach, 0)
        state = run_sequences(*call, Stretches(some, start, first - start), n_threads=threads).state
        out = np.empty((int(counts.sum()), network.spec.n_parameters_of_step, H), network.weights.dtype)
        rows = np.cumsum(counts) - counts
        lengths = np.maximum((counts - 1) * step + 1, 0)
        # a whole number of steps at once
        block = step * max(1, MAX_NUMBERS // (len(some) * step * out[0].size)) if len(out) else step
        for begin in range(0, int(lengths.max(initial=0)), block):
            n = np.clip(lengths - begin, 0, block)
            each = run_sequences(*call, Stretches(some, first + begin, n), state=state, width=H, n_threads=threads)
            state, n_kept = each.state, -(-n // step)
            kept = np.repeat(np.cumsum(n) - n, n_kept) + step * spans(np.zeros_like(n_kept), n_kept)
            out[spans(rows + begin // step, n_kept)] = each.every[kept]
        return out
