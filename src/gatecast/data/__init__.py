"""From tables to panels: reading, frequency, gaps, covariates, splits, scaling and windows."""

from gatecast.data.encoding import CovariateEncoder, Encoded, fit_encoder
from gatecast.data.future import read_future
from gatecast.data.panel import Columns, Panel, Roles
from gatecast.data.scaling import Scaling, fit_scaling
from gatecast.data.split import split_positions, train_test_split
from gatecast.data.table import to_panel
from gatecast.data.windows import make_windows

__all__ = [
    "Columns",
    "CovariateEncoder",
    "Encoded",
    "Panel",
    "Roles",
    "Scaling",
    "fit_encoder",
    "fit_scaling",
    "make_windows",
    "read_future",
    "split_positions",
    "to_panel",
    "train_test_split",
]
