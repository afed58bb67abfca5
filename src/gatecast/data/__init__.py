"""From tables to panels: reading, frequency, gaps, splits, scaling and windows."""

from gatecast.data.panel import Columns, Panel
from gatecast.data.scaling import Scaling, fit_scaling
from gatecast.data.split import split_positions, train_test_split
from gatecast.data.table import to_panel
from gatecast.data.windows import make_windows

__all__ = [
    "Columns",
    "Panel",
    "Scaling",
    "fit_scaling",
    "make_windows",
    "split_positions",
    "to_panel",
    "train_test_split",
]
