"""Which cells name a series, where several columns do so together?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.data.panel.arrays import Array
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.like_training import rows_like

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["parts_of_ids"]


def parts_of_ids(ids: Array, own: pd.DataFrame | None, like: Panel | None) -> dict[str, Array]:
    """Return the cells of each column that the names of series are joined of, `(S,)` each; none where one is not known.

    Args:
        ids: Names of the series, `(S,)`.
        own: The columns of the table, a row for each series under its name; None where no columns were joined.
        like: Data that were read before, whose series are known.
    """
    import pandas as pd

    before = {} if like is None else like.id_parts
    names = list(before) if own is None else list(map(str, own))
    if not names or (before and names != list(before)):
        return {}
    places = np.full(len(ids), -1) if own is None else own.index.get_indexer(pd.Index(ids))
    rows = np.full(len(ids), -1) if like is None or not before else rows_like(like, ids)
    if ((places < 0) & (rows < 0)).any():
        return {}
    parts: dict[str, Any] = {}
    for name in names:
        known = before[name][rows] if before else None
        parts[name] = known if own is None else _plain(own[name])[places]
        if own is not None and known is not None:
            parts[name] = np.where(places >= 0, parts[name], known)
    return parts


def _plain(cells: pd.Series[Any]) -> Array:
    return np.asarray(cells if cells.dtype.kind in "iu" else cells.astype(object))
