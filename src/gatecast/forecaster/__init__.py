"""How does a person use gatecast from Python? `LSTMForecaster`, and `PretrainedLSTM`, which needs no training."""

from gatecast.forecaster.lstm import Forecaster, LSTMForecaster
from gatecast.forecaster.pretrained import PretrainedLSTM, forecast

__all__ = ["Forecaster", "LSTMForecaster", "PretrainedLSTM", "forecast"]
