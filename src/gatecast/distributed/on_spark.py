"""How does Spark call a function on partitions? By `repartition` and `mapInPandas`; a lost one is computed again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from gatecast.distributed.engines import OnPartition
from gatecast.partition import Schema

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OnSpark"]

# partitions for each processor, where Spark's settings name no number
PER_CORE = 4


@dataclass(frozen=True)
class OnSpark:
    """A `pyspark.sql.DataFrame`, classic or over Spark Connect."""

    frame: Any

    def types(self) -> Mapping[str, Any]:
        """See `Engine.types`; their names are Spark's."""
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
        """See `Engine.map`; the content is broadcast, or goes with the function over Spark Connect."""
        frame = self.frame.select(*(_quoted(name) for name in columns))
        if keys:
            # with a number of its own Spark does not join small partitions, of which each keeps a processor busy
            frame = frame.repartition(n_partitions or self._usual, *(_quoted(name) for name in keys))
        sent = () if content is None else (self._broadcast(content),)
        return type(self)(frame.mapInPandas(_OnBatches(function, sent), made.ddl))

    def collect(self) -> pd.DataFrame:
        """See `Engine.collect`."""
        table: pd.DataFrame = self.frame.toPandas()
        return table

    @property
    def _is_remote(self) -> bool:
        return ".connect." in type(self.frame).__module__

    @property
    def _usual(self) -> int:
        """Return how many partitions a shuffle makes."""
        session = self.frame.sparkSession
        asked = str(session.conf.get("spark.sql.shuffle.partitions", "auto"))
        if asked.isdecimal() or self._is_remote:
            return int(asked) if asked.isdecimal() else 200
        return PER_CORE * int(session.sparkContext.defaultParallelism)

    def _broadcast(self, content: bytes) -> Any:
        return content if self._is_remote else self.frame.sparkSession.sparkContext.broadcast(content)


class _OnBatches:
    """Joins the batches in which Spark hands over a partition."""

    def __init__(self, function: OnPartition, sent: Sequence[Any]) -> None:
        self.function, self.sent = function, tuple(sent)

    def __call__(self, batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import pandas as pd

        several = [batch for batch in batches if len(batch)]
        if several:
            sent = (one if isinstance(one, bytes) else one.value for one in self.sent)
            yield self.function(pd.concat(several, ignore_index=True), *sent)


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
