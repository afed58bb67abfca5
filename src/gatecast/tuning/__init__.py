"""Which settings are best for these data? A Bayesian search that is judged inside the training part alone."""

from gatecast.tuning.run import tune
from gatecast.tuning.search import Search
from gatecast.tuning.tuned import Tuned

__all__ = ["Search", "Tuned", "tune"]
