"""How far off was each model in each window of each series, and which of these errors may be compared?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.backtesting.record import Backtest
from gatecast.baselines.local import needed
from gatecast.data.panel.arrays import Array, Floats
from gatecast.exceptions import DataError
from gatecast.metrics.levels import level_columns
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from types import ModuleType

    import pandas as pd

__all__ = ["METRICS", "Cells", "Scores", "cells_of", "coverage_column", "score_windows"]

METRICS = ("mase", "rmse", "mae", "smape", "pinball", "scaled_crps")
KEY = "window"
# models with forecasts of so many windows are compared in those that all of them have; one with fewer, in those that it
# and the other one have; and one with fewer still is not ranked
LEAST_SHARE, LEAST_RANKED = 0.9, 0.5


@dataclass(frozen=True, eq=False)
class Scores:
    """Errors of each model in each window."""

    # one row for each series, origin and model: `unique_id, cutoff, model, n_points` (steps that were observed), `mase`
    # and `scaled_crps`, `rmse`, `mae` and `pinball` (data's units), `smape` (%, 0 to 200), and `coverage-80` and the
    # like (shares); NaN where a figure is undefined
    windows: pd.DataFrame
    notes: tuple[Message, ...]  # why figures are NaN


def coverage_column(level: float) -> str:
    """Name the column of the share of targets that were inside the interval of a level in %."""
    return f"coverage-{level:.12g}"


def score_windows(backtest: Backtest) -> Scores:
    """Compare all forecasts of a backtest with what came, window by window.

    MAE, RMSE, sMAPE, quantile losses and coverage come from `utilsforecast.losses`. MASE (Hyndman and Koehler 2006) is
    MAE over the series' scale in `backtest.scales`. sMAPE is that of the M4 competition, in %, over the steps at which
    target and forecast are not both zero. The pinball loss is the mean over the quantiles at the ends of the intervals
    and the point forecast as median; twice that approximates the CRPS (Gneiting and Ranjan 2011), and over the series'
    scale it is `scaled_crps`. As the mean is over the levels that were asked for, both compare models of one backtest
    only.

    Steps without an observed target are left out. A window in which a model left a step out, or forecast an infinite
    number, has no errors of that model.
    """
    import pandas as pd

    losses = needed("utilsforecast.losses", "library.scores")
    notes = [Message("note.same_forecasts", {"name": name, "kept": kept}) for name, kept in backtest.same.items()]
    backtest = backtest.distinct()
    table, cells = _observed(backtest.forecasts)
    windows = pd.concat(_score(losses, table, cells, backtest, notes), ignore_index=True)
    scales = windows["unique_id"].map(dict(backtest.scales)).to_numpy(float)
    for code, is_such in (("note.mase_constant", scales == 0), ("note.mase_short", ~np.isfinite(scales))):
        if n := int(windows["unique_id"][is_such].nunique()):
            notes.append(Message(code, {"n": n}))
    usable = np.where(scales > 0, scales, np.nan)
    windows["mase"] = windows["mae"] / usable
    windows["scaled_crps"] = 2 * windows["pinball"] / usable
    coverages = [coverage_column(level) for level in backtest.levels]
    columns = ["unique_id", "cutoff", "model", "n_points", *METRICS, *coverages]
    return Scores(_finite(windows[columns], notes), tuple(dict.fromkeys(notes)))


def _observed(forecasts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows with a target and the number of their window, and the windows: `unique_id, cutoff, n_points`."""
    missing = [name for name in ("unique_id", "ds", "cutoff", "y") if name not in forecasts]
    if missing:
        raise DataError(
            f"`forecasts` has no column {missing[0]!r}, and `unique_id, ds, cutoff, y` were expected. "
            "Pass what `backtest(...)` returned."
        )
    if not len(forecasts):
        raise DataError("`forecasts` has no rows, and at least one forecast was expected. Use more data or windows.")
    groups = forecasts.groupby(["unique_id", "cutoff"], sort=True, observed=True)
    number = groups.ngroup().to_numpy()
    cells = groups.size().reset_index()[["unique_id", "cutoff"]]
    is_seen = np.isfinite(forecasts["y"].to_numpy(float, na_value=np.nan))
    cells["n_points"] = np.bincount(number[is_seen], minlength=len(cells))
    return forecasts.assign(**{KEY: number})[is_seen], cells


def _score(
    losses: ModuleType, table: pd.DataFrame, cells: pd.DataFrame, backtest: Backtest, notes: list[Message]
) -> list[pd.DataFrame]:
    """Score all models: a loss is computed at once for those that have forecasts in the same rows."""
    names, levels, n = backtest.models, backtest.levels, len(cells)
    # of which rows each model has something to compare
    rows = {name: _whole_windows(table, name, n, notes) for name in names}
    found = {name: cells.assign(model=name) for name in names}
    with np.errstate(over="ignore", invalid="ignore"):
        for metric in ("mae", "rmse"):
            _set(found, metric, _by_window(getattr(losses, metric), table, rows, n))
        # utilsforecast has it between 0 and 1, and 0 for 0/0
        some = {name: rows[name] & ~_both_zero(table, name, rows[name], notes) for name in names}
        _set(found, "smape", {name: 200 * each for name, each in _by_window(losses.smape, table, some, n).items()})
        _set(found, "pinball", _pinball(losses, table, rows, levels, n))
    for level in levels:
        # where a model made no interval, it did not miss one
        some = {name: rows[name] & _has_numbers(table, level_columns(name, [level])) for name in names}
        held = _by_window(losses.coverage, table, some, n, level=f"{level:.12g}")
        _set(found, coverage_column(level), held)
    return list(found.values())


