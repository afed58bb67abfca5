"""What did a fitted forecaster learn? All that can be asked of one series, in one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatecast.data.reading.ahead import split_future
from gatecast.explanation.covariates import CovariateImportance, measure_covariates
from gatecast.explanation.gates import Gates, read_gates
from gatecast.explanation.halflives import HalfLives
from gatecast.explanation.lags import LagImportance, measure_lags

if TYPE_CHECKING:
    from gatecast.explanation.methods import Explained
    from gatecast.model.protocol import Data

__all__ = ["Explanation", "explain"]


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
