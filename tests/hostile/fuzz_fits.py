"""What do fits of series that no network likes forecast?

Small models of constant, huge, tiny, spiky and broken series under every transform, loss and decoder, in few steps:
what is tested is arithmetic, not accuracy. They end in a sentence, or in finite forecasts that are at most 100 times
the range of the history away from each value of it.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gatecast import GatecastError, LSTMForecaster
from gatecast.data.values.scaling import KINDS as SCALINGS
from gatecast.data.values.transforms import TRANSFORMS
from gatecast.network.inputs import LOSSES
from made_series import forecaster

__all__ = ["FINE", "drawn", "ending", "fit_one"]

MOST_POINTS = 120
HORIZONS = (1, 2, 5, 12, 30, 50)
# ends of a fit that are right
FINE = ("forecast", "sentence", "forecast with a warning")
# ranges of the history that a forecast may be away from a value of it, and what rounding does to values of one number
MOST_RANGES, ROUNDING = 100.0, 1e-6

SERIES: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "constant": lambda t, _: np.full(len(t), 5.0),
    "zeros": lambda t, _: np.zeros(len(t)),
    "huge constant": lambda t, _: np.full(len(t), -1e300),
    "near-constant": lambda t, rng: 1e6 + 1e-9 * rng.normal(size=len(t)),
    "near-constant below zero": lambda t, rng: -1e6 + 1e-9 * rng.normal(size=len(t)),
    "constant but one": lambda t, _: 1 + np.where(t == len(t) // 2, 1e-12, 0),
    "constant but the newest": lambda t, _: np.where(t == len(t) - 1, 1.0, 0.0),
    "huge": lambda t, rng: 1e300 * (1 + 0.1 * rng.normal(size=len(t))),
    "largest": lambda t, rng: 1.7e308 * np.sign(rng.normal(size=len(t))),
    "subnormal": lambda t, rng: 5e-324 * rng.integers(0, 9, len(t)),
    "tiny": lambda t, rng: 1e-310 * rng.normal(size=len(t)),
    "huge and tiny": lambda t, rng: 10.0 ** rng.integers(-300, 300, len(t)),
    "alternating": lambda t, _: np.where(t % 2, 1.0, -1.0),
    "on and off": lambda t, _: np.where(t % 2, 1e9, 0.0),
    "cauchy": lambda t, rng: rng.standard_cauchy(len(t)),
    "cubes of cauchy": lambda t, rng: rng.standard_cauchy(len(t)) ** 3,
    "gap": lambda t, rng: np.where((t > len(t) // 3) & (t < 2 * len(t) // 3), np.nan, rng.normal(size=len(t))),
    "gap at the begin": lambda t, rng: np.where(t < len(t) // 2, np.nan, rng.normal(size=len(t))),
    "gap at the end": lambda t, rng: np.where(t > len(t) // 2, np.nan, 5 + rng.normal(size=len(t))),
    "mostly gaps": lambda t, rng: np.where(rng.random(len(t)) < 0.9, np.nan, rng.normal(size=len(t))),
    "spike": lambda t, rng: np.where(t == len(t) // 2, 1e12, rng.normal(size=len(t))),
    "spike at the end": lambda t, rng: np.where(t == len(t) - 2, -1e12, rng.normal(size=len(t))),
    "step": lambda t, _: np.where(t > len(t) // 2, 1e5, 1.0),
    "exponential": lambda t, _: np.exp(t * 1.0),
    "decay": lambda t, _: np.exp(-t * 1.0),
    "counts": lambda t, rng: rng.poisson(0.3, len(t)).astype(float),
    "negative": lambda t, rng: -np.exp(rng.normal(size=len(t)) * 3),
    "above -1": lambda t, rng: np.expm1(rng.normal(size=len(t)) * 5),
    "trend": lambda t, rng: 1e3 * t + rng.normal(size=len(t)),
}

DECODERS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"decoder_sizes": (3,)},
    {"skip": "none"},
    {"skip": "none", "decoder_sizes": (3, 2)},
    {"cell": "gru", "residual": True, "layer_norm": True, "dropout": 0.2},
    {"mode": "windows", "attention": True, "bidirectional": True},
    {"future": ["price"]},
)


@dataclass(frozen=True)
class Fit:
    """A series and how it is forecast."""

    kind: str
    y: np.ndarray  # `(n,)`
    settings: dict[str, Any]
    asked: dict[str, Any]  # of `predict`, or `simulate`, where the model knows how sure it is
    newer: int = 0  # points behind the fit that `predict` gets


def drawn(rng: random.Random) -> Fit:
    """Draw a series, settings that go together, and what is asked for."""
    n, horizon = rng.randint(0, MOST_POINTS), rng.choice(HORIZONS)
    kind = rng.choice(sorted(SERIES))
    y = SERIES[kind](np.arange(n), np.random.default_rng(rng.randrange(2**32)))
    settings: dict[str, Any] = {"horizon": horizon, "pretrained": rng.choice((*("none",) * 6, "only", "auto"))}
    if rng.random() < 0.03:
        settings |= {"pretrained": "start", "epochs": 1, "lookback": 2}
    if settings["pretrained"] == "none":
        settings |= _of_training(rng)
    asked = rng.choice(({}, {"level": (80, 99)}, {"quantiles": (0.01, 0.5, 0.9)}, {"n_paths": 5}))
    newer = rng.randint(1, 10) if n > 20 and rng.random() < 0.15 and "future" not in settings else 0
    return Fit(kind, y, settings, asked, newer)


def _of_training(rng: random.Random) -> dict[str, Any]:
    settings = {"hidden_size": 4, "epochs": rng.choice((1, 2)), "batch_size": 4, "lookback": rng.choice((None, 1, 5))}
    settings |= {"transform": rng.choice(("auto", *TRANSFORMS)), "loss": rng.choice((None, *LOSSES))}
    settings |= {"scaling": rng.choice((SCALINGS[0], *SCALINGS)), "ensemble": rng.choice((1, 1, 2))}
    settings |= {"season_length": rng.choice((None, None, 1, 7)), "refit_full": rng.random() < 0.1}
    if settings["transform"] == "seasonal-difference":
        settings["season_length"] = 7
    return {**settings, "learning_rate": rng.choice((None, 0.3)), **rng.choice(DECODERS)}


def ending(fit: Fit) -> str:
    """Fit and forecast; tell how it ended."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        # of an overflow, say
        warnings.simplefilter("error", RuntimeWarning)
        try:
            values = forecasts_of(fit)
        except GatecastError:
            return "sentence"
    if not np.isfinite(values).all():
        return "not finite"
    ranges = float(_ranges_away(values, fit.y))
    if ranges > MOST_RANGES:
        return "far"
    return FINE[2 * any("cut off" in str(one.message) for one in told)]


