"""How does a forecaster take part in sktime? As one of its forecasters; importing this module imports sktime.

`GatecastForecaster` takes what sktime passes, a series or a panel with covariates that are known ahead, and hands it to
an `LSTMForecaster` or another forecaster of gatecast with the same methods.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from gatecast.exceptions import ConfigError
from gatecast.forecaster import LSTMForecaster

__all__ = ["GatecastForecaster"]

TIME, TARGET = "ds", "y"


class GatecastForecaster(BaseForecaster):  # type: ignore[misc]  # sktime has no types
    """An LSTM of gatecast behind the methods of sktime.

    Args:
        model: An unfitted forecaster with the settings that are wanted; `LSTMForecaster()` when absent. It is copied in
            `fit`, with the columns of `X` as covariates that are known ahead; pretrained networks read none. Steps
            that `X` does not hold have the values of those before. The horizon is the last step of `fh` where `fit` is
            told; steps beyond are forecast from forecasts.

    Attributes:
        model_: The fitted forecaster, to be asked for what sktime has no words for: `model_.gates()`.

    Examples:
        >>> import pandas as pd
        >>> from gatecast import PretrainedLSTM
        >>> from gatecast.sktime import GatecastForecaster
        >>> y = pd.Series([5.0, 7.0] * 12, index=pd.period_range("2020-01", periods=24, freq="M"))
        >>> forecaster = GatecastForecaster(PretrainedLSTM(season_length=2)).fit(y)
        >>> forecaster.predict(fh=[1, 2]).round().tolist()
        [5.0, 7.0]
    """

    _tags = {  # noqa: RUF012  as sktime has it
        "authors": ["gatecast"],
        "maintainers": ["gatecast"],
        "y_inner_mtype": "pd.Series",
        "X_inner_mtype": "pd.DataFrame",
        "scitype:y": "univariate",
        "capability:exogenous": True,
        "capability:missing_values": True,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "requires-fh-in-fit": False,
        "capability:update": True,
        "X-y-must-have-same-index": True,
    }

    def __init__(self, model: LSTMForecaster | None = None) -> None:
        self.model = model
        super().__init__()

    def _fit(self, y: pd.Series, X: pd.DataFrame | None, fh: Any) -> GatecastForecaster:
        from sklearn.base import clone

        model = LSTMForecaster(progress=False) if self.model is None else clone(self.model)
        if fh is not None:
            model.set_params(horizon=max(1, int(self._steps(fh)[0].max())))
        if X is not None and model.settings.pretrained != "only":
            model.set_params(future=[str(name) for name in X.columns])
        self.model_ = model.fit(_table(y, X if model.settings.future else None), time_col=TIME, target_col=TARGET)
        self._known, self._n_fitted = (y, X), len(y)
        return self

    def _update(self, y: pd.Series, X: pd.DataFrame | None = None, update_params: bool = True) -> GatecastForecaster:
        """Go on from newer data, or fit again on all of them."""
        known_y, known_X = self._known
        known_y = _joined(known_y, y)
        known_X = None if known_X is None else _joined(known_X, X)
        if update_params:
            return self._fit(known_y, known_X, self._fh)
        self._known = known_y, known_X
        return self

    def _predict(self, fh: Any, X: pd.DataFrame | None) -> pd.Series:
        steps, index = self._steps(fh)
        made = self.model_.predict(int(steps.max()), **self._newer(X, int(steps.max())))
        return pd.Series(made["LSTM"].to_numpy()[steps - 1], index=index, name=self._known[0].name)

    def _predict_quantiles(self, fh: Any, X: pd.DataFrame | None, alpha: list[float]) -> pd.DataFrame:
        steps, index = self._steps(fh)
        asked = sorted(set(alpha))
        made = self.model_.predict(int(steps.max()), **self._newer(X, int(steps.max())), quantiles=asked)
        values = dict(zip(asked, made.iloc[:, -len(asked) :].to_numpy()[steps - 1].T, strict=True))
        name = self._get_varnames()[0]
        columns = pd.MultiIndex.from_product([[name], alpha])
        return pd.DataFrame(np.column_stack([values[p] for p in alpha]), index=index, columns=columns)

    def _steps(self, fh: Any) -> tuple[np.ndarray, pd.Index]:
        """Return which steps ahead are asked for, and their times."""
        return np.asarray(fh.to_relative(self.cutoff).to_numpy(), np.int64), fh.to_absolute_index(self.cutoff)

    def _newer(self, X: pd.DataFrame | None, horizon: int) -> dict[str, Any]:
        """Return what is known beside the training part: all of the series after an update, and what is known ahead."""
        (y, columns), names = self._known, self.model_.settings_.future
        known: dict[str, Any] = {} if len(y) == self._n_fitted else {"data": _table(y, columns if names else None)}
        if not names:
            return known
        steps = ForecastingHorizon(np.arange(1, horizon + 1), is_relative=True).to_absolute_index(self.cutoff)
        # sktime passes the steps that are asked for alone
        rows = None if X is None else X.reindex(steps)
        if rows is None or rows.isna().all(axis=None):
            raise ConfigError(
                f"`X` has no row at the next {horizon} steps, and the columns that the model learned from were "
                "expected there. Pass these rows."
            )
        return known | {"future": _table(pd.Series(np.nan, steps), rows.ffill().bfill()).drop(columns=TARGET)}

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:  # noqa: ARG003  there is one set
        """Return settings for sktime's own tests: the pretrained networks, and a network that is trained in no time.

        Args:
            parameter_set: Which set of parameters; there is one.

        Returns:
            Arguments of two forecasters.

        Examples:
            >>> [type(own["model"]).__name__ for own in GatecastForecaster.get_test_params()]
            ['PretrainedLSTM', 'LSTMForecaster']
        """
        from gatecast import PretrainedLSTM, Training

        quick = Training(epochs=1)
        trained = LSTMForecaster(2, hidden_size=2, lookback=2, progress=False, n_threads=1, training=quick)
        return [{"model": PretrainedLSTM(season_length=1, n_threads=1, progress=False)}, {"model": trained}]


def _joined(old: Any, new: Any) -> Any:
    """Put newer rows behind older ones; of two at one time the newer one counts."""
    joined = pd.concat([old, new])
    return joined[~joined.index.duplicated(keep="last")].sort_index()


def _table(y: pd.Series, X: pd.DataFrame | None) -> pd.DataFrame:
    """Return a series of sktime as a table with times that gatecast reads."""
    index = y.index.to_timestamp() if isinstance(y.index, pd.PeriodIndex) else y.index
    table = pd.DataFrame({TIME: index, TARGET: y.to_numpy(dtype=np.float64)})
    if X is None:
        return table
    return table.assign(**{str(name): X[name].to_numpy() for name in X.columns})
