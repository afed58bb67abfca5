"""Is the LSTM any good on this table, and which model should be used? Rolling origins, tests, and a verdict."""

from gatecast.comparison.comparison import Comparison, compare

__all__ = ["Comparison", "compare"]
