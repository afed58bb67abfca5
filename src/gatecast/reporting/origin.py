"""Where does a report come from, beyond model and data?"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Origin"]


@dataclass(frozen=True)
class Origin:
    """Where a report comes from, beyond model and data.

    Attributes:
        name: Of the data, e.g. of their file; "" for none.
        command: Command line that makes the report again; "" for none.
        code: Python that makes it again; "" to have it written for a table called `data`.
        seconds: What took how long before the report was begun.
        left_out: Models that were not compared because they would take too long.
    """

    name: str = ""
    command: str = ""
    code: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
