"""What is known of a fit before anything is judged? Arrays and counts, and nothing of how they came about."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gatecast.diagnosis.floor import NoiseFloor

__all__ = ["Coverage", "Curves", "Errors", "Evidence", "Facts"]

NOTHING = np.empty(0)


@dataclass(frozen=True)
class Errors:
    """One-step errors on some points, each of what came minus what was forecast from all points before.

    Args:
        network: `(n,)` of the LSTM, in the order of time within a series.
        linear: `(n,)` of a linear autoregression that did not learn from these points.
        naive: `(n,)` of the last value.
        fitted: `(n,)` the LSTM's forecasts.
        series: `(n,)` number of the series of each row; all of one series when empty.
        members: `(M, n)` forecasts of each network of an ensemble; `(0, 0)` for a single one.
    """

    network: np.ndarray
    linear: np.ndarray = field(default_factory=lambda: NOTHING)
    naive: np.ndarray = field(default_factory=lambda: NOTHING)
    fitted: np.ndarray = field(default_factory=lambda: NOTHING)
    series: np.ndarray = field(default_factory=lambda: NOTHING)
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
    """How the loss went.

    Args:
        loss: `(K,)` on the validation set at each check; of each epoch on the training part where there was none.
        train: `(K,)` on learned points, of the same weights; empty where there was no validation set.
        epochs: `(K,)` when.
        is_validation: Whether `loss` is of the validation set.
    """

    loss: np.ndarray
    train: np.ndarray = field(default_factory=lambda: NOTHING)
    epochs: np.ndarray = field(default_factory=lambda: NOTHING)
    is_validation: bool = True


@dataclass(frozen=True)
class Coverage:
    """How often intervals held.

    Args:
        hits: `(n, L)` share of an origin's steps whose value lay within the interval of each level.
        levels: `(L,)` in %.
        n_calibration: Errors that the widths come from; 0 where they were learned.
    """

    hits: np.ndarray
    levels: tuple[float, ...]
    n_calibration: int = 0


@dataclass(frozen=True)
class Facts:
    """What the fit was, most of it by the names of the settings.

    Args:
        lookback: Points that are read before a forecast counts; in `windows` mode all that a forecast sees.
        is_windows: Whether the mode is `windows`.
        seasons: Steps of each season that the fit knew, shortest first.
        season_length: For the Ljung-Box test; 1 where there is none.
        n_parameters: Weights of one network.
        dropout: Share of a layer's outputs that was dropped in training.
        hold_out_share: Share of the points that were held out to judge by.
        learning_rate: The highest one that was used.
        patience: Validation checks without an improvement that were waited for.
        has_covariates: Whether the LSTM saw more than the series itself.
        is_positive: Whether all values are above zero.
        needed_lags: Fewest lags of a nearly best linear autoregression; 0 where there is none.
        same_as_target: Name of a covariate that is the target itself; "" for none.
    """

    lookback: int = 48
    is_windows: bool = False
    seasons: tuple[int, ...] = ()
    season_length: int = 1
    n_parameters: int = 0
    n_learned: int = 0
    hidden_size: int = 64
    dropout: float = 0.0
    hold_out_share: float = 0.1
    epochs: int = 8
    learning_rate: float = 0.003
    n_members: int = 1
    stop: str = "finished"
    loss: str = "mae"
    transform: str = "none"
    patience: int = 15
    has_covariates: bool = False
    is_positive: bool = False
    needed_lags: int = 0
    same_as_target: str = ""


@dataclass(frozen=True)
class Evidence:
    """Everything that the checks look at.

    Args:
        fresh: Errors on points that were not learned from; on learned ones where there are no others.
        learned: Errors on learned points; None where too few could be forecast.
        part: What `fresh` is: `test part`, `validation set` or `training part`.
        curves: How the loss went; None where it is not known.
        coverage: How often intervals held; None where that was not measured on points of its own.
        floor: Estimate of the noise; None where there was too little for one.
        facts: What the fit was.
        unit: What errors are measured in.
    """

    fresh: Errors
    learned: Errors | None = None
    part: str = "test part"
    curves: Curves | None = None
    coverage: Coverage | None = None
    floor: NoiseFloor | None = None
    facts: Facts = field(default_factory=Facts)
    unit: str = "the data's units"

    @property
    def is_out_of_sample(self) -> bool:
        """Whether there are points that were not learned from."""
        return self.part != "training part"


def rmse(errors: np.ndarray) -> float:
    """Return the root mean square; NaN for none."""
    return float(np.sqrt(np.mean(errors**2))) if len(errors) else float("nan")
