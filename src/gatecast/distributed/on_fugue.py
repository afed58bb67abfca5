"""How does Fugue call a function on partitions? By `transform` on any of its engines, with whole keys in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from gatecast.distributed.engines import OnPartition
from gatecast.partition import Schema

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OnFugue"]


@dataclass(frozen=True)
class OnFugue:
    """A table that an engine of Fugue reads, or one of Fugue's own."""

    frame: Any
    engine: Any = None

    def types(self) -> Mapping[str, Any]:
        """See `Engine.types`."""
        arrow = _fugue().get_schema(self.frame).pa_schema
        return dict(arrow.empty_table().to_pandas().dtypes)

    def map(
        self,
        function: OnPartition,
        made: Schema,
        columns: Sequence[str],
        keys: Sequence[str] = (),
        n_partitions: int | None = None,
        content: bytes | None = None,
    ) -> Self:
        """See `Engine.map`; the content goes with the function."""
        import pandas as pd
        import pyarrow as pa

        def call(frame: pd.DataFrame) -> pd.DataFrame:
            return function(frame, *(() if content is None else (content,)))

        fa, columns_of = _fugue(), import_module("triad").Schema
        # Fugue reads the types of functions
        call.__annotations__ = {"frame": pd.DataFrame, "return": pd.DataFrame}
        # coarse: a partition has several keys, and all rows of each
        spec: dict[str, Any] = {"by": list(keys), "algo": "coarse"} if keys else {}
        spec |= {} if n_partitions is None else {"num": n_partitions}
        known = fa.get_schema(self.frame).pa_schema
        fields = [
            known.field(name) if name in known.names else pa.field(name, pa.from_numpy_dtype(dtype))
            for name, dtype in made.dtypes.items()
        ]
        options = {"engine": self.engine, "as_fugue": True, "partition": spec or None}
        frame = fa.select_columns(self.frame, list(columns))
        made_frame = fa.transform(frame, call, schema=columns_of(pa.schema(fields)), **options)
        return type(self)(made_frame, self.engine)

    def collect(self) -> pd.DataFrame:
        """See `Engine.collect`."""
        table: pd.DataFrame = _fugue().as_pandas(self.frame)
        return table


def _fugue() -> Any:
    return import_module("fugue.api")
