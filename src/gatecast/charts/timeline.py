"""What is drawn, and when? One series with its predictions, each at the time that it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.data import to_panel
from gatecast.data.panel.arrays import Array, Frame
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.frames import as_source
from gatecast.data.reading.shapes import ID_MARK
from gatecast.exceptions import DataError
from gatecast.forecaster import Forecaster, LSTMForecaster
from gatecast.model.alignment import read_like_training

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gatecast.model.protocol import Data

__all__ = ["Band", "Timeline", "columns_of", "make_timeline", "plain_times", "series_of_rows"]

NAME = "LSTM"
# coverage in % of the intervals that a forecast of so many steps has
LEVELS = (80, 95)


@dataclass(frozen=True)
class Band:
    """An interval along a forecast, its ends `(H,)`; the level is in %, as the columns of the forecast name it."""

    level: str
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class Timeline:
    """One series of N points, NaN in gaps, its forecast `(H,)` and the intervals of that, the widest first.

    Predictions are one step ahead: row n was predicted from the points before n, and is for `times[n]`; NaN for models
    other than the LSTM. What `is_recursive` has steps that build on steps before them, beyond what the model learned.
    """

    name: str
    times: np.ndarray
    values: np.ndarray
    predictions: np.ndarray
    n_train: int
    forecast_times: np.ndarray
    forecast: np.ndarray
    bands: tuple[Band, ...]
    is_recursive: bool
    time_name: str
    value_name: str
    freq: str | int

    @property
    def n_test(self) -> int:
        """Points of the test part."""
        return len(self.times) - self.n_train


def make_timeline(
    model: Forecaster, train: Data, test: Data | None, forecast: Frame | int | None, unique_id: object
) -> Timeline:
    """Join the parts of one series and let the model predict its points, with the arguments of `plot_forecast`."""
    panel = _read(model, train)
    known = panel.only(panel.row(unique_id)).plain()
    n_train = int(known.lengths[0])
    if test is not None:
        tested = _read(model, test)
        # one series is that series, whatever it is called
        if not panel.n_series == tested.n_series == 1:
            ids, name = tested.ids.tolist(), known.ids[0]
            if name not in ids:
                raise DataError(
                    f"The test part holds {len(ids)} series but not {name!r}, which is to be drawn. Pass its rows too."
                )
            tested = tested.only(ids.index(name))
        known = _join(known, tested)
    times, name, ahead = _forecast(model, known, forecast)
    return Timeline(
        name=str(known.ids[0]),
        times=plain_times(known.times(0)),
        values=known.values,
        predictions=_one_step(model, known),
        n_train=n_train,
        forecast_times=times,
        forecast=ahead[name],
        bands=_bands(ahead, name),
        is_recursive=isinstance(model, LSTMForecaster)
        and isinstance(forecast, int)
        and forecast > model.fitted_.horizon,
        time_name=known.columns.time,
        value_name=known.columns.target,
        freq=known.freq,
    )


def _join(train: Panel, test: Panel) -> Panel:
    """Put the test part after the training part, at its own time; arrays without times simply follow."""
    n_train = int(train.lengths[0])
    is_array = train.starts.dtype.kind != "M" and test.starts[0] == train.starts[0] == 0
    begin = n_train if is_array else int(train.grid.positions(test.starts, train.starts)[0])
    if begin < n_train:
        raise DataError(
            f"The test part of {train.ids[0]!r} begins {n_train - begin} steps before the training part ends, and it "
            "was expected behind it. Split the data with `gatecast.train_test_split`."
        )
    return train.followed_by(test.with_leading_gaps(np.array([begin - n_train])))


def _read(model: Forecaster, data: Data) -> Panel:
    """Read data as the LSTM read its training part, or as any model reads them."""
    return read_like_training(model.fitted_, data) if isinstance(model, LSTMForecaster) else to_panel(data)


def _one_step(model: Forecaster, known: Panel) -> Array:
    if isinstance(model, LSTMForecaster):
        predictions: Array = columns_of(model.predict_insample(known))[NAME]
        return predictions
    return np.full(len(known.values), np.nan)


def _bands(ahead: dict[str, np.ndarray], name: str) -> tuple[Band, ...]:
    """Read the intervals from the columns of a forecast."""
    lower, upper = f"{name}-lo-", f"{name}-hi-"
    levels = [column.removeprefix(lower) for column in ahead if column.startswith(lower)]
    both = [level for level in levels if upper + level in ahead]
    return tuple(Band(each, ahead[lower + each], ahead[upper + each]) for each in sorted(both, key=float, reverse=True))


def _forecast(model: Forecaster, known: Panel, forecast: Frame | int | None) -> tuple[Array, str, dict[str, Any]]:
    """Return the times of the forecast, the name of its column and all of its columns."""
    if isinstance(forecast, int) and forecast == 0:
        return known.future_times(0)[0], NAME, {NAME: np.zeros(0)}
    if forecast is None or isinstance(forecast, int):
        has_intervals = not isinstance(model, LSTMForecaster) or model.fitted_.has_intervals
        table = columns_of(model.predict(forecast, data=known, level=LEVELS if has_intervals else None))
        return plain_times(table[known.columns.time]), _name(model, table), table
    table = columns_of(forecast)
    names, name = list(table), _name(model, table)
    if name not in table or len(names) < 2:
        raise DataError(f"`forecast` must be a table made by `predict`, got columns {names}. Pass `model.predict()`.")
    mine = np.ones(len(table[name]), bool)
    ids = _ids(table, known.columns.id)
    if len(set(ids)) > 1:
        mine = np.asarray([i == known.ids[0] for i in ids])
    times = table.get(known.columns.time, table[names[names.index(name) - 1]])
    return (
        plain_times(times[mine]),
        name,
        {column: values[mine] for column, values in table.items() if _is_of(column, name)},
    )


def _name(model: Forecaster, table: dict[str, Any]) -> str:
    """Return the name of a forecast's column: any model's but the LSTM's is that of the first numbers behind the times.

    The LSTM's is known.
    """
    numbers = [name for name in list(table)[2:] if table[name].dtype.kind == "f"]
    return NAME if isinstance(model, LSTMForecaster) else next(iter(numbers), "")


def _ids(table: dict[str, Any], name: str) -> list[object]:
    """Return the names of the series of a forecast, joined where several columns name them; none without such."""
    parts = [name] if name in table else name.split(ID_MARK)
    return series_of_rows(table, parts) if set(parts) <= set(table) else []


def series_of_rows(table: dict[str, Any], parts: Sequence[str]) -> list[object]:
    """Return the name of the series of each row, which its columns of ids make together."""
    cells = list(zip(*(table[part] for part in parts), strict=True))
    return [ID_MARK.join(map(str, several)) if len(several) > 1 else several[0] for several in cells]


def _is_of(column: str, name: str) -> bool:
    return column == name or column.startswith(f"{name}-")


def columns_of(table: Frame) -> dict[str, Any]:
    """Return the columns of a table of any library as arrays; times keep their zone."""
    import pandas as pd

    frame = as_source(table).frame
    columns = {str(name): column for name, column in frame.items()}
    return {
        name: column.array if isinstance(column.dtype, pd.DatetimeTZDtype) else column.to_numpy()
        for name, column in columns.items()
    }


def plain_times(times: Array | pd.Index) -> np.ndarray:
    """Return local clock times without a zone, datetime64[ns], or integers; times may be periods and dates, too."""
    import pandas as pd

    index = pd.Index(times)
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if index.dtype == object:
        index = pd.to_datetime(index)
    if isinstance(index, pd.DatetimeIndex):
        return index.tz_localize(None).to_numpy(dtype="datetime64[ns]")
    return index.to_numpy(dtype=np.int64) if index.dtype.kind in "iu" else index.to_numpy()
