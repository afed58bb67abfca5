"""How do results reach the terminal, or a program? Plain tables at 80 columns, or one JSON object."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from gatecast._json import plain

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Printer", "number"]


class Printer:
    """Prints texts and tables for people, or nothing where a program is listening.

    Args:
        shown: Whether people read along.
    """

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown

    def say(self, text: str = "", style: str | None = None, *, wrap: bool = True) -> None:
        """Print a paragraph; one with a command to be copied is not wrapped."""
        if self._shown:
            _console().print(text, style=style, soft_wrap=not wrap)

    def table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[str] = ()
    ) -> None:
        """Print a table: texts in the first column and in those named as `texts`, numbers in the others."""
        if not self._shown:
            return
        from rich import box
        from rich.table import Table

        # not as the table's own title, which would be wrapped to the width of the table
        self.say(title, style="bold")
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for n, column in enumerate(columns):
            table.add_column(column, justify="right" if n and column not in texts else "left")
        for row in rows:
            table.add_row(*row)
        _console().print(table)

    def facts(self, title: str, facts: dict[str, str]) -> None:
        """Print names with what they are."""
        if not self._shown:
            return
        from rich.table import Table

        self.say(title, style="bold")
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column()
        for name, fact in facts.items():
            table.add_row(name, fact)
        _console().print(table)
        self.say()

    def notes(self, notes: Iterable[object]) -> None:
        """Print what keeps a result from being what it seems to be."""
        for note in notes:
            self.say(f"Note: {note}")

    def json(self, report: Mapping[str, object]) -> None:
        """Print one JSON object, whether people read along or not."""
        sys.stdout.write(json.dumps(plain(report), indent=2, allow_nan=False) + "\n")


def number(value: float) -> str:
    """Write a number with four digits that count.

    Examples:
        >>> number(0.49734), number(61.384361), number(25680.2), number(float("nan")), number(1e-7)
        ('0.4973', '61.38', '25,680', '-', '1e-07')
    """
    if not math.isfinite(value):
        return "-"
    size = abs(value)
    if size and not 1e-4 <= size < 1e9:
        return f"{value:.4g}"
    digits = 4 if size < 1 else max(0, 3 - math.floor(math.log10(size)))
    return f"{value:,.{digits}f}"


def _console() -> Console:
    from rich.console import Console

    # names in the data may look like markup or emoji codes; they are neither
    return Console(markup=False, highlight=False, emoji=False)
