"""How is a fit diagnosed? Evidence is gathered, every check is asked, and remedies are tried where that is wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast._validation import answers_calls
from gatecast.data import Panel
from gatecast.diagnosis.checks import judge
from gatecast.diagnosis.evidence import rmse
from gatecast.diagnosis.findings import Diagnosis, Finding, FixStep
from gatecast.diagnosis.gather import find_parts, gather
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.forecaster import LSTMForecaster
from gatecast.model.forecast import one_step
from gatecast.model.settings import Settings
from gatecast.texts.message import Message, reason

if TYPE_CHECKING:
    from gatecast.model.protocol import Data

__all__ = ["diagnose"]

# of the training part, where the fit held nothing back
SHARE = 0.2
# a remedy must lower the RMSE by this share: seeds differ by about as much
HELPS = 0.005


@answers_calls
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
    if fix and model.fitted_.record.is_pretrained:
        raise ConfigError(
            "`fix=True` was passed with pretrained networks, which have no settings to change, and a model that was "
            'trained was expected. Leave it out, or fit with `pretrained="none"`.'
        )
    evidence = gather(model, data, test)
    found = Diagnosis(judge(evidence), (), None, evidence.part, len(evidence.fresh), evidence.is_scaled)
    if not fix:
        return found
    better, steps = _apply_remedies(model, found.warnings, data)
    return replace(found, model=better, steps=steps)


def _apply_remedies(
    model: LSTMForecaster, warnings: list[Finding], data: Data | None
) -> tuple[LSTMForecaster, tuple[FixStep, ...]]:
    """Try the remedies of warnings one after the other and keep those that help.

    All fits learn from the same points, the last fifth of the training part left out where the model had held nothing
    back, and are judged one step ahead on the points that were left out. A remedy joins those that were kept before.
    The better model is fitted on the whole training part; it is the model itself where nothing helped.
    """
    parts = find_parts(model, data)
    train, n_learned = parts.train, parts.n_learned
    has_validation = bool((n_learned < parts.n_trained).any())
    if not has_validation:
        n_learned = np.maximum((parts.n_trained * (1 - SHARE)).astype(np.int64), 1)
    learned = train if has_validation else train.head(n_learned)
    # a remedy may say how long to train, which must not change how many networks there are
    n_members = len(model.fitted_.ensemble.networks)
    settings = replace(model.settings_, checkpoint=None, ensemble=n_members, pretrained="none")
    if has_validation:
        # so that other settings hold back the same points
        held = int((parts.n_trained - n_learned).max())
        settings = replace(settings, validation_size=settings.validation_size or held)
    best = model if has_validation else LSTMForecaster.from_settings(settings).fit(learned)
    error = _error(best, train, n_learned)
    steps: list[FixStep] = []
    # each remedy once
    first = {finding.remedy: finding for finding in reversed(warnings) if finding.remedy}
    for finding in (finding for finding in warnings if first.get(finding.remedy) is finding):
        changed = replace(settings, **finding.settings)
        if changed == settings:
            continue
        other, after, failure = _try(changed, learned, train, n_learned)
        helped = after < error * (1 - HELPS)
        steps.append(FixStep(finding.code, finding.settings, error, after, helped, failure, parts.panel.n_series > 1))
        if helped and other is not None:
            best, settings, error = other, changed, after
    if not any(step.helped for step in steps):
        return model, tuple(steps)
    return best if has_validation else LSTMForecaster.from_settings(settings).fit(train), tuple(steps)


def _try(
    settings: Settings, learned: Panel, train: Panel, n_learned: np.ndarray
) -> tuple[LSTMForecaster | None, float, Message | None]:
    try:
        model = LSTMForecaster.from_settings(settings).fit(learned)
        return model, _error(model, train, n_learned), None
    except GatecastError as error:
        # the others are still worth their time
        return None, float("nan"), reason(error)


def _error(model: LSTMForecaster, panel: Panel, n_learned: np.ndarray) -> float:
    """Return the RMSE one step ahead behind the learned points, in units of each series' seasonal change."""
    fitted = model.fitted_
    series, position = panel.places()
    scales = fitted.naive_scales if panel.n_series > 1 else np.ones(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = (panel.values - one_step(fitted, panel)) / scales[series]
    return rmse(errors[(position >= n_learned[series]) & np.isfinite(errors)])
