"""How did training or a search for settings go, and what is left of the errors?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts import spec
from gatecast.charts.checks import check_type, numbers
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct, shorten
from gatecast.charts.spec import Axis, Bars, Chart, Line, Look, Mark, Panel, Rule, Text, time_axis
from gatecast.charts.thinning import thin
from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import ConfigError, DataError
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from gatecast.diagnosis.findings import Diagnosis
    from gatecast.forecaster import LSTMForecaster
    from gatecast.tuning.tuned import Tuned

__all__ = ["Training", "history_chart", "importance_chart", "learning_curves", "residuals", "residuals_chart"]
__all__ += ["training_chart", "training_of", "tuning_history", "tuning_importance"]

# a loss that falls further than this is seen better in logarithms
STEEP = 10.0
N_FINDINGS = 2
FEW_LOOKS = 40
# findings about the course of training, before those about everything else
OF_TRAINING = ("diverging", "still-learning", "too-noisy", "past-its-best", "overfit", "underfit", "plateau")
CURVES: dict[str, tuple[str, spec.Role]] = {
    "validation": ("chart.curve_validation", "contrast"),
    "learned": ("chart.curve_learned", "model"),
    "training": ("chart.curve_training", "model"),
}
LEAST = 8
MOST_LAGS = 60
# a normal distribution's middle 95 % is that many standard errors wide on each side
NORMAL_95 = 1.96
# errors further above the best than this many times the middle distance are drawn at the upper edge
FAR = 4.0


@dataclass(frozen=True)
class Training:
    """Epochs and RMSE, `(N,)` both, on `validation` and `learned` points, or while `training`.

    Kept are the weights with the smallest loss on the validation set: their epoch and RMSE, or None.
    """

    curves: dict[str, tuple[np.ndarray, np.ndarray]]
    kept: tuple[float, float] | None


def learning_curves(
    fit: LSTMForecaster | Mapping[str, Sequence[float]],
    diagnosis: Diagnosis | None = None,
    *,
    unit: str = "",
    noise_floor: float | None = None,
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw the errors on learned and on held-back points, the epoch whose weights were kept, and the verdict.

    Args:
        fit: A fitted model, or its `history_`.
        diagnosis: From `diagnose`; its findings about training stand below the picture.
        unit: What errors are measured in; the target's name when absent and a model is passed.
        noise_floor: The lowest RMSE that any model could reach, where it is known.
        title: Headline.
        lang: Language of the texts: "en" or "zh".

    Raises:
        ConfigError: `fit` holds no history, as of pretrained networks.
        GatecastError: matplotlib is not installed, or the model is not fitted.

    Examples:
        >>> history = {"rmse": [3.0, 2.0], "validation_epoch": [1, 2], "validation_rmse": [3.0, 2.5]}
        >>> figure = learning_curves(history | {"validation_loss": [0.9, 0.7], "train_rmse": [2.9, 2.0]})
        >>> figure.axes[0].get_legend_handles_labels()[1]
        ['validation set', 'learned points', 'kept: epoch 2']
    """
    from gatecast.forecaster import LSTMForecaster

    if not isinstance(fit, Mapping):
        check_type("fit", fit, LSTMForecaster, "a fitted LSTMForecaster or its `history_`", "the model")
        if not fit.fitted_.record.is_trained:
            raise ConfigError(
                "`fit` holds networks that were not trained here, which have no learning curve, and a model that was "
                'trained was expected. Fit with `pretrained="none"`.'
            )
        unit = unit or _unit(fit)
        fit = fit.history_
    return draw(training_chart(training_of(fit), Texts(lang), unit, noise_floor, title, _verdict(diagnosis)))


def _unit(model: LSTMForecaster) -> str:
    """Name what errors are measured in: the target, or under a transform without a validation set what came of it."""
    target, transform = model.fitted_.after.columns.target, model.fitted_.record.transform
    is_transformed = transform != "none" and not model.history_.get("validation_rmse")
    return f"{transform} of {target}" if is_transformed else target


