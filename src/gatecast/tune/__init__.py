"""Which settings are best for these data? A Bayesian search that is judged inside the training part alone."""

from gatecast.tune.run import tune
from gatecast.tune.search import Search
from gatecast.tune.tuned import Tuned

__all__ = ["Search", "Tuned", "tune"]
