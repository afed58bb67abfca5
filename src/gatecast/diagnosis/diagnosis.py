"""How is a fit diagnosed? Evidence is gathered, every check is asked, and remedies are tried where that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatecast.diagnosis.checks import judge
from gatecast.diagnosis.findings import Diagnosis
from gatecast.diagnosis.gather import gather
from gatecast.exceptions import ConfigError
from gatecast.forecaster import LSTMForecaster

if TYPE_CHECKING:
    from gatecast.model.protocol import Data

__all__ = ["diagnose"]


def diagnose(
    model: LSTMForecaster, data: Data | None = None, test: Data | None = None, *, fix: bool = False
) -> Diagnosis:
    """Say whether a fit is too short, too small, too big or done, and what to change.

    Errors are those of forecasts one step ahead, on the test part where there is one, else on the validation set,
    beside those of a linear autoregression and of the last value on the same points. Thresholds and their reasons
    stand in `gatecast.diagnosis.thresholds`.

    Args:
        model: Fitted.
        data: The data that it was fitted on, where the model does not hold them (it was loaded from a file). Newer
            rows behind them are the test part.
        test: Held-out rows, alone or after the training data.
        fix: Try the remedies one after the other: fit with each of them on the same training part, keep those that
            lower the error on the validation set, and return the better model.

    Returns:
        The findings; with `fix` also what was tried and the better model.

    Raises:
        DataError: The data are missing, are not those of the model, or too short.
        ConfigError: `model` is no `LSTMForecaster`.
        GatecastError: The model is not fitted.

    Examples:
        >>> from gatecast import LSTMForecaster, datasets
        >>> data = datasets.sine(3000).drop(columns="clean")
        >>> model = LSTMForecaster.tutorial().fit(data[:2400])
        >>> diagnosis = diagnose(model, test=data[2400:])
        >>> diagnosis["underfit"].settings["lookback"] >= 32
        True
    """
    if not isinstance(model, LSTMForecaster):
        raise ConfigError(
            f"`model` has the type {type(model).__name__}, and a fitted LSTMForecaster was expected. Pass one, e.g. "
            "`diagnose(LSTMForecaster(horizon=12).fit(data))`."
        )
    evidence = gather(model, data, test)
    findings = judge(evidence)
    if not fix:
        return Diagnosis(findings, part=evidence.part, n_points=len(evidence.fresh))
    from gatecast.diagnosis.fix import apply_remedies

    better, steps = apply_remedies(model, findings, data)
    return Diagnosis(findings, steps, better, evidence.part, len(evidence.fresh))