def training_of(history: Mapping[str, Sequence[float]]) -> Training:
    """Read the curves of a history."""
    checks = np.asarray(history.get("validation_epoch", ()), float)
    judged = {"validation": "validation_rmse", "learned": "train_rmse"}
    found = {name: (checks, np.asarray(history[key], float)) for name, key in judged.items() if history.get(key)}
    if not found:
        rmse = np.asarray(history.get("rmse", ()), float)
        if not len(rmse):
            raise ConfigError(
                f"`fit` holds {', '.join(history) or 'nothing'}, and `rmse` of at least one epoch was expected. "
                "Pass a fitted model or its `history_`."
            )
        return Training({"training": (np.arange(1.0, len(rmse) + 1), rmse)}, None)
    losses = np.asarray(history.get("validation_loss", ()), float)
    errors = found.get("validation", (checks, checks[:0]))[1]
    if not len(losses) or len(losses) != len(errors) or np.isnan(losses).all():
        return Training(found, None)
    best = int(np.nanargmin(losses))
    return Training(found, (float(checks[best]), float(errors[best])))


def training_chart(
    training: Training, t: Texts, unit: str = "", floor: float | None = None, title: str | None = None, note: str = ""
) -> Chart:
    """Show the curves, what was kept, and the lowest error that is possible."""
    marks: list[Mark] = []
    for name, (epochs, errors) in training.curves.items():
        key, role = CURVES[name]
        keep = thin(errors)
        marker: spec.Marker = "circle" if len(errors) <= FEW_LOOKS else ""
        marks.append(Line(epochs[keep], errors[keep], role, t(key), marker=marker))
    if training.kept is not None:
        epoch, error = training.kept
        marks += [
            Rule("x", epoch, label=t("chart.kept", epoch=epoch), dash="dashed"),
            Line([epoch], [error], "text", width=0.0, marker="diamond", size=7.0),
            Text(epoch, error, f"{error:.4g}", align=("right", "bottom"), offset=(-7, 7)),
        ]
    if floor is not None:
        marks.append(Rule("y", floor, label=t("chart.noise_floor", rmse=floor), dash="dotted"))
    known = np.concatenate([errors[np.isfinite(errors)] for _, errors in training.curves.values()])
    is_steep = len(known) > 0 and known.min() > 0 and known.max() > STEEP * known.min()
    error_axis = Axis(f"RMSE ({shorten(unit)})" if unit else "RMSE", "log" if is_steep else "number")
    panel = Panel(tuple(marks), x=Axis(t("chart.epoch")), y=error_axis)
    return Chart((panel,), title or t("chart.training"), note, (9.0, 5.0), legend="above")


def _verdict(diagnosis: Diagnosis | None) -> str:
    """Choose what to say below: what a diagnosis found out about training, else what it found first."""
    if diagnosis is None:
        return ""
    of_training = [finding for finding in diagnosis.findings if finding.code in OF_TRAINING]
    chosen = (of_training or list(diagnosis.findings))[:N_FINDINGS]
    return " ".join(finding.sentence + (f" Try {finding.remedy}." if finding.remedy else "") for finding in chosen)


