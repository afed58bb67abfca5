"""How does a panel become a fitted network? Plan, scale, train, remember."""

from __future__ import annotations

import numpy as np

from gatecast.data.panel import Panel
from gatecast.data.scaled import carry_forward, scaled_arrays
from gatecast.data.scaling import fit_scaling
from gatecast.data.seasons import usual_season
from gatecast.evaluate.naive import naive_scale
from gatecast.exceptions import ConfigError, DataError
from gatecast.fitted import Fitted
from gatecast.network.initial import initial_weights
from gatecast.network.memory import TrainedNetwork
from gatecast.network.native import (
    LossSettings,
    PanelArrays,
    make_trainer,
    segment_source,
    thread_count,
    window_source,
)
from gatecast.network.spec import NetworkSpec
from gatecast.settings import Plan, Settings, make_plan
from gatecast.training.loop import TrainingResult, train
from gatecast.training.progress import progress_bar
from gatecast.training.schedule import learning_rates

__all__ = ["fit_panel"]


def fit_panel(settings: Settings, panel: Panel) -> tuple[Fitted, bool]:
    """Train a network on all points of a panel.

    Args:
        settings: Checked settings.
        panel: The training part.

    Returns:
        What was learned, and whether Ctrl-C ended training early.

    Raises:
        DataError: A series is too short.
        TrainingError: The loss stopped being a finite number.
        ConfigError: The network does not fit into memory.
    """
    if panel.n_series == 0:
        raise DataError("The data hold no series, and at least one was expected. Pass rows to learn from.")
    plan = make_plan(settings, panel, settings.season_length or usual_season(panel.grid))
    scaling = fit_scaling(panel.values, panel.offsets, settings.scaling)
    arrays = scaled_arrays(panel, scaling, scaling.scale)
    spec = NetworkSpec(1, (settings.hidden_size,) * settings.n_layers, settings.horizon)
    try:
        result = _train(settings, plan, spec, arrays)
    except MemoryError:
        raise ConfigError(
            f"A network with `hidden_size={settings.hidden_size}`, `n_layers={settings.n_layers}` and "
            f"`horizon={settings.horizon}` has {spec.n_parameters:,} weights, for which there is not enough memory. "
            "Use `hidden_size=64`."
        ) from None
    window = plan.lookback if settings.mode == "windows" else 0
    network = TrainedNetwork(spec, result.weights, window, thread_count(settings.n_threads))
    fitted = Fitted(
        network=network,
        memory=network.read(network.blank(panel.n_series), arrays.inputs, arrays.offsets),
        scaling=scaling,
        units=np.where(_is_constant(panel), 0.0, scaling.scale),
        after=panel.tail_from(panel.lengths),
        lengths=panel.lengths,
        tail=_tail(panel, plan.season_length),
        naive_scales=naive_scale(panel.values, panel.offsets, plan.season_length),
        lookback=plan.lookback,
        season_length=plan.season_length,
        history=result.history,
    )
    return fitted, result.interrupted


def _train(settings: Settings, plan: Plan, spec: NetworkSpec, arrays: PanelArrays) -> TrainingResult:
    weights = initial_weights(spec, settings.seed)
    loss = LossSettings(settings.loss, settings.huber_delta, settings.clip_norm)
    trainer = make_trainer(spec, weights, loss, thread_count(settings.n_threads))
    n_steps = plan.epochs * plan.steps_per_epoch
    rates = learning_rates(settings.schedule, settings.learning_rate, n_steps)
    with progress_bar(n_steps, shown=settings.progress) as progress:
        return train(trainer, _source(settings, plan, arrays), rates, plan.steps_per_epoch, progress)


def _source(settings: Settings, plan: Plan, arrays: PanelArrays) -> object:
    if settings.mode == "sequence":
        # a forecast counts once `lookback` points were read: the first one is made at the last of them
        return segment_source(arrays, plan.lookback - 1, plan.lessons, plan.batch_size, settings.seed)
    return window_source(
        arrays,
        plan.lookback,
        settings.horizon,
        plan.batch_size,
        shuffle=settings.shuffle,
        n_dropped=int(settings.drop_last_window),
        seed=settings.seed,
    )


def _is_constant(panel: Panel) -> np.ndarray:
    begins = panel.offsets[:-1]
    low = np.fmin.reduceat(panel.values, begins)
    return np.asarray(low == np.fmax.reduceat(panel.values, begins))


def _tail(panel: Panel, n_points: int) -> np.ndarray:
    filled = carry_forward(panel.values, panel.offsets)
    positions = panel.offsets[1:, None] + np.arange(-n_points, 0)
    return np.asarray(filled[np.maximum(positions, panel.offsets[:-1, None])])
