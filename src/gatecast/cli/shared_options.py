"""Which options do several commands have, whatever they do?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gatecast._places import Place
from gatecast.cli.options import RESULTS, option

__all__ = ["LANG", "CsvOptions", "JsonOptions", "to_file"]

LANG = "Language of texts, pictures and reports: en, or zh for Chinese; that of the locale when left out."


def to_file(text: str) -> Place | None:
    """Define an option for a file that is written where it is asked for."""
    return option(None, text, "FILE", panel=RESULTS)


@dataclass(frozen=True, kw_only=True)
class JsonOptions:
    """What every command has; the docstring of a command's options is its help."""

    examples: ClassVar[tuple[str, ...]] = ()
    json: bool = option(False, "Print one JSON object and nothing else, for programs.")
    # read before all others, see `gatecast.cli.language`
    lang: str | None = option(None, LANG, "LANG")


@dataclass(frozen=True, kw_only=True)
class CsvOptions:
    """How a table is written."""

    raw_cells: bool = option(
        False,
        "Write texts to a .csv as they are, also those that begin with = + - @, which a spreadsheet computes.",
        panel=RESULTS,
    )
