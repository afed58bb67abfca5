"""Which errors may be compared with each other? Those of the same windows of the same series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Floats

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cells", "cells_of"]

# a model that has forecasts of fewer windows is not ranked with the others
LEAST_SHARE = 0.9


@dataclass(frozen=True)
class Cells:
    """Errors of M models for S series and T origins."""

    models: tuple[str, ...]
    ids: Array  # (S,) names of the series
    errors: Floats  # (M, S, T), NaN where there is none
    metric: str  # which error it is
    # origins in a row with a target in common: 1 where windows do not overlap. Errors of origins further apart than
    # `overlap - 1` are taken to be independent of each other, as those of optimal forecasts are
    overlap: int

    @property
    def complete(self) -> Array:
        """Which models have errors in enough windows to be ranked, `(M,)` of bool."""
        scored = np.isfinite(self.errors)
        n_windows = scored.any(axis=0).sum()
        return np.asarray(scored.sum(axis=(1, 2)) >= max(LEAST_SHARE * n_windows, 1))

    @property
    def shared(self) -> Array:
        """The windows in which all models that are ranked have errors, `(S, T)` of bool."""
        ranked = self.errors[self.complete]
        if not len(ranked):
            return np.zeros(self.errors.shape[1:], bool)
        return np.asarray(np.isfinite(ranked).all(axis=0))

    def means(self, axis: int) -> Floats:
        """Average over series (axis 1) or origins (axis 2) in the windows that are shared, to `(M, n)`."""
        total, count = np.where(self.shared, self.errors, 0.0).sum(axis=axis), self.shared.sum(axis=axis - 1)
        return np.asarray(total[:, count > 0] / count[count > 0])


def cells_of(
    windows: pd.DataFrame, forecasts: pd.DataFrame, models: tuple[str, ...], metric: str | None = None
) -> Cells:
    """Arrange errors of `score_windows` by model, series and origin: MASE, or MAE where that is undefined for all.

    An origin is a cutoff where series share theirs. Where they mostly do not, because they end at different times, it
    is the window's number, counted from each series' newest.
    """
    import pandas as pd

    metric = metric or ("mase" if windows["mase"].notna().any() else "mae")
    cells = windows[["unique_id", "cutoff"]].drop_duplicates()
    ids = pd.Index(cells["unique_id"].unique())
    series, origin = ids.get_indexer(cells["unique_id"]), _origins(cells)
    errors = np.full((len(models), len(ids), origin.max() + 1), np.nan)
    for m, name in enumerate(models):
        of_model = windows.loc[windows["model"] == name, ["unique_id", "cutoff", metric]]
        found = cells.merge(of_model, on=["unique_id", "cutoff"], how="left", validate="one_to_one")
        errors[m, series, origin] = found[metric].to_numpy(float)
    return Cells(models, ids.to_numpy(), errors, metric, _overlap(forecasts))


def _origins(cells: pd.DataFrame) -> Array:
    """Number the origins of windows, oldest first, `(n,)`."""
    codes = cells["cutoff"].rank(method="dense").to_numpy().astype(np.int64) - 1
    n_series = cells["unique_id"].nunique()
    # as many as if each cutoff were shared by half of the series
    if len(cells) >= (codes.max() + 1) * n_series / 2:
        return np.asarray(codes)
    newest_first = cells.groupby("unique_id", sort=False)["cutoff"].rank(method="first", ascending=False)
    back = newest_first.to_numpy().astype(np.int64)
    return np.asarray(back.max() - back)


def _overlap(forecasts: pd.DataFrame) -> int:
    """Count the origins in a row, of one series, whose windows have a target in common."""
    spans = forecasts.groupby(["unique_id", "cutoff"], observed=True)["ds"].agg(["min", "max"]).reset_index()
    largest = 1
    for _, of_series in spans.groupby("unique_id", observed=True):
        begins, ends = of_series["min"].to_numpy(), of_series["max"].to_numpy()
        reach = np.searchsorted(begins, ends, side="right") - np.arange(len(begins))
        largest = max(largest, int(reach.max()))
    return largest
