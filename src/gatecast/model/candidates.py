"""What can be trained? A network with its inputs and its validation set, for each way in which values may enter it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gatecast.data.features.encoding import embedding_size
from gatecast.data.panel.arrays import Array
from gatecast.data.panel.panel import Panel
from gatecast.exceptions import ConfigError
from gatecast.model.inputs import Learned, Preparation, prepare
from gatecast.model.loss import make_loss
from gatecast.model.plan import (
    Covariates,
    InputDesign,
    Plan,
    TrainingData,
    input_designs,
    make_spec,
    plan_start,
    with_covariates,
)
from gatecast.model.settings import Settings
from gatecast.model.validation import Judged, Origins, Validation
from gatecast.network.ensemble import Ensemble
from gatecast.network.initial import initial_weights
from gatecast.network.inputs import LossSettings, PanelArrays, cut
from gatecast.network.memory import MOST_READ, TrainedNetwork
from gatecast.network.spec import NetworkSpec
from gatecast.network.wrapper import thread_count
from gatecast.pretraining.family import LOSS, SCALING, TRANSFORM, SeasonClass, class_of
from gatecast.pretraining.weights import pretrained_networks, widened

__all__ = ["Candidate", "learn_for_pretrained", "make_candidates", "prepare_pretrained", "pretrained_with"]
__all__ += ["start_candidate", "too_large", "without_transform"]

# more have no place in any memory, nor in the numbers that count it
MOST_WEIGHTS = 2**40
# units that always have a place
USUAL_UNITS = 64


@dataclass(frozen=True)
class Candidate:
    """All that the training of a network needs, but for its seed."""

    data: TrainingData  # what is learned from, the same for all candidates
    plan: Plan  # how it is trained
    spec: NetworkSpec
    loss: LossSettings  # what is minimised
    preparation: Preparation  # how values become inputs and forecasts become values
    arrays: PanelArrays  # the inputs and targets that are learned from
    validation: Validation | None  # the validation set; None where nothing is held out
    deadline: float  # when training has to end, of `time.monotonic`, or infinity
    # weights with which the networks begin, in turn; none where they are drawn
    starts: tuple[Array, ...] = ()

    @property
    def settings(self) -> Settings:
        """The settings of the fit."""
        return self.data.settings

    def trained_longer(self, factor: int) -> Candidate:
        """Train for so many times as many epochs, one network unless more were asked for."""
        n_members = self.plan.n_members if self.settings.ensemble is not None else 1
        return replace(self, plan=replace(self.plan, epochs=factor * self.plan.epochs, n_members=n_members))

    def on_all_points(self, n_steps: int, deadline: float) -> Candidate:
        """Train on all points, with nothing held out, in about `n_steps` training steps (whole epochs)."""
        plan = replace(self.plan, epochs=max(1, round(n_steps / self.plan.steps_per_epoch)))
        design = InputDesign(self.preparation.transform.name, self.preparation.value_inputs)
        # the seasons stay
        data = replace(self.data, hold_out=np.zeros_like(self.data.hold_out))
        return start_candidate(data, deadline, plan) if self.starts else _candidate(data, plan, design, deadline)

    def first_weights(self, seed: int) -> Array:
        """Return the weights with which a network of the ensemble begins, one seed after the other."""
        if not self.starts:
            return initial_weights(self.spec, seed)
        return self.starts[(seed - self.settings.seed) % 2**63 % len(self.starts)]

    def network(self, weights: Array, n_threads: int) -> TrainedNetwork:
        """Put weights to use."""
        window = self.plan.lookback if self.settings.mode == "windows" else 0
        return TrainedNetwork(self.spec, weights, self.loss, self.preparation.value_inputs, window, n_threads)

    def ensemble(self, weights: Sequence[Array]) -> Ensemble:
        """Put the weights of several networks to use."""
        threads = thread_count(self.settings.n_threads)
        return Ensemble(tuple(self.network(flat, threads) for flat in weights))

    def judge(self, weights: Sequence[Array]) -> Judged | None:
        """Forecast the validation set with several networks; None where there is nothing to forecast."""
        if self.validation is None or not self.validation.origins.n_windows:
            return None
        return self.validation.judge(self.ensemble(weights), self.preparation)

    def mase_of(self, judged: Judged | None) -> float:
        """Return the MASE of forecasts of the validation set; NaN where there are none."""
        return math.nan if judged is None else judged.mases(self.data.naive_scales)[0]


def make_candidates(data: TrainingData, plan: Plan, deadline: float) -> list[Candidate]:
    """Return what may be trained until `deadline` (of `time.monotonic`), one candidate for each design of the inputs.

    A DataError or a ConfigError says that a setting does not go with the data or the network not into memory.
    """
    return [_candidate(data, plan, design, deadline) for design in input_designs(data)]


def without_transform(candidate: Candidate) -> Candidate:
    """Return the same network without a transform and the level, with a forecast alone as its output."""
    data = replace(candidate.data, settings=replace(candidate.settings, loss="mae", transform="none"))
    return _candidate(data, candidate.plan, input_designs(data)[0], candidate.deadline)


def _candidate(data: TrainingData, plan: Plan, design: InputDesign, deadline: float) -> Candidate:
    settings, horizon, learned_from = data.settings, data.settings.horizon, data.learned_from
    ways = design.transform, settings.scaling, plan.season_length, design.value_inputs, data.encoder, horizon
    preparation = _without_broken_bounds(data, prepare(learned_from, *ways, limits=settings.limits))
    spec = make_spec(settings, plan, design.value_inputs, _covariates(preparation))
    if spec.n_parameters > MOST_WEIGHTS:
        raise too_large(plan, spec)
    validation = _validation(data, plan.lookback + plan.n_targets, preparation)
    arrays = _learned(learned_from, preparation, validation)
    return Candidate(data, plan, spec, make_loss(settings), preparation, arrays, validation, deadline)


def start_candidate(data: TrainingData, deadline: float, plan: Plan | None = None) -> Candidate:
    """Return the pretrained networks of the data's season, whose training goes on from there.

    Until a step was taken they forecast as without training, whatever covariates there are. `plan` is that of an
    earlier training of theirs.
    """
    settings, learned_from = data.settings, data.learned_from
    own, preparation = prepare_pretrained(data)
    spec, starts = pretrained_with(own, preparation, settings)
    plan = plan or plan_start(data, own.burn_in, spec, len(starts))
    validation = _validation(data, min(int(data.panel.lengths.max()), MOST_READ), preparation)
    arrays = _learned(learned_from, preparation, validation)
    return Candidate(data, plan, spec, LOSS, preparation, arrays, validation, deadline, tuple(starts))


def learn_for_pretrained(settings: Settings, panel: Panel) -> Learned:
    """Learn of values what the pretrained networks of any season read them with."""
    return Learned.of(panel, TRANSFORM, 1, settings.limits)


def prepare_pretrained(data: TrainingData, learned: Learned | None = None) -> tuple[SeasonClass, Preparation]:
    """Return the class of the data's season, and how its networks read what is learned from.

    `learned` is what `learn_for_pretrained` returns of it, where that is known.
    """
    shortest, longer = data.seasons.shortest, data.seasons.longer
    own = class_of(shortest, longer)
    value_inputs = own.value_inputs(shortest, longer)
    horizon = min(data.settings.horizon, own.horizon)
    ways = TRANSFORM, SCALING, shortest, value_inputs, data.encoder, horizon
    prepared = prepare(data.learned_from, *ways, limits=data.settings.limits, learned=learned)
    return own, _without_broken_bounds(data, prepared)


def _without_broken_bounds(data: TrainingData, preparation: Preparation) -> Preparation:
    """Lift bounds that were found of what is learned from, where what is held out goes beyond them."""
    return replace(preparation, bounds=preparation.bounds.lifted(data.panel))


def pretrained_with(
    own: SeasonClass, preparation: Preparation, settings: Settings
) -> tuple[NetworkSpec, Sequence[Array]]:
    """Return shape and weights of a class's networks, with inputs for covariates that have no effect yet."""
    spec, flats = pretrained_networks(own, settings.horizon, preparation.value_inputs.season)
    wider = with_covariates(spec, _covariates(preparation))
    if wider == spec:
        return spec, flats
    firsts = (initial_weights(wider, (settings.seed + n) % 2**63) for n in range(len(flats)))
    return wider, [widened(spec, flat, wider, first) for flat, first in zip(flats, firsts, strict=True)]


