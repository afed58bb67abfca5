"""Which models rank higher than others over many series? Friedman's test and Nemenyi's critical difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Floats
from gatecast.texts.message import Message

__all__ = ["Ranks", "average_ranks", "critical_difference"]

# fewer series say too little about ranks
LEAST_SERIES = 10
# level of the critical difference
ALPHA = 0.05


@dataclass(frozen=True)
class Ranks:
    """What ranks within series say; NaN where it is undefined."""

    mean: dict[str, float]  # by model, the mean rank over series; 1 is the best; empty where there are too few series
    statistic: float  # Friedman's
    p_value: float  # that all models are alike, by chi-squared with one degree of freedom less than models
    critical_difference: float  # models whose mean ranks are further apart differ (Nemenyi)
    n_series: int  # that were ranked
    note: Message | None  # why something is NaN

    def differ(self, first: str, second: str) -> bool:
        """Tell whether the mean ranks of two models are further apart than the critical difference."""
        return bool(abs(self.mean[first] - self.mean[second]) > self.critical_difference)


def critical_difference(n_models: int, n_series: int) -> float:
    """Return how far apart mean ranks must be for two models to differ.

    `q sqrt(k (k + 1) / (6 N))` with the Studentized range over sqrt(2) as q (Nemenyi 1963; Demsar 2006, section 3.2.2).
    """
    from scipy.stats import studentized_range

    q = studentized_range.ppf(1 - ALPHA, n_models, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(n_models * (n_models + 1) / (6 * n_series)))


def average_ranks(models: tuple[str, ...], errors: Floats) -> Ranks:
    """Rank models within each series and test whether the mean ranks differ.

    Errors are the mean ones of k models and N series, `(k, N)`; series in which one is missing are left out. Series are
    taken to be independent of each other. Demsar (2006) asks for more than 10 series.
    """
    complete = errors[:, np.isfinite(errors).all(axis=0)]
    k, n = complete.shape
    if n < LEAST_SERIES or k < 3:
        note = Message("note.few_ranks", {"least": LEAST_SERIES, "n_series": n, "n_models": k})
        return Ranks({}, np.nan, np.nan, np.nan, n, note)
    from scipy.stats import friedmanchisquare, rankdata

    mean = dict(zip(models, rankdata(complete, axis=0).mean(axis=1).tolist(), strict=True))
    if (complete == complete[0]).all():
        return Ranks(mean, 0.0, 1.0, critical_difference(k, n), n, Message("note.all_same"))
    statistic, p_value = friedmanchisquare(*complete)
    return Ranks(mean, float(statistic), float(p_value), critical_difference(k, n), n, None)
