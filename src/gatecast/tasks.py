"""What is to be trained? A plan, a network, its inputs and its judge, for each way to look at the values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.columns import embedding_size
from gatecast.data.panel import Panel
from gatecast.data.scaling import naive_scale
from gatecast.exceptions import ConfigError
from gatecast.network.inputs import LossSettings, PanelArrays
from gatecast.network.memory import TrainedNetwork
from gatecast.network.spec import NetworkSpec
from gatecast.plan import (
    Covariates,
    Plan,
    Recipe,
    choose_seasons,
    held_back,
    make_loss,
    make_plan,
    make_spec,
    recipes,
)
from gatecast.preparation import Preparation, prepare
from gatecast.settings import Settings
from gatecast.training.validation import Validation, limit_origins

if TYPE_CHECKING:
    from gatecast.data.encoding import CovariateEncoder
    from gatecast.data.seasons import SeasonCheck

__all__ = ["Task", "full_task", "make_tasks", "too_large"]

# more have no place in any memory, nor in the numbers that count it
MOST_WEIGHTS = 2**40


@dataclass(frozen=True)
class Task:
    """All that the training of one member needs, but for its seed."""

    settings: Settings
    plan: Plan
    spec: NetworkSpec
    loss: LossSettings
    preparation: Preparation
    arrays: PanelArrays  # what is learned from
    naive_scales: np.ndarray
    validation: Validation | None
    deadline: float

    @property
    def window(self) -> int:
        """Points of a window, 0 for sequences."""
        return self.plan.lookback if self.settings.mode == "windows" else 0

    def with_other_rate(self) -> Task:
        """Do the same with the plan's other learning rate."""
        return replace(self, plan=replace(self.plan, learning_rate=self.plan.other_rate))

    def made_longer(self, factor: int) -> Task:
        """Do the same with so many times as many epochs, by one network where nobody asked for more."""
        n_members = self.plan.n_members if self.settings.ensemble is not None else 1
        return replace(self, plan=replace(self.plan, epochs=factor * self.plan.epochs, n_members=n_members))

    def network(self, weights: np.ndarray, n_threads: int) -> TrainedNetwork:
        """Put weights to use."""
        return TrainedNetwork(self.spec, weights, self.loss, self.preparation.value_inputs, self.window, n_threads)


def make_tasks(settings: Settings, panel: Panel, deadline: float) -> tuple[list[Task], list[SeasonCheck]]:
    """Say what may be trained, one task for each way to look at the values, and what was found of the seasons.

    Raises:
        DataError: The series are too short.
        ConfigError: The network does not fit into memory.
    """
    held = held_back(settings, panel)
    learned_from = panel.head(panel.lengths - held) if held.any() else panel
    seasons, checks = choose_seasons(settings, learned_from)
    plan = make_plan(settings, learned_from, seasons)
    encoder = _encoder(settings, learned_from)
    choices = recipes(settings, seasons, learned_from, panel, has_validation=bool(held.any()))
    return [_task(settings, plan, recipe, panel, learned_from, held, encoder, deadline) for recipe in choices], checks


def full_task(task: Task, panel: Panel, n_steps: int, deadline: float) -> Task:
    """Do the same again, in so many steps, with all points of the panel and nothing to judge by.

    Args:
        task: What was trained on all points but those held back.
        panel: The training part.
        n_steps: About how many training steps there are to be, in whole epochs.
        deadline: Of `time.monotonic`, or infinity.
    """
    settings, recipe = task.settings, Recipe(task.preparation.transform.name, task.preparation.value_inputs)
    epochs = max(1, round(n_steps / task.plan.steps_per_epoch))
    plan = replace(task.plan, epochs=epochs)
    nothing = np.zeros(panel.n_series, np.int64)
    return _task(settings, plan, recipe, panel, panel, nothing, _encoder(settings, panel), deadline)


def _encoder(settings: Settings, panel: Panel) -> CovariateEncoder | None:
    if not (settings.past or settings.future or settings.static or settings.calendar or settings.country):
        return None
    if settings.calendar and panel.starts.dtype.kind != "M":
        raise ConfigError("`calendar=True` needs dates, and the times are integer steps. Leave it out, or pass dates.")
    from gatecast.data.encoding import fit_encoder

    return fit_encoder(panel, calendar=settings.calendar, country=settings.country)


def _covariates(preparation: Preparation) -> Covariates:
    encoder, own = preparation.encoder, preparation.anniversaries
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


def _task(
    settings: Settings,
    plan: Plan,
    recipe: Recipe,
    panel: Panel,
    learned_from: Panel,
    held: np.ndarray,
    encoder: CovariateEncoder | None,
    deadline: float,
) -> Task:
    season, horizon = plan.season_length, settings.horizon
    preparation = prepare(
        learned_from, recipe.transform, settings.scaling, season, recipe.value_inputs, encoder, horizon
    )
    spec = make_spec(settings, plan, recipe.value_inputs, _covariates(preparation))
    if spec.n_parameters > MOST_WEIGHTS:
        raise too_large(settings, plan, spec)
    return Task(
        settings,
        plan,
        spec,
        make_loss(settings),
        preparation,
        preparation.arrays(learned_from),
        naive_scale(learned_from.values, learned_from.offsets, season),
        _validation(panel, held, horizon, plan.lookback + plan.lessons, preparation),
        deadline,
    )


def _validation(
    panel: Panel, held: np.ndarray, horizon: int, reach: int, preparation: Preparation
) -> Validation | None:
    if not held.any():
        return None
    n_origins = limit_origins(np.maximum(held - horizon + 1, 0))
    # what is not judged need not be prepared
    judged = panel if n_origins.all() else panel.head(np.where(n_origins, panel.lengths, 0))
    return Validation(preparation.arrays(judged), judged.values, panel.lengths - held, n_origins, reach)


def too_large(settings: Settings, plan: Plan, spec: NetworkSpec) -> ConfigError:
    """Say that a network has no place in memory."""
    return ConfigError(
        f"A network with `hidden_size={plan.hidden_size}`, `n_layers={plan.n_layers}` and "
        f"`horizon={settings.horizon}` has {spec.n_parameters:,} weights, for which there is not enough memory. "
        "Use `hidden_size=64`."
    )
