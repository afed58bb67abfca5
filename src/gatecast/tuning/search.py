"""How long is searched, in what way, and by which error is judged?"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from gatecast._validation import check_choice, check_count, check_positive, is_integer
from gatecast.exceptions import ConfigError

__all__ = ["Search", "make_search"]

METRICS = ("mase", "rmse", "mae")
SAMPLERS = ("tpe", "gp", "random")
# trials where neither these nor a time are given
USUAL_TRIALS = 40


@dataclass(frozen=True, kw_only=True)
class Search:
    """Options of a search.

    Args:
        space: What is tried for a setting, in place of what the data suggest: `(8, 128)` a range, `(1e-4, 1e-2, "log")`
            a range in which each factor counts alike, `["lstm", "gru"]` a choice, None not to try anything else than
            what the model has.
        n_trials: Settings that are tried in this call; 40 where no time is given either.
        max_seconds: Time for the search and the last fit together.
        patience: Trials without an improvement after which the search ends; 0 to never end early.
        n_windows: Fits of each trial, from rolling origins inside the training part; None to choose from the data.
        metric: What is minimised: `mase` (scaled alike for all trials), `rmse` or `mae`, the mean over the windows.
        sampler: `tpe` (tree-structured Parzen estimators, Bergstra et al. 2011), `gp` (a Gaussian process; needs
            PyTorch) or `random`.
        study: SQLite file in which the trials are kept: the same call goes on from there, and several processes may
            work on one file at the same time. None to keep nothing.
        seed: Of what is tried next; the networks' seed is a setting of the model.

    Examples:
        >>> Search(n_trials=20, space={"lookback": (8, 128), "cell": ["lstm", "gru"]}).metric
        'mase'
    """

    space: Mapping[str, Any] | None = None
    n_trials: int | None = None
    max_seconds: float | None = None
    patience: int = 20
    n_windows: int | None = None
    metric: str = "mase"
    sampler: str = "tpe"
    study: str | os.PathLike[str] | None = None
    seed: int = 0

    @property
    def most_trials(self) -> int | None:
        """Trials at most; None where only the time ends the search."""
        return USUAL_TRIALS if self.n_trials is None and self.max_seconds is None else self.n_trials

    def check(self) -> None:
        """Check each option.

        Raises:
            ConfigError: One makes no sense.
        """
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
        check_choice("metric", self.metric, METRICS)
        check_choice("sampler", self.sampler, SAMPLERS)
        if self.space is not None and not isinstance(self.space, Mapping):
            raise ConfigError(
                f"`space` must be a dictionary from settings to what is tried, got {self.space!r}. Use for example "
                '`space={"lookback": (8, 128)}`.'
            )
        if self.study is not None and not isinstance(self.study, str | os.PathLike):
            raise ConfigError(f'`study` must be a path, got {self.study!r}. Use for example `study="tuning.db"`.')


def make_search(options: Mapping[str, Any]) -> Search:
    """Make checked options of keyword arguments.

    Raises:
        ConfigError: There is no such option, or it makes no sense.
    """
    known = [field.name for field in fields(Search)]
    for name in options:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise ConfigError(
                f"`{name}` is no option of `tune`, and one of {', '.join(known)} was expected. Did you mean "
                f"`{nearest}={options[name]!r}`?"
            )
    search = Search(**options)
    search.check()
    return search
