"""How does a panel become a fitted forecaster?"""

from gatecast.fitting.fit import fit_panel
from gatecast.fitting.members import LOOKS

__all__ = ["LOOKS", "fit_panel"]
