"""How are series forecast at once? By networks that learned from made series, with the methods of `LSTMForecaster`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack, overload

from gatecast._validation import answers_calls
from gatecast.forecaster.lstm import LSTMForecaster
from gatecast.model.protocol import FrameT
from gatecast.model.settings import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gatecast.data.panel.frequency import Freq
    from gatecast.data.reading.shapes import Name
    from gatecast.model.protocol import Data, Names, NewFrameT, Others, Values

__all__ = ["PretrainedLSTM", "forecast"]


@refuse_unknown
@dataclass(eq=False, repr=False)
class PretrainedLSTM(LSTMForecaster[FrameT]):
    """Forecast series at once: networks that learned from made series read them, and nothing is trained.

    It has the methods of `LSTMForecaster`; `fit` only reads. Beside `horizon` the settings are `season_length`,
    `lower`, `upper`, `n_threads` and `progress`. What there is says `gatecast.pretraining.family`.

    Examples:
        >>> from gatecast import PretrainedLSTM
        >>> monthly = [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118] * 4
        >>> PretrainedLSTM(horizon=3, season_length=12).fit(monthly).predict()["LSTM"].round().tolist()
        [112.0, 118.0, 132.0]
    """

    pretrained: str = field(default="only", kw_only=True)


@overload
def forecast(
    data: NewFrameT,
    horizon: int,
    *,
    level: float | Sequence[float] | None = None,
    quantiles: float | Sequence[float] | None = None,
    season_length: int | Sequence[int] | None = None,
    lower: float | str | None = "auto",
    upper: float | None = None,
    n_threads: int | None = None,
    **names: Unpack[Names],
) -> NewFrameT: ...


@overload
def forecast(
    data: Values,
    horizon: int,
    *,
    level: float | Sequence[float] | None = None,
    quantiles: float | Sequence[float] | None = None,
    season_length: int | Sequence[int] | None = None,
    lower: float | str | None = "auto",
    upper: float | None = None,
    n_threads: int | None = None,
    freq: Freq | None = None,
) -> pd.DataFrame: ...


@overload
def forecast(
    data: Others,
    horizon: int,
    *,
    level: float | Sequence[float] | None = None,
    quantiles: float | Sequence[float] | None = None,
    season_length: int | Sequence[int] | None = None,
    lower: float | str | None = "auto",
    upper: float | None = None,
    n_threads: int | None = None,
    **names: Unpack[Names],
) -> Any: ...


@answers_calls
def forecast(
    data: Data,
    horizon: int,
    *,
    level: float | Sequence[float] | None = None,
    quantiles: float | Sequence[float] | None = None,
    season_length: int | Sequence[int] | None = None,
    lower: float | str | None = "auto",
    upper: float | None = None,
    n_threads: int | None = None,
    id_col: Name = None,
    time_col: str | None = None,
    target_col: Name = None,
    freq: Freq | None = None,
) -> object:
    """Forecast without training, in one call, by networks that learned from made series (`PretrainedLSTM`).

    Args:
        data: What `LSTMForecaster.fit` takes: a table, a Series, an array, a path, a dict of series and more.
        horizon: Steps ahead.
        level: Coverage of intervals in %, e.g. 80 or (80, 95).
        quantiles: Probabilities, e.g. (0.1, 0.5, 0.9).
        season_length: Steps in a season, or several; 1 for none. When absent those that the data show.
        lower: Least value that is forecast. "auto" takes zero for series that are never below it and often zero; None
            is no bound.
        upper: Greatest value that is forecast.
        n_threads: Threads; one for each processor when absent.
        id_col: Name of the column that tells series apart, where it is not `unique_id`, or several names of columns
            that do so together.
        time_col: Name of the time column, where it is not found.
        target_col: Name of the target column, where it is not found, or several names of columns that hold a series
            each.
        freq: Frequency of the times, where it cannot be inferred, as in `LSTMForecaster.fit`.

    Returns:
        A table as `LSTMForecaster.predict` returns it.

    Raises:
        DataError: The data cannot be used.
        ConfigError: An argument makes no sense.

    Examples:
        >>> import gatecast
        >>> gatecast.forecast([5.0, 7.0] * 12, horizon=2, season_length=2)["LSTM"].round().tolist()
        [5.0, 7.0]
    """
    names: Names = {"id_col": id_col, "time_col": time_col, "target_col": target_col, "freq": freq}
    model: LSTMForecaster = PretrainedLSTM(
        horizon, season_length=season_length, lower=lower, upper=upper, n_threads=n_threads
    )
    # a table of any kind, which the overloads tell apart
    return model.fit(data, **names).predict(level=level, quantiles=quantiles)  # type: ignore[type-var]
