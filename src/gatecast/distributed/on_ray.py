"""How does Ray call a function on partitions? By `groupby` and `map_groups`; a lost one is computed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from gatecast.distributed.engines import OnPartition
from gatecast.partition import Schema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["OnRay"]

BUCKET = "gatecast_bucket"
# calls for each processor, where no number is asked for
PER_CORE = 4


@dataclass(frozen=True)
class OnRay:
    """A `ray.data.Dataset`."""

    frame: Any

    def types(self) -> Mapping[str, Any]:
        """See `Engine.types`; Ray reads them from the first file or block."""
        arrow = self.frame.schema()
        return {name: _in_pandas(type_) for name, type_ in zip(arrow.names, arrow.types, strict=True)}

    def map(
        self,
        function: OnPartition,
        made: Schema,  # noqa: ARG002  Ray asks for none
        columns: Sequence[str],
        keys: Sequence[str] = (),
        n_partitions: int | None = None,
        content: bytes | None = None,
    ) -> Self:
        """See `Engine.map`; the content is put into Ray's object store.

        Rows are grouped by a number that is the same for equal keys, so that a call has many keys.
        """
        import ray

        sent = () if content is None else (ray.put(content),)
        call, options = _OnBatch(function, sent), {"batch_format": "pandas"}
        frame = self.frame.select_columns(list(columns))
        if not keys:
            return type(self)(frame.map_batches(call, batch_size=None, **options))
        n = n_partitions or PER_CORE * max(1, int(ray.cluster_resources().get("CPU", 1)))
        frame = frame.map_batches(partial(_with_bucket, keys=tuple(keys), n=n), batch_size=None, **options)
        return type(self)(frame.groupby(BUCKET, num_partitions=n).map_groups(call, **options))

    def collect(self) -> pd.DataFrame:
        """See `Engine.collect`."""
        table: pd.DataFrame = self.frame.to_pandas(limit=None)
        return table


class _OnBatch:
    """Takes what is sent along out of Ray's object store."""

    def __init__(self, function: OnPartition, sent: Sequence[Any]) -> None:
        self.function, self.sent = function, tuple(sent)
        # Ray shows it
        self.__name__ = "forecast"

    def __call__(self, batch: pd.DataFrame) -> pa.Table:
        import pyarrow as pa
        import ray

        table = self.function(batch.drop(columns=BUCKET, errors="ignore"), *(ray.get(one) for one in self.sent))
        # unlike blocks of pandas those of Arrow keep their types when they are joined with empty ones
        return pa.Table.from_pandas(table, preserve_index=False)


def _with_bucket(batch: pd.DataFrame, keys: Sequence[str], n: int) -> pd.DataFrame:
    """Number the rows by their keys, from 0 to n - 1."""
    import pandas as pd

    hashed = pd.util.hash_pandas_object(batch[list(keys)].astype(str), index=False)
    return batch.assign(**{BUCKET: (hashed % n).astype("int64")})


def _in_pandas(type_: Any) -> Any:
    """Return the type that a column has in the tables that Ray passes."""
    import pyarrow as pa

    return pa.table({"": pa.array([], type_)}).to_pandas()[""].dtype if isinstance(type_, pa.DataType) else type_
