"""What does a backtest say of each model, step by step and level by level, and how does that vary over origins?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.checks import chosen_models, record_of
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct
from gatecast.charts.spec import Axis, Band, Chart, Line, Mark, Marker, Panel, Stems, Text, facets, series_look
from gatecast.data.panel.arrays import Array, Floats
from gatecast.exceptions import DataError
from gatecast.metrics.levels import level_columns
from gatecast.texts import Texts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.comparison import Comparison

__all__ = ["Coverages", "StepErrors", "calibration_by_model", "calibration_chart", "coverages", "error_by_step"]
__all__ += ["interval_calibration", "step_errors", "steps_by_model", "steps_chart"]

# models with fewer of the forecasts are not drawn beside the others
LEAST_SHARE = 0.9
# bands hold four of five origins: the extremes of many origins would only grow with their number
BAND = (0.1, 0.9)
COLUMNS, MOST_PANELS = 4, 12
# a band of one or two origins would be taken for knowledge
LEAST_ORIGINS = 3
# the scale ends at so many times the middle model's highest error
FAR = 2.5
FEW_STEPS = 24
QUARTERS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class StepErrors:
    """Mean absolute errors, `(M, H)`, by step of the horizon over series and origins, of M models, the best first.

    A tenth of the origins lies below `low` and a tenth above `high`. The metric is MASE, or MAE where that is
    undefined; models with less than 90 % of the forecasts are left out.
    """

    models: tuple[str, ...]
    mean: Floats
    low: Floats
    high: Floats
    n_origins: int
    metric: str
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Coverages:
    """How often intervals of the nominal levels held, by model, all `(L,)` in %.

    A tenth of the origins lies below `low` and a tenth above `high`.
    """

    levels: Floats
    measured: dict[str, Floats]
    low: dict[str, Floats]
    high: dict[str, Floats]
    n_origins: int


def step_errors(backtest: Backtest, models: str | Iterable[str] | None = None) -> StepErrors:
    """Average absolute errors, over the series' scale, of each step of the horizon.

    Models are compared in the forecasts that all of them have.
    """
    names = chosen_models(backtest, models)
    table = backtest.forecasts
    scales = table["unique_id"].map(dict(backtest.scales)).to_numpy(float)
    is_scaled = bool((scales > 0).any())
    unit = np.where(scales > 0, scales, np.nan) if is_scaled else 1.0
    target = table["y"].to_numpy(float, na_value=np.nan)
    errors = np.stack([np.abs(_column(table, name) - target) / unit for name in names])
    is_seen = np.isfinite(target / unit)
    share = np.isfinite(errors[:, is_seen]).mean(axis=1) if is_seen.any() else np.zeros(len(names))
    kept = np.flatnonzero(share >= LEAST_SHARE)
    shared = np.isfinite(errors[kept]).all(axis=0)
    if not len(kept) or not shared.any():
        raise DataError(
            f"None of {len(names)} models has forecasts of at least {LEAST_SHARE:.0%} of the observed steps, and one "
            "was expected. Look at `backtest.runs` for what failed."
        )
    window, step = _windows(table)
    cubes = [_by_origin(window[shared], step[shared], errors[m][shared], backtest.horizon) for m in kept]
    means = np.stack([_ratio(total.sum(axis=0), count.sum(axis=0)) for total, count in cubes])
    bands = np.stack([_band(total, count) for total, count in cubes])
    order = np.argsort(np.nanmean(means, axis=1), kind="stable")
    models = tuple(names[kept[m]] for m in order)
    left_out = tuple(name for m, name in enumerate(names) if m not in kept)
    low, high = bands[order, 0], bands[order, 1]
    return StepErrors(models, means[order], low, high, len(cubes[0][0]), "MASE" if is_scaled else "MAE", left_out)


def coverages(backtest: Backtest, models: str | Iterable[str] | None = None) -> Coverages:
    """Count how often targets lay within the intervals, the ends included."""
    names = chosen_models(backtest, models)
    table, levels = backtest.forecasts, backtest.levels
    found = {name: [_held(table, name, level) for level in levels] for name in names}
    counted = {name: inside for name, inside in found.items() if any(np.isfinite(held).any() for held in inside)}
    if not counted:
        raise DataError(
            f"The backtest has no intervals of {', '.join(names)}, and at least one was expected. "
            "Make it with `level=[80, 95]`."
        )
    measured, low, high, n_origins = {}, {}, {}, 0
    for name, inside in counted.items():
        measured[name] = np.array([100 * _mean(held) for held in inside])
        ends = [_spread(table, held) for held in inside]
        low[name], high[name] = (100 * np.array([end[k] for end in ends]) for k in (0, 1))
        n_origins = max(n_origins, *(end[2] for end in ends))
    return Coverages(np.array(levels, float), measured, low, high, n_origins)


def _column(table: pd.DataFrame, name: str) -> Floats:
    if name not in table:
        return np.full(len(table), np.nan)
    return np.asarray(table[name].to_numpy(float, na_value=np.nan))


def _windows(table: pd.DataFrame) -> tuple[Array, Array]:
    """Number the windows of each series from its newest, and the steps within each, `(n,)` both."""
    window = table.groupby("unique_id", observed=True)["cutoff"].rank(method="dense", ascending=False)
    # rank by time, not by row: some steps of a window may be missing
    step = table.groupby(["unique_id", "cutoff"], observed=True)["ds"].rank(method="dense")
    return window.to_numpy().astype(np.int64) - 1, step.to_numpy().astype(np.int64) - 1


def _by_origin(window: Array, step: Array, errors: Floats, horizon: int) -> tuple[Floats, Floats]:
    """Add up errors and count them, `(T, H)` both."""
    shape = (int(window.max()) + 1, horizon)
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (window, step), errors)
    np.add.at(count, (window, step), 1.0)
    return total, count


def _band(total: Floats, count: Floats) -> Floats:
    """Return the ends of the band over origins, `(2, H)`."""
    by_origin = _ratio(total, count)
    known = np.isfinite(by_origin).any(axis=0)
    ends = np.full((2, total.shape[1]), np.nan)
    ends[:, known] = np.nanquantile(by_origin[:, known], BAND, axis=0)
    return ends


def _ratio(total: Floats, count: Floats) -> Floats:
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def _held(table: pd.DataFrame, name: str, level: float) -> Floats:
    """Return 1 where the target was within the interval, 0 where it was not, NaN where one of them is missing."""
    low, high = (_column(table, column) for column in level_columns(name, [level]))
    target = table["y"].to_numpy(float, na_value=np.nan)
    inside = ((low <= target) & (target <= high)).astype(float)
    return np.where(np.isfinite(low) & np.isfinite(high) & np.isfinite(target), inside, np.nan)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def _spread(table: pd.DataFrame, held: Floats) -> tuple[float, float, int]:
    """Return the ends of the band over origins, and their number."""
    window, _ = _windows(table)
    shares = np.array([_mean(held[window == k]) for k in range(int(window.max()) + 1)])
    known = shares[np.isfinite(shares)]
    if not len(known):
        return np.nan, np.nan, 0
    low, high = np.quantile(known, BAND)
    return float(low), float(high), len(known)


def error_by_step(
    backtest: Backtest | Comparison,
    *,
    models: str | Iterable[str] | None = None,
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw one panel for each model: its error at each step, the others in gray, and a band over origins.

    Errors are absolute, over the series' scale (MASE) where that is defined, and averaged over the forecasts that all
    models have. The band holds four of five origins. Twelve models at most are drawn, the best first.

    Args:
        backtest: From `backtest` or `compare`.
        models: Which; all when absent.
        title: Headline.
        lang: Language of the texts: "en" or "zh".

    Raises:
        ConfigError: The backtest does not have a model.
        DataError: No step has a target and forecasts.

    Examples:
        >>> from gatecast import backtest
        >>> from gatecast.baselines.statistical import Drift, Naive
        >>> found = backtest(np.arange(60.0) ** 1.5, 3, [Naive(3), Drift(3)], n_windows=4, progress=False)
        >>> [axes.get_title(loc="left").split(":")[0] for axes in error_by_step(found).axes]
        ['Drift', 'Naive']
    """
    found = step_errors(record_of(backtest), models)
    return draw(steps_by_model(found, Texts(lang), title))


