"""How does a panel become a fitted forecaster? Hold back, choose, train each member, calibrate, remember."""

from __future__ import annotations

import math
import time

import numpy as np

from gatecast.data.gaps import carry_forward
from gatecast.data.panel import Panel
from gatecast.data.scaling import naive_scale
from gatecast.evaluate.conformal import Conformal, fit_conformal
from gatecast.exceptions import DataError
from gatecast.fitted import Fitted, Learned
from gatecast.fitting.choice import choose
from gatecast.fitting.members import train_members
from gatecast.network.ensemble import Ensemble
from gatecast.network.wrapper import thread_count
from gatecast.settings import Settings
from gatecast.tasks import Task, full_task, make_tasks, too_large
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.loop import OnLook, TrainingResult
from gatecast.training.stop import Stop

__all__ = ["fit_panel"]

# share of the time that is left for calibration and memory
RESERVE = 0.1


def fit_panel(
    settings: Settings, panel: Panel, checkpoint: Checkpoint | None = None, on_look: OnLook | None = None
) -> Fitted:
    """Train on all points of a panel but those that are held back.

    Args:
        settings: Checked settings.
        panel: The training part.
        checkpoint: Keeps what was learned so far, and may hold what an earlier fit had learned.
        on_look: Follows the training of a single network, and may end it by raising; see `Course`. What is trained to
            choose between ways to look at the values is not followed.

    Returns:
        What was learned; `learned.stop` says why it ended.

    Raises:
        DataError: The series are too short.
        TrainingError: The loss stopped being a finite number.
        ConfigError: The network does not fit into memory.
    """
    if panel.n_series == 0:
        raise DataError("The data hold no series, and at least one was expected. Pass rows to learn from.")
    started = time.monotonic()
    deadline = math.inf if settings.max_seconds is None else started + settings.max_seconds * (1 - RESERVE)
    # training again on all points takes about as long as what comes before it
    first_deadline = started + (deadline - started) / 2 if settings.refit_full else deadline
    tasks, checks = make_tasks(settings, panel, first_deadline)
    try:
        choice = choose(tasks, started, checkpoint, on_look)
        # what was not chosen makes room
        tasks = [choice.task]
        results = train_members(choice.task, choice.result, checkpoint, on_look)
        task, first, reasons = choice.task, results[0], tuple(choice.reasons)
        stop, ensemble = _stop(results), _ensemble(task, results)
        calibration = _calibrate(task, ensemble)
        if settings.refit_full and task.validation is not None and stop is not Stop.INTERRUPTED:
            task = full_task(task, panel, _steps_kept(results), deadline)
            again = train_members(task, checkpoint=checkpoint, slot=len(results))
            if _stop(again) is Stop.INTERRUPTED:
                # what was judged is worth more than what was not trained to its end
                task, stop = choice.task, Stop.INTERRUPTED
            else:
                ensemble, stop = _ensemble(task, again), _stop([*again, first])
                reasons = (*reasons, _about_all_points(again[0].n_steps))
    except MemoryError:
        raise too_large(settings, tasks[0].plan, tasks[0].spec) from None
    learned = Learned(first.history, stop, first.n_steps, reasons, tuple(checks), first.validation_loss)
    return _remember(task, panel, ensemble, calibration, learned)


def _ensemble(task: Task, results: list[TrainingResult]) -> Ensemble:
    return Ensemble(tuple(task.network(r.weights, thread_count(task.settings.n_threads)) for r in results))


def _steps_kept(results: list[TrainingResult]) -> int:
    """Return after how many steps the members were best, in the middle of them."""
    return int(np.median([result.best_step for result in results]))


def _about_all_points(n_steps: int) -> str:
    return (
        f"Trained again on all points, also those held back, in {n_steps} steps, after so many of which the validation "
        "part was forecast best; errors and widths of intervals are those measured before."
    )


def _stop(results: list[TrainingResult]) -> Stop:
    """Say why training ended: for most of the members, but a time that ran out for one counts."""
    stops = [result.stop for result in results]
    for stop in (Stop.INTERRUPTED, Stop.TIME):
        if stop in stops:
            return stop
    return max(stops, key=stops.count)


def _remember(task: Task, panel: Panel, ensemble: Ensemble, calibration: Conformal | None, learned: Learned) -> Fitted:
    preparation, season = task.preparation, task.plan.season_length
    arrays = preparation.arrays(panel)
    return Fitted(
        ensemble=ensemble,
        memories=ensemble.read(ensemble.blank(arrays), arrays),
        preparation=preparation,
        after=panel.tail_from(panel.lengths),
        lengths=panel.lengths,
        anchors=preparation.transform.anchors(panel.values, panel.offsets),
        tail=_tail(panel, max(season, 1)),
        years=preparation.newest_years(arrays),
        naive_scales=naive_scale(panel.values, panel.offsets, season),
        lookback=task.plan.lookback,
        season_length=season,
        calibration=calibration,
        learned=learned,
    )


def _calibrate(task: Task, ensemble: Ensemble) -> Conformal | None:
    """Keep the errors on the validation part, in scaled units where the transform bends each value alone."""
    if task.validation is None or not task.validation.n_windows:
        return None
    errors = task.validation.scaled_errors(ensemble, task.preparation)
    return fit_conformal(errors) if np.isfinite(errors).any() else None


def _tail(panel: Panel, n_points: int) -> np.ndarray:
    filled = carry_forward(panel.values, panel.offsets)
    positions = panel.offsets[1:, None] + np.arange(-n_points, 0)
    return np.asarray(filled[np.maximum(positions, panel.offsets[:-1, None])])
