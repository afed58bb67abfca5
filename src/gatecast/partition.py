"""How is one partition of a cluster's table forecast? By a function from a pandas table to one, on a single thread.

These functions can be pickled and know no engine: Spark's `applyInPandas`, Dask's `map_partitions`, Ray Data's
`map_groups` and Fugue's `transform` call them. `gatecast.distributed.forecast` does all of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gatecast._validation import answers_calls, check_choice
from gatecast.data.panel.joint import is_joint, roles_of_table
from gatecast.data.reading.ahead import split_future
from gatecast.exceptions import ConfigError, DataError, GatecastError
from gatecast.forecaster import LSTMForecaster, PretrainedLSTM
from gatecast.metrics.levels import level_columns, quantile_columns
from gatecast.model.alignment import read_like_training
from gatecast.model.forecast import METHOD
from gatecast.model.modelfile import pack_model, unpack_model
from gatecast.model.settings import SETTINGS, Settings

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.data.panel.frequency import Freq
    from gatecast.data.panel.panel import Panel
    from gatecast.model.protocol import Names

__all__ = ["Schema", "check_columns", "fit_predict", "forecast", "model_bytes", "predict_with", "schema", "schema_of"]
__all__ += ["listed", "single_threaded"]

ID, TIME, TARGET = "unique_id", "ds", "y"
# coverage in %, or probabilities; one or several
Shares: TypeAlias = float | Sequence[float] | None
# what Spark calls the types of names and times, and what they are in the tables that it passes
SPARK = {
    "string": "object",
    "boolean": "bool",
    "tinyint": "int8",
    "smallint": "int16",
    "int": "int32",
    "bigint": "int64",
    "float": "float32",
    "double": "float64",
    "date": "object",
    "timestamp": "datetime64[ns]",
    "timestamp_ntz": "datetime64[ns]",
}
# types with their sizes behind them, which are Python's objects in pandas
LONG_NAMES = ("decimal(", "char(", "varchar(")
# and the other way round, of numbers by their kind and size in bytes
OF_NUMBERS = {
    "b1": "boolean",
    "i1": "tinyint",
    "i2": "smallint",
    "i4": "int",
    "i8": "bigint",
    "f4": "float",
    "f8": "double",
}
# what series are called that stand for all of which a model learned
NOBODY = ("gatecast:1", "gatecast:2")


@dataclass(frozen=True)
class Schema:
    """Which columns a forecast has: an engine asks for their names and types before anything is computed.

    Attributes:
        dtypes: Type of each column in pandas.
        ddl: The same for Spark, as `applyInPandas` takes it.
    """

    dtypes: Mapping[str, Any]
    ddl: str

    @property
    def empty(self) -> pd.DataFrame:
        """A table without rows, which Dask takes as `meta`."""
        import pandas as pd

        return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in self.dtypes.items()})


@answers_calls
def schema(
    columns: Any,
    level: Shares = None,
    quantiles: Shares = None,
    *,
    by: str | Sequence[str] = (),
    id_col: str = ID,
    time_col: str = TIME,
) -> Schema:
    """Say which columns a forecast has, and of which types: names and times as they come, all others double.

    Args:
        columns: The types of the data's columns by their names: those of pandas (`frame.dtypes`) or of Spark
            (`dict(frame.dtypes)`).
        level: Coverage of intervals in %, as it is going to be passed.
        quantiles: Probabilities, as they are going to be passed.
        by: Columns that tell groups apart, as they are going to be passed.
        id_col: Name of the column that tells series apart.
        time_col: Name of the time column.

    Returns:
        Types for pandas and for Spark.

    Raises:
        ConfigError: A column is not there, or of a type that Spark does not have.

    Examples:
        >>> made = schema({"unique_id": "string", "ds": "timestamp", "y": "double"}, level=80)
        >>> list(made.dtypes)
        ['unique_id', 'ds', 'LSTM', 'LSTM-lo-80', 'LSTM-hi-80']
        >>> made.ddl
        '`unique_id` string, `ds` timestamp, `LSTM` double, `LSTM-lo-80` double, `LSTM-hi-80` double'
    """
    known = dict(columns)
    names = _once([*listed(by), id_col, time_col])
    check_columns(names, known)
    if "str" in str(known[time_col]):
        raise _of_texts(time_col, f"of the type {known[time_col]}")
    numbers = [METHOD]
    numbers += [] if level is None else level_columns(METHOD, level)
    numbers += [] if quantiles is None else quantile_columns(METHOD, quantiles)
    return schema_of({name: known[name] for name in names}, numbers)


def schema_of(columns: Mapping[str, Any], numbers: Iterable[str] = ()) -> Schema:
    """Return a schema of columns with their types, in pandas or in Spark, and of others that are double."""
    import pandas as pd

    dtypes = {name: pd.api.types.pandas_dtype(_in_pandas(type_)) for name, type_ in columns.items()}
    ddl = {name: _in_spark(type_, dtypes[name]) for name, type_ in columns.items()} | dict.fromkeys(numbers, "double")
    text = ", ".join(f"`{name.replace('`', '``')}` {type_}" for name, type_ in ddl.items())
    return Schema(dtypes | dict.fromkeys(numbers, np.dtype(np.float64)), text)


@answers_calls
def fit_predict(
    frame: pd.DataFrame,
    settings: LSTMForecaster | Mapping[str, Any],
    level: Shares = None,
    quantiles: Shares = None,
    *,
    by: str | Sequence[str] = (),
    id_col: str = ID,
    time_col: str = TIME,
    target_col: str = TARGET,
    freq: Freq | None = None,
) -> pd.DataFrame:
    """Fit a forecaster to the series of a partition, or one to each group of them, and forecast what comes next.

    Args:
        frame: All rows of some series; covariates that are known ahead stand in rows without a target at their ends.
        settings: An unfitted forecaster, or its settings by name.
        level: Coverage of intervals in %.
        quantiles: Probabilities.
        by: Columns that tell groups apart, each of which gets a model of its own.
        id_col: Name of the column that tells series apart.
        time_col: Name of the time column.
        target_col: Name of the target column.
        freq: Frequency of the times, where a partition cannot tell, as in `LSTMForecaster.fit`.

    Returns:
        A table as `schema` says: what tells groups apart, names, times and the forecast. Without rows where no series
        has a value.

    Raises:
        DataError: The data cannot be used; the error names the group.
        ConfigError: A setting makes no sense, or a column is not there.
        TrainingError: The loss stopped being a finite number.

    Examples:
        >>> import pandas as pd
        >>> from gatecast import PretrainedLSTM
        >>> rows = pd.DataFrame({"unique_id": "a", "ds": range(24), "y": [5.0, 7.0] * 12})
        >>> fit_predict(rows, PretrainedLSTM(horizon=2, season_length=2))["LSTM"].round().tolist()
        [5.0, 7.0]
    """
    model, keys = single_threaded(settings), listed(by)
    made = schema(frame.dtypes, level, quantiles, by=keys, id_col=id_col, time_col=time_col)
    given = model.settings
    used = [id_col, time_col, target_col, *given.past, *given.future, *given.static]
    check_columns(used, frame.columns)
    names: Names = {"id_col": id_col, "time_col": time_col, "target_col": target_col, "freq": freq}

    def forecast_group(rows: pd.DataFrame) -> pd.DataFrame:
        return model.fit(rows[_once(used)], **names).predict(level=level, quantiles=quantiles)

    tables = _of_groups(frame.reset_index(drop=True), keys, target_col, forecast_group)
    return _typed(tables, made, frame[time_col])


@answers_calls
def forecast(
    frame: pd.DataFrame,
    horizon: int,
    level: Shares = None,
    quantiles: Shares = None,
    *,
    season_length: int | Sequence[int] | None = None,
    lower: float | str | None = "auto",
    upper: float | None = None,
    id_col: str = ID,
    time_col: str = TIME,
    target_col: str = TARGET,
    freq: Freq | None = None,
) -> pd.DataFrame:
    """Forecast the series of a partition without training, as `gatecast.forecast` does.

    With `season_length` and `freq` a series is forecast alike whatever other series its partition holds; widths of
    intervals come from past errors of all of them.

    Args:
        frame: All rows of some series.
        horizon: Steps ahead.
        level: Coverage of intervals in %.
        quantiles: Probabilities.
        season_length: Steps in a season, or several; 1 for none. When absent those that the partition shows.
        lower: Least value that is forecast, as in `gatecast.forecast`.
        upper: Greatest value that is forecast.
        id_col: Name of the column that tells series apart.
        time_col: Name of the time column.
        target_col: Name of the target column.
        freq: Frequency of the times; when absent the one that the partition shows.

    Returns:
        A table as `schema` says.

    Raises:
        DataError: The data cannot be used.
        ConfigError: An argument makes no sense, or a column is not there.

    Examples:
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"unique_id": "a", "ds": range(24), "y": [5.0, 7.0] * 12})
        >>> forecast(rows, horizon=2, season_length=2)["LSTM"].round().tolist()
        [5.0, 7.0]
    """
    model: LSTMForecaster = PretrainedLSTM(horizon, season_length=season_length, lower=lower, upper=upper)
    names = {"id_col": id_col, "time_col": time_col, "target_col": target_col}
    return fit_predict(frame, model, level, quantiles, freq=freq, **names)


@answers_calls
def model_bytes(model: LSTMForecaster) -> bytes:
    """Return a fitted forecaster as bytes that are sent to all workers: its networks, and how they read values.

    The series that it learned from stay behind, so that their number does not matter; `decisions_` come along.

    Args:
        model: A fitted forecaster.

    Returns:
        What `predict_with` takes, a model file that `LSTMForecaster.load` reads as well.

    Raises:
        NotFittedError: It is not fitted.
        ConfigError: It is no forecaster of gatecast's own, or its series see each other's past.

    Examples:
        >>> from gatecast import PretrainedLSTM
        >>> model = PretrainedLSTM(horizon=2, season_length=2).fit([5.0, 7.0] * 12)
        >>> len(model_bytes(model)) < 2_000_000
        True
    """
    if not isinstance(model, LSTMForecaster):
        raise ConfigError(
            f"`model` has the type {type(model).__name__}, and a fitted LSTMForecaster was expected. Pass one, e.g. "
            "`LSTMForecaster(horizon=12).fit(sample)`."
        )
    fitted = model.fitted_
    if is_joint(fitted.after):
        raise ConfigError(
            "This model was fitted with `joint=True`, and one of series that need no others was expected, as those of "
            "a partition are not there together. Leave `joint` out, or forecast each group of series with `by=`."
        )
    two = fitted.rows(np.array([0, fitted.after.n_series - 1]))
    ids = np.array(NOBODY, dtype=object)
    lean = replace(two, after=replace(two.after, ids=ids, backend="pandas"))
    return pack_model(lean, _on_one_thread(model.settings_).values())


@answers_calls
def predict_with(model: bytes, frame: pd.DataFrame, level: Shares = None, quantiles: Shares = None) -> pd.DataFrame:
    """Forecast the series of a partition with a model that learned from others.

    Each series is read from its own beginning and scaled by its own values. Those with fewer points than the model's
    lookback are forecast by the pretrained networks (`gatecast.forecast`).

    Args:
        model: What `model_bytes` returned, or the content of a model file.
        frame: All rows of some series, with the columns of the data that the model learned from; covariates that are
            known ahead stand in rows without a target at their ends.
        level: Coverage of intervals in %.
        quantiles: Probabilities.

    Returns:
        A table as `schema` says. Without rows where no series has a value.

    Raises:
        ModelFileError: These are no bytes of a model.
        DataError: The data cannot be used.
        ConfigError: A column is not there, or `level` or `quantiles` make no sense.

    Examples:
        >>> import pandas as pd
        >>> from gatecast import PretrainedLSTM
        >>> model = PretrainedLSTM(horizon=2, season_length=2).fit([5.0, 7.0] * 12)
        >>> rows = pd.DataFrame({"unique_id": "b", "ds": range(24), "y": [3.0, 4.0] * 12})
        >>> predict_with(model_bytes(model), rows)["LSTM"].round().tolist()
        [3.0, 4.0]
    """
    known = _unpacked(model)
    after = known.fitted_.after
    columns = after.columns
    made = schema(frame.dtypes, level, quantiles, id_col=columns.id, time_col=columns.time)
    used = [columns.id, columns.time, columns.target, *roles_of_table(after).names]
    check_columns(used, frame.columns)

    def forecast_rows(rows: pd.DataFrame) -> pd.DataFrame:
        return _joined(_of_all(known, read_like_training(known.fitted_, rows[used]), level, quantiles))

    tables = _of_groups(frame.reset_index(drop=True), (), columns.target, forecast_rows)
    return _typed(tables, made, frame[columns.time])


def single_threaded(settings: LSTMForecaster | Mapping[str, Any]) -> LSTMForecaster:
    """Return an unfitted forecaster with some settings that keeps to one thread and shows no progress.

    Args:
        settings: A forecaster, or settings by name.

    Returns:
        Another forecaster.

    Raises:
        ConfigError: It is neither, or there is no such setting.

    Examples:
        >>> single_threaded({"horizon": 3, "epochs": 5}).n_threads
        1
    """
    if isinstance(settings, LSTMForecaster):
        return LSTMForecaster.from_settings(_on_one_thread(settings.settings))
    if not isinstance(settings, Mapping):
        raise ConfigError(
            f"`settings` has the type {type(settings).__name__}, and a forecaster or its settings by name were "
            "expected. Use for example `PretrainedLSTM(horizon=12)`."
        )
    for name in settings:
        check_choice("settings", name, tuple(SETTINGS), lambda near: f"settings={{{near!r}: ...}}")
    return LSTMForecaster.from_settings(_on_one_thread(Settings(**settings)))


def _on_one_thread(settings: Settings) -> Settings:
    return replace(settings, n_threads=1, progress=False, checkpoint=None)


@lru_cache(maxsize=4)
def _unpacked(content: bytes) -> LSTMForecaster:
    """Return a model on one thread, made once in a process for all of its partitions."""
    fitted, settings = unpack_model(content)
    model: LSTMForecaster = LSTMForecaster.from_settings(_on_one_thread(settings))
    networks = tuple(replace(network, n_threads=1) for network in fitted.ensemble.networks)
    model._fitted = replace(fitted, ensemble=replace(fitted.ensemble, networks=networks))
    model._fit_settings = model.settings
    return model


def _of_all(model: LSTMForecaster, panel: Panel, level: Shares, quantiles: Shares) -> Iterator[pd.DataFrame]:
    """Forecast the series that a model can read, and then those that are too short for it."""
    fitted, settings = model.fitted_, model.settings_
    observed = split_future(panel)[0]
    is_short = observed.lengths < fitted.lookback
    if not is_short.all():
        long = panel.rows(np.flatnonzero(~is_short)) if is_short.any() else panel
        yield model.predict(data=long, level=level, quantiles=quantiles)
    if is_short.any():
        few = replace(observed.rows(np.flatnonzero(is_short)), past={}, future={}, static={}, weights=None)
        limits: dict[str, Any] = {"lower": settings.lower, "upper": settings.upper}
        reader = PretrainedLSTM(settings.horizon, season_length=fitted.season_length, n_threads=1, **limits)
        yield reader.fit(few).predict(level=level, quantiles=quantiles)


def _of_groups(
    frame: pd.DataFrame, by: Sequence[str], target: str, made: Callable[[pd.DataFrame], pd.DataFrame]
) -> Iterator[pd.DataFrame]:
    """Forecast each group that has any value, and put before the forecast what tells groups apart."""
    if not by:
        if frame[target].notna().any():
            yield made(frame)
        return
    for key, rows in frame.groupby(list(by), sort=False, dropna=False, observed=True):
        if not rows[target].notna().any():
            continue
        try:
            table = made(rows.reset_index(drop=True))
        except GatecastError as error:
            shown = ", ".join(f"{name}={value!s}" for name, value in zip(by, key, strict=True))
            raise DataError(f"The group {shown} cannot be forecast: {error}") from error
        own: dict[str, Any] = {name: value for name, value in zip(by, key, strict=True) if name not in table}
        yield table.assign(**own)


def _joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    several = list(tables)
    return several[0] if len(several) == 1 else pd.concat(several, ignore_index=True)


def _typed(tables: Iterable[pd.DataFrame], made: Schema, times: pd.Series) -> pd.DataFrame:
    """Return forecasts as a schema says."""
    several = list(tables)
    if not several:
        return made.empty
    table = _joined(several)
    first = times.iloc[0]
    if isinstance(first, str):
        raise _of_texts(str(times.name), f"such as {first!r}")
    return table[list(made.dtypes)].astype(dict(made.dtypes))


def listed(names: str | Sequence[str]) -> tuple[str, ...]:
    """Return names of columns, where one may stand for itself."""
    return (names,) if isinstance(names, str) else tuple(names)


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _of_texts(name: str, which: str) -> DataError:
    return DataError(
        f"Column {name!r} holds texts {which}, and times of which the type is known were expected. Convert it first, "
        "e.g. with `to_datetime` or `to_timestamp`."
    )


def check_columns(names: Iterable[str], known: Iterable[str]) -> None:
    """Raise a ConfigError where a column is not there."""
    there = [str(name) for name in known]
    for name in names:
        if name not in there:
            raise ConfigError(
                f"There is no column {name!r} among {', '.join(map(repr, there))}, and it was expected in each "
                'partition. Name the one that is meant, e.g. `id_col="shop"`.'
            )


def _in_pandas(type_: Any) -> Any:
    """Return what pandas knows a type by, which may be Spark's name of it."""
    if _is_of_spark(type_):
        return SPARK.get(type_, "object")
    return type_


def _is_of_spark(type_: Any) -> bool:
    return isinstance(type_, str) and (type_ in SPARK or type_.startswith(LONG_NAMES))


def _in_spark(type_: Any, dtype: Any) -> str:
    """Return what Spark calls a type, which may be its own name already."""
    if _is_of_spark(type_):
        return str(type_)
    numpy_dtype = getattr(dtype, "numpy_dtype", dtype)
    if str(dtype).startswith("date32"):
        return "date"
    if getattr(dtype, "kind", "O") == "M":
        return "timestamp"
    if isinstance(numpy_dtype, np.dtype) and numpy_dtype.kind in "biuf":
        # there are no numbers without a sign
        size = min(2 * numpy_dtype.itemsize, 8) if numpy_dtype.kind == "u" else numpy_dtype.itemsize
        return OF_NUMBERS[f"{numpy_dtype.kind.replace('u', 'i')}{size}"]
    return "string"
