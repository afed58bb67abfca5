"""From tables to panels: reading, frequency, gaps, covariates, splits, scaling and windows."""

from gatecast.data.features.encoding import CovariateEncoder, Encoded, fit_encoder
from gatecast.data.panel.panel import Columns, Panel, Roles
from gatecast.data.panel.windows import make_windows
from gatecast.data.reading.future import read_future
from gatecast.data.reading.split import split_positions, train_test_split
from gatecast.data.reading.table import to_panel
from gatecast.data.values.scaling import Scaling, fit_scaling

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
