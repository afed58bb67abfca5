"""Which trials can a search have written, and what is their error?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gatecast._json import plain
from gatecast.model.loss import DISTRIBUTION_LOSSES
from gatecast.model.settings import Settings
from gatecast.tuning.space import NOT_TUNED, Space

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

__all__ = ["DEFAULT", "GIVEN", "check_trial", "defaults_for", "error_of"]

# what the first trials are: the model's own settings, and the defaults
GIVEN, DEFAULT = "model", "default"


def check_trial(given: Settings, space: Space, trial: FrozenTrial) -> None:
    """Refuse a trial that no search of this space has written; KeyError, TypeError or ValueError."""
    noted = trial.user_attrs
    fixed = trial.system_attrs.get("fixed_params", {})
    names = [*trial.params, *fixed, *noted.get("known", ()), *([noted["step"]] if "step" in noted else [])]
    entries = [space[name] for name in names]
    if not all(isinstance(name, str) for name in (*noted, *trial.system_attrs)):
        raise ValueError(f"trial {trial.number} has notes without a name")
    is_known = noted.get("start", GIVEN) in (GIVEN, DEFAULT) and isinstance(noted.get("note", ""), str)
    values = {**fixed, **trial.params}
    if len(entries) < len(values) or not is_known:
        raise ValueError(f"trial {trial.number} was noted in another way")
    if not all(space[name].holds(value) for name, value in values.items()):
        raise ValueError(f"trial {trial.number} has settings that are not tried")
    if any(space[name].distribution() != one for name, one in trial.distributions.items()):
        raise ValueError(f"trial {trial.number} is one of another space")
    if not all(math.isfinite(error) for error in trial.intermediate_values.values()):
        raise ValueError(f"trial {trial.number} has errors that are no numbers")
    if trial.state.name == "COMPLETE":
        errors = [float(error) for error in noted["windows"]]
        if not errors or not math.isclose(float(np.mean(errors)), error_of(trial)):
            raise ValueError(f"trial {trial.number} has other errors than those of its windows")
        default = defaults_for(given)
        for name, value in noted["settings"].items():
            is_tried = name in space and space[name].holds(value)
            if not is_tried and plain(getattr(default, name)) != value:
                raise ValueError(f"trial {trial.number} has a setting that is not tried, {name!r}")


def error_of(trial: FrozenTrial) -> float:
    """Return what a trial was judged by, or that of the worst one."""
    return math.inf if trial.value is None else trial.value


def defaults_for(given: Settings) -> Settings:
    """Return the defaults for the same task."""
    kept = [*NOT_TUNED, "joint", "calendar", "country"]
    # who learns a distribution wants one
    kept += ["loss", "quantiles", "huber_delta"] if given.loss in DISTRIBUTION_LOSSES else []
    return Settings(**{name: getattr(given, name) for name in kept})
