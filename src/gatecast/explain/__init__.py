"""What does a fitted forecaster remember, when does it forget, and what do its forecasts depend on?"""

from gatecast.explain.covariates import CovariateImportance, measure_covariates
from gatecast.explain.events import Alignment, ForgetEvents
from gatecast.explain.gates import Gates, LayerGates, read_gates
from gatecast.explain.halflives import HalfLives
from gatecast.explain.lags import LagImportance, measure_lags
from gatecast.explain.spectra import Spectra

__all__ = [
    "Alignment",
    "CovariateImportance",
    "ForgetEvents",
    "Gates",
    "HalfLives",
    "LagImportance",
    "LayerGates",
    "Spectra",
    "measure_covariates",
    "measure_lags",
    "read_gates",
]
