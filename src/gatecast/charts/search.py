"""How did a search for settings go, and which settings mattered?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import check_type
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct
from gatecast.charts.spec import Axis, Bars, Chart, Dash, Line, Look, Mark, Panel, Rule
from gatecast.exceptions import DataError
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.tuning.tuned import Tuned

__all__ = ["history_chart", "importance_chart", "tuning_history", "tuning_importance"]

# errors further above the best than this many times the middle distance are drawn at the upper edge
FAR = 4.0


def tuning_history(tuned: Tuned, *, title: str | None = None) -> Figure:
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
        >>> y = np.random.default_rng(0).normal(size=100)
        >>> model = LSTMForecaster(progress=False, training=Training(epochs=2))
        >>> tuned = tune(y, model, space={"hidden_size": [8, 16]}, n_trials=2, n_windows=1)
        >>> axes = tuning_history(tuned).axes[0]
        >>> axes.get_xlabel(), axes.get_ylabel()
        ('trial', 'MASE')
    """
    return draw(history_chart(tuned, title, Texts("en")))


def history_chart(tuned: Tuned, title: str | None, t: Texts) -> Chart:
    """Show the error of each trial; trials without one stand at the lower edge."""
    _check(tuned)
    number, error = (tuned.trials[name].to_numpy(float) for name in ("trial", "error"))
    top = _top(error)
    points: Look = {"width": 0.0}
    marks: list[Mark] = [
        Line(number, np.minimum(error, top), "data", t("chart.trial"), marker="circle", size=5.0, **points)
    ]
    far = error > top
    if far.any():
        edge = np.full(far.sum(), top)
        marks.append(Line(number[far], edge, "data", t("chart.above"), marker="triangle-up", size=8.0, **points))
    best = np.fmin.accumulate(error)
    marks.append(Line(number, best, "model", t("chart.best_so_far"), width=1.8, is_step=True))
    low, high = _limits(error, top)
    marks += _ended(tuned, low + 0.03 * (high - low), t)
    starts: tuple[tuple[str, str, Dash], ...]
    starts = ("model", t("chart.as_it_was"), "dashed"), ("default", t("chart.defaults"), "dotted")
    for start, name, dash in starts:
        level = tuned.error_of(start)
        if np.isfinite(level) and level <= top:
            marks.append(Rule("y", level, label=name, dash=dash))
    taken = t("chart.taken", trial=tuned.best_trial)
    marks.append(Line([tuned.best_trial], [tuned.error], "contrast", taken, marker="diamond", size=9.0, **points))
    panel = Panel(tuple(marks), x=Axis(t("chart.trial"), "whole"), y=Axis(tuned.metric.upper(), low=low, high=high))
    return Chart((panel,), title or t("chart.search"), size=(9.0, 4.6), legend="below")


def tuning_importance(tuned: Tuned, *, title: str | None = None) -> Figure:
    """Draw how much each setting decided which trials were among the best.

    Args:
        tuned: From `tune`.
        title: Headline.

    Raises:
        ConfigError: `tuned` is something else.
        DataError: There were too few trials for an importance.
        GatecastError: matplotlib is not installed.
    """
    return draw(importance_chart(tuned, title, Texts("en")))


def importance_chart(tuned: Tuned, title: str | None, t: Texts) -> Chart:
    """Show shares of settings as bars."""
    _check(tuned)
    if not tuned.importance:
        raise DataError(
            f"{tuned.trials['error'].notna().sum()} trials with an error are too few to say which settings mattered, "
            "and more were expected. Search longer, e.g. with `n_trials=60`."
        )
    shares = 100 * np.array(list(tuned.importance.values()))
    said = tuple("< 1 %" if share < 1 else f"{share:.0f} %" for share in shares)
    places, names = np.arange(len(shares)), tuple(distinct(tuned.importance))
    bars = Bars(places, shares, "model", 0.66, is_flat=True, texts=said)
    y = Axis(low=len(shares) - 0.5, high=-0.5, ticks=places.tolist(), names=names, has_grid=False)
    panel = Panel((bars,), x=Axis(t("chart.ped_anova"), margin=0.1), y=y)
    return Chart((panel,), title or t("chart.setting_importance"), size=(8.0, 1.6 + 0.36 * len(shares)))


def _check(tuned: object) -> None:
    from gatecast.tuning.tuned import Tuned

    check_type("tuned", tuned, Tuned, "a Tuned", "what `tune(...)` returned")


def _top(error: np.ndarray) -> float:
    """Return the highest error that is shown: a trial that went wrong must not flatten all others."""
    known = error[np.isfinite(error)]
    if not len(known):
        return 1.0
    best = float(known.min())
    return max(best + FAR * float(np.median(known) - best), float(np.quantile(known, 0.75)))


def _limits(error: np.ndarray, top: float) -> tuple[float, float]:
    """Return the ends of the axis, with room at the lower one for trials without an error."""
    known = error[np.isfinite(error)]
    low = float(known.min()) if len(known) else 0.0
    high = max(min(float(known.max(initial=low)), top), low)
    room = (high - low) or abs(low) or 1.0
    return low - 0.12 * room, high + 0.05 * room


def _ended(tuned: Tuned, at: float, t: Texts) -> list[Line]:
    """Mark trials without an error at the lower edge."""
    found: list[Line] = []
    for state, marker, name in (("pruned", "bar", t("chart.ended_early")), ("failed", "x", t("chart.failed"))):
        numbers = tuned.trials.loc[tuned.trials["state"] == state, "trial"].to_numpy(float)
        if len(numbers):
            look: Look = {"width": 0.0, "marker": marker, "size": 8.0}
            found.append(Line(numbers, np.full(len(numbers), at), "text", name, **look))
    return found
