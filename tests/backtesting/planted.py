"""Models whose behaviour is known, for the tests of backtests; in a module, so that processes can be given them."""

import os
import threading
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pandas as pd

from gatecast.baselines.base import Baseline
from gatecast.baselines.local import Local
from gatecast.exceptions import TimeLimitError


class Mean:
    """Forecasts the mean of what it was given, without levels or a horizon to be told."""

    def __init__(self, horizon: int = 3) -> None:
        self.horizon = horizon

    def fit(self, data: pd.DataFrame) -> "Mean":
        self.data = data
        return self

    def predict(self) -> pd.DataFrame:
        rows = []
        for name, part in self.data.groupby("unique_id", sort=False):
            step = part["ds"].iloc[1] - part["ds"].iloc[0]
            times = [part["ds"].iloc[-1] + step * (k + 1) for k in range(self.horizon)]
            rows.append(pd.DataFrame({"unique_id": name, "ds": times, "Mean": self.level(part)}))
        return pd.concat(rows, ignore_index=True)

    def level(self, part: pd.DataFrame) -> Any:
        return part["y"].mean()


class Remembers(Mean):
    """Tries to see the future through what it was given before: the object itself, and the arrays behind the table."""

    def __init__(self, horizon: int = 3) -> None:
        super().__init__(horizon)
        self.seen: dict[Any, float] = {}

    def fit(self, data: pd.DataFrame) -> "Remembers":
        values = data["y"].to_numpy()
        while values is not None:
            owner = values if isinstance(values, np.ndarray) else np.asarray(values)
            self.longest = len(owner.reshape(-1))
            values = getattr(values, "base", None)
        self.n = len(data)
        self.fits = getattr(self, "fits", 0) + 1
        self.seen |= dict(zip(data["ds"], data["y"], strict=True))
        data["y"] = -1.0
        return super().fit(data)

    def level(self, part: pd.DataFrame) -> Any:
        # what it found beyond its training part, were there anything: an older fit, or a longer array
        return float(self.fits) + float(self.longest - self.n) + float(len(self.seen) - self.n)


class Peeks(Mean):
    """Was given the whole table by its user."""

    def __init__(self, everything: pd.DataFrame, horizon: int = 3) -> None:
        super().__init__(horizon)
        self.everything = everything

    def level(self, part: pd.DataFrame) -> Any:
        ahead = self.everything[self.everything["ds"] > part["ds"].iloc[-1]]
        return ahead["y"].iloc[: self.horizon].to_numpy()


class FailsLate(Mean):
    """Fails where the training part is long."""

    def fit(self, data: pd.DataFrame) -> "FailsLate":
        if len(data) > 30:
            raise RuntimeError("too\nlong")
        return super().fit(data)


class Endless(Mean):
    """Never comes back."""

    def fit(self, data: pd.DataFrame) -> "Endless":
        while True:
            sum(range(100))


@final
@dataclass
class EndlessSeries(Baseline):
    """A baseline that never comes back from its first series."""

    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        while True:
            sum(range(100))


class TooSlow(Mean):
    """Finds out by itself that it takes too long."""

    def fit(self, data: pd.DataFrame) -> "TooSlow":
        raise TimeLimitError("TooSlow was too slow.")


class Crashes(Mean):
    """Ends its process, as a fault in compiled code does."""

    def predict(self) -> pd.DataFrame:
        os._exit(9)


class Locked(Mean):
    """Cannot be pickled, though it can be copied."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def __deepcopy__(self, memo: Any) -> "Locked":
        return Locked()
