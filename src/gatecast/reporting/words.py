"""How are numbers, times and the library's own sentences said in the language of a report?"""

from __future__ import annotations

import math
from collections.abc import Iterable

from gatecast._json import JsonObject
from gatecast.charts.names import shorten
from gatecast.texts import UNKNOWN, Texts
from gatecast.texts.frequency import frequency_words
from gatecast.texts.message import Message

__all__ = ["Words"]

NAME = 60  # letters that a heading, a cell and a sentence have room for


class Words:
    """Says things in one language, "en" or "zh"."""

    def __init__(self, lang: str) -> None:
        self.t = Texts(lang)
        self.lang = lang

    def name(self, name: object, width: int = NAME) -> str:
        """Return a name that nobody vouches for on one line, shortened."""
        return shorten(name, width)

    def names(self, names: Iterable[object]) -> str:
        """Return names as a list."""
        return self.t("words.comma").join(self.name(name) for name in names)

    def number(self, value: float | None) -> str:
        """Write a number with four digits that count."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        size = abs(value)
        if value == int(value) and size < 1e9:
            return f"{int(value):,}"
        if not 1e-4 <= size < 1e9:
            return f"{value:.4g}"
        return f"{value:,.{4 if size < 1 else max(0, 3 - math.floor(math.log10(size)))}f}"

    def percent(self, share: float | None, form: str = ".0f") -> str:
        """Write a share in percent."""
        if share is None or not math.isfinite(share):
            return UNKNOWN
        return f"{100 * share:{form}}" + ("%" if self.lang == "zh" else " %")

    def p_value(self, p: float | None) -> str:
        """Write a p-value."""
        if p is None or not math.isfinite(p):
            return UNKNOWN
        return "< 0.001" if p < 0.001 else f"{p:.2g}"

    def p_text(self, p: float | None) -> str:
        """Write a p-value with its name."""
        shown = self.p_value(p)
        return f"p {shown}" if shown.startswith("<") else f"p = {shown}"

    def seconds(self, seconds: float | None) -> str:
        """Write how long something took."""
        if seconds is None or not math.isfinite(seconds):
            return UNKNOWN
        return self.t("unit.s", n="< 0.1" if seconds < 0.1 else f"{seconds:,.1f}")

    def duration(self, facts: JsonObject) -> str:
        """Say a duration of `gatecast.explanation.units`."""
        return Message.from_dict(facts).say(self.lang)

    def frequency(self, freq: str) -> str:
        """Say a frequency."""
        return frequency_words(freq, self.t)

    def said(self, stored: JsonObject) -> str:
        """Say a message of the library from its plain data, the names in it shortened."""
        return Message.from_dict(stored).renamed(self.name).say(self.lang)

    def part(self, part: str) -> str:
        """Say which part of the data."""
        return self.t(f"part.{part.split(' ')[0] or 'unknown'}")

    def join(self, texts: Iterable[str]) -> str:
        """Put sentences one behind the other."""
        return ("" if self.lang == "zh" else " ").join(texts)
