"""What is learned from, and what is held back? The data folder's series sets, split as for the published results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from accuracy_tasks import metrics

__all__ = ["FIRST_DAY", "DataFolderError", "Split", "find", "hold_back", "read_split", "rolling"]


class DataFolderError(RuntimeError):
    """The data folder lacks a file, or a file is not what it should be."""


@dataclass(frozen=True)
class Split:
    """A panel whose last H points of each series are held back.

    Args:
        train: `unique_id, ds, y`, one row for each step; y is NaN where nothing was observed.
        test: The same, H rows for each series, in the order of `train`.
        horizon: H.
        season: Steps in a season, for the metrics alone.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    horizon: int
    season: int

    @property
    def table(self) -> pd.DataFrame:
        """What a fit is given: the observed rows of the training part."""
        return self.train.dropna(subset="y")

    @cached_property
    def actual(self) -> np.ndarray:
        """The held-back values, `(S, H)`."""
        return self.test["y"].to_numpy().reshape(-1, self.horizon)

    @cached_property
    def histories(self) -> list[np.ndarray]:
        """The training part of each series."""
        values, ids = self.train["y"].to_numpy(), self.train["unique_id"].to_numpy()
        return np.split(values, np.flatnonzero(ids[1:] != ids[:-1]) + 1)

    @cached_property
    def scales(self) -> np.ndarray:
        """MASE's denominators, `(S,)`."""
        return np.array([metrics.seasonal_scale(history, self.season) for history in self.histories])

    def seasonal_naive(self) -> np.ndarray:
        """Forecast each series by its newest season, `(S, H)`."""
        return np.stack([metrics.seasonal_naive(y, self.season, self.horizon) for y in self.histories])

    def align(self, forecast: pd.DataFrame, column: str = "LSTM") -> np.ndarray:
        """Bring a column of a table of forecasts into the order of the test part, `(S, H)`.

        Raises:
            DataFolderError: A test point has no forecast.
        """
        found = self.test[["unique_id", "ds"]].merge(forecast, how="left", on=["unique_id", "ds"])[column].to_numpy()
        if np.isnan(found).any():
            raise DataFolderError(
                f"{int(np.isnan(found).sum())} of {len(found)} test points got no forecast in {column!r}, and each "
                "needs one. Check that the training part ends right before the test part."
            )
        return found.reshape(-1, self.horizon)

    def with_gaps(self, share: float, seed: int = 0) -> Split:
        """Take away `share` of the observed training points at random; the first and last of a series stay."""
        ids = self.train["unique_id"].to_numpy()
        changes = ids[1:] != ids[:-1]
        may_go = ~(np.append(True, changes) | np.append(changes, True)) & self.train["y"].notna().to_numpy()
        places = np.flatnonzero(may_go)
        gone = np.random.default_rng(seed).choice(places, round(share * len(places)), replace=False)
        y = self.train["y"].to_numpy().copy()
        y[gone] = np.nan
        return replace(self, train=self.train.assign(y=y))


# steps that are numbers begin here
FIRST_DAY = "1990-01-01"


def find(folder: Path, file: str) -> Path:
    """Return the path of a file of the data folder.

    Raises:
        DataFolderError: It is not there.
    """
    path = folder / file
    if not path.exists():
        raise DataFolderError(
            f"The data folder has no {file!r}, and this task reads it: pass a folder that holds it as --data."
        )
    return path


def read_split(folder: Path, file: str, horizon: int, season: int, freq: str | None = None) -> Split:
    """Read a panel and hold back what `is_test` marks, or else the last H points of each series.

    Competitions number the steps and tell the frequency beside them: with `freq` the steps become times of that
    frequency (from the same arbitrary day for all series), which is how a person would have them.

    Raises:
        DataFolderError: The file is not there, or a series has not H test points.
    """
    table = pd.read_parquet(find(folder, file))
    table["unique_id"] = table["unique_id"].astype(str)
    if freq is not None:
        table["ds"] = pd.date_range(FIRST_DAY, periods=int(table["ds"].max()), freq=freq)[table["ds"].to_numpy() - 1]
    if "is_test" in table and not (table["is_test"].to_numpy() == _is_last(table, horizon)).all():
        raise DataFolderError(f"The test part of {file!r} is not the last {horizon} points of each series: check both.")
    return hold_back(table, horizon, season)


def hold_back(table: pd.DataFrame, horizon: int, season: int) -> Split:
    """Hold back the last H points of each series of a table `unique_id, ds, y`."""
    is_test, columns = _is_last(table, horizon), table[["unique_id", "ds", "y"]]
    return Split(_rows(columns, ~is_test), _rows(columns, is_test), horizon, season)


def rolling(table: pd.DataFrame, horizon: int, season: int, *, n: int, step: int, most: int | None = None) -> Split:
    """Forecast one series from several origins: each window becomes a series of its own, oldest first.

    Args:
        table: `unique_id, ds, y` of the series.
        horizon: H.
        season: As in `Split`.
        n: Windows; fewer where a window would have less than a season and two points to learn from.
        step: Rows from one origin to the next; the last window ends with the series.
        most: Rows to learn from at most, the newest; None for all.
    """
    ends = [len(table) - step * k for k in reversed(range(n))]
    ends = [end for end in ends if end - horizon >= season + 2]
    starts = [0 if most is None else max(0, end - horizon - most) for end in ends]
    windows = [
        table.iloc[start:end].assign(unique_id=f"{table['unique_id'].iloc[0]} to {end:05d}")
        for start, end in zip(starts, ends, strict=True)
    ]
    return hold_back(pd.concat(windows, ignore_index=True), horizon, season)


def _is_last(table: pd.DataFrame, horizon: int) -> np.ndarray:
    behind = table.groupby("unique_id", sort=False).cumcount(ascending=False).to_numpy()
    return np.asarray(behind < horizon)


def _rows(table: pd.DataFrame, keep: np.ndarray) -> pd.DataFrame:
    return table[keep].reset_index(drop=True)
