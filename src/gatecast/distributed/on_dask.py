"""How does Dask call a function on partitions? By `shuffle` and `map_partitions`; a lost one is computed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from gatecast.distributed.engines import OnPartition
from gatecast.partition import Schema

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OnDask"]


@dataclass(frozen=True)
class OnDask:
    """A `dask.dataframe.DataFrame`."""

    frame: Any

    def types(self) -> Mapping[str, Any]:
        """See `Engine.types`."""
        return dict(self.frame.dtypes)

    def map(
        self,
        function: OnPartition,
        made: Schema,
        columns: Sequence[str],
        keys: Sequence[str] = (),
        n_partitions: int | None = None,
        content: bytes | None = None,
    ) -> Self:
        """See `Engine.map`; the content is one task of the graph, whose result goes to each worker that needs it."""
        from dask import delayed

        frame = self.frame[list(columns)]
        if keys:
            frame = frame.shuffle(on=list(keys), npartitions=n_partitions)
        sent = () if content is None else (delayed(content),)
        return type(self)(frame.map_partitions(function, *sent, meta=made.empty, enforce_metadata=False))

    def collect(self) -> pd.DataFrame:
        """See `Engine.collect`."""
        table: pd.DataFrame = self.frame.compute()
        return table
