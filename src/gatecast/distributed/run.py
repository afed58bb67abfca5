"""How does one call forecast a cluster's table? Each partition on a worker, by a model that all share or by its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gatecast._validation import answers_calls, check_count, check_flag, check_whole
from gatecast.distributed.engines import Engine, engine_of
from gatecast.distributed.sampling import draw
from gatecast.exceptions import ConfigError
from gatecast.forecaster import LSTMForecaster
from gatecast.partition import (
    ID,
    TARGET,
    TIME,
    Shares,
    check_columns,
    fit_predict,
    listed,
    model_bytes,
    predict_with,
    schema,
    single_threaded,
)

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.data.panel.frequency import Freq

__all__ = ["fit", "forecast"]

# series that a model learns from, where no number is given
SAMPLE = 10_000


@answers_calls
def forecast(
    frame: Any,
    model: LSTMForecaster,
    *,
    level: Shares = None,
    quantiles: Shares = None,
    by: str | Sequence[str] = (),
    sample: int | None = None,
    strata: str | Sequence[str] = (),
    seed: int = 0,
    id_col: str = ID,
    time_col: str = TIME,
    target_col: str = TARGET,
    freq: Freq | None = None,
    n_partitions: int | None = None,
    is_whole: bool = False,
    engine: Any = None,
) -> Any:
    """Forecast all series of a table of Dask, Spark, Ray or Fugue; a table of the same kind comes back.

    Nothing is computed before the result is asked for, and no row comes to this machine, but for the sample that a
    model learns from. What is done depends on the model:

    - `PretrainedLSTM`: each partition is forecast without training. With `season_length` and `freq` the forecast of a
      series does not depend on its partition; widths of intervals come from past errors of all of its series.
    - `PretrainedLSTM` with `sample`, or any other unfitted forecaster: one model learns from a sample on this machine
      (`fit`), is sent to each worker once, and forecasts all partitions. Season, frequency and widths of intervals are
      those of the sample.
    - with `by`: each group of series gets a model of its own, on one worker.
    - a fitted forecaster: it is sent to each worker once, and forecasts all partitions.

    A worker has all rows of a series at once, for which the engine shuffles them. It keeps to one thread, since engines
    give it one processor.

    Args:
        frame: A `dask.dataframe.DataFrame`, `pyspark.sql.DataFrame` or `ray.data.Dataset`, a table that `engine` reads,
            or an `Engine` of one's own. Times are no texts. Covariates that are known ahead stand in rows without a
            target.
        model: A forecaster.
        level: Coverage of intervals in %.
        quantiles: Probabilities.
        by: Columns that tell groups apart, each of which gets a model of its own.
        sample: Series that a model learns from; 10,000 when absent, or none for `PretrainedLSTM`.
        strata: Columns from whose values as many series each are drawn; they do not change within a series.
        seed: Which series are drawn.
        id_col: Name of the column that tells series apart.
        time_col: Name of the time column.
        target_col: Name of the target column.
        freq: Frequency of the times, as in `LSTMForecaster.fit`; when absent the one that a partition, or the sample,
            shows.
        n_partitions: Partitions that rows are shuffled into; when absent as many as the engine makes. Each should hold
            some thousand series.
        is_whole: Whether partitions hold whole series (or groups) already, so that nothing is shuffled.
        engine: An engine of Fugue, or its name, which forecasts the table by Fugue.

    Returns:
        A table of the engine: what tells groups apart, names, times, `LSTM`, intervals and quantiles.

    Raises:
        ConfigError: An argument makes no sense, or a column is not there.
        DataError: The sample cannot be used. Errors in a partition are raised by the engine when it computes it.

    Examples:
        >>> import dask.dataframe
        >>> import pandas as pd
        >>> from gatecast import PretrainedLSTM, distributed
        >>> rows = pd.DataFrame({"unique_id": "a", "ds": range(24), "y": [5.0, 7.0] * 12})
        >>> table = dask.dataframe.from_pandas(rows, npartitions=2)
        >>> made = distributed.forecast(table, PretrainedLSTM(horizon=2, season_length=2))
        >>> made.compute()["LSTM"].round().tolist()
        [5.0, 7.0]
    """
    known, groups = engine_of(frame, engine), listed(by)
    _check(model, groups, sample, strata, seed, n_partitions, is_whole=is_whole)
    made = schema(known.types(), level, quantiles, by=groups, id_col=id_col, time_col=time_col)
    names = {"id_col": id_col, "time_col": time_col, "target_col": target_col}
    keys = () if is_whole else groups or (id_col,)
    columns = _columns(model, known, [*groups, id_col, time_col, target_col])
    if groups or (_is_pretrained(model) and sample is None):
        each = partial(_fit_partition, model=single_threaded(model), level=level, quantiles=quantiles, by=groups)
        return known.map(partial(each, freq=freq, **names), made, columns, keys, n_partitions).frame
    if not model.__sklearn_is_fitted__():
        model = _learned(known, model, columns, SAMPLE if sample is None else sample, listed(strata), seed, freq, names)
    each = partial(_predict_partition, level=level, quantiles=quantiles)
    return known.map(each, made, columns, keys, n_partitions, model_bytes(model)).frame


@answers_calls
def fit(
    frame: Any,
    model: LSTMForecaster,
    *,
    sample: int = SAMPLE,
    strata: str | Sequence[str] = (),
    seed: int = 0,
    id_col: str = ID,
    time_col: str = TIME,
    target_col: str = TARGET,
    freq: Freq | None = None,
    engine: Any = None,
) -> LSTMForecaster:
    """Fit a forecaster on this machine to a sample of the series of a cluster's table.

    Series are drawn by the hash of their names, the same ones on every engine. `decisions_` says how many.

    Args:
        frame: As in `forecast`.
        model: An unfitted forecaster; it is not changed.
        sample: Series that are drawn.
        strata: Columns from whose values as many series each are drawn; they do not change within a series.
        seed: Which series are drawn.
        id_col: Name of the column that tells series apart.
        time_col: Name of the time column.
        target_col: Name of the target column.
        freq: Frequency of the times, where it cannot be inferred.
        engine: As in `forecast`.

    Returns:
        A fitted forecaster, for `forecast`, or to be saved.

    Raises:
        ConfigError: An argument makes no sense, or a column is not there.
        DataError: The sample cannot be used.

    Examples:
        >>> import dask.dataframe
        >>> import pandas as pd
        >>> from gatecast import PretrainedLSTM, distributed
        >>> ids = [f"s{n}" for n in range(9) for _ in range(24)]
        >>> rows = pd.DataFrame({"unique_id": ids, "ds": [*range(24)] * 9, "y": [5.0, 7.0] * 108})
        >>> table = dask.dataframe.from_pandas(rows, npartitions=2)
        >>> distributed.fit(table, PretrainedLSTM(horizon=2), sample=5).decisions_[-1]
        'The model learned from 5 of 9 series, drawn by the hash of their names (seed 0).'
    """
    known = engine_of(frame, engine)
    _check(model, (), sample, strata, seed)
    schema(known.types(), id_col=id_col, time_col=time_col)
    names = {"id_col": id_col, "time_col": time_col, "target_col": target_col}
    columns = _columns(model, known, list(names.values()))
    return _learned(known, model, columns, sample, listed(strata), seed, freq, names)


def _learned(
    known: Engine,
    model: LSTMForecaster,
    columns: Sequence[str],
    size: int,
    strata: Sequence[str],
    seed: int,
    freq: Freq | None,
    names: dict[str, Any],
) -> LSTMForecaster:
    """Fit a copy of a model to a sample, and note in its record what that was."""
    check_columns(strata, known.types())
    drawn = draw(known, columns, names["id_col"], int(size), strata, int(seed))
    fitted = type(model).from_settings(model.settings)
    # of the columns for strata the model knows only those that it names
    fitted.fit(drawn.rows[list(columns)], freq=freq, **names)
    fitted._fitted = replace(fitted.fitted_, record=fitted.fitted_.record.with_decision(drawn.told()))
    return fitted


def _fit_partition(frame: pd.DataFrame, model: LSTMForecaster, **options: Any) -> pd.DataFrame:
    return fit_predict(frame, model, **options)


def _predict_partition(frame: pd.DataFrame, content: bytes, **options: Any) -> pd.DataFrame:
    return predict_with(content, frame, **options)


def _is_pretrained(model: LSTMForecaster) -> bool:
    return model.settings.pretrained == "only" and not model.__sklearn_is_fitted__()


def _columns(model: LSTMForecaster, known: Engine, names: Sequence[str]) -> list[str]:
    """Return the columns that are needed of a table; a ConfigError where one is not there."""
    settings = model.settings_ if model.__sklearn_is_fitted__() else model.settings
    needed = list(dict.fromkeys([*names, *settings.past, *settings.future, *settings.static]))
    check_columns(needed, known.types())
    return needed


def _check(
    model: object,
    by: Sequence[str],
    sample: int | None,
    strata: str | Sequence[str],
    seed: int = 0,
    n_partitions: int | None = None,
    *,
    is_whole: bool = False,
) -> None:
    """Raise a ConfigError where arguments make no sense."""
    if not isinstance(model, LSTMForecaster):
        raise ConfigError(
            f"`model` has the type {type(model).__name__}, and a forecaster was expected. Use for example "
            "`PretrainedLSTM(horizon=12)`, which forecasts without training."
        )
    if not model.__sklearn_is_fitted__():
        model.settings.check()
    check_whole("seed", seed, "Use `seed=0`.")
    if sample is not None:
        check_count("sample", sample, "Use `sample=10_000`.")
    if n_partitions is not None:
        check_count("n_partitions", n_partitions, "Use `n_partitions=200`.")
    check_flag("is_whole", is_whole, "Use `is_whole=True` where each partition holds whole series.")
    is_drawn = sample is not None or bool(strata)
    if is_drawn and (by or model.__sklearn_is_fitted__()):
        why = f"`by={by!r}`" if by else "a fitted model"
        raise ConfigError(
            f"`sample` or `strata` was passed with {why}, which learns from no sample. Leave one of them out."
        )
    if by and model.__sklearn_is_fitted__():
        raise ConfigError(
            f"A fitted model was passed with `by={by!r}`, for which each group gets a model of its own. Pass an "
            "unfitted one, or leave `by` out."
        )