def steps_chart(found: StepErrors, t: Texts, title: str | None = None, order: Sequence[str] | None = None) -> Chart:
    """Show the errors of all models in one panel; `order` gives each the same color in several charts."""
    places = list(order or found.models)
    each = zip(found.models, distinct(found.models, 40), found.mean, found.low, found.high, strict=True)
    lines = tuple(
        Line(_steps(found), mean, label=name, low=low, high=high, width=2.0, size=5, **series_look(places.index(model)))
        for model, name, mean, low, high in each
    )
    panel = Panel(lines, x=Axis(t("chart.steps_ahead"), "whole"), y=Axis(found.metric, low=0))
    return Chart((panel,), title or t("chart.steps"), size=(9.0, 4.5), legend="below")


def steps_by_model(found: StepErrors, t: Texts, title: str | None = None) -> Chart:
    """Show each model in a panel of its own, with the others in gray and a band over origins."""
    n = min(len(found.models), MOST_PANELS)
    names = distinct(found.models, 20)
    x, y = Axis(t("chart.steps_ahead"), "whole"), Axis(found.metric, low=0, high=limit_of(found))
    panels = [Panel(_step_marks(found, m), f"{names[m]}: {found.mean[m].mean():.3g}", x, y) for m in range(n)]
    headline = title or t("chart.steps")
    return replace(facets(panels, COLUMNS, (3.2, 2.7), 6.4), title=headline, note=_steps_note(found, n, t))


