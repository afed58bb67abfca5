"""What does a fitted forecaster remember, when does it forget, and what do its forecasts depend on?"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatecast.explanation.covariates import CovariateImportance, measure_covariates
    from gatecast.explanation.events import Alignment, ForgetEvents
    from gatecast.explanation.gates import Gates, LayerGates, read_gates
    from gatecast.explanation.halflives import HalfLives
    from gatecast.explanation.lags import LagImportance, measure_lags
    from gatecast.explanation.spectra import Spectra

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

# found when first asked for: the methods of a forecaster stand in this package, and it is imported without all of it
_LATER = {
    "gatecast.explanation.covariates": ("CovariateImportance", "measure_covariates"),
    "gatecast.explanation.events": ("Alignment", "ForgetEvents"),
    "gatecast.explanation.gates": ("Gates", "LayerGates", "read_gates"),
    "gatecast.explanation.halflives": ("HalfLives",),
    "gatecast.explanation.lags": ("LagImportance", "measure_lags"),
    "gatecast.explanation.spectra": ("Spectra",),
}


def __getattr__(name: str) -> object:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'gatecast.explanation' has no attribute {name!r}")
