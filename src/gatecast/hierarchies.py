"""How do forecasts of shops add up to those of their regions? Each level is forecast, then all are reconciled.

The reconciling is that of hierarchicalforecast (`pip install 'gatecast[hierarchies]'`), which is imported when it is
needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast._validation import answers_calls, check_choice
from gatecast.exceptions import ConfigError, DataError, GatecastError
from gatecast.metrics.levels import check_levels, level_columns

if TYPE_CHECKING:
    from gatecast.data.panel.arrays import Frame
    from gatecast.forecaster import Forecaster

__all__ = ["METHODS", "forecast_hierarchy"]

# by name the class of hierarchicalforecast and its arguments
METHODS: dict[str, tuple[str, dict[str, str]]] = {
    "mint": ("MinTrace", {"method": "mint_shrink"}),
    "ols": ("MinTrace", {"method": "ols"}),
    "structural": ("MinTrace", {"method": "wls_struct"}),
    "bottom_up": ("BottomUp", {}),
}
ID = "unique_id"
# what MinT estimates covariances of errors from, at least
LEAST_ERRORS = 10


@answers_calls
def forecast_hierarchy(
    data: Frame,
    model: Forecaster,
    levels: Sequence[Sequence[str]],
    *,
    reconcile: str = "mint",
    level: float | Sequence[float] | None = None,
    time_col: str = "ds",
    target_col: str = "y",
) -> Frame:
    """Forecast every level of a hierarchy, so that parts add up to their sums.

    Args:
        data: Table of the lowest level, pandas or polars: a row for each time and combination of the columns that
            `levels` name.
        model: A forecaster without covariates, `LSTMForecaster(horizon=12)` or another one; it is fitted on all series
            of all levels. Its horizon is that of the forecast.
        levels: Columns of each level, from the top to the lowest one, which tells all series apart:
            `[["country"], ["country", "region"], ["country", "region", "shop"]]`.
        reconcile: How forecasts are made to add up: "mint" (minimum trace with shrinkage, Wickramasuriya,
            Athanasopoulos and Hyndman 2019, by the one-step errors on the training part), "ols" and "structural" (the
            same with equal weights, and with weights by the number of series in a sum), or "bottom_up" (sums of the
            lowest level).
        level: Coverage of intervals in %, from normal distributions that are reconciled alike.
        time_col: Name of the time column.
        target_col: Name of the target column.

    Returns:
        A table of the library of the data: `unique_id` ("France", "France/north", ...), time, and the forecast under
        the model's name; intervals as in `predict`.

    Raises:
        GatecastError: hierarchicalforecast is not installed.
        ConfigError: `reconcile` or `levels` make no sense.
        DataError: The data cannot be used.

    Examples:
        >>> import numpy as np, pandas as pd
        >>> from gatecast import PretrainedLSTM
        >>> y = np.tile([5.0, 7.0, 6.0, 9.0], 12)
        >>> shops = pd.concat([pd.DataFrame({"all": "all", "shop": s, "ds": range(48), "y": y * k}) for k, s in
        ...                    enumerate("abc", 1)])
        >>> found = forecast_hierarchy(shops, PretrainedLSTM(2), [["all"], ["all", "shop"]], reconcile="bottom_up")
        >>> wide = found.pivot_table(index="ds", columns="unique_id", values="LSTM")
        >>> bool(np.allclose(wide["all"], wide.drop(columns="all").sum(axis=1)))
        True
    """
    import narwhals as nw

    check_choice("reconcile", reconcile, tuple(METHODS))
    coverages = () if level is None else check_levels(level)
    table = nw.from_native(data, eager_only=True)
    _check_levels(levels, [*table.columns], time_col, target_col)
    core, methods, utils = _library()
    names = {"time_col": time_col, "target_col": target_col}
    spec = [list(columns) for columns in levels]
    whole, summing, tags = utils.aggregate(data, spec, time_col=time_col, target_cols=(target_col,))
    model.fit(whole, id_col=ID, **names)
    forecast = model.predict(level=list(coverages) or None)
    name = _model_name(forecast)
    kind, arguments = METHODS[reconcile]
    method = getattr(methods, kind)(**arguments)
    known = _errors_known(model, name, time_col) if reconcile == "mint" else None
    made = core.HierarchicalReconciliation([method]).reconcile(
        Y_hat_df=forecast,
        S_df=summing,
        tags=tags,
        Y_df=known,
        level=_whole(coverages),
        time_col=time_col,
        target_col=target_col,
    )
    return _renamed(made, name, coverages, time_col)


def _library() -> tuple[Any, Any, Any]:
    try:
        from hierarchicalforecast import core, methods, utils
    except ImportError:
        raise GatecastError(
            "Forecasts of hierarchies need hierarchicalforecast, which is not installed. Run `pip install "
            "'gatecast[hierarchies]'`."
        ) from None
    return core, methods, utils


def _check_levels(levels: object, columns: list[str], time_col: str, target_col: str) -> None:
    is_lists = isinstance(levels, list | tuple) and all(isinstance(one, list | tuple) and one for one in levels)
    if not is_lists or not levels:
        raise ConfigError(
            f"`levels` must be lists of columns from the top to the lowest level, got {levels!r}. Use for example "
            '`levels=[["country"], ["country", "shop"]]`.'
        )
    wanted = [*(name for one in levels for name in one), time_col, target_col]  # type: ignore[attr-defined]
    lacking = [name for name in wanted if name not in columns]
    if lacking:
        raise DataError(
            f"The data have no column {lacking[0]!r}, and {', '.join(map(repr, dict.fromkeys(wanted)))} were expected. "
            "Name other columns in `levels`, `time_col` or `target_col`."
        )


def _model_name(forecast: Frame) -> str:
    import narwhals as nw

    return str(nw.from_native(forecast, eager_only=True).columns[2])


def _whole(levels: tuple[float, ...]) -> list[float] | None:
    # the library names columns as they are written
    return [int(one) if one == int(one) else one for one in levels] or None


def _errors_known(model: Any, name: str, time_col: str) -> Frame:
    """Return what came and the one-step forecasts of it at the times at which all series have both."""
    import narwhals as nw

    table = nw.from_native(model.predict_insample(), eager_only=True)
    values = table.select(nw.col(table.columns[2], name).cast(nw.Float64)).to_numpy()
    table = table.filter(np.isfinite(values).all(axis=1).tolist())
    n_series = table[ID].n_unique()
    whole = table.group_by(time_col).agg(nw.len().alias("n")).filter(nw.col("n") == n_series)
    if len(whole) < LEAST_ERRORS:
        raise DataError(
            f'`reconcile="mint"` knows {len(whole)} times at which all series were forecast, and at least '
            f'{LEAST_ERRORS} were expected. Use `reconcile="ols"`, or series that have more times in common.'
        )
    return table.filter(nw.col(time_col).is_in(whole[time_col])).sort(ID, time_col).to_native()


def _renamed(made: Frame, name: str, coverages: tuple[float, ...], time_col: str) -> Frame:
    """Return the reconciled forecasts under the names of the others."""
    import narwhals as nw

    table = nw.from_native(made, eager_only=True)
    ends = level_columns(name, coverages) if coverages else []
    (own,) = [one for one in table.columns if one.startswith(f"{name}/") and "-lo-" not in one and "-hi-" not in one]
    theirs = {end: own + end.removeprefix(name) for end in ends}
    columns = [nw.col(own).alias(name), *(nw.col(theirs[end]).alias(end) for end in ends)]
    return table.select(ID, time_col, *columns).to_native()