def _steps(found: StepErrors) -> list[int]:
    return list(range(1, found.mean.shape[1] + 1))


def _step_marks(found: StepErrors, m: int) -> tuple[Line | Band, ...]:
    steps = _steps(found)
    marker: Marker = "circle" if len(steps) <= FEW_STEPS else ""
    marks: list[Line | Band] = [Line(steps, mean, "others", width=0.9) for mean in np.delete(found.mean, m, axis=0)]
    if found.n_origins >= LEAST_ORIGINS:
        marks.append(Band(steps, found.low[m], found.high[m], "model"))
    return (*marks, Line(steps, found.mean[m], "model", width=1.9, marker=marker, size=3.5))


def limit_of(found: StepErrors) -> float | None:
    """Return up to where errors are shown, None for all: one very bad model must not flatten the others."""
    peaks = _peaks(found)
    limit = FAR * float(np.median(peaks))
    return limit if 0 < limit < peaks.max() else None


def _peaks(found: StepErrors) -> Floats:
    return np.asarray(np.nanmax(np.fmax(found.high, found.mean), axis=1))


def _steps_note(found: StepErrors, n_drawn: int, t: Texts) -> str:
    parts = [t("chart.steps_note", n_origins=found.n_origins)]
    if found.n_origins >= LEAST_ORIGINS:
        parts.append(t("chart.steps_band"))
    limit = limit_of(found)
    if limit is not None:
        cut = [name for name, peak in zip(found.models, _peaks(found), strict=True) if peak > limit]
        parts.append(t("chart.cut_off", limit=limit, names=t("words.comma").join(distinct(cut))))
    if n_drawn < len(found.models):
        parts.append(t("chart.not_shown", names=t("words.comma").join(distinct(found.models[n_drawn:]))))
    if found.left_out:
        parts.append(t("chart.left_out", names=t("words.comma").join(distinct(found.left_out))))
    return " ".join(parts)


