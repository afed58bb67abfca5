"""What is drawn, and when? One series with its predictions, each at the time that it is for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.data import Panel
from gatecast.exceptions import DataError
from gatecast.model.alignment import read_like_training

if TYPE_CHECKING:
    from gatecast.forecaster import LSTMForecaster

__all__ = ["Band", "Timeline", "make_timeline"]

LOWER, UPPER = "LSTM-lo-", "LSTM-hi-"


@dataclass(frozen=True)
class Band:
    """An interval along a forecast.

    Args:
        level: Coverage in %, as the columns of the forecast name it.
        lower: `(H,)` lower ends.
        upper: `(H,)` upper ends.
    """

    level: str
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class Timeline:
    """One series, ready to be drawn.

    Args:
        name: The series.
        times: `(N,)` datetime64 or integers.
        values: `(N,)` the data, NaN in gaps.
        predictions: `(N,)` one step ahead: row n was predicted from the points before n, and is for `times[n]`.
        n_train: Points of the training part; the others are the test part.
        forecast_times: `(H,)` times of the forecast.
        forecast: `(H,)` the forecast.
        bands: Its intervals, the widest first.
        is_recursive: Whether steps of the forecast build on steps before them, beyond what the model learned.
        time_name: Name of the time column.
        value_name: Name of the target column.
        learned_name: What the model learned to forecast: the target, or its transform.
        freq: Of the panel.
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
    learned_name: str
    freq: str | int

    @property
    def n_test(self) -> int:
        """Points of the test part."""
        return len(self.times) - self.n_train

    def without_forecast(self) -> Timeline:
        """Return the series alone."""
        return replace(self, forecast_times=self.forecast_times[:0], forecast=self.forecast[:0], bands=())


def make_timeline(model: LSTMForecaster, train: Any, test: Any, forecast: Any, unique_id: object) -> Timeline:
    """Join the parts of one series and let the model predict each of its points, and those behind the end.

    Args:
        model: Fitted on `train`.
        train: The training part, whatever `fit` takes.
        test: The rows behind it, or None.
        forecast: A table made by `predict`, a number of steps (0: none), or None for the model's own horizon.
        unique_id: Which series; may be None where there is one.

    Raises:
        ConfigError: There is no such series, or several to choose from.
        DataError: The test part does not lie behind the training part.
    """
    panel = read_like_training(model.fitted_, train)
    known = _one(panel, panel.row(unique_id))
    n_train = int(known.lengths[0])
    if test is not None:
        tested = read_like_training(model.fitted_, test)
        # one series is that series, whatever it is called
        only = panel.n_series == tested.n_series == 1
        known = _join(known, _one(tested, 0) if only else _same_series(tested, known.ids[0]))
    table = _columns(model.predict_insample(known))
    times, ahead = _forecast(model, known, forecast)
    return Timeline(
        name=str(known.ids[0]),
        times=_plain(known.times(0)),
        values=known.values,
        predictions=table["LSTM"],
        n_train=n_train,
        forecast_times=times,
        forecast=ahead["LSTM"],
        bands=_bands(ahead),
        is_recursive=isinstance(forecast, int) and forecast > model.fitted_.horizon,
        time_name=known.columns.time,
        value_name=known.columns.target,
        learned_name=_learned_name(model, known),
        freq=known.freq,
    )


def _one(panel: Panel, row: int) -> Panel:
    """Cut one series out of a panel."""
    return replace(
        panel,
        ids=panel.ids[row : row + 1],
        values=panel.series(row),
        offsets=np.array([0, panel.lengths[row]]),
        starts=panel.starts[row : row + 1],
        backend="pandas",
    )


def _same_series(test: Panel, name: object) -> Panel:
    ids = test.ids.tolist()
    if name not in ids:
        raise DataError(
            f"The test part holds {len(ids)} series but not {name!r}, which is to be drawn. Pass its rows too."
        )
    return _one(test, ids.index(name))


def _join(train: Panel, test: Panel) -> Panel:
    """Put the test part behind the training part, at its own time; arrays without times simply follow."""
    n_train = int(train.lengths[0])
    is_array = train.starts.dtype.kind != "M" and test.starts[0] == train.starts[0] == 0
    begin = n_train if is_array else int(train.grid.positions(test.starts, train.starts)[0])
    if begin < n_train:
        raise DataError(
            f"The test part of {train.ids[0]!r} begins {n_train - begin} steps before the training part ends, and it "
            "was expected behind it. Split the data with `gatecast.train_test_split`."
        )
    values = np.concatenate([train.values, np.full(begin - n_train, np.nan), test.values])
    return replace(train, values=values, offsets=np.array([0, len(values)]))


def _learned_name(model: LSTMForecaster, known: Panel) -> str:
    transform = model.fitted_.preparation.transform.name
    return known.columns.target if transform == "none" else f"{transform} of {known.columns.target}"


def _bands(ahead: dict[str, np.ndarray]) -> tuple[Band, ...]:
    """Read the intervals from the columns of a forecast."""
    levels = [name.removeprefix(LOWER) for name in ahead if name.startswith(LOWER)]
    both = [level for level in levels if UPPER + level in ahead]
    return tuple(Band(each, ahead[LOWER + each], ahead[UPPER + each]) for each in sorted(both, key=float, reverse=True))


def _forecast(model: LSTMForecaster, known: Panel, forecast: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the times of the forecast and its columns."""
    if isinstance(forecast, int) and forecast == 0:
        return known.future_times(0)[0], {"LSTM": np.zeros(0)}
    if forecast is None or isinstance(forecast, int):
        table = _columns(model.predict(forecast, data=known))
        return _plain(table[known.columns.time]), table
    table = _columns(forecast)
    id_name, time_name = known.columns.id, known.columns.time
    names = list(table)
    if "LSTM" not in table or len(names) < 2:
        raise DataError(f"`forecast` must be a table made by `predict`, got columns {names}. Pass `model.predict()`.")
    mine = np.ones(len(table["LSTM"]), bool)
    if id_name in table and len(set(table[id_name])) > 1:
        mine = np.asarray([i == known.ids[0] for i in table[id_name]])
    times = table.get(time_name, table[names[names.index("LSTM") - 1]])
    return _plain(times[mine]), {name: column[mine] for name, column in table.items() if name.startswith("LSTM")}


def _columns(table: Any) -> dict[str, Any]:
    """Return the columns of a pandas or polars table as arrays."""
    import narwhals as nw

    frame = nw.from_native(table, eager_only=True)
    return {name: frame[name].to_numpy() for name in frame.columns}


def _plain(times: Any) -> np.ndarray:
    """Return local clock times without a zone, or integers."""
    import pandas as pd

    index = pd.Index(times)
    if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        index = index.tz_localize(None)
    return np.asarray(index.to_numpy())
