"""How does a person use gatecast from Python? `LSTMForecaster`: fit, predict, evaluate, save, load, stream."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

from gatecast.data import Panel, to_panel
from gatecast.evaluate.evaluation import Evaluation
from gatecast.exceptions import ConfigError, DataError, GatecastError
from gatecast.fitted import Fitted
from gatecast.settings import Settings, suggest_settings
from gatecast.stream import Stream

__all__ = ["LSTMForecaster"]


@suggest_settings
@dataclass(repr=False)
class LSTMForecaster(Settings):
    """Forecast one or many time series with an LSTM.

    The constructor stores settings (see `gatecast.settings.Settings`), `fit` learns, and what was learned ends in `_`.
    Data may be a pandas or polars table, long as `unique_id, ds, y` or with one date and one number column, a Series
    with a time index, or a 1-D array.

    Attributes:
        history_: Losses per epoch: `loss` and `rmse` in the data's units, `scaled_loss` as it was minimised.
        stop_reason_: Why training ended: `finished` or `interrupted`.

    Examples:
        >>> import numpy as np
        >>> from gatecast import LSTMForecaster
        >>> y = np.sin(np.arange(400) * 0.1)
        >>> model = LSTMForecaster(horizon=3, hidden_size=16, progress=False).fit(y)
        >>> forecast = model.predict()
        >>> forecast["ds"].tolist()
        [400, 401, 402]
        >>> bool(np.abs(forecast["LSTM"] - np.sin(forecast["ds"] * 0.1)).max() < 0.1)
        True
    """

    @classmethod
    def tutorial(cls, look_back: int = 1) -> Self:
        """Make the model of the classic tutorial.

        MinMax scaling to 0..1, windows of `look_back` points (the last one dropped, as its `create_dataset` does),
        LSTM(50) and Dense(1), mean squared error, Adam with 1e-3, five epochs of batch size 1.
        """
        return cls(
            horizon=1,
            lookback=look_back,
            hidden_size=50,
            mode="windows",
            epochs=5,
            batch_size=1,
            learning_rate=1e-3,
            schedule="constant",
            clip_norm=0,
            scaling="minmax",
            drop_last_window=True,
        )

    def fit(
        self,
        data: Any,
        *,
        id_col: str | None = None,
        time_col: str | None = None,
        target_col: str | None = None,
        freq: str | int | None = None,
    ) -> Self:
        """Learn from all of `data`; hold back what you want to test on (`gatecast.train_test_split`).

        Args:
            data: Table, Series, array or `Panel`.
            id_col: Name of the column that tells series apart, where it is not `unique_id`.
            time_col: Name of the time column, where it is not found.
            target_col: Name of the target column, where it is not found.
            freq: pandas frequency of the times, where it cannot be inferred.

        Returns:
            Itself. After Ctrl-C it is fitted with the weights so far and KeyboardInterrupt is raised again.

        Raises:
            DataError: The data cannot be used, or a series is shorter than lookback + horizon.
            ConfigError: A setting makes no sense.
            TrainingError: The loss stopped being a finite number.
        """
        from gatecast.fitting import fit_panel

        self.check()
        named: dict[str, Any] = {"id_col": id_col, "time_col": time_col, "target_col": target_col}
        panel = data if isinstance(data, Panel) else to_panel(data, freq=freq, **named)
        self._fitted, interrupted = fit_panel(self, panel)
        self._panel = panel
        self.stop_reason_ = "interrupted" if interrupted else "finished"
        if interrupted:
            raise KeyboardInterrupt
        return self

    @property
    def fitted_(self) -> Fitted:
        """What was learned.

        Raises:
            GatecastError: Nothing was, yet.
        """
        fitted: Fitted | None = getattr(self, "_fitted", None)
        if fitted is None:
            raise GatecastError(
                "This LSTMForecaster is not fitted, and a fitted one was expected. Call `fit(data)` first."
            )
        return fitted

    @property
    def history_(self) -> dict[str, list[float]]:
        """Losses per epoch; `loss` and `rmse` are in the units of the data."""
        return self.fitted_.history

    def predict(self, horizon: int | None = None, data: Any = None) -> Any:
        """Forecast the steps behind the training part, or behind `data`.

        Args:
            horizon: Steps ahead; the trained horizon when absent. Steps beyond that one are forecast from the
                forecasts.
            data: Newer data with the columns of the training data. Rows that follow the training part go on from it,
                all else is read from its own beginning. A series that was not in the training part is scaled by its
                own history.

        Returns:
            A table `unique_id, ds, LSTM` (under the user's own column names), of the library that the data came from.
        """
        from gatecast.forecasts import after_training, read_like_training, read_on

        fitted = self.fitted_
        if horizon is not None:
            Settings(horizon).check()
        known = after_training(fitted) if data is None else read_on(fitted, read_like_training(self.fitted_, data))
        return known.table(horizon or fitted.horizon)

    def predict_insample(self, data: Any = None) -> Any:
        """Forecast every point of the training part, or of `data`, from all points before it.

        Returns:
            A table `unique_id, ds, y, LSTM`, each forecast at the time that it is for; NaN for the first `lookback`
            points of a series.
        """
        from gatecast.forecasts import one_step_table, read_like_training

        panel = getattr(self, "_panel", None) if data is None else read_like_training(self.fitted_, data)
        if panel is None:
            fitted = self.fitted_
            raise DataError(
                f"A model that was loaded does not hold its {int(fitted.lengths.sum())} training points, and they "
                "were asked for. Pass them: `predict_insample(data)`."
            )
        return one_step_table(self.fitted_, panel)

    def evaluate(self, data: Any) -> Evaluation:
        """Forecast from every origin behind the training part and compare with what came.

        Args:
            data: Either the training data with newer rows behind them, or the newer rows alone.

        Returns:
            Errors of the LSTM and of the naive forecasts from the same origins: all of them, or evenly spaced ones
            where they would be more than 20 million forecasts.

        Raises:
            DataError: `data` has no point behind the training part.
        """
        from gatecast.forecasts import evaluate_panel, read_like_training

        return evaluate_panel(self.fitted_, read_like_training(self.fitted_, data))

    def stream(self, unique_id: object = None) -> Stream:
        """Go on observation by observation from the end of the training part.

        Args:
            unique_id: Which series; may be left out when there is one.

        Returns:
            An object with `update(value)`, which takes one observation and returns the next `horizon` forecasts.

        Raises:
            ConfigError: There is no such series, or several to choose from.
        """
        fitted = self.fitted_
        return Stream(fitted, fitted.after.row(unique_id))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one safetensors file; an older file is replaced only once the new one is complete.

        Raises:
            ModelFileError: The file cannot be written.
            ConfigError: `path` is no path.
        """
        from gatecast.modelfile import write_model

        _check_path(path)
        write_model(path, self.fitted_, self._settings())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that `save` wrote.

        Raises:
            ModelFileError: The file is missing, damaged, of another kind, or newer than this version of gatecast.
        """
        from gatecast.modelfile import read_model

        _check_path(path)
        fitted, settings = read_model(path)
        model = cls(**settings)
        model._fitted = fitted
        model.stop_reason_ = "loaded"
        return model

    def __repr__(self) -> str:
        values = self._settings()
        changed = [f"{f.name}={values[f.name]!r}" for f in fields(self) if values[f.name] != f.default]
        return f"LSTMForecaster({', '.join(changed)})"

    def _settings(self) -> dict[str, Any]:
        # numpy integers come in from users' own code; JSON knows plain ones only
        return {name: v.item() if isinstance(v, np.generic) else v for name, v in asdict(self).items()}


def _check_path(path: object) -> None:
    if not isinstance(path, str | os.PathLike):
        raise ConfigError(f'`path` must be a path, got {path!r}. Use for example `"model.safetensors"`.')
