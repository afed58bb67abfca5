"""Series whose behaviour is known, for the tests of the upper layers."""

from typing import Any

import numpy as np
import pandas as pd

from gatecast import LSTMForecaster
from gatecast.model.settings import Settings

# small enough for a fit in a fifth of a second
SMALL: dict[str, Any] = {"hidden_size": 8, "lookback": 12, "epochs": 3, "progress": False}


def forecaster(horizon: int = 1, **settings: Any) -> LSTMForecaster:
    """A forecaster of settings that are all in one place, so that tests can merge them."""
    return LSTMForecaster.from_settings(Settings(horizon, **settings))


def wave(n: int = 300, period: float = 25.0, seed: int = 0) -> np.ndarray:
    """A sine with noise, `(n,)`."""
    noise = np.random.default_rng(seed).normal(0, 0.1, n)
    return 10 + 3 * np.sin(2 * np.pi * np.arange(n) / period) + noise


def table(n: int = 300, ids: tuple[str, ...] = ("a", "b")) -> pd.DataFrame:
    """Daily waves of several series."""
    days = pd.date_range("2024-01-01", periods=n, freq="D")
    parts = [pd.DataFrame({"unique_id": i, "ds": days, "y": wave(n, seed=k)}) for k, i in enumerate(ids)]
    return pd.concat(parts, ignore_index=True)


def with_covariates(n: int = 300, ids: tuple[str, ...] = ("a", "b")) -> pd.DataFrame:
    """Daily series with every kind of covariate.

    `price`, `is_open` and the category `weather` are known ahead, `visitors` and `mood` up to now, `size` and `region`
    never change.
    """
    rng = np.random.default_rng(3)
    data = table(n, ids)
    price = rng.normal(5, 1, len(data))
    is_open = rng.random(len(data)) < 0.7
    weather = rng.choice(["rain", "sun", "snow"], len(data))
    effect = pd.Series(weather).map({"rain": -2.0, "sun": 2.0, "snow": 0.0}).to_numpy()
    series = data["unique_id"].map({i: k for k, i in enumerate(ids)})
    return data.assign(
        y=data["y"] + price + 3 * is_open + effect,
        price=price,
        is_open=is_open,
        weather=weather,
        visitors=rng.poisson(20, len(data)),
        mood=rng.choice(["good", "bad"], len(data)),
        size=10.0 * series,
        region=series.map({k: "north" if k % 2 else "south" for k in range(len(ids))}),
    )


COVARIATES: dict[str, Any] = {
    "future": ["price", "is_open", "weather"],
    "past": ["visitors", "mood"],
    "static": ["size", "region"],
}
