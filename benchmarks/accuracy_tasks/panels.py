"""How good is it on the competitions' panels? One fit for all series of a set, one forecast of the held-back part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from accuracy_tasks import metrics
from accuracy_tasks.data import Split, read_split
from accuracy_tasks.model import Fit, fit
from accuracy_tasks.rows import Options, Row, label, or_not_available, rows_of

__all__ = ["PanelTask", "hospital", "m4_hourly", "m4_weekly", "nn5", "tourism_monthly", "tourism_quarterly"]

LEVELS = (80, 95)
GAPS = 0.2
GAPS_SUFFIX = "single model, 20 % missing"
RELATIVE = "MASE / seasonal naive's"


@dataclass(frozen=True)
class PanelTask:
    """A set of series and what is asked of it.

    Args:
        name: In the registry.
        file: In the data folder.
        horizon: H.
        season: Steps in a season, for MASE and the seasonal naive forecast; the library is not told.
        freq: Frequency of the times, where the file has step numbers.
        naive2: sMAPE and MASE of M4's Naive2, for OWA.
        near_zero: Whether sMAPE is also given in the form for series with zeros.
        has_intervals: Whether the coverage of intervals is measured.
        has_gaps: Whether a fit with missing training points is measured.
    """

    name: str
    file: str
    horizon: int
    season: int
    freq: str | None = None
    naive2: tuple[float, float] | None = None
    near_zero: bool = False
    has_intervals: bool = False
    has_gaps: bool = False

    def run(self, options: Options) -> list[Row]:
        """Fit and forecast; the seasonal naive forecast comes first."""
        split = read_split(options.folder, self.file, self.horizon, self.season, self.freq)
        naive = self.scores(split, split.seasonal_naive())
        rows = rows_of(self.name, [naive], ", seasonal naive")
        for ensemble in options.ensembles:
            measure = partial(self._models, split, naive["MASE"], options.seeds, ensemble)
            rows += self._guarded([*naive, *([] if self.naive2 else [RELATIVE])], label(ensemble), measure)
        if self.has_gaps and 1 in options.ensembles:
            rows += self._guarded(naive, GAPS_SUFFIX, partial(self._with_gaps, split, options.seeds))
        return rows

    def scores(self, split: Split, forecast: np.ndarray) -> dict[str, float]:
        """Score forecasts `(S, H)` of the test part, by name of the metric."""
        scores = {"sMAPE": metrics.smape(split.actual, forecast)}
        if self.near_zero:
            scores["sMAPE near zero"] = metrics.smape_near_zero(split.actual, forecast)
        scores["MASE"] = metrics.mase(split.actual, forecast, split.scales)
        if self.naive2:
            scores["OWA"] = metrics.owa(scores["sMAPE"], scores["MASE"], self.naive2)
        return scores

    def _guarded(self, names: Iterable[str], suffix: str, measure: Callable[[], list[Row]]) -> list[Row]:
        return or_not_available(self.name, [f"{name}, {suffix}" for name in names], measure)

    def _models(self, split: Split, naive: float, seeds: tuple[int, ...], ensemble: int) -> list[Row]:
        suffix = f", {label(ensemble)}"
        fits = [fit(split.table, self.horizon, seed=seed, ensemble=ensemble) for seed in seeds]
        rows = rows_of(self.name, [self._scored(split, fitted, naive) for fitted in fits], suffix)
        return rows + self._coverage(split, fits, suffix) if self.has_intervals else rows

    def _scored(self, split: Split, fitted: Fit, naive: float) -> dict[str, float]:
        table, seconds = fitted.predict()
        scores = self.scores(split, split.align(table))
        if not self.naive2:
            scores[RELATIVE] = scores["MASE"] / naive
        return scores | {"fit": fitted.seconds, "predict": seconds}

    def _coverage(self, split: Split, fits: list[Fit], suffix: str) -> list[Row]:
        measure = partial(_coverage_rows, self.name, split, fits, suffix)
        return or_not_available(self.name, [_coverage_name(level) + suffix for level in LEVELS], measure)

    def _with_gaps(self, split: Split, seeds: tuple[int, ...]) -> list[Row]:
        gappy = split.with_gaps(GAPS)
        # the errors are still in units of the complete training part's changes
        scores = [self.scores(split, split.align(fit(gappy.table, self.horizon, seed=s).predict()[0])) for s in seeds]
        return rows_of(self.name, scores, f", {GAPS_SUFFIX}")


def _coverage_rows(task: str, split: Split, fits: list[Fit], suffix: str) -> list[Row]:
    tables = [fitted.predict(level=list(LEVELS))[0] for fitted in fits]
    scores = [{_coverage_name(level): _covered(split, table, level) for level in LEVELS} for table in tables]
    return rows_of(task, scores, suffix)


def _covered(split: Split, table: object, level: int) -> float:
    low, high = (split.align(table, f"LSTM-{side}-{level}") for side in ("lo", "hi"))
    return metrics.coverage(split.actual, low, high)


def _coverage_name(level: int) -> str:
    return f"coverage at {level} %"


m4_hourly = PanelTask(
    "m4_hourly", "m4/m4_hourly.parquet", 48, 24, "h", naive2=(18.383, 2.395), has_intervals=True, has_gaps=True
)
m4_weekly = PanelTask("m4_weekly", "m4/m4_weekly.parquet", 13, 1, "W", naive2=(9.161, 2.777))
tourism_monthly = PanelTask("tourism_monthly", "tourism/tourism_monthly.parquet", 24, 12, "MS", has_intervals=True)
tourism_quarterly = PanelTask("tourism_quarterly", "tourism/tourism_quarterly.parquet", 8, 4, "QS")
hospital = PanelTask("hospital", "hospital.parquet", 12, 12)
nn5 = PanelTask("nn5", "nn5.parquet", 56, 7, "D", near_zero=True, has_gaps=True)
