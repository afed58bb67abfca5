"""What took how long, and what failed? A part of a report that cannot be made does not take the others with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from gatecast._json import JsonObject
from gatecast.exceptions import GatecastError
from gatecast.texts.message import reason

__all__ = ["Clock"]

Result = TypeVar("Result")


class Clock:
    """Adds to `seconds` what took how long, and keeps a part that fails from taking the others with it."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def try_(self, name: str, part: Callable[[], Result]) -> Result | JsonObject:
        """Return what a part returns, or why it failed, as plain data of a `Message`."""
        try:
            return self.time(name, part)
        except GatecastError as error:
            return {"failed": reason(error).to_dict()}

    def time(self, name: str, part: Callable[[], Result]) -> Result:
        """Return what a part returns."""
        began = time.perf_counter()
        try:
            return part()
        finally:
            self.seconds[name] = time.perf_counter() - began
