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
from gatecast.forecaster import Forecaster, LSTMForecaster
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
    from gatecast.comparison.comparison import Comparison, compare
    from gatecast.diagnosis.diagnosis import diagnose
    from gatecast.diagnosis.findings import Diagnosis
    from gatecast.explanation.methods import Explanation, explain
    from gatecast.reporting.build import report
    from gatecast.reporting.made import Report
    from gatecast.tuning.run import tune
    from gatecast.tuning.tuned import Tuned

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
    "Diagnosis",
    "Drift",
    "Evaluation",
    "Explanation",
    "Forecaster",
    "GatecastError",
    "LSTMForecaster",
    "LinearAR",
    "ModelFileError",
    "Naive",
    "Network",
    "NotFittedError",
    "Panel",
    "Report",
    "Score",
    "SeasonalNaive",
    "Stream",
    "TimeLimitError",
    "Training",
    "TrainingError",
    "Tuned",
    "WindowAverage",
    "__version__",
    "backtest",
    "compare",
    "datasets",
    "diagnose",
    "explain",
    "make_windows",
    "report",
    "to_panel",
    "train_test_split",
    "tune",
]

# found when first asked for, so that an import stays light
_LATER = {
    "gatecast.backtesting.backtest": ("backtest",),
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
    "gatecast.comparison.best": ("Best",),
    "gatecast.comparison.comparison": ("Comparison", "compare"),
    "gatecast.diagnosis.diagnosis": ("diagnose",),
    "gatecast.diagnosis.findings": ("Diagnosis",),
    "gatecast.explanation.methods": ("Explanation", "explain"),
    "gatecast.reporting.build": ("report",),
    "gatecast.reporting.made": ("Report",),
    "gatecast.tuning.run": ("tune",),
    "gatecast.tuning.tuned": ("Tuned",),
}


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'gatecast' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
