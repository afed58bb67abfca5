"""Between which values does a forecast of several models stay? Within the bounds asked for, or found, as the LSTM's."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from gatecast.data import Panel, to_panel
from gatecast.data.reading.shapes import ID_MARK
from gatecast.data.values.bounds import AUTO, Bounds, Limits, find_bounds
from gatecast.model.inputs import check_bounds
from gatecast.model.settings import Settings

if TYPE_CHECKING:
    from gatecast.model.protocol import Data

__all__ = ["Held", "check_asked", "hold_within", "read_quietly"]


def check_asked(lower: float | str | None, upper: float | None) -> None:
    """Raise a ConfigError where bounds make no sense."""
    Settings(lower=lower, upper=upper).check()


def read_quietly(data: Data, names: Mapping[str, Any]) -> Panel:
    """Read data that models read too, which say what is to be said of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return to_panel(data, **names)


@runtime_checkable
class Bounded(Protocol):
    """A model with bounds of its own."""

    lower: float | str | None
    upper: float | None


@dataclass(frozen=True)
class Held:
    """The bounds of the series that several models learned from."""

    bounds: Bounds
    ids: tuple[object, ...]
    parts: tuple[tuple[object, ...], ...] = ()  # cells of each series, where several columns name it

    @property
    def n_keys(self) -> int:
        """Columns of ids and times in tables."""
        return 1 + (len(self.parts[0]) if self.parts else 1)

    def ids_of(self, table: Any) -> list[Any]:
        """Return the name of the series of each row of a narwhals table that begins with columns of ids."""
        cells: list[list[Any]] = [table[name].to_list() for name in table.columns[: self.n_keys - 1]]
        if not self.parts:
            return cells[0]
        known = dict(zip(self.parts, self.ids, strict=True))
        rows = list(zip(*cells, strict=True))
        return [known.get(row, ID_MARK.join(map(str, row))) for row in rows]

    @classmethod
    def of(cls, panel: Panel, limits: Limits) -> Held:
        """Find the bounds of each series; a DataError where a value lies beyond one that was asked for."""
        check_bounds(panel, limits)
        return cls(find_bounds(panel, limits), tuple(panel.ids.tolist()), _parts(panel))

    def newer(self, panel: Panel) -> Held:
        """Return the bounds of newer data: those of known series, where they still hold, and those of new ones."""
        rows = {id_: row for row, id_ in enumerate(self.ids)}
        index = np.array([rows.get(id_, -1) for id_ in panel.ids.tolist()], np.int64)
        known = self.bounds.rows(index).replaced(find_bounds(panel, self.bounds.limits), index < 0)
        return Held(known.lifted(panel), tuple(panel.ids.tolist()), _parts(panel))

    def hold(self, table: Any, columns: Iterable[str]) -> Any:
        """Return a narwhals table, with the series in its first columns, whose forecasts stay within the bounds."""
        import narwhals as nw

        if not self.bounds.are_any.any():
            return table
        rows = {id_: row for row, id_ in enumerate(self.ids)}
        index = np.array([rows.get(id_, -1) for id_ in self.ids_of(table)], np.int64)
        known = index >= 0
        held = []
        for name in columns:
            values = table[name].to_numpy().astype(np.float64)
            values[known] = self.bounds.hold(values[known], index[known])
            held.append(nw.new_series(name, values, nw.Float64, backend=table.implementation))
        return table.with_columns(*held)


def _parts(panel: Panel) -> tuple[tuple[object, ...], ...]:
    return tuple(zip(*(cells.tolist() for cells in panel.id_parts.values()), strict=True))


def hold_within(lower: float | str | None, upper: float | None, models: Iterable[object]) -> Limits:
    """Return the bounds of a forecast of some models: its own, or the strictest that were given to a model of it.

    Where neither are given they are found, unless None was given to all models that have bounds.
    """
    theirs = [Limits(model.lower, model.upper) for model in models if isinstance(model, Bounded)]
    if lower == AUTO:
        given = [limits.given["lower"] for limits in theirs if "lower" in limits.given]
        is_off = bool(theirs) and all(limits.lower is None for limits in theirs)
        lower = max(given) if given else None if is_off else AUTO
    if upper is None:
        upper = min((limits.given["upper"] for limits in theirs if "upper" in limits.given), default=None)
    return Limits(lower, upper)
