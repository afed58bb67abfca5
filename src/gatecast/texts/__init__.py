"""How is what happened said in English and in Chinese? All texts stand in the .toml files beside this one."""

from __future__ import annotations

import math
import re
import string
import tomllib
import unicodedata
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from gatecast._json import JsonObject
from gatecast.exceptions import ConfigError

__all__ = ["LANGUAGES", "SCREEN", "Texts", "catalogue", "check_language", "display_width", "help_texts"]

LANGUAGES = ("en", "zh")
# what is shown while something runs is in this language; the command line sets it
SCREEN: ContextVar[str] = ContextVar("SCREEN", default="en")
UNKNOWN = "–"
# how a text asks for so many digits that count, and what is too large to be written in full
DIGITS, LARGE = re.compile(r"\.(\d)g"), 1e9


class Texts:
    """Says texts in one language, "en" or "zh"."""

    def __init__(self, lang: str) -> None:
        self.lang = check_language(lang)

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values filled in; a number that is None or NaN is a dash."""
        entry = catalogue()[key]
        is_one = str(values.get("n")) == "1" and f"{self.lang}_one" in entry
        return _FORMAT.vformat(entry[f"{self.lang}_one" if is_one else self.lang], (), values)


class _Format(string.Formatter):
    """Formats numbers that are not known as a dash, large ones in full, and everything else as `str.format` does."""

    def format_field(self, value: object, format_spec: str) -> str:
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return UNKNOWN
        digits = DIGITS.fullmatch(format_spec)
        if digits and isinstance(value, float | int) and 10 ** int(digits[1]) <= abs(value) < LARGE:
            # 12,346 instead of 1.235e+04
            format_spec = ",.0f"
        return str(super().format_field(value, format_spec))


_FORMAT = _Format()


def check_language(lang: str) -> str:
    """Return the language, or raise a ConfigError where there are no texts in it."""
    if lang not in LANGUAGES:
        raise ConfigError(f'`lang` must be one of {", ".join(LANGUAGES)}, got {lang!r}. Use `lang="en"`.')
    return lang


def display_width(text: str) -> int:
    """Return how many columns a text takes: wide letters, such as Chinese ones, take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return all texts by key: `en` and `zh`, and `en_one` where one thing is called otherwise than several."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        _collect(tomllib.loads(path.read_text(encoding="utf-8")), "", found)
    return found


@cache
def help_texts(lang: str) -> dict[str, dict[str, JsonObject]]:
    """Return the help of the command line in a language other than English, which stands where options are defined."""
    return tomllib.loads((Path(__file__).parent / "help" / f"{lang}.toml").read_text(encoding="utf-8"))


def _collect(table: JsonObject, prefix: str, found: dict[str, dict[str, str]]) -> None:
    if isinstance(table.get("en"), str):
        found[prefix] = table
        return
    for name, inner in table.items():
        _collect(inner, f"{prefix}.{name}" if prefix else name, found)
