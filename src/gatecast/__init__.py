"""LSTM forecasters for tables of time series: fast on an ordinary CPU, honest about their worth, open inside."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gatecast import datasets
from gatecast.data import Panel, make_windows, to_panel, train_test_split
from gatecast.exceptions import (
    ConfigError,
    DataError,
    GatecastError,
    ModelFileError,
    NotFittedError,
    TimeLimitError,
    TrainingError,
)
from gatecast.forecaster import LSTMForecaster
from gatecast.metrics.errors import Evaluation, Score
from gatecast.model.settings import Network, Training
from gatecast.model.stream import Stream

if TYPE_CHECKING:
    from gatecast.backtesting.backtest import backtest
    from gatecast.backtesting.record import Backtest
    from gatecast.baselines.statistical import (
        MSTL,
        SARIMA,
        AutoARIMA,
        AutoETS,
        AutoTheta,
        Drift,
        LinearAR,
        Naive,
        SeasonalNaive,
        WindowAverage,
    )
    from gatecast.comparison.best import Best
    from gatecast.comparison.comparison import Comparison

__version__ = "0.1.0"

__all__ = [
    "MSTL",
    "SARIMA",
    "AutoARIMA",
    "AutoETS",
    "AutoTheta",
    "Backtest",
    "Best",
    "Comparison",
    "ConfigError",
    "DataError",
    "Drift",
    "Evaluation",
    "GatecastError",
    "LSTMForecaster",
    "LinearAR",
    "ModelFileError",
    "Naive",
    "Network",
    "NotFittedError",
    "Panel",
    "Score",
    "SeasonalNaive",
    "Stream",
    "TimeLimitError",
    "Training",
    "TrainingError",
    "WindowAverage",
    "__version__",
    "backtest",
    "datasets",
    "make_windows",
    "to_panel",
    "train_test_split",
]

# found when first asked for, so that an import stays light
_LATER = {
    "gatecast.backtesting.backtest": ("backtest",),
    "gatecast.comparison.best": ("Best",),
    "gatecast.comparison.comparison": ("Comparison",),
    "gatecast.backtesting.record": ("Backtest",),
    "gatecast.baselines.statistical": (
        "MSTL",
        "SARIMA",
        "AutoARIMA",
        "AutoETS",
        "AutoTheta",
        "Drift",
        "LinearAR",
        "Naive",
        "SeasonalNaive",
        "WindowAverage",
    ),
}


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'gatecast' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
