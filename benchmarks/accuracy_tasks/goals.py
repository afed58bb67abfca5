"""Which accuracy is to be reached, and what is it compared with? All goals and published figures stand here alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from accuracy_tasks.rows import Row

__all__ = ["PUBLISHED", "TARGETS", "Published", "Target", "published_of", "target_of"]


@dataclass(frozen=True)
class Target:
    """A range to be in.

    Args:
        task: Name in the registry.
        name: The row that it is for.
        high: Largest good value.
        low: Smallest good value; None where smaller is better.
        of: Whether the mean over the seeds has to be in the range, or each seed's value.
    """

    task: str
    name: str
    high: float
    low: float | None = None
    of: Literal["mean", "each"] = "mean"

    def reached(self, row: Row) -> bool:
        """Say whether the row is as good as it should be; what was not measured is not."""
        values = row.values if self.of == "each" or row.mean is None else (row.mean,)
        return bool(values) and all((self.low is None or value >= self.low) and value <= self.high for value in values)

    def text(self) -> str:
        """Write the target as the table shows it."""
        text = f"<= {self.high:g}" if self.low is None else f"{self.low:g} to {self.high:g}"
        return f"{text}, each" if self.of == "each" else text


@dataclass(frozen=True)
class Published:
    """What others report for the same figure.

    Args:
        text: As the table shows it, with its source.
        value: Where the same forecast is computed here, which proves data and metric: what has to come out.
        tolerance: How far from `value` it may be: the published digits.
    """

    text: str
    value: float | None = None
    tolerance: float = 0.0

    def agrees(self, row: Row) -> bool | None:
        """Say whether the row has the published value; None where it need not."""
        if self.value is None or row.mean is None:
            return None
        return abs(row.mean - self.value) <= self.tolerance


TARGETS = (
    Target("m4_hourly", "OWA, single model", 0.415),
    Target("m4_hourly", "OWA, ensemble of 5", 0.405),
    Target("m4_hourly", "fit, single model", 30.0, of="each"),
    Target("m4_hourly", "coverage at 80 %, single model", 83.0, low=77.0),
    Target("m4_hourly", "coverage at 95 %, single model", 98.0, low=92.0),
    Target("m4_weekly", "OWA, single model", 0.78),
    Target("tourism_monthly", "MASE / seasonal naive's, ensemble of 5", 0.92),
    Target("tourism_monthly", "coverage at 80 %, single model", 83.0, low=77.0),
    Target("tourism_monthly", "coverage at 95 %, single model", 98.0, low=92.0),
    Target("tourism_quarterly", "MASE / seasonal naive's, ensemble of 5", 0.92),
    Target("hospital", "MASE, ensemble of 5", 0.84),
    Target("nn5", "sMAPE, single model", 23.8),
    Target("nn5", "sMAPE near zero, single model", 23.8),
    Target("us_births", "MASE, with calendar and holidays", 0.60),
    Target("etth1", "MSE / last value's, H=24", 0.80),
    Target("etth1", "MSE / last value's, H=96", 0.80),
    Target("vic_elec", "MAE with / without covariates", 0.90),
    Target("sine", "test RMSE", 0.500, of="each"),
    Target("speed", "fit, one epoch", 60.0),
    Target("speed", "peak memory over the input", 1000.0),
    Target("speed", "predict", 10.0),
)

PUBLISHED = {
    ("m4_hourly", "sMAPE, seasonal naive"): Published("13.912 (M4, sNaive)", 13.912, 0.0005),
    ("m4_hourly", "MASE, seasonal naive"): Published("1.193 (M4, sNaive)", 1.193, 0.0005),
    ("m4_hourly", "OWA, seasonal naive"): Published("0.628 (M4, sNaive)", 0.6275, 0.0005),
    ("m4_hourly", "OWA, single model"): Published("0.440 ES-RNN, 0.410 best entry (M4)"),
    ("m4_hourly", "OWA, ensemble of 5"): Published("0.440 ES-RNN, 0.410 best entry (M4)"),
    ("m4_weekly", "sMAPE, seasonal naive"): Published("9.161 (M4, Naive)", 9.161, 0.0005),
    ("m4_weekly", "MASE, seasonal naive"): Published("2.777 (M4, Naive)", 2.777, 0.0005),
    ("m4_weekly", "OWA, seasonal naive"): Published("1.000 (M4, Naive)", 1.0, 0.0005),
    ("m4_weekly", "OWA, single model"): Published("0.851 ES-RNN, 0.796 best entry (M4)"),
    ("tourism_monthly", "MASE, seasonal naive"): Published("1.63 (Athanasopoulos et al. 2011)", 1.63, 0.005),
    ("tourism_quarterly", "MASE, seasonal naive"): Published("1.70 (Athanasopoulos et al. 2011)", 1.70, 0.005),
    ("hospital", "MASE, seasonal naive"): Published("0.921 (fev, seasonal_naive)", 0.9205, 0.0005),
    ("hospital", "MASE, ensemble of 5"): Published("0.834 DeepAR (GIFT-Eval)"),
    ("nn5", "sMAPE near zero, single model"): Published("23.8 LSTM ensemble (Hewamalage et al. 2021)"),
    ("us_births", "MASE, seasonal naive"): Published("1.60 in a prototype of this protocol", 1.60, 0.005),
    ("us_births", "MASE, with calendar and holidays"): Published(
        "0.54 DeepAR (GIFT-Eval, where seasonal naive has 1.87)"
    ),
    ("etth1", "MSE, last value, H=24"): Published("0.0343 in a prototype", 0.0343, 0.00005),
    ("etth1", "MSE, last value, H=96"): Published("0.0693 in a prototype", 0.0693, 0.00005),
    ("etth1", "MSE, H=24"): Published("0.107 DeepAR, 0.114 LSTMa (Informer paper)"),
    ("sine", "test RMSE"): Published("0.4948 is the noise itself"),
}


def target_of(row: Row) -> Target | None:
    """Find the goal of a row; None where the row is there for information."""
    return next((target for target in TARGETS if (target.task, target.name) == (row.task, row.name)), None)


def published_of(row: Row) -> Published | None:
    """Find what others report for a row."""
    return PUBLISHED.get((row.task, row.name))
