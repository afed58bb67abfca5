"""What must be computed for a report? Models to compare, a fit to be judged on points it did not see, and a clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from gatecast._json import JsonObject
from gatecast.backtesting.backtest import MANY_SERIES, usual_jobs
from gatecast.baselines.base import Baseline
from gatecast.comparison.comparison import USUAL
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.split import held_out_positions
from gatecast.diagnosis import Diagnosis, diagnose
from gatecast.exceptions import GatecastError
from gatecast.forecaster import Forecaster, LSTMForecaster
from gatecast.model.alignment import match_series
from gatecast.texts.message import reason

__all__ = ["Clock", "HeldOut", "Scope", "hold_out", "scope_of", "unfitted", "within"]

Result = TypeVar("Result")
WINDOWS, FEW_WINDOWS = 5, 2
SECONDS, FEW_SECONDS = 30.0, 20.0
# takes seconds for each series and window
SLOW = ("AutoARIMA",)
# held back to be judged on, where there is no test part
SHARE = 0.2


class Clock:
    """Adds to `seconds` what took how long, and keeps a part that fails from taking the others with it."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def try_(self, name: str, part: Callable[[], Result]) -> Result | JsonObject:
        """Return what a part returns, or why it failed, as plain data of a `Message`."""
        try:
            return self.time(name, part)
        except GatecastError as error:
            return {"failed": reason(error).to_dict()}

    def time(self, name: str, part: Callable[[], Result]) -> Result:
        """Return what a part returns."""
        began = time.perf_counter()
        try:
            return part()
        finally:
            self.seconds[name] = time.perf_counter() - began


@dataclass(frozen=True)
class Scope:
    """How much is compared: models, origins of each series, seconds of computing of a baseline in a window, processes.

    The LSTM is the one that the report is about; usual models are left out because they would take too long.
    """

    models: tuple[str, ...]
    n_windows: int
    time_limit: float
    n_jobs: int | None
    left_out: tuple[str, ...] = ()


def scope_of(panel: Panel, horizon: int) -> Scope:
    """Choose five windows and all usual models; two windows, and none that is slow, from ten series on.

    Windows that half of the series are too short for are left out: before the first origin there must be two horizons.
    """
    room = int(np.median(panel.lengths)) // horizon - 2
    jobs = usual_jobs(panel.n_series)
    if panel.n_series < MANY_SERIES:
        return Scope(USUAL, max(1, min(WINDOWS, room)), SECONDS, jobs)
    fast = tuple(name for name in USUAL if name not in SLOW)
    return Scope(fast, max(1, min(FEW_WINDOWS, room)), FEW_SECONDS, jobs, SLOW)


def within(seconds: float, models: Iterable[Forecaster]) -> list[Forecaster]:
    """Limit the computing of baselines' fits and forecasts; an LSTM is never late, as it counts its steps."""
    return [replace(model, time_limit=seconds) if isinstance(model, Baseline) else model for model in models]


def unfitted(model: LSTMForecaster, *, progress: bool = False) -> LSTMForecaster:
    """Return a model of the same settings that has not learned anything."""
    return LSTMForecaster.from_settings(replace(model.settings_, checkpoint=None, progress=progress))


@dataclass(frozen=True)
class HeldOut:
    """A model that learned from the first `n_trained`, `(S,)`, points of the series, and all that is known of these."""

    model: LSTMForecaster
    panel: Panel
    n_trained: np.ndarray

    @property
    def has_test(self) -> bool:
        """Whether there are points that were not learned from."""
        return bool((self.n_trained < self.panel.lengths).any())

    def diagnose(self) -> Diagnosis:
        """Diagnose the model on these points; on its validation set where there are none."""
        return diagnose(self.model, self.panel.head(self.n_trained), self.panel if self.has_test else None)

    def covariates(self) -> JsonObject:
        """Tell how much worse forecasts of these points become without each covariate."""
        if not self.panel.roles.names or not self.has_test:
            return {"rows": []}
        found = self.model.covariate_importance(self.panel)
        rows = [
            {
                "name": found.names[n],
                "role": found.roles[n],
                "increase": found.increase[n],
                "standard_error": found.standard_error[n],
                "is_useful": bool(found.is_useful[n]),
            }
            for n in found.order
        ]
        return {"rows": rows, "error": found.error, "n_windows": found.n_windows}


def hold_out(model: LSTMForecaster, panel: Panel, clock: Clock) -> HeldOut:
    """Return the model where something lies behind its training part, else one that learned from the first four fifths.

    The clock tells how long the second fit took.
    """
    match = match_series(model.fitted_.after, panel)
    # of a series that it does not know nothing is tested
    n_trained = np.where(match.is_known, np.minimum(match.n_before, panel.lengths), panel.lengths)
    own = HeldOut(model, panel, n_trained)
    positions = held_out_positions(panel, SHARE, model.fitted_.horizon, model.settings_.lookback)
    if own.has_test or not (positions < panel.lengths).any():
        return own
    again = unfitted(model)
    try:
        clock.time("test", lambda: again.fit(panel.head(positions)))
    except GatecastError:
        # the first four fifths are too short to learn from
        return own
    return HeldOut(again, panel, positions)