def interval_calibration(
    backtest: Backtest | Comparison,
    *,
    models: str | Iterable[str] | None = None,
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw one panel for each model: the share of targets within its intervals beside the share that was promised.

    On the diagonal intervals are honest, below it they are too narrow, above it too wide. Vertical lines hold four of
    five origins.

    Args:
        backtest: From `backtest` or `compare`, with `level`.
        models: Which; all that have intervals when absent.
        title: Headline.
        lang: Language of the texts: "en" or "zh".

    Raises:
        ConfigError: The backtest does not have a model.
        DataError: There are no intervals.

    Examples:
        >>> from gatecast import backtest
        >>> from gatecast.baselines.statistical import Naive
        >>> y = np.random.default_rng(0).normal(size=200).cumsum()
        >>> found = backtest(y, 3, [Naive(3)], n_windows=20, level=[50, 80, 95], progress=False)
        >>> interval_calibration(found).axes[0].lines[1].get_xdata().tolist()
        [50.0, 80.0, 95.0]
    """
    return draw(calibration_by_model(coverages(record_of(backtest), models), Texts(lang), title))


def calibration_chart(
    found: Coverages, t: Texts, title: str | None = None, order: Sequence[str] | None = None
) -> Chart:
    """Show the coverages of all models in one panel; `order` gives each the same color in several charts."""
    models = list(found.measured)
    places = list(order or models)
    lines = tuple(
        _line(found, model, name, **series_look(places.index(model)))
        for model, name in zip(models, distinct(models, 40), strict=True)
    )
    lowest = min(float(np.nanmin(values)) for values in (found.levels, *found.measured.values()))
    ideal = Line([0, 100], [0, 100], "text", t("chart.ideal"), width=1.0, dash="dashed")
    x = Axis(t("chart.promised"), low=float(found.levels.min()) - 5, high=101)
    panel = Panel((ideal, *lines), x=x, y=Axis(t("chart.held"), low=max(lowest - 10, 0.0), high=103))
    return Chart((panel,), title or t("chart.calibration"), size=(9.0, 4.7), legend="below")


def calibration_by_model(found: Coverages, t: Texts, title: str | None = None) -> Chart:
    """Show each model in a panel of its own, with how its coverage varies over origins."""
    models = list(found.measured)
    shown = models[:MOST_PANELS]
    x, y = (Axis(label, low=0, high=103, ticks=QUARTERS) for label in (t("chart.promised"), t("chart.held")))
    sides = (
        Text(100, 4, t("chart.too_narrow"), "contrast", ("right", "bottom"), size=8.5),
        Text(3, 97, t("chart.too_wide"), "text", ("left", "top"), size=8.5),
    )
    panels = [
        Panel((*_coverage_marks(found, model), *(() if n else sides)), name, x, y)
        for n, (model, name) in enumerate(zip(shown, distinct(shown, 22), strict=True))
    ]
    headline = title or t("chart.calibration")
    note = _coverage_note(found, models[MOST_PANELS:], t)
    return replace(facets(panels, COLUMNS, (2.9, 2.9), 5.6), title=headline, note=note)


def _line(found: Coverages, model: str, label: str = "", **look: Any) -> Line:
    # where some levels are missing, the line goes on to the next
    known = np.isfinite(found.measured[model])
    return Line(found.levels[known], found.measured[model][known], label=label, size=6.0, **look)


def _coverage_marks(found: Coverages, model: str) -> tuple[Mark, ...]:
    marks: list[Mark] = [
        Band([0, 103], [0, 0], [0, 103], "contrast", 0.06),
        Line([0, 100], [0, 100], "text", width=1.0, dash="dashed"),
    ]
    known = np.isfinite(found.measured[model])
    if found.n_origins >= LEAST_ORIGINS:
        low, high = found.low[model][known], found.high[model][known]
        marks.append(Stems(found.levels[known], low, high, "model", strength=0.6))
    return (*marks, _line(found, model, role="model", width=1.6, marker="circle"))


def _coverage_note(found: Coverages, not_shown: list[str], t: Texts) -> str:
    parts = [t("chart.measured_over", n_origins=found.n_origins)]
    if found.n_origins >= LEAST_ORIGINS:
        parts.append(t("chart.stems"))
    if not_shown:
        parts.append(t("chart.not_shown", names=t("words.comma").join(distinct(not_shown))))
    return " ".join(parts)