def residuals(
    errors: ArrayLike,
    times: ArrayLike | None = None,
    *,
    season_length: int = 1,
    unit: str = "",
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw errors over time, their histogram, their autocorrelation, and their quantiles beside normal ones.

    The band of the autocorrelation is where 95 % of the lags of white noise lie.

    Args:
        errors: `(N,)` in the order of time, NaN where there is none; one step ahead and of one series.
        times: `(N,)` datetime64 or numbers; counted when absent.
        season_length: Lags that are marked in the autocorrelation; 1 for none.
        unit: What errors are measured in.
        title: Headline.
        lang: Language of the texts: "en" or "zh".

    Raises:
        DataError: There are fewer than 8 errors, or not as many times.

    Examples:
        >>> figure = residuals(np.random.default_rng(0).normal(size=200), season_length=12)
        >>> [axes.get_title(loc="left").split(" (")[0] for axes in figure.axes]
        ['Over time', 'Distribution', 'Autocorrelation', 'Quantiles beside normal ones']
    """
    return draw(residuals_chart(errors, times, season_length, unit, title, Texts(lang)))


def residuals_chart(
    errors: ArrayLike, times: ArrayLike | None, season_length: int, unit: str, title: str | None, t: Texts
) -> Chart:
    """Show errors in four panels, as `residuals`."""
    values = numbers("errors", errors, "N")
    known = values[np.isfinite(values)]
    if len(known) < LEAST:
        raise DataError(f"`errors` holds {len(known)} numbers, and at least {LEAST} were expected. Pass more of them.")
    when = np.arange(len(values)) if times is None else np.asarray(times)
    if len(when) != len(values):
        raise DataError(
            f"`times` has {len(when)} entries for {len(values)} errors, and as many were expected. "
            "Pass the time of each error."
        )
    name = t("chart.error_in", unit=shorten(unit)) if unit else t("chart.error")
    panels = (
        _over_time(when, values, name, t),
        replace(_histogram(known, name, t), column=1),
        replace(_correlation(values, season_length, t), row=1),
        replace(_quantiles(known, name, t), row=1, column=1),
    )
    return Chart(panels, title or t("chart.residuals"), size=(11.0, 7.0), heights=(1.0, 1.0), widths=(1.0, 1.0))


def autocorrelation(values: Floats, n_lags: int) -> Floats:
    """Return the autocorrelations of lags 1 to `n_lags`; a missing number takes part in none."""
    centred = np.nan_to_num(values - np.nanmean(values))
    total = float(centred @ centred)
    if total == 0:
        return np.zeros(n_lags)
    return np.array([centred[lag:] @ centred[:-lag] for lag in range(1, n_lags + 1)]) / total


def _over_time(times: np.ndarray, values: Floats, name: str, t: Texts) -> Panel:
    keep = thin(values)
    points = Line(times[keep], values[keep], "model", width=0.8, marker="circle", size=2.0)
    zero = Rule("y", 0, width=0.8)
    return Panel((zero, points), t("chart.over_time"), time_axis(times, t("chart.time"), 6), Axis(name))


def _histogram(known: Floats, name: str, t: Texts) -> Panel:
    counts, edges = np.histogram(known, _n_bins(known), density=True)
    hover = tuple(f"{low:.4g} … {high:.4g}: {n:.4g}" for low, high, n in zip(edges, edges[1:], counts, strict=False))
    look: Look = {"strength": 0.45, "is_edged": True, "hover": hover}
    marks: list[Mark] = [Bars((edges[1:] + edges[:-1]) / 2, counts, "model", np.diff(edges), **look)]
    mean, spread = float(known.mean()), float(known.std())
    if spread > 0:
        grid = np.linspace(mean - 4 * spread, mean + 4 * spread, 201)
        density = np.exp(-0.5 * ((grid - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
        marks.append(Line(grid, density, "text", width=1.4))
    said = t("chart.moments", mean=mean, spread=spread)
    marks += [Rule("x", 0, width=0.8), Text(0.98, 0.96, said, "text", ("right", "top"), ("panel", "panel"), size=9.0)]
    return Panel(tuple(marks), t("chart.distribution"), Axis(name), Axis(t("chart.density")))


def _n_bins(known: Floats) -> int:
    """Count the bins of Freedman and Diaconis (1981), within reason: one far value must not make a million."""
    low, high = np.quantile(known, [0.25, 0.75])
    width = 2 * (high - low) / len(known) ** (1 / 3)
    extent = float(np.ptp(known))
    return int(np.clip(extent / width, 5, 60)) if width > 0 and extent > 0 else 5


def _correlation(values: Floats, season_length: int, t: Texts) -> Panel:
    n = int(np.isfinite(values).sum())
    wanted = max(24, 2 * season_length + season_length // 2)
    n_lags = min(wanted, max(MOST_LAGS, season_length + 2), n // 2)
    seasons = range(season_length, n_lags + 1, season_length) if season_length > 1 else ()
    bound, lags, found = NORMAL_95 / np.sqrt(n), np.arange(1, n_lags + 1), autocorrelation(values, n_lags)
    marks: tuple[Mark, ...] = (
        *(spec.Area("x", season - 0.25, season + 0.25, "window", 0.6) for season in seasons),
        spec.Area("y", -bound, bound, "noise", 0.2),
        spec.Stems(lags, np.zeros(n_lags), found, "model", width=1.8),
        Line(lags, found, "model", width=0.0, marker="circle", size=3.5),
        Rule("y", 0, width=0.8),
    )
    is_marked = 1 < season_length <= n_lags
    said = t("chart.autocorrelation_season", season=season_length) if is_marked else t("chart.autocorrelation")
    limit = max(0.3, 1.15 * float(np.abs(found).max()))
    return Panel(marks, said, Axis(t("chart.lag_steps")), Axis(t("chart.correlation"), low=-limit, high=limit))


def _quantiles(known: Floats, name: str, t: Texts) -> Panel:
    from scipy.stats import norm

    ordered = np.sort(known)
    # plotting positions of Blom (1958)
    expected = norm.ppf((np.arange(1, len(ordered) + 1) - 0.375) / (len(ordered) + 0.25))
    keep = thin(ordered)
    ends = np.array([expected[0], expected[-1]])
    marks = (
        Line(ends, known.mean() + known.std() * ends, "text", width=1.2),
        Line(expected[keep], ordered[keep], "model", width=0.0, marker="circle", size=3.0),
    )
    return Panel(marks, t("chart.quantiles"), Axis(t("chart.normal_quantile")), Axis(name))


def tuning_history(tuned: Tuned, *, title: str | None = None, lang: str = "en") -> Figure:
    """Draw the error of each trial, and the best so far.

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
    return draw(history_chart(tuned, title, Texts(lang)))


def history_chart(tuned: Tuned, title: str | None, t: Texts) -> Chart:
    """Show the error of each trial; trials without one stand at the lower edge."""
    _check_tuned(tuned)
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
    low, high = _error_limits(error, top)
    marks += _ended(tuned, low + 0.03 * (high - low), t)
    starts: tuple[tuple[str, str, spec.Dash], ...]
    starts = ("model", t("chart.as_it_was"), "dashed"), ("default", t("chart.defaults"), "dotted")
    for start, name, dash in starts:
        level = tuned.error_of(start)
        if np.isfinite(level) and level <= top:
            marks.append(Rule("y", level, label=name, dash=dash))
    taken = t("chart.taken", trial=tuned.best_trial)
    marks.append(Line([tuned.best_trial], [tuned.error], "contrast", taken, marker="diamond", size=9.0, **points))
    panel = Panel(tuple(marks), x=Axis(t("chart.trial"), "whole"), y=Axis(tuned.metric.upper(), low=low, high=high))
    return Chart((panel,), title or t("chart.search"), size=(9.0, 4.6), legend="below")


def tuning_importance(tuned: Tuned, *, title: str | None = None, lang: str = "en") -> Figure:
    """Draw how much each setting decided which trials were among the best.

    Raises:
        DataError: There were too few trials for an importance.
    """
    return draw(importance_chart(tuned, title, Texts(lang)))


def importance_chart(tuned: Tuned, title: str | None, t: Texts) -> Chart:
    """Show shares of settings as bars."""
    _check_tuned(tuned)
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


def _check_tuned(tuned: object) -> None:
    from gatecast.tuning.tuned import Tuned

    check_type("tuned", tuned, Tuned, "a Tuned", "what `tune(...)` returned")


def _top(error: np.ndarray) -> float:
    """Return the highest error that is shown: a trial that went wrong must not flatten all others."""
    known = error[np.isfinite(error)]
    if not len(known):
        return 1.0
    best = float(known.min())
    return max(best + FAR * float(np.median(known) - best), float(np.quantile(known, 0.75)))


def _error_limits(error: np.ndarray, top: float) -> tuple[float, float]:
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
