"""How does each series of a panel see the past of the others? As covariates that are known up to now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.panel import Panel, Roles
from gatecast.exceptions import ConfigError

__all__ = ["MOST_SERIES", "is_joint", "joint_again", "roles_of_table", "with_others"]

# each series is a column of the input of all of them
MOST_SERIES = 100
MARK = "past of "


def with_others(panel: Panel) -> Panel:
    """Show each series the past of all: a column `past of NAME` for each, and which series it is itself.

    So one network learns to forecast several targets jointly, as a vector autoregression does, with weights that depend
    on the target.

    Args:
        panel: S series; they may begin and end at different times. A column is NaN where its series has no value.

    Raises:
        ConfigError: There is one series alone, or there are more than a hundred.

    Examples:
        >>> import numpy as np
        >>> panel = Panel(np.array(["a", "b"]), np.arange(5.0), np.array([0, 3, 5]), np.array([0, 1]), freq=1)
        >>> {name: column.tolist() for name, column in with_others(panel).past.items()}
        {'past of a': [0.0, 1.0, 2.0, 1.0, 2.0], 'past of b': [nan, 3.0, 4.0, 3.0, 4.0]}
    """
    S = panel.n_series
    if S < 2 or S > MOST_SERIES:
        raise ConfigError(
            f"`joint=True` was passed with {S} series, and 2 to {MOST_SERIES} were expected, which see each other's "
            "past. Name two targets or more by `target_col`, or leave `joint` out."
        )
    return _shown(panel, panel.ids, _rows_of(panel, panel.ids))


def is_joint(panel: Panel) -> bool:
    """Tell whether the series of a panel see each other's past."""
    return any(name.startswith(MARK) for name in panel.past)


def roles_of_table(panel: Panel) -> Roles:
    """Return the roles of the columns that a table like this panel has of its own."""
    roles = panel.roles
    if not is_joint(panel):
        return roles
    past = tuple(name for name in roles.past if not name.startswith(MARK))
    return replace(roles, past=past, static=tuple(name for name in roles.static if name != panel.columns.id))


def joint_again(panel: Panel, like: Panel) -> Panel:
    """Show newer data the past of the series that a model learned from, `like`; those that lack are missing values."""
    if not is_joint(like) or is_joint(panel):
        return panel
    return _shown(panel, like.ids, _rows_of(panel, like.ids))


def _rows_of(panel: Panel, ids: Array) -> Ints:
    """Return which series of a panel have these ids, `(K,)`; -1 for one that is not there."""
    row_of = {unique_id: row for row, unique_id in enumerate(panel.ids.tolist())}
    return np.array([row_of.get(unique_id, -1) for unique_id in ids.tolist()], np.int64)


def _shown(panel: Panel, ids: Array, rows: Ints) -> Panel:
    """Add the column of each id, whose series is the row of the panel, `(K,)`."""
    first = panel.starts.min()
    begins = panel.grid.positions(panel.starts, np.full(panel.n_series, first))
    # all series side by side, each at its own times
    sheet = np.full((len(ids), int((begins + panel.lengths).max())), np.nan)
    for column, row in zip(sheet, rows, strict=True):
        if row >= 0:
            column[begins[row] : begins[row] + panel.lengths[row]] = panel.series(int(row))
    series, positions = panel.places()
    at = begins[series] + positions
    others = {f"{MARK}{name}": column[at] for name, column in zip(ids.tolist(), sheet, strict=True)}
    names = np.empty(panel.n_series, object)
    names[:] = list(map(str, panel.ids.tolist()))
    return replace(panel, past=panel.past | others, static=panel.static | {panel.columns.id: names})
