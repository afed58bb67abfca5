"""How is a model file of an older format read? By steps, each of which turns one format into the next.

A file that was once written stays readable: a change of what files hold raises `FORMAT` of `modelfile.py` by one, adds
its step here and its files to `tests/golden/models/`. No step is ever removed or changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gatecast._files import Tensors
from gatecast._json import JsonObject

__all__ = ["OLDEST", "STEPS", "Step", "upgrade"]

# changes the arrays and the facts of a file of one format, in place, into those of the next
Step: TypeAlias = Callable[[Tensors, JsonObject], None]

# the first format whose files every later version reads
OLDEST = 9


def _to_10(_: Tensors, facts: JsonObject) -> None:
    """Add the setting `joint`; likelihoods of counts, the scaling `mean` and types of columns are in no older file."""
    facts["settings"]["joint"] = False


# by the format that a step begins with
STEPS: dict[int, Step] = {9: _to_10}


def upgrade(number: int, newest: int, tensors: Tensors, facts: JsonObject) -> None:
    """Turn arrays and facts of one format into those of the newest, in place.

    Args:
        number: Format of the file.
        newest: Format that is wanted.
        tensors: Its arrays, by name.
        facts: Its header.

    Raises:
        LookupError, TypeError or ValueError: The header is not one of its format.
    """
    for older in range(number, newest):
        STEPS[older](tensors, facts)
        facts["format"] = older + 1
