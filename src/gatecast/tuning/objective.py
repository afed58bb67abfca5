"""How good are settings? Fits from rolling origins inside the training part, judged on what came next."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np

from gatecast.baselines.local import needed
from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import choose_seasons
from gatecast.data.values.scaling import naive_scale
from gatecast.exceptions import DataError, GatecastError
from gatecast.metrics.errors import score
from gatecast.model.evaluation import forecast_windows
from gatecast.model.fit import fit_panel
from gatecast.model.members import CHECKS
from gatecast.model.plan import MANY_POINTS
from gatecast.model.settings import Settings
from gatecast.network.wrapper import thread_count
from gatecast.training.stop import Stop

__all__ = ["LONG", "USUAL_SEEDS", "Judged", "Report", "Window", "judge", "judge_in_parallel", "make_windows"]

# share of a series in which the origins lie, with the horizon behind the last one
JUDGED_SHARE = 0.3
# a series of fewer horizons is not judged
LEAST_HORIZONS = 3
LEAST_POINTS = 8
USUAL_WINDOWS, LARGE_WINDOWS = 3, 2
# fits of a short series differ more by their initial weights than by their settings
USUAL_SEEDS = 2
# from so many points on a fit takes long, and its error is known well
LONG = 1000
# is told the number of the validation check and the error there over the window's scale (NaN without a hold-out)
Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Window:
    """A part to learn from and the part behind it, from whose origins is forecast."""

    train: Panel  # what a fit learns from; it never sees more
    test: Panel  # what comes next, as long as the forecasts from all origins; empty where a series is not judged
    scales: np.ndarray  # (S,) denominators of MASE, the same for all trials


@dataclass(frozen=True)
class Judged:
    """What came out for some settings: the error of each window for each seed, and the seconds of each fit."""

    errors: tuple[float, ...]
    seconds: tuple[float, ...]

    @property
    def error(self) -> float:
        """Mean over windows and seeds."""
        return float(np.mean(self.errors))


def make_windows(panel: Panel, settings: Settings, n_windows: int | None) -> list[Window]:
    """Divide the training part: the origins lie in the last 30 % of each series, evenly dealt out to the windows.

    Each window is fitted anew on all points up to its first origin. All forecasts of whole horizons count. Where
    their number is not given there are 3 windows, 2 from 1,000 points on, 1 from 100,000 on.

    Raises:
        DataError: The series are too short.
    """
    lengths, H = panel.lengths, settings.horizon
    n_origins = np.maximum((lengths * JUDGED_SHARE).astype(np.int64) - H + 1, 1)
    # at least two thirds of what is left is learned from
    n_origins = np.minimum(n_origins, np.maximum((lengths - H) // LEAST_HORIZONS, 0))
    n_origins = np.where(lengths >= LEAST_HORIZONS * H + LEAST_POINTS, n_origins, 0)
    if not n_origins.any():
        raise DataError(
            f"The longest series has {int(lengths.max(initial=0))} points, and to judge settings at least "
            f"{LEAST_HORIZONS * H + LEAST_POINTS} were expected, three horizons and eight points. Pass more history, "
            "or a smaller `horizon`."
        )
    n_points = len(panel.values)
    usual = 1 if n_points >= MANY_POINTS else LARGE_WINDOWS if n_points >= LONG else USUAL_WINDOWS
    n = min(n_windows or usual, int(n_origins.max()))
    # the first origin is the last point that is learned from
    begin = lengths - H + 1 - n_origins
    cuts = [begin + n_origins * k // n for k in range(n + 1)]
    windows = [_window(panel, settings, *pair, n_origins) for pair in pairwise(cuts)]
    return [window for window in windows if len(window.test.values)]


def _window(panel: Panel, settings: Settings, cut: np.ndarray, end: np.ndarray, n_origins: np.ndarray) -> Window:
    is_judged = (n_origins > 0) & (end > cut)
    positions = np.where(n_origins > 0, cut, panel.lengths)
    train = panel.head(positions)
    test = panel.head(np.where(is_judged, end + settings.horizon - 1, positions)).tail_from(positions)
    season = choose_seasons(train, settings.seasons).shortest
    return Window(train, test, naive_scale(train.values, train.offsets, season))


def judge(settings: Settings, windows: list[Window], metric: str, report: Report, n_seeds: int = 1) -> Judged:
    """Fit on each window, from `n_seeds` initial weights, and measure the error behind it.

    `report` follows the training and may end it by raising. The ensemble and the training on all points are left out,
    which would only cost time. A Ctrl-C that ended a fit comes back as KeyboardInterrupt.
    """
    errors: list[float] = []
    seconds: list[float] = []
    for n, (seeded, window) in enumerate(_fits(settings, windows, n_seeds)):
        started = time.monotonic()
        errors.append(_error(seeded, window, metric, report, n * (CHECKS + 1)))
        seconds.append(time.monotonic() - started)
    return Judged(tuple(errors), tuple(seconds))


def judge_in_parallel(
    settings: Settings, windows: list[Window], metric: str, report: Report, n_seeds: int, n_jobs: int | None
) -> Judged:
    """Judge as `judge` does, with the fits of a trial at the same time, on what joblib runs its processes on.

    What `report` follows is told once all have ended, in the order of `judge`, so that a search goes the same way.
    """
    joblib = needed("joblib", "library.tune")
    fits = list(_fits(settings, windows, n_seeds))
    n_threads = max(1, thread_count(settings.n_threads) // min(joblib.effective_n_jobs(n_jobs), len(fits)))
    jobs = (
        joblib.delayed(_fit_elsewhere)(replace(seeded, n_threads=n_threads), window, metric, n * (CHECKS + 1))
        for n, (seeded, window) in enumerate(fits)
    )
    errors: list[float] = []
    seconds: list[float] = []
    for reports, error, taken in joblib.Parallel(n_jobs=n_jobs)(jobs):
        for check, value in reports:
            report(check, value)
        if isinstance(error, Exception):
            raise error
        errors.append(error)
        seconds.append(taken)
    return Judged(tuple(errors), tuple(seconds))


def _fits(settings: Settings, windows: list[Window], n_seeds: int) -> Iterator[tuple[Settings, Window]]:
    """Yield what is fitted for some settings: one network from each seed, on each window."""
    single = replace(settings, ensemble=1, refit_full=False, checkpoint=None, progress=False)
    single.check()
    for k, window in product(range(n_seeds), windows):
        yield replace(single, seed=(single.seed + k) % 2**63), window


def _fit_elsewhere(
    settings: Settings, window: Window, metric: str, n_before: int
) -> tuple[list[tuple[int, float]], float | GatecastError, float]:
    """Return what a fit in another process reports, its error or why it has none, and its seconds."""
    started, reports = time.monotonic(), list[tuple[int, float]]()
    try:
        error: float | GatecastError = _error(
            settings, window, metric, lambda check, value: reports.append((check, value)), n_before
        )
    except GatecastError as failed:
        error = failed
    return reports, error, time.monotonic() - started


def _error(settings: Settings, window: Window, metric: str, report: Report, n_before: int) -> float:
    scale = float(np.nanmean(window.scales)) if np.isfinite(window.scales).any() else 1.0

    def on_validation(share: float, found: dict[str, float]) -> None:
        report(n_before + round(share * CHECKS), found.get("validation_rmse", np.nan) / scale)

    with warnings.catch_warnings():
        # a value that this transform reads as another is a matter of the error, and not of the user
        warnings.simplefilter("ignore", UserWarning)
        fitted = fit_panel(settings, window.train, on_validation=on_validation)
        if fitted.record.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        forecasts, actual, series = forecast_windows(fitted, window.test)
    error = float(getattr(score(forecasts, actual, series, window.scales), metric))
    if not np.isfinite(error):
        raise DataError(
            f"The {metric.upper()} is not a number on the part that settings are judged by, where values that change "
            'and are observed were expected. Pass more history, or `metric="mae"` for series that are constant.'
        )
    return error
