"""How are series forecast without training? Networks that learned from made series read them to their end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gatecast.data.panel.arrays import Floats
from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import Seasons, choose_seasons, usual_seasons
from gatecast.data.values.scaling import naive_scale
from gatecast.model.candidates import learn_for_pretrained, prepare_pretrained, pretrained_with
from gatecast.model.fitted import FitRecord, Fitted, remember
from gatecast.model.hold_out import FEW_SERIES, VALIDATION_HORIZONS
from gatecast.model.inputs import Learned, Preparation
from gatecast.model.loss import are_mostly_counts
from gatecast.model.plan import MANY_POINTS, Plan, TrainingData
from gatecast.model.settings import Settings
from gatecast.model.validation import Judged, Origins, Run, Validation
from gatecast.network.ensemble import Ensemble
from gatecast.network.memory import MOST_READ, TrainedNetwork
from gatecast.network.wrapper import thread_count
from gatecast.pretraining.family import LOSS, SeasonClass
from gatecast.texts.message import Message
from gatecast.training.stop import Stop

__all__ = ["is_at_once", "read_by_pretrained", "why_at_once", "zero_shot"]

# from so many points of a series on, a network is trained too
SHORT = 150
# past origins of each series, in horizons, and of all
ORIGINS_OF_HORIZONS, MOST_ORIGINS = 3, 1000
# by how much another season has to be better than what the data show
MARGIN = 0.03


def is_at_once(settings: Settings, panel: Panel) -> bool:
    """Tell whether a panel is forecast without training: where that is asked for, or left open and series are short.

    The rule for `pretrained="auto"`: no setting says how to train or what to read beside the target, which has no
    weights, each series has fewer than 150 points, and all of them have fewer than 100,000. More than ten series, most
    of which are counts with many zeros, are trained: together they show the distribution.
    """
    if settings.pretrained != "auto":
        return settings.pretrained == "only"
    is_short = int(panel.lengths.max()) < SHORT and len(panel.values) < MANY_POINTS
    is_open = settings.leaves_training_open and panel.weights is None
    return is_short and is_open and not _teach_counts(settings, panel)


def _teach_counts(settings: Settings, panel: Panel) -> bool:
    """Tell whether there are enough counts with many zeros to learn their distribution from."""
    is_long = int(panel.lengths.max()) >= VALIDATION_HORIZONS * settings.horizon
    return is_long and panel.n_series > FEW_SERIES and are_mostly_counts(panel)


def zero_shot(settings: Settings, panel: Panel, why: Message | None = None) -> Fitted:
    """Read a panel with the pretrained networks of its season.

    Where no season was given, those that the data show, those of the frequency and none at all are compared on the
    newer half of each series, which no network has seen, and the one with the smallest error is taken.

    Args:
        settings: Checked settings, of which horizon, season, covariates and threads count.
        panel: One series or more. Covariates have no effect as long as nothing is trained, and are read all the same.
        why: Why nothing was trained, where that was not asked for.

    Raises:
        ModelFileError: The pretrained weights are missing or damaged.
    """
    found = choose_seasons(panel, settings.seasons)
    learned = learn_for_pretrained(settings, panel)
    tried = _worth_a_try(settings, panel, found)
    readers = [read_by_pretrained(settings, panel, seasons, learned) for seasons in tried]
    # so large as the panel, and not needed any more
    del learned
    H = min(reader.ensemble.spec.horizon for reader in readers)
    errors = [0.0]
    if len(readers) > 1:
        scales = naive_scale(panel.values, panel.offsets, 1)
        errors = [reader.error(H, scales) for reader in readers]
    # what the data show is taken unless another season is clearly better
    best = min(range(len(readers)), key=lambda k: errors[k] * (1.0 if k else 1.0 - MARGIN))
    return readers[best].read(why)


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
class Reading:
    """A panel as the networks of a season read it."""

    panel: Panel
    own: SeasonClass
    seasons: Seasons
    preparation: Preparation
    ensemble: Ensemble

    @cached_property
    def _newer(self) -> Validation | None:
        """Origins in the newer half of each series; None where all are too short."""
        panel, H = self.panel, self.ensemble.spec.horizon
        origins = Origins.limited(np.minimum(panel.lengths // 2, ORIGINS_OF_HORIZONS * H), MOST_ORIGINS)
        if not origins.n_windows:
            return None
        judged, n_learned = origins.judged_of(panel), panel.lengths - origins.spans
        reach = min(int(panel.lengths.max()), MOST_READ)
        return Validation(self.preparation.arrays(judged), judged.values, n_learned, origins, reach)

    @cached_property
    def _of_first(self) -> Run | None:
        """What the first network forecasts there."""
        return None if self._newer is None else self._newer.run(self.ensemble.first)

    @cached_property
    def past(self) -> Judged | None:
        """What all networks forecast there."""
        if self._newer is None or self._of_first is None:
            return None
        return self._newer.judge(self.ensemble, self.preparation, (self._of_first,))

    def error(self, horizon: int, scales: Floats) -> float:
        """Return the mean absolute error there in units of each series' scale, `(S,)`; infinity where none is known.

        It is that of the first network alone: which season is taken, one tells as well as several, in less time.
        """
        if self._newer is None or self._of_first is None:
            return math.inf
        first = self._newer.judge(Ensemble(self.ensemble.networks[:1]), self.preparation, (self._of_first,))
        error = first.mases(scales, horizon=horizon)[0]
        return error if math.isfinite(error) else math.inf

    def read(self, why: Message | None = None) -> Fitted:
        """Read the panel to its end; past errors tell how those of several steps hang together.

        `why` says why nothing was trained, where that was not asked for.
        """
        calibration = None if self.past is None else self.past.calibration()
        record = _record(self.own, self.seasons, self.preparation, self.ensemble)
        record = record if why is None else record.with_decision(why)
        fitted = remember(self.panel, self.preparation, self.ensemble, calibration, record, self.past)
        return fitted if self.past is None else replace(fitted, widening=self.past.widening())


def read_by_pretrained(settings: Settings, panel: Panel, seasons: Seasons, learned: Learned | None = None) -> Reading:
    """Return a panel whose seasons are known as their networks read it.

    `learned` is what `learn_for_pretrained` returns of it, where that is known.
    """
    data = TrainingData(settings, panel, np.zeros(panel.n_series, np.int64), seasons)
    own, preparation = prepare_pretrained(data, learned)
    spec, weights = pretrained_with(own, preparation, settings)
    value_inputs, threads = preparation.value_inputs, thread_count(settings.n_threads)
    networks = tuple(TrainedNetwork(spec, flat, LOSS, value_inputs, 0, threads) for flat in weights)
    return Reading(panel, own, seasons, preparation, Ensemble(networks))


def why_at_once(panel: Panel) -> Message:
    """Say why series are forecast without training where that was not asked for."""
    return Message("decision.short", {"most": int(panel.lengths.max()), "limit": SHORT})


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
        loss=LOSS.loss,
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
