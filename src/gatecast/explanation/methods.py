"""How is a fitted forecaster asked what it remembers, and what its forecasts depend on?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatecast._validation import answers_calls
from gatecast.data.reading.ahead import rows_ahead, split_future
from gatecast.exceptions import DataError
from gatecast.explanation.attribution import Attributions, attribute
from gatecast.explanation.gates import Gates, read_gates
from gatecast.explanation.importance import CovariateImportance, LagImportance, measure_covariates, measure_lags
from gatecast.explanation.units import HalfLives
from gatecast.model.alignment import read_like_training

if TYPE_CHECKING:
    from gatecast.data.panel.panel import Panel
    from gatecast.model.fitted import Fitted
    from gatecast.model.protocol import Data

__all__ = ["Explained", "Explanation", "explain"]


class Explained:
    """What can be asked of a fitted forecaster beside forecasts."""

    # the training part, which a model that was loaded does not hold
    _panel: Panel | None = None
    # rows about the future at the end of the data
    _ahead: Panel | None = None

    @property
    def fitted_(self) -> Fitted:
        """What was learned."""
        raise NotImplementedError

    def gates(self, data: Data | None = None, unique_id: object = None, *, member: int = 0) -> Gates:
        """Tell what each hidden unit did at each step of a series: gates, cell and hidden states.

        Args:
            data: As in `predict`; when absent, the training part, which a model that was loaded does not hold.
            unique_id: Which series; may be left out when there is one.
            member: Which network of the ensemble, counted from 0.

        Returns:
            Arrays `(T, D)` for each recurrent layer, with `half_lives()`, `forget_events()`, `spectra()` and
            `to_frame()`; see `gatecast.explanation.Gates`.

        Raises:
            ConfigError: There is no such series or member, or several series to choose from.
            DataError: There are no data, or too few.

        Examples:
            >>> import numpy as np
            >>> from gatecast import LSTMForecaster, Training
            >>> y = np.sin(np.arange(300) * 0.3)
            >>> model = LSTMForecaster(hidden_size=6, n_layers=1, progress=False, training=Training(epochs=1)).fit(y)
            >>> gates = model.gates()
            >>> gates.layers[0]["forget"].shape, len(gates.half_lives().texts)
            ((300, 6), 6)
        """
        return read_gates(self.fitted_, split_future(self.panel_of("gates", data))[0], unique_id, member)

    def lag_importance(
        self,
        data: Data | None = None,
        unique_id: object = None,
        *,
        n_lags: int | None = None,
        n_origins: int | None = None,
        share: float = 0.9,
        member: int = 0,
    ) -> LagImportance:
        """Tell how much each step of a forecast moves with each value before it, and how far back that goes.

        Args:
            data: As in `gates`.
            unique_id: Which series; may be left out when there is one.
            n_lags: How far back a state that is carried along is followed; twice the lookback when absent. Windows are
                read as a whole.
            n_origins: From how many points, evenly spaced, forecasts are made; 5 to 50 when absent.
            share: Of all gradients, which the effective lookback is to hold.
            member: Which network of the ensemble, counted from 0.

        Returns:
            Mean gradients `(H, L)`, with `effective_lookback`, `importance`, `sentence()` and `to_frame()`; see
            `gatecast.explanation.LagImportance`.

        Raises:
            ConfigError: There is no such series or member, or an option makes no sense.
            DataError: There are no data, or too few.

        Examples:
            >>> import numpy as np
            >>> from gatecast import LSTMForecaster, Training
            >>> y = np.sin(np.arange(300) * 0.3)
            >>> training = Training(mode="windows", epochs=1)
            >>> model = LSTMForecaster(lookback=8, season_length=1, progress=False, training=training).fit(y)
            >>> found = model.lag_importance()
            >>> found.effective_lookback <= 9, round(float(found.importance.sum()), 6)
            (True, 1.0)
        """
        panel = split_future(self.panel_of("lag_importance", data))[0]
        return measure_lags(
            self.fitted_, panel, unique_id, n_lags=n_lags, n_origins=n_origins, share=share, member=member
        )

    def covariate_importance(self, data: Data, *, n_repeats: int = 10, seed: int = 0) -> CovariateImportance:
        """Tell how much the error after the training part grows when a covariate is taken from other times.

        Args:
            data: As in `evaluate`: the training data with newer rows behind them, or the newer rows alone.
            n_repeats: How often each covariate is taken from other times.
            seed: The same seed gives the same numbers.

        Returns:
            `increase` of each covariate with its `standard_error`, `sentences()` and `to_frame()`; see
            `gatecast.explanation.CovariateImportance`.

        Raises:
            DataError: The model learned from no covariate, or nothing lies after the training part.
            ConfigError: `n_repeats` is no positive integer.

        Examples:
            >>> import numpy as np, pandas as pd
            >>> from gatecast import LSTMForecaster
            >>> price = np.random.default_rng(0).normal(size=400)
            >>> days = pd.date_range("2024-01-01", periods=400)
            >>> table = pd.DataFrame({"ds": days, "y": 9 - 2 * price, "price": price})
            >>> model = LSTMForecaster(future=["price"], season_length=1, progress=False)
            >>> model = model.set_params(training__epochs=20).fit(table[:300])
            >>> model.covariate_importance(table).is_useful.tolist()
            [True]
        """
        panel = split_future(self.panel_of("covariate_importance", data))[0]
        return measure_covariates(self.fitted_, panel, n_repeats=n_repeats, seed=seed)

    def attributions(
        self, data: Data | None = None, unique_id: object = None, *, future: Data | None = None, n_points: int = 32
    ) -> Attributions:
        """Tell why a forecast is what it is: what each past value, naive forecast and covariate adds to it.

        Args:
            data: As in `gates`: a series from its beginning, after whose end is forecast.
            unique_id: Which series; may be left out when there is one.
            future: As in `predict`: what is known ahead.
            n_points: Points of the way from the baseline to the data at which slopes are taken; with more of them
                sums are more exact.

        Returns:
            Contributions in the data's units that add up to the forecast minus that of a series which stands at its
            mean, with `to_frame()`; see `gatecast.explanation.Attributions`.

        Raises:
            ConfigError: There is no such series, or several series to choose from, or `n_points` makes no sense.
            DataError: There are no data, too few, or what is known ahead is missing.

        Examples:
            >>> import numpy as np
            >>> from gatecast import LSTMForecaster, Training
            >>> y = 5 + np.sin(np.arange(300) * 0.3)
            >>> settings = {"hidden_size": 6, "pretrained": "none", "progress": False}
            >>> model = LSTMForecaster(2, **settings, training=Training(epochs=1)).fit(y)
            >>> made = model.attributions().to_frame()
            >>> sums = made.groupby("step")["contribution"].sum()
            >>> bool(np.allclose(sums, model.predict()["LSTM"]))
            True
        """
        panel, ahead = split_future(self.panel_of("attributions", data))
        known = self._ahead if data is None else ahead
        given = rows_ahead(known) if future is None and known is not None else future
        return attribute(self.fitted_, panel, unique_id, given, n_points)

    def panel_of(self, method: str, data: Data | None) -> Panel:
        """Read data with the names of the training part; return that part where there are none, if it is held."""
        fitted = self.fitted_
        panel = self._panel if data is None else read_like_training(fitted, data)
        if panel is None:
            raise DataError(
                f"A model that was loaded does not hold its {int(fitted.lengths.sum())} training points, and they "
                f"were asked for. Pass them: `{method}(data)`."
            )
        return panel


@dataclass(frozen=True, eq=False)
class Explanation:
    """What one network of a fitted forecaster does with one series.

    Args:
        gates: Gates, cell and hidden states of each unit at each step.
        half_lives: How long each unit remembers.
        lags: How much each step of a forecast moves with each value before it.
        covariates: How much each covariate lowers the error after the training part; None where the model learned
            from none, or where no data from after the training part were passed.
    """

    gates: Gates
    half_lives: HalfLives
    lags: LagImportance
    covariates: CovariateImportance | None


@answers_calls
def explain(
    model: Explained, data: Data | None = None, *, unique_id: object = None, member: int = 0, seed: int = 0
) -> Explanation:
    """Tell what a fitted `LSTMForecaster` remembers, and what its forecasts depend on.

    Args:
        model: Fitted.
        data: The training data with newer rows behind them, or newer rows alone; when absent, the training part, which
            a model that was loaded does not hold.
        unique_id: Which series; may be left out when there is one.
        member: Which network of the ensemble, counted from 0.
        seed: Of the times that covariates are taken from.

    Raises:
        ConfigError: There is no such series or member, or several series to choose from.
        DataError: There are no data, or too few.
        NotFittedError: The model is not fitted.

    Examples:
        >>> import gatecast, numpy as np
        >>> y = np.sin(np.arange(300) * 0.3)
        >>> model = gatecast.LSTMForecaster(hidden_size=6, n_layers=1, progress=False).fit(y)
        >>> found = gatecast.explain(model)
        >>> len(found.half_lives.texts), found.lags.effective_lookback > 0, found.covariates
        (6, True, None)
    """
    fitted = model.fitted_
    panel = split_future(model.panel_of("explain", data))[0]
    gates = read_gates(fitted, panel, unique_id, member)
    covariates = None
    if data is not None and fitted.preparation.encoder is not None:
        covariates = measure_covariates(fitted, panel, seed=seed)
    return Explanation(gates, gates.half_lives(), measure_lags(fitted, panel, unique_id, member=member), covariates)
