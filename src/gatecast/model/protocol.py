"""What is a forecaster? `fit` and `predict`, which the LSTM, every baseline and `Best` have with one signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar, Union, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import polars as pl
    from narwhals.typing import IntoDataFrame
    from typing_extensions import TypeVar as TypeVarWithDefault

    from gatecast.data.panel.frequency import Freq
    from gatecast.data.panel.panel import Panel

    # the library whose tables come back is known once `fit` has seen a table
    FrameT = TypeVarWithDefault("FrameT", default=Any)
    FrameT_co = TypeVarWithDefault("FrameT_co", default=Any, covariant=True)
    NewFrameT = TypeVar("NewFrameT", bound=IntoDataFrame)
    # values without a table: forecasts of these come back as pandas tables
    Values = Union[Sequence[float], npt.NDArray[np.generic], "pd.Series"]  # noqa: UP007  np.generic has no `|` here
    # a path or URL, a dict or list of series, a lazy table, or what gatecast has read
    Others = str | PathLike[str] | Mapping[Any, Any] | Sequence[Any] | pl.Series | pl.LazyFrame | Panel
    # a table of pandas, polars or another library that narwhals knows, values, or others of these
    Data = Union[IntoDataFrame, Values, Others]  # noqa: UP007
    from gatecast.data.reading.shapes import Name
else:
    FrameT = TypeVar("FrameT")
    FrameT_co = TypeVar("FrameT_co", covariant=True)

__all__ = ["Forecaster", "FrameT"]


class Names(TypedDict, total=False):
    """What a table's columns are called, where they are not found, and the frequency of its times."""

    id_col: Name
    time_col: str | None
    target_col: Name
    freq: Freq | None


@runtime_checkable
class Forecaster(Protocol[FrameT_co]):
    """What `backtest`, `compare` and `Best` take, beside any object with `fit` and `predict`.

    A model that cannot do what it is asked for (quantiles, covariates, newer data) raises a ConfigError or a DataError
    that says so.

    Examples:
        >>> from gatecast import AutoETS, LSTMForecaster
        >>> isinstance(LSTMForecaster(), Forecaster), isinstance(AutoETS(), Forecaster)
        (True, True)
    """

    def fit(
        self,
        # of the types of `Data`; a model may say more exactly what comes back for which
        data: Any,
        *,
        id_col: Name = None,
        time_col: str | None = None,
        target_col: Name = None,
        freq: Freq | None = None,
    ) -> Forecaster:
        """Learn from a table; see `LSTMForecaster.fit`."""

    def predict(
        self,
        horizon: int | None = None,
        data: Data | None = None,
        *,
        future: Data | None = None,
        level: float | Sequence[float] | None = None,
        quantiles: float | Sequence[float] | None = None,
    ) -> FrameT_co:
        """Forecast what comes next; see `LSTMForecaster.predict`."""