def forecasts_of(fit: Fit) -> np.ndarray:
    """Fit a model and return what it forecasts, `(n, k)` points, ends of intervals, quantiles or paths."""
    model: LSTMForecaster = forecaster(**fit.settings, progress=False, n_threads=1)
    n = len(fit.y) - fit.newer
    if "future" in fit.settings:
        ahead = fit.settings["horizon"]
        table = pd.DataFrame({"ds": np.arange(n + ahead), "y": np.append(fit.y, np.full(ahead, np.nan))})
        model.fit(table.assign(price=np.arange(n + ahead) % 3))
    else:
        model.fit(fit.y[:n])
    streamed = np.zeros((0, 1))
    if fit.newer and "future" not in fit.settings:
        stream = model.stream()
        streamed = np.concatenate([stream.update(value) for value in fit.y[n:]])[:, None]
    asked = fit.asked if model.fitted_.has_intervals else {}
    forecast = (model.simulate if "n_paths" in asked else model.predict)(data=fit.y if fit.newer else None, **asked)
    values = forecast.drop(columns=["unique_id", "ds", "path"], errors="ignore").to_numpy(np.float64)
    return np.concatenate([values, np.repeat(streamed, values.shape[1], axis=1)])


def _ranges_away(values: np.ndarray, y: np.ndarray) -> np.floating[Any]:
    """Return how far a value is from what was observed at most, in ranges of that."""
    known = y[~np.isnan(y)]
    unit = max(float(np.abs(known).max()), sys.float_info.min)
    with np.errstate(over="ignore"):
        low, high, values = known.min() / unit, known.max() / unit, values / unit
        away = np.maximum(high - values, values - low).max() - ROUNDING
        return np.maximum(away, 0) / max(high - low, sys.float_info.min)


def fit_one(rng: random.Random, _: Path) -> str:
    """Fit and forecast a series that is drawn at random; returns how it ended.

    Raises:
        AssertionError: It ended in forecasts that are not finite or far from the history.
    """
    fit = drawn(rng)
    end = ending(fit)
    assert end in FINE, f"{end}: {fit.kind}, {len(fit.y)} points, {fit.settings}, {fit.asked}, {fit.newer}"
    return end