def _set(found: dict[str, pd.DataFrame], column: str, values: dict[str, Floats]) -> None:
    for name, each in values.items():
        found[name][column] = each


def _whole_windows(table: pd.DataFrame, name: str, n_cells: int, notes: list[Message]) -> Array:
    """Tell which rows belong to windows whose forecasts are all there, `(N,)`."""
    number = table[KEY].to_numpy()
    is_broken = np.isin(np.arange(n_cells), number[~_has_numbers(table, [name])])
    if is_broken.any():
        notes.append(Message("note.incomplete", {"name": name, "n": int(is_broken.sum()), "n_all": n_cells}))
    return np.asarray(~is_broken[number])


def _by_window(
    loss: Callable[..., pd.DataFrame],
    table: pd.DataFrame,
    rows: dict[str, Array],
    n_cells: int,
    columns: dict[str, str] | None = None,
    **options: object,
) -> dict[str, Floats]:
    """Return a loss of utilsforecast for each model and window, `(n_cells,)`, NaN where there is none.

    `columns` are those of the forecasts, where a loss asks for them beside the models.
    """
    found = {name: np.full(n_cells, np.nan) for name in rows}
    alike: dict[bytes, list[str]] = {}
    for name, used in rows.items():
        if used.any():
            alike.setdefault(used.tobytes(), []).append(name)
    for names in alike.values():
        models = names if columns is None else {name: columns[name] for name in names}
        by_key = loss(table[rows[names[0]]], models=models, id_col=KEY, target_col="y", **options)
        for name in names:
            found[name][by_key[KEY].to_numpy()] = by_key[name].to_numpy(float)
    return found


def _both_zero(table: pd.DataFrame, name: str, used: Array, notes: list[Message]) -> Array:
    if not used.any():
        return used
    is_zero = used & ((table["y"] == 0) & (table[name] == 0)).to_numpy()
    if is_zero.any():
        notes.append(Message("note.smape_zero", {"name": name, "n": int(is_zero.sum())}))
    return is_zero


def _pinball(
    losses: ModuleType, table: pd.DataFrame, rows: dict[str, Array], levels: tuple[float, ...], n_cells: int
) -> dict[str, Floats]:
    """Return the mean quantile loss of each window, NaN where the model has no intervals."""
    if not levels:
        return {name: np.full(n_cells, np.nan) for name in rows}
    # for each quantile the columns that have it
    columns = {0.5: {name: name for name in rows}}
    for level in levels:
        ends = {name: level_columns(name, [level]) for name in rows}
        columns[0.5 - level / 200] = {name: low for name, (low, _) in ends.items()}
        columns[0.5 + level / 200] = {name: high for name, (_, high) in ends.items()}
    needed_columns = {name: [each[name] for each in columns.values()] for name in rows}
    some = {name: used & _has_numbers(table, needed_columns[name]) for name, used in rows.items()}
    found = [_by_window(losses.quantile_loss, table, some, n_cells, each, q=q) for q, each in columns.items()]
    return {name: np.asarray(np.mean([each[name] for each in found], axis=0)) for name in rows}


def _has_numbers(table: pd.DataFrame, columns: list[str]) -> Array:
    """Tell in which rows columns hold numbers, `(N,)`; in none where one of them is not there."""
    if not set(columns) <= set(table.columns):
        return np.zeros(len(table), dtype=bool)
    return np.asarray(np.isfinite(table[columns].to_numpy(float, na_value=np.nan)).all(axis=1))


def _finite(windows: pd.DataFrame, notes: list[Message]) -> pd.DataFrame:
    """Turn infinite figures into NaN, so that no average is infinite."""
    is_infinite = windows.select_dtypes("number").abs() == np.inf
    if is_infinite.to_numpy().any():
        notes.append(Message("note.infinite", {"n": int(is_infinite.to_numpy().sum())}))
        windows = windows.assign(**windows.select_dtypes("number").mask(is_infinite))
    return windows


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
        """Which models have errors in so many windows that all are compared in the same ones, `(M,)` of bool."""
        return self._have(LEAST_SHARE)

    @property
    def is_ranked(self) -> Array:
        """Which models have errors in enough windows to be ranked, `(M,)` of bool."""
        return self._have(LEAST_RANKED)

    @property
    def n_windows(self) -> int:
        """Windows in which any model has errors."""
        return int(np.isfinite(self.errors).any(axis=0).sum())

    def _have(self, share: float) -> Array:
        return np.asarray(np.isfinite(self.errors).sum(axis=(1, 2)) >= max(share * self.n_windows, 1))

    @property
    def shared(self) -> Array:
        """The windows in which all models that are complete have errors, `(S, T)` of bool."""
        ranked = self.errors[self.complete]
        if not len(ranked):
            return np.zeros(self.errors.shape[1:], bool)
        return np.asarray(np.isfinite(ranked).all(axis=0))

    def pair(self, first: str, second: str) -> Cells:
        """Return the errors of two models in the windows that are shared, or that both have where one is incomplete."""
        rows = [self.models.index(first), self.models.index(second)]
        errors = self.errors[rows]
        both = self.shared if self.complete[rows].all() else np.isfinite(errors).all(axis=0)
        return replace(self, models=(first, second), errors=np.where(both, errors, np.nan))

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
