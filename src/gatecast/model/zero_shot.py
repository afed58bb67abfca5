"""How are series forecast without training? Networks that learned from made series read them to their end."""

from __future__ import annotations

import numpy as np

from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import Seasons, choose_seasons
from gatecast.exceptions import DataError
from gatecast.metrics.conformal import Conformal, fit_conformal
from gatecast.model.fitted import FitRecord, Fitted, remember
from gatecast.model.inputs import Preparation, prepare
from gatecast.model.plan import Plan
from gatecast.model.settings import Settings
from gatecast.model.validation import Origins, Validation
from gatecast.network.ensemble import Ensemble
from gatecast.network.memory import TrainedNetwork
from gatecast.network.wrapper import thread_count
from gatecast.pretraining.family import LOSS, SeasonClass, class_of
from gatecast.pretraining.weights import pretrained_networks
from gatecast.texts.message import Message
from gatecast.training.stop import Stop

__all__ = ["TRANSFORM", "read_by_pretrained", "zero_shot", "zero_shot_fit"]

# past origins of each series, in horizons, and of all
ORIGINS_OF_HORIZONS, MOST_ORIGINS = 3, 1000
# what the networks learned to read
TRANSFORM = "relative-log"


def zero_shot(settings: Settings, panel: Panel) -> Fitted:
    """Read a panel with the pretrained networks of its season.

    Args:
        settings: Checked settings, of which horizon, season and threads count.
        panel: Series without covariates.

    Raises:
        DataError: The panel holds no series.
        ModelFileError: The pretrained weights are missing or damaged.
    """
    if panel.n_series == 0:
        raise DataError("The data hold no series, and at least one was expected. Pass rows to forecast.")
    return zero_shot_fit(settings, panel, choose_seasons(panel, settings.season_length))


def zero_shot_fit(settings: Settings, panel: Panel, seasons: Seasons) -> Fitted:
    """Read a panel whose seasons are known."""
    own, preparation, ensemble = read_by_pretrained(settings, panel, seasons)
    calibration = _past_errors(panel, preparation, ensemble)
    return remember(panel, preparation, ensemble, calibration, _record(own, seasons, preparation, ensemble))


def read_by_pretrained(settings: Settings, panel: Panel, seasons: Seasons) -> tuple[SeasonClass, Preparation, Ensemble]:
    """Return the class of the series, how their values become inputs, and the networks of the class."""
    own = class_of(seasons.shortest)
    value_inputs = own.value_inputs(seasons.shortest, _longer(own, seasons))
    preparation = prepare(panel, TRANSFORM, "season", seasons.shortest, value_inputs)
    spec, weights = pretrained_networks(own, settings.horizon)
    threads = thread_count(settings.n_threads)
    ensemble = Ensemble(tuple(TrainedNetwork(spec, flat, LOSS, value_inputs, 0, threads) for flat in weights))
    return own, preparation, ensemble


def _past_errors(panel: Panel, preparation: Preparation, ensemble: Ensemble) -> Conformal | None:
    """Measure how errors of several steps hang together, on the newer half of each series: the networks know none."""
    n_judged = np.minimum(panel.lengths // 2, ORIGINS_OF_HORIZONS * ensemble.spec.horizon)
    origins = Origins.limited(n_judged, MOST_ORIGINS)
    judged = origins.judged_of(panel)
    reach, n_learned = int(panel.lengths.max()), panel.lengths - origins.spans
    validation = Validation(preparation.arrays(judged), judged.values, n_learned, origins, reach)
    if not origins.n_windows:
        return None
    errors = validation.scaled_errors(ensemble, preparation)
    return fit_conformal(errors) if np.isfinite(errors).any() else None


def _longer(own: SeasonClass, seasons: Seasons) -> int | None:
    """Return the longer season of a network of two: the next one, or as many of the shortest as it learned."""
    if not own.longer:
        return None
    longer = [length for length in seasons.lengths if length > seasons.shortest]
    return longer[0] if longer else own.longer // own.season * seasons.shortest


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
