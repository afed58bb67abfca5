"""How long is searched, in what way, and by which error is judged?"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from gatecast._validation import check_choice, check_count, check_positive, is_integer
from gatecast.backtesting.backtest import check_jobs
from gatecast.baselines.local import needed
from gatecast.exceptions import ConfigError
from gatecast.model.settings import Settings, Values
from gatecast.tuning.space import read_entry

__all__ = ["Search"]

METRICS = ("mase", "rmse", "mae")
SAMPLERS = ("tpe", "gp", "random")
# trials where neither these nor a time are given
USUAL_TRIALS = 40


@dataclass(frozen=True)
class Search:
    """Options of a search: arguments of `gatecast.tune`, in the same order."""

    space: Values | None = None
    n_trials: int | None = None
    max_seconds: float | None = None
    patience: int = 20
    n_windows: int | None = None
    metric: str = "mase"
    sampler: str = "tpe"
    study: str | os.PathLike[str] | None = None
    seed: int = 0
    n_jobs: int | None = None

    @property
    def is_parallel(self) -> bool:
        """Whether the fits of a trial run at the same time; nobody asks joblib for that before it is imported."""
        if self.n_jobs is None and "joblib" not in sys.modules:
            return False
        return bool(needed("joblib", "library.tune").effective_n_jobs(self.n_jobs) > 1)

    @property
    def most_trials(self) -> int | None:
        """Trials at most; None where only the time ends the search."""
        return USUAL_TRIALS if self.n_trials is None and self.max_seconds is None else self.n_trials

    def check(self, start: Settings) -> None:
        """Raise ConfigError for an option that makes no sense, or a space that does not beside the start's settings."""
        if self.n_trials is not None:
            check_count("n_trials", self.n_trials, "Use `n_trials=40`.")
        if self.max_seconds is not None:
            check_positive("max_seconds", self.max_seconds, "Use `max_seconds=60`, or None for no limit.")
        if self.n_windows is not None:
            check_count("n_windows", self.n_windows, "Use `n_windows=3`, or None to have it chosen.")
        if not is_integer(self.patience) or self.patience < 0:
            raise ConfigError(
                f"`patience` must be a whole number of trials, got {self.patience!r}. Use `patience=20`, or 0 to never "
                "end early."
            )
        if not is_integer(self.seed) or not 0 <= self.seed < 2**31:
            raise ConfigError(f"`seed` must be a whole number from 0 to 2**31 - 1, got {self.seed!r}. Use `seed=0`.")
        check_jobs(self.n_jobs)
        check_choice("metric", self.metric, METRICS)
        check_choice("sampler", self.sampler, SAMPLERS)
        if self.space is not None and not isinstance(self.space, Mapping):
            raise ConfigError(
                f"`space` must be a dictionary from settings to what is tried, got {self.space!r}. Use for example "
                '`space={"lookback": (8, 128)}`.'
            )
        for name, entry in (self.space or {}).items():
            read_entry(name, entry, start)
        if self.study is not None and not isinstance(self.study, str | os.PathLike):
            raise ConfigError(f'`study` must be a path, got {self.study!r}. Use for example `study="tuning.db"`.')
