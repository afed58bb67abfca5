"""What does a fitted forecaster remember, when does it forget, and what do its forecasts depend on?"""

from gatecast.explanation.events import Alignment, ForgetEvents
from gatecast.explanation.gates import Gates, LayerGates, read_gates
from gatecast.explanation.importance import CovariateImportance, LagImportance, measure_covariates, measure_lags
from gatecast.explanation.units import HalfLives, Spectra

__all__ = ["Alignment", "CovariateImportance", "ForgetEvents", "Gates", "HalfLives", "LagImportance", "LayerGates"]
__all__ += ["Spectra", "measure_covariates", "measure_lags", "read_gates"]
