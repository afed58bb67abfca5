"""What does a fitted forecaster remember, when does it forget, and what do its forecasts depend on?"""

from gatecast.explain.events import Alignment, ForgetEvents
from gatecast.explain.gates import Gates, LayerGates, read_gates
from gatecast.explain.memories import HalfLives
from gatecast.explain.spectra import Spectra

__all__ = ["Alignment", "ForgetEvents", "Gates", "HalfLives", "LayerGates", "Spectra", "read_gates"]
