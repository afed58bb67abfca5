"""What is asked of an engine: its columns, a function on all partitions, and a small table of the driver's own.

Each engine keeps all rows of a key together by its own means, and computes nothing before it is asked to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from gatecast.exceptions import ConfigError
from gatecast.partition import Schema

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Engine", "OnPartition", "engine_of"]

# from a partition, and from the bytes of a model where these are sent along, to a table
OnPartition = Callable[..., "pd.DataFrame"]
# the class of each library's tables, and the module and the class that know them
KNOWN = {
    ("dask", "DataFrame"): ("on_dask", "OnDask"),
    ("pyspark", "DataFrame"): ("on_spark", "OnSpark"),
    ("ray", "Dataset"): ("on_ray", "OnRay"),
    ("ray", "MaterializedDataset"): ("on_ray", "OnRay"),
}


@runtime_checkable
class Engine(Protocol):
    """A table of an engine, which may be one that gatecast does not know."""

    frame: Any  # as the engine has it

    def types(self) -> Mapping[str, Any]:
        """Return the types of the columns, of pandas or of Spark."""

    def map(
        self,
        function: OnPartition,
        made: Schema,
        columns: Sequence[str],
        keys: Sequence[str] = (),
        n_partitions: int | None = None,
        content: bytes | None = None,
    ) -> Self:
        """Call a picklable function with each partition, which holds all rows of the keys that it has.

        Args:
            function: From a pandas table, and `content` where that is passed, to one.
            made: The columns of what it returns.
            columns: The columns of what it takes.
            keys: Columns; rows that are alike in these come in one call. None to take partitions as they are.
            n_partitions: Partitions that are made; when absent as many as the engine makes.
            content: Is sent to each worker once.
        """

    def collect(self) -> pd.DataFrame:
        """Compute the table, and return it on this machine."""


def engine_of(frame: Any, engine: Any = None) -> Engine:
    """Return the engine of a table; with an `engine` of Fugue that one."""
    if isinstance(frame, Engine):
        return frame
    kind = type(frame)
    library = kind.__module__.split(".")[0]
    place = ("on_fugue", "OnFugue") if engine is not None or library.startswith("fugue") else None
    place = place or KNOWN.get((library, kind.__name__))
    if place is None:
        raise ConfigError(
            f"`frame` has the type {kind.__name__} of {library}, and a table of Dask, Spark, Ray or Fugue was "
            "expected. Pass one, e.g. `dask.dataframe.read_parquet(path)`, or use `gatecast.forecast` on one machine."
        )
    made = getattr(import_module(f"gatecast.distributed.{place[0]}"), place[1])
    known: Engine = made(frame, engine) if place[1] == "OnFugue" else made(frame)
    return known
