"""Is one model better than another, or was it luck? Tests of errors and of ranks, and intervals of skill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.comparison.scores import Cells
from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import ConfigError, DataError
from gatecast.texts.message import Message

__all__ = [
    "Ranks",
    "Units",
    "average_ranks",
    "bootstrap_skill",
    "critical_difference",
    "detectable_difference",
    "diebold_mariano",
    "holm",
    "units_of",
]

# below this many differences the variance is known from too few of them to say anything
LEAST_WINDOWS = 3
# error of the first kind, and power, for which a detectable difference is given
ALPHA, POWER = 0.05, 0.8
# from this many on, a test is expected to find differences of the size that matter
MANY = 10
# level of the critical difference of ranks
RANK_LEVEL = 0.05
# weights of so many draws times series are held at once
BLOCK = 2_000_000
# percentiles between which an interval lies; the first is 0.025 but for rounding
INTERVAL = ((1 - 95.0 / 100) / 2, 1 - (1 - 95.0 / 100) / 2)


@dataclass(frozen=True)
class DieboldMariano:
    """What the test found; NaN where it is undefined."""

    difference: float  # mean; below 0 where the first model has smaller errors
    standard_error: float  # of that mean, with the correction for few observations
    statistic: float  # their ratio
    p_value: float  # two-sided
    n: int  # differences
    note: Message | None  # why the p-value is NaN


def diebold_mariano(differences: Floats, horizon: int = 1) -> DieboldMariano:
    """Test whether two models have the same expected loss.

    Diebold and Mariano (1995) with the correction of Harvey, Leybourne and Newbold (1997): the mean difference over
    its standard error, where the variance takes in autocovariances up to lag `horizon - 1`, times
    `sqrt((n + 1 - 2h + h(h-1)/n) / n)`, against a t distribution with n - 1 degrees of freedom. With `horizon=1` that
    is the paired t-test. Autocovariances are not weighted, as in both papers; where their sum is not positive, they get
    the weights of Newey and West (1987), with which it always is.

    Args:
        differences: `(n,)` loss of one model minus loss of the other, in the order of time; NaN is left out.
        horizon: h: differences `h` or more apart are taken to be uncorrelated.
    """
    if horizon < 1:
        raise ConfigError(f"`horizon` must be a positive integer, got {horizon}. Use `horizon=1` for one step ahead.")
    seen = np.asarray(differences, float)
    seen = seen[np.isfinite(seen)]
    n = len(seen)
    mean = float(seen.mean()) if n else np.nan
    if n and not seen.any():
        return DieboldMariano(0.0, 0.0, 0.0, 1.0, n, Message("note.same_errors"))
    if n < LEAST_WINDOWS or n <= horizon:
        least = max(LEAST_WINDOWS, horizon + 1)
        note = Message("note.too_few_differences", {"n": n, "least": least})
        return DieboldMariano(mean, np.nan, np.nan, np.nan, n, note)
    error = _standard_error(seen, horizon)
    if error == 0:
        return DieboldMariano(mean, 0.0, float(np.copysign(np.inf, mean)), 0.0, n, Message("note.equal_differences"))
    # scipy.stats, which has the distribution, takes seconds to import
    from scipy.special import stdtr

    return DieboldMariano(mean, error, mean / error, float(2 * stdtr(n - 1, -abs(mean / error))), n, None)


def _standard_error(seen: Floats, horizon: int) -> float:
    """Return the standard error of the mean, such that mean over error is the corrected statistic."""
    n = len(seen)
    unit = np.abs(seen).max()
    centred = (seen - seen.mean()) / unit
    # differences that are equal but for rounding
    if np.abs(centred).max() < 1e-12:
        return 0.0
    covariances = np.array([centred[lag:] @ centred[: n - lag] / n for lag in range(horizon)])
    variance = covariances[0] + 2 * covariances[1:].sum()
    if variance <= 0:
        weights = 1 - np.arange(1, horizon) / horizon
        variance = covariances[0] + 2 * weights @ covariances[1:]
    correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    return float(unit * np.sqrt(variance / n / correction))


def detectable_difference(standard_error: float, n: int) -> float:
    """Return how large a true difference must be for the test to find it in four of five cases, or NaN.

    `(t(1 - 0.05 / 2; n - 1) + t(0.8; n - 1)) x standard error`, the minimum detectable effect of Bloom (1995,
    Evaluation Review 19, 547-556), which for independent differences is the minimum detectable difference of the
    paired t-test (Zar 2010, chapter 7), with the standard error of `diebold_mariano`. Holm's adjustment is left out:
    with many pairs a difference has to be larger still.

    Args:
        standard_error: Of the mean of `n` differences of losses.
        n: Differences.
    """
    if n < 2 or not np.isfinite(standard_error):
        return np.nan
    from scipy.special import stdtrit

    return float((stdtrit(n - 1, 1 - ALPHA / 2) + stdtrit(n - 1, POWER)) * standard_error)


def holm(p_values: Floats) -> Floats:
    """Adjust p-values for their number by the step-down method of Holm (1979); NaN stays NaN and is not counted."""
    p_values = np.asarray(p_values, float)
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


@dataclass(frozen=True)
class Units:
    """Losses of M models, one for each unit of which the test takes the differences to be alike."""

    losses: Floats  # (M, n)
    what: str  # "origin" or "series"
    horizon: int  # units that are correlated with each other, for `diebold_mariano`
    note: Message | None  # what is assumed, or that the units are few


def units_of(cells: Cells) -> Units:
    """Reduce the errors of many series and steps to one loss for each origin, or for each series.

    A window's loss is its MASE: the absolute errors of all steps, averaged, over the series' scale. By origin, the
    losses of all series are averaged: errors of series may depend on each other in any way, as all that happens at
    one time is in one number (as in Driscoll and Kraay 1998). Origins whose windows overlap are correlated, which the
    test takes into account. That needs many origins. Where there are fewer than 10 and at least 10 series, each
    series' losses are averaged over origins instead, and series are taken to be independent of each other (Timmermann
    and Zhu 2019 discuss both): a shock that hits all series at once makes such p-values too small.

    Only windows in which all models that are ranked have forecasts count.
    """
    n_series, n_origins = (int(cells.shared.any(axis=axis).sum()) for axis in (1, 0))
    if n_origins < MANY <= n_series:
        note = Message("note.series_count", {"n_series": n_series, "n": n_origins})
        return Units(cells.means(2), "series", 1, note)
    few = Message("note.few_windows", {"n": n_origins, "setting": {"n_windows": MANY}}) if n_origins < MANY else None
    return Units(cells.means(1), "origin", cells.overlap, few)


@dataclass(frozen=True)
class Skill:
    """Skill of M models against another one, `(M,)`, and its interval; NaN where it is undefined."""

    skill: Floats  # 1 minus the ratio of errors: 0.1 means errors that are 10 % smaller
    lower: Floats
    upper: Floats
    note: Message | None  # why there are no intervals, or why they are too narrow


def bootstrap_skill(cells: Cells, against: str, *, n_draws: int = 2_000, seed: int = 0) -> Skill:
    """Estimate skill and its 95 % interval over series and origins.

    Series and origins are drawn with replacement, independently of each other, and a window counts as often as its
    series was drawn times how often its origin was (the pigeonhole bootstrap, Owen 2007, a little conservative); the
    interval lies between percentiles. With one series only origins are drawn, and with one origin only series. Each
    model is compared in the windows that it shares with the other one.
    """
    if against not in cells.models:
        known = ", ".join(cells.models)
        raise DataError(f"`against` must be one of the models ({known}), got {against!r}. Add it to the backtest.")
    base = cells.errors[cells.models.index(against)]
    both = np.isfinite(cells.errors) & np.isfinite(base)
    own, other = np.where(both, cells.errors, 0.0), np.where(both, base, 0.0)
    skill = _skill(own.sum(axis=(1, 2)), other.sum(axis=(1, 2)))
    n_series, n_origins = base.shape
    if n_series * n_origins == 1:
        nothing = np.full(len(skill), np.nan)
        return Skill(skill, nothing, nothing, Message("note.one_window"))
    draws = _draws(own, other, n_draws, np.random.default_rng(seed))
    interval = np.full((2, len(skill)), np.nan)
    for m, drawn in enumerate(draws.T):
        # NaN where skill was never defined
        if len(known := drawn[~np.isnan(drawn)]):
            interval[:, m] = np.quantile(known, INTERVAL)
    note = Message("note.narrow_skill", {"n": n_origins}) if n_origins < MANY else None
    return Skill(skill, interval[0], interval[1], note)


def _skill(own: Floats, other: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(other > 0, 1 - own / other, np.nan)


def _draws(own: Floats, other: Floats, n_draws: int, random: np.random.Generator) -> Floats:
    """Return skills, `(n_draws, M)`."""
    _, n_series, n_origins = own.shape
    found, size = [], max(BLOCK // n_series, 1)
    for begin in range(0, n_draws, size):
        n = min(size, n_draws - begin)
        series, origins = _counts(n_series, n, random), _counts(n_origins, n, random)
        sums = [np.einsum("mbt,bt->bm", series @ errors, origins, optimize=True) for errors in (own, other)]
        found.append(_skill(*sums))
    return np.concatenate(found)


def _counts(n: int, n_draws: int, random: np.random.Generator) -> Floats:
    """Return how often each of n was drawn, `(n_draws, n)`."""
    return random.multinomial(n, np.full(n, 1 / n), size=n_draws).astype(float)


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

    q = studentized_range.ppf(1 - RANK_LEVEL, n_models, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(n_models * (n_models + 1) / (6 * n_series)))


def average_ranks(models: tuple[str, ...], errors: Floats) -> Ranks:
    """Rank models within each series and test whether the mean ranks differ.

    Errors are the mean ones of k models and N series, `(k, N)`; series in which one is missing are left out. Series are
    taken to be independent of each other. Demsar (2006) asks for more than 10 series.
    """
    complete = errors[:, np.isfinite(errors).all(axis=0)]
    k, n = complete.shape
    if n < MANY or k < 3:
        note = Message("note.few_ranks", {"least": MANY, "n_series": n, "n_models": k})
        return Ranks({}, np.nan, np.nan, np.nan, n, note)
    from scipy.stats import friedmanchisquare, rankdata

    mean = dict(zip(models, rankdata(complete, axis=0).mean(axis=1).tolist(), strict=True))
    if (complete == complete[0]).all():
        return Ranks(mean, 0.0, 1.0, critical_difference(k, n), n, Message("note.all_same"))
    statistic, p_value = friedmanchisquare(*complete)
    return Ranks(mean, float(statistic), float(p_value), critical_difference(k, n), n, None)
