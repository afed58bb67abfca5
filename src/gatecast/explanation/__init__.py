"""What does a fitted forecaster remember, when does it forget, and what do its forecasts depend on?"""

from gatecast.explanation.attribution import Attributions, attribute
from gatecast.explanation.events import Alignment, ForgetEvents
from gatecast.explanation.gates import Gates, LayerGates, read_gates
from gatecast.explanation.importance import CovariateImportance, LagImportance, measure_covariates, measure_lags
from gatecast.explanation.units import HalfLives, Spectra

__all__ = ["Alignment", "Attributions", "CovariateImportance", "ForgetEvents", "Gates", "HalfLives", "LagImportance"]
__all__ += ["LayerGates", "Spectra", "attribute", "measure_covariates", "measure_lags", "read_gates"]
