"""How did a search for settings go, and which settings mattered?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.names import labels
from gatecast.charts.style import COLORS, check_matplotlib, dress, finish, name_ticks, new_figure, whole_numbers
from gatecast.exceptions import ConfigError, DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gatecast.tuning.tuned import Tuned

__all__ = ["tuning_history", "tuning_importance"]

# errors further above the best than this many times the middle distance are drawn at the upper edge
FAR = 4.0
STARTS = {"model": "the model as it was", "default": "the defaults"}


def tuning_history(tuned: Tuned, *, title: str = "The course of the search") -> Figure:
    """Draw the error of each trial, and the best so far.

    Args:
        tuned: From `tune`.
        title: Headline.

    Raises:
        ConfigError: `tuned` is something else.
        GatecastError: matplotlib is not installed.

    Examples:
        >>> import numpy as np
        >>> from gatecast import LSTMForecaster, Training
        >>> from gatecast.tuning import tune
        >>> space = {"lookback": (4, 32), "hidden_size": [8, 16]}
        >>> model = LSTMForecaster(horizon=2, progress=False, training=Training(epochs=2))
        >>> tuned = tune(np.sin(np.arange(200) * 0.3), model, space=space, n_trials=4, n_windows=1)
        >>> axes = tuning_history(tuned).axes[0]
        >>> axes.get_xlabel(), axes.get_ylabel()
        ('trial', 'MASE')
    """
    check_matplotlib()
    _check(tuned)
    figure = new_figure(9.0, 4.6)
    axes = figure.add_subplot()
    trials = tuned.trials
    number, error = trials["trial"].to_numpy(float), trials["error"].to_numpy(float)
    top = _top(error)
    axes.plot(number, np.minimum(error, top), "o", color=COLORS["data"], markersize=5, label="trial")
    is_far = error > top
    if is_far.any():
        axes.plot(number[is_far], np.full(is_far.sum(), top), "^", color=COLORS["data"], markersize=8, label="above")
    best = np.fmin.accumulate(error)
    axes.step(number, best, where="post", color=COLORS["train"], linewidth=1.8, label="best so far")
    _draw_ended(axes, trials)
    _draw_starts(axes, tuned, top)
    chosen = tuned.best_trial
    axes.plot(
        [chosen], [tuned.error], "D", color=COLORS["test"], markersize=9, label=f"taken: trial {chosen}", zorder=5
    )
    dress(axes, "", "trial", tuned.metric.upper())
    whole_numbers(axes.xaxis)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize=9.5, frameon=False)
    return finish(figure, title)


def tuning_importance(tuned: Tuned, *, title: str = "Which settings decided what was best") -> Figure:
    """Draw how much each setting decided which trials were among the best.

    Args:
        tuned: From `tune`.
        title: Headline.

    Raises:
        ConfigError: `tuned` is something else.
        DataError: There were too few trials for an importance.
        GatecastError: matplotlib is not installed.
    """
    check_matplotlib()
    _check(tuned)
    if not tuned.importance:
        raise DataError(
            f"{tuned.trials['error'].notna().sum()} trials with an error are too few to say which settings mattered, "
            "and more were expected. Search longer, e.g. with `n_trials=60`."
        )
    shares = 100 * np.array(list(tuned.importance.values()))
    figure = new_figure(8.0, 1.6 + 0.36 * len(shares))
    axes = figure.add_subplot()
    places = np.arange(len(shares))
    axes.barh(places, shares, color=COLORS["train"], height=0.66)
    for place, share in zip(places, shares, strict=True):
        said = "< 1 %" if share < 1 else f"{share:.0f} %"
        axes.annotate(said, (share, place), (4, 0), textcoords="offset points", va="center", fontsize=9.5)
    name_ticks(axes.yaxis, places.tolist(), labels(tuned.importance))
    axes.invert_yaxis()
    axes.margins(x=0.1)
    dress(axes, "", "importance in % (PED-ANOVA)", "")
    axes.grid(visible=False, axis="y")
    return finish(figure, title)


def _check(tuned: Any) -> None:
    from gatecast.tuning.tuned import Tuned

    if not isinstance(tuned, Tuned):
        raise ConfigError(
            f"`tuned` has the type {type(tuned).__name__}, and a Tuned was expected. Pass what `tune(...)` returned."
        )


def _top(error: np.ndarray) -> float:
    """Return the highest error that is shown: a trial that went wrong must not flatten all others."""
    known = error[np.isfinite(error)]
    if not len(known):
        return 1.0
    best = float(known.min())
    return max(best + FAR * float(np.median(known) - best), float(np.quantile(known, 0.75)))


def _draw_ended(axes: Axes, trials: Any) -> None:
    """Mark trials without an error at the lower edge."""
    for state, marker in (("pruned", "|"), ("failed", "x")):
        numbers = trials.loc[trials["state"] == state, "trial"].to_numpy(float)
        if len(numbers):
            name = {"pruned": "ended early", "failed": "failed"}[state]
            axes.plot(
                numbers,
                np.full(len(numbers), 0.02),
                marker,
                transform=axes.get_xaxis_transform(),
                color=COLORS["text"],
                markersize=8,
                label=name,
            )


def _draw_starts(axes: Axes, tuned: Tuned, top: float) -> None:
    for (start, name), style in zip(STARTS.items(), ((0, (4, 3)), (0, (1, 2))), strict=True):
        error = tuned.error_of(start)
        if np.isfinite(error) and error <= top:
            axes.axhline(error, color=COLORS["text"], linewidth=1, linestyle=style, label=name)
