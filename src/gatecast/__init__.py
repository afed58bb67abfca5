"""LSTM forecasters for tables of time series: fast on an ordinary CPU, honest about their worth, open inside."""

from gatecast import datasets
from gatecast.data import Panel, make_windows, to_panel, train_test_split
from gatecast.evaluate.evaluation import Evaluation, Score
from gatecast.exceptions import ConfigError, DataError, GatecastError, ModelFileError, TrainingError
from gatecast.forecaster import LSTMForecaster
from gatecast.stream import Stream

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "DataError",
    "Evaluation",
    "GatecastError",
    "LSTMForecaster",
    "ModelFileError",
    "Panel",
    "Score",
    "Stream",
    "TrainingError",
    "__version__",
    "datasets",
    "make_windows",
    "to_panel",
    "train_test_split",
]
