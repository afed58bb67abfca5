"""The public names, each with the module that it is loaded from when it is first used."""

from gatecast import datasets as datasets
from gatecast.backtesting.backtest import backtest as backtest
from gatecast.backtesting.record import Backtest as Backtest
from gatecast.baselines.statistical import MSTL as MSTL
from gatecast.baselines.statistical import SARIMA as SARIMA
from gatecast.baselines.statistical import AutoARIMA as AutoARIMA
from gatecast.baselines.statistical import AutoETS as AutoETS
from gatecast.baselines.statistical import AutoTheta as AutoTheta
from gatecast.baselines.statistical import Drift as Drift
from gatecast.baselines.statistical import LinearAR as LinearAR
from gatecast.baselines.statistical import Naive as Naive
from gatecast.baselines.statistical import SeasonalNaive as SeasonalNaive
from gatecast.baselines.statistical import WindowAverage as WindowAverage
from gatecast.comparison.best import Best as Best
from gatecast.comparison.comparison import Comparison as Comparison
from gatecast.comparison.comparison import compare as compare
from gatecast.data import Panel as Panel
from gatecast.data import make_windows as make_windows
from gatecast.data import to_panel as to_panel
from gatecast.data import train_test_split as train_test_split
from gatecast.diagnosis.diagnosis import diagnose as diagnose
from gatecast.diagnosis.findings import Diagnosis as Diagnosis
from gatecast.exceptions import ConfigError as ConfigError
from gatecast.exceptions import DataError as DataError
from gatecast.exceptions import GatecastError as GatecastError
from gatecast.exceptions import ModelFileError as ModelFileError
from gatecast.exceptions import NotFittedError as NotFittedError
from gatecast.exceptions import TimeLimitError as TimeLimitError
from gatecast.exceptions import TrainingError as TrainingError
from gatecast.explanation.methods import Explanation as Explanation
from gatecast.explanation.methods import explain as explain
from gatecast.forecaster import Forecaster as Forecaster
from gatecast.forecaster import LSTMForecaster as LSTMForecaster
from gatecast.forecaster import PretrainedLSTM as PretrainedLSTM
from gatecast.forecaster import forecast as forecast
from gatecast.metrics.errors import Evaluation as Evaluation
from gatecast.metrics.errors import Score as Score
from gatecast.model.settings import Network as Network
from gatecast.model.settings import Training as Training
from gatecast.model.stream import Stream as Stream
from gatecast.reporting.build import report as report
from gatecast.reporting.made import Report as Report
from gatecast.tuning.run import tune as tune
from gatecast.tuning.tuned import Tuned as Tuned

__version__: str
