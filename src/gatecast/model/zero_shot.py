"""How are series forecast without training? Networks that learned from made series read them to their end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import Seasons, choose_seasons, usual_seasons
from gatecast.data.values.scaling import naive_scale
from gatecast.exceptions import DataError
from gatecast.metrics.conformal import fit_conformal
from gatecast.model.fitted import FitRecord, Fitted, remember
from gatecast.model.inputs import Preparation, prepare
from gatecast.model.plan import Plan
from gatecast.model.settings import Settings
from gatecast.model.validation import Validation, limit_origins
from gatecast.network.ensemble import Ensemble
from gatecast.network.memory import TrainedNetwork
from gatecast.network.wrapper import thread_count
from gatecast.pretraining.family import LOSS, SeasonClass, class_of
from gatecast.pretraining.weights import pretrained_networks
from gatecast.texts.message import Message
from gatecast.training.stop import Stop

__all__ = ["TRANSFORM", "zero_shot"]

# past origins of each series, in horizons, and of all
ORIGINS_OF_HORIZONS, MOST_ORIGINS = 3, 1000
# by how much another season has to be better than what the data show
MARGIN = 0.03
# what the networks learned to read
TRANSFORM = "relative-log"


def zero_shot(settings: Settings, panel: Panel) -> Fitted:
    """Read a panel with the pretrained networks of its season.

    Where no season was given, those that the data show, those of the frequency and none at all are compared on the
    newer half of each series, which no network has seen, and the one with the smallest error is taken.

    Args:
        settings: Checked settings, of which horizon, season and threads count.
        panel: Series without covariates.

    Raises:
        DataError: The panel holds no series.
        ModelFileError: The pretrained weights are missing or damaged.
    """
    if panel.n_series == 0:
        raise DataError("The data hold no series, and at least one was expected. Pass rows to forecast.")
    found = choose_seasons(panel, settings.season_length)
    readers = [_reader(settings, panel, seasons) for seasons in _worth_a_try(settings, panel, found)]
    H = min(reader.ensemble.spec.horizon for reader in readers)
    errors = [reader.error(H) for reader in readers] if len(readers) > 1 else [0.0]
    # what the data show is taken unless another season is clearly better
    best = min(range(len(readers)), key=lambda k: errors[k] * (1.0 if k else 1.0 - MARGIN))
    return readers[best].read()


def _worth_a_try(settings: Settings, panel: Panel, found: Seasons) -> list[Seasons]:
    """List the seasons that are compared, those that the data show first."""
    if settings.season_length is not None:
        return [found]
    others = [Seasons(usual_seasons(panel.grid), "frequency", found.checks), Seasons((), found.source, found.checks)]
    tried = [found]
    for seasons in others:
        if seasons.shortest not in [one.shortest for one in tried]:
            tried.append(seasons)
    return tried


@dataclass(frozen=True)
class _Reader:
    """A panel as the networks of a season read it."""

    panel: Panel
    own: SeasonClass
    seasons: Seasons
    preparation: Preparation
    ensemble: Ensemble

    @cached_property
    def past(self) -> Validation | None:
        """Forecasts from origins in the newer half of each series; None where all are too short."""
        panel, H = self.panel, self.ensemble.spec.horizon
        n_origins = limit_origins(np.minimum(panel.lengths // 2, ORIGINS_OF_HORIZONS * H), MOST_ORIGINS)
        judged = panel if n_origins.all() else panel.head(np.where(n_origins, panel.lengths, 0))
        arrays, reach = self.preparation.arrays(judged), int(panel.lengths.max())
        past = Validation(arrays, judged.values, panel.lengths - n_origins, n_origins, reach)
        return past if past.n_windows else None

    def error(self, horizon: int) -> float:
        """Return the mean absolute error there in units of each series' mean change; infinity where none is known."""
        if self.past is None:
            return math.inf
        errors, series = self.past.errors(self.ensemble, self.preparation)
        scaled = np.abs(errors[:, :horizon]) / naive_scale(self.panel.values, self.panel.offsets, 1)[series][:, None]
        known = np.isfinite(scaled)
        return float(scaled[known].mean()) if known.any() else math.inf

    def read(self) -> Fitted:
        """Read the panel to its end; past errors tell how those of several steps hang together."""
        calibration = None
        if self.past is not None:
            errors = self.past.scaled_errors(self.ensemble, self.preparation)
            calibration = fit_conformal(errors) if np.isfinite(errors).any() else None
        record = _record(self.own, self.seasons, self.preparation, self.ensemble)
        return remember(self.panel, self.preparation, self.ensemble, calibration, record)


def _reader(settings: Settings, panel: Panel, seasons: Seasons) -> _Reader:
    longer = next((length for length in seasons.lengths if length > seasons.shortest), 0)
    own = class_of(seasons.shortest, longer)
    value_inputs = own.value_inputs(seasons.shortest, longer)
    preparation = prepare(panel, TRANSFORM, "season", seasons.shortest, value_inputs)
    spec, weights = pretrained_networks(own, settings.horizon)
    threads = thread_count(settings.n_threads)
    networks = tuple(TrainedNetwork(spec, flat, LOSS, value_inputs, 0, threads) for flat in weights)
    return _Reader(panel, own, seasons, preparation, Ensemble(networks))


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
