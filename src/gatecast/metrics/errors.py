"""How far off were forecasts from many origins, and how far off would the naive ones have been?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.values.scaling import unit_for_squares

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Evaluation", "Score", "root_mean_square", "score"]


@dataclass(frozen=True)
class Score:
    """Errors of one method over all origins, steps and series.

    Args:
        rmse: Root mean squared error, in the data's units.
        mae: Mean absolute error, in the data's units.
        mase: Mean absolute error of each series over that of the in-sample seasonal naive, averaged over series.
        rmse_by_step: `(H,)`.
        chosen: The metrics that were asked for, by their names.
    """

    rmse: float
    mae: float
    mase: float
    rmse_by_step: np.ndarray
    chosen: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """What `LSTMForecaster.evaluate` found.

    Args:
        scores: By method: `LSTM`, `Naive`, and `SeasonalNaive` where there is a season.
        horizon: H.
        n_origins: Forecasts that were made, each of up to H steps.
        season_length: Steps in a season.
        coverage: How often intervals held, as a share, by their level in %; empty where the model has no intervals.
    """

    scores: dict[str, Score]
    horizon: int
    n_origins: int
    season_length: int
    coverage: dict[float, float] = field(default_factory=dict)

    @property
    def rmse(self) -> float:
        """Root mean squared error of the LSTM, in the data's units."""
        return self.scores["LSTM"].rmse

    @property
    def mae(self) -> float:
        """Mean absolute error of the LSTM, in the data's units."""
        return self.scores["LSTM"].mae

    @property
    def mase(self) -> float:
        """Mean absolute scaled error of the LSTM."""
        return self.scores["LSTM"].mase

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each method: `method, rmse, mae, mase`, and the metrics that were asked for."""
        import pandas as pd

        rows = {name: {"rmse": s.rmse, "mae": s.mae, "mase": s.mase, **s.chosen} for name, s in self.scores.items()}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method").reset_index()


def root_mean_square(errors: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the root of the mean square of errors `(n,)`, none of them missing; NaN where there is none.

    `weights` `(n,)` say what each error counts.

    Examples:
        >>> round(root_mean_square(np.array([3e200, 4e200])) / 1e200, 6)
        3.535534
    """
    if not len(errors):
        return float("nan")
    unit = unit_for_squares(errors)
    return unit * float(np.sqrt(np.average((errors / unit) ** 2, weights=weights)))


def score(
    forecasts: np.ndarray,
    actual: np.ndarray,
    series: np.ndarray,
    scales: np.ndarray,
    weights: np.ndarray | None = None,
) -> Score:
    """Compare forecasts `(n, H)` with what came (NaN for nothing), in the data's units.

    `series` `(n,)` is that of each row, `scales` `(S,)` are the denominators of MASE, and `weights` `(n, H)` say what
    each error counts. Series count alike in MASE, whatever their weights.
    """
    is_seen = ~np.isnan(actual)
    seen = is_seen if weights is None else np.where(is_seen, weights, 0.0)
    error = np.where(is_seen, forecasts - actual, 0.0)
    count = seen.sum(axis=0)
    # in units of the largest error, so that squares of huge numbers do not overflow
    unit = float(np.abs(error).max(initial=0.0)) or 1.0
    squared = (seen * (error / unit) ** 2).sum(axis=0)
    absolute = seen * np.abs(error)
    per_series = np.bincount(series, absolute.sum(axis=1), len(scales))
    n_series = np.bincount(series, seen.sum(axis=1), len(scales))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = per_series / n_series / scales
        by_step = unit * np.sqrt(squared / count)
    ratios = ratios[np.isfinite(ratios)]
    return Score(
        rmse=unit * float(np.sqrt(squared.sum() / (count.sum() or 1))),
        mae=float(absolute.sum() / (count.sum() or 1)),
        mase=float(ratios.mean()) if len(ratios) else float("nan"),
        rmse_by_step=by_step,
    )
