"""What is known of a fit before anything is judged? Arrays and counts, and nothing of how they came about."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gatecast.diagnosis.floor import NoiseFloor

__all__ = ["Coverage", "Curves", "Errors", "Evidence", "Facts"]

NOTHING = np.empty(0)


@dataclass(frozen=True)
class Errors:
    """One-step errors on some points, each of what came minus what was forecast from all points before."""

    network: np.ndarray  # (n,) of the LSTM, in the order of time within a series
    # (n,) of a linear autoregression that did not learn from these points, and of the last value
    linear: np.ndarray = field(default_factory=lambda: NOTHING)
    naive: np.ndarray = field(default_factory=lambda: NOTHING)
    fitted: np.ndarray = field(default_factory=lambda: NOTHING)  # (n,) the LSTM's forecasts
    series: np.ndarray = field(default_factory=lambda: NOTHING)  # (n,) number of each row's; all of one when empty
    # (M, n) forecasts of each network of an ensemble
    members: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    def __len__(self) -> int:
        return len(self.network)

    @property
    def rmse(self) -> float:
        """Root mean squared error of the LSTM."""
        return rmse(self.network)

    def longest(self) -> np.ndarray:
        """Return the rows of the series with the most of them, `(m,)` truth values."""
        if not len(self.series):
            return np.ones(len(self), bool)
        names, counts = np.unique(self.series, return_counts=True)
        return np.asarray(self.series == names[np.argmax(counts)])


@dataclass(frozen=True)
class Curves:
    """How the loss went, at K checks."""

    loss: np.ndarray  # (K,) on the validation set; on the training part, by epochs, where there was none
    train: np.ndarray = field(default_factory=lambda: NOTHING)  # (K,) on learned points, where there was one
    epochs: np.ndarray = field(default_factory=lambda: NOTHING)  # (K,) when
    is_validation: bool = True  # whether `loss` is of the validation set


@dataclass(frozen=True)
class Coverage:
    """How often intervals held."""

    hits: np.ndarray  # (n, L) share of an origin's steps whose value lay within the interval of each level
    levels: tuple[float, ...]  # L, in %
    n_calibration: int = 0  # errors that the widths come from; 0 where they were learned


@dataclass(frozen=True)
class Facts:
    """What the fit was, most of it by the names of the settings."""

    lookback: int = 48  # points that are read before a forecast counts
    seasons: tuple[int, ...] = ()  # steps of each season that the fit knew, shortest first
    season_length: int = 1  # for the Ljung-Box test; 1 where there is none
    n_parameters: int = 0  # of one network
    n_learned: int = 0
    is_trained: bool = True  # whether anything learned from these points; pretrained networks only read them
    hidden_size: int = 64
    dropout: float = 0.0
    hold_out_share: float = 0.1  # of the points
    epochs: int = 8
    learning_rate: float = 0.003  # the highest one that was used
    stop: str = "finished"
    loss: str = "mae"
    transform: str = "none"
    is_positive: bool = False  # whether all values are above zero
    needed_lags: int = 0  # fewest of a nearly best linear autoregression; 0 where there is none
    same_as_target: str = ""  # name of a covariate that is the target itself


@dataclass(frozen=True)
class Evidence:
    """Everything that the checks look at; None where it is not known, or was not measured on enough points."""

    fresh: Errors  # on points that were not learned from; on learned ones where there are no others
    learned: Errors | None = None
    is_scaled: bool = False  # whether errors are in units of each series' scale, as those of several series are
    part: str = "test part"  # what `fresh` is of: or "validation set", or "training part"
    curves: Curves | None = None
    coverage: Coverage | None = None
    floor: NoiseFloor | None = None
    facts: Facts = field(default_factory=Facts)

    @property
    def is_out_of_sample(self) -> bool:
        """Whether there are points that were not learned from."""
        return self.part != "training part"


def rmse(errors: np.ndarray) -> float:
    """Return the root mean square; NaN for none."""
    return float(np.sqrt(np.mean(errors**2))) if len(errors) else float("nan")