def _covariates(preparation: Preparation) -> Covariates:
    encoder, own = preparation.encoder, preparation.yearly_lags
    if encoder is None:
        return Covariates()
    n_years = 0 if own is None else len(own.names)
    cardinalities = (*encoder.cardinalities, *encoder.static_cardinalities)
    return Covariates(
        n_years + len(encoder.numeric_names) + len(encoder.static_numbers),
        tuple((n, embedding_size(n)) for n in cardinalities),
        n_years + encoder.n_future_numeric,
        encoder.n_future_codes,
    )


def _validation(data: TrainingData, reach: int, preparation: Preparation) -> Validation | None:
    if not data.has_validation:
        return None
    panel, hold_out = data.panel, data.hold_out
    origins = Origins.limited(np.maximum(hold_out - data.settings.horizon + 1, 0), reach=reach)
    judged = origins.judged_of(panel)
    return Validation(preparation.arrays(judged), judged.values, panel.lengths - hold_out, origins, reach)


def _learned(learned_from: Panel, preparation: Preparation, validation: Validation | None) -> PanelArrays:
    """Return what is learned from as networks read it; that of a single series begins what is judged."""
    if validation is None or learned_from.n_series != 1 or learned_from.weights is not None:
        return preparation.arrays(learned_from)
    whole = validation.panel
    return cut(whole, whole.offsets[:-1], learned_from.lengths)


def too_large(plan: Plan, spec: NetworkSpec) -> ConfigError:
    """Return the error that says that the network does not fit into memory."""
    remedy = f"`hidden_size={USUAL_UNITS}`" if plan.hidden_size > USUAL_UNITS else "a smaller `horizon` or `n_layers`"
    return ConfigError(
        f"A network with `hidden_size={plan.hidden_size}`, `n_layers={plan.n_layers}` and "
        f"`horizon={spec.horizon}` has {spec.n_parameters:,} weights, for which there is not enough memory. "
        f"Use {remedy}."
    )
