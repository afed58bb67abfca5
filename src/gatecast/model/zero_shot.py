"""How are series forecast without training? Networks that learned from made series read them to their end."""

from __future__ import annotations

import numpy as np

from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import Seasons, choose_seasons
from gatecast.exceptions import DataError
from gatecast.metrics.conformal import Conformal, fit_conformal
from gatecast.model.candidates import prepare_pretrained, pretrained_with
from gatecast.model.fitted import FitRecord, Fitted, remember
from gatecast.model.inputs import Preparation
from gatecast.model.plan import MANY_POINTS, Plan, TrainingData
from gatecast.model.settings import Settings
from gatecast.model.validation import Validation, limit_origins
from gatecast.network.ensemble import Ensemble
from gatecast.network.memory import TrainedNetwork
from gatecast.network.wrapper import thread_count
from gatecast.pretraining.family import LOSS, SeasonClass
from gatecast.texts.message import Message
from gatecast.training.stop import Stop

__all__ = ["is_at_once", "why_at_once", "zero_shot"]

# from so many points of a series on, a network is trained too
SHORT = 150
# past origins of each series, in horizons, and of all
ORIGINS_OF_HORIZONS, MOST_ORIGINS = 3, 1000


def is_at_once(settings: Settings, panel: Panel) -> bool:
    """Tell whether a panel is forecast without training: where that is asked for, or left open and series are short.

    The rule for `pretrained="auto"`: no setting says how to train or what to read beside the target, each series has
    fewer than 150 points, and all of them have fewer than 100,000.
    """
    if settings.pretrained != "auto":
        return settings.pretrained == "only"
    is_short = panel.n_series > 0 and int(panel.lengths.max()) < SHORT and len(panel.values) < MANY_POINTS
    return is_short and settings.leaves_training_open


def zero_shot(settings: Settings, panel: Panel, why: Message | None = None) -> Fitted:
    """Read a panel with the pretrained networks of its season.

    Args:
        settings: Checked settings, of which horizon, season, covariates and threads count.
        panel: The series. Covariates have no effect as long as nothing is trained, and are read all the same.
        why: Why nothing was trained, where that was not asked for.

    Raises:
        DataError: The panel holds no series.
        ModelFileError: The pretrained weights are missing or damaged.
    """
    if panel.n_series == 0:
        raise DataError("The data hold no series, and at least one was expected. Pass rows to forecast.")
    none = np.zeros(panel.n_series, np.int64)
    data = TrainingData(settings, panel, none, choose_seasons(panel, settings.seasons))
    own, preparation = prepare_pretrained(data)
    spec, weights = pretrained_with(own, preparation, settings)
    value_inputs, threads = preparation.value_inputs, thread_count(settings.n_threads)
    ensemble = Ensemble(tuple(TrainedNetwork(spec, flat, LOSS, value_inputs, 0, threads) for flat in weights))
    calibration = _past_errors(panel, preparation, ensemble)
    record = _record(own, data.seasons, preparation, ensemble)
    return remember(panel, preparation, ensemble, calibration, record if why is None else record.with_decision(why))


def why_at_once(panel: Panel) -> Message:
    """Say why series are forecast without training where that was not asked for."""
    return Message("decision.short", {"most": int(panel.lengths.max()), "limit": SHORT})


def _past_errors(panel: Panel, preparation: Preparation, ensemble: Ensemble) -> Conformal | None:
    """Measure how errors of several steps hang together, on the newer half of each series: the networks know none."""
    n_origins = limit_origins(np.minimum(panel.lengths // 2, ORIGINS_OF_HORIZONS * ensemble.spec.horizon), MOST_ORIGINS)
    judged = panel if n_origins.all() else panel.head(np.where(n_origins, panel.lengths, 0))
    reach = int(panel.lengths.max())
    validation = Validation(preparation.arrays(judged), judged.values, panel.lengths - n_origins, n_origins, reach)
    if not validation.n_windows:
        return None
    errors = validation.scaled_errors(ensemble, preparation)
    return fit_conformal(errors) if np.isfinite(errors).any() else None


def _record(own: SeasonClass, seasons: Seasons, preparation: Preparation, ensemble: Ensemble) -> FitRecord:
    """Note which networks were taken; nothing was trained."""
    stack = ensemble.spec.stack
    plan = Plan(
        lookback=1,
        n_targets=0,
        batch_size=0,
        steps_per_epoch=0,
        epochs=0,
        hidden_size=stack[0].units,
        n_layers=len(stack),
        learning_rate=None,
        other_rate=None,
        season_length=seasons.shortest,
        n_members=len(ensemble.networks),
    )
    return FitRecord(
        plan=plan,
        transform=preparation.transform.name,
        value_inputs=preparation.value_inputs,
        seasons=seasons,
        hold_out=(0,) * len(preparation.units),
        patience=0,
        history={"loss": [], "rmse": [], "scaled_loss": [], "validation_epoch": [], "validation_loss": []},
        stop=Stop.PRETRAINED,
        n_steps=0,
        decisions=(Message("decision.pretrained", {"season": own.season, "n": len(ensemble.networks)}),),
    )
