"""What do people call a frequency?"""

from __future__ import annotations

import re

from gatecast.texts import Texts

__all__ = ["frequency_words"]

# what `gatecast.data.panel.calendars` writes
CALENDAR = re.compile(r"(\d*)(week|weeks|month|year)\((.+)\)")
UNITS = {"s": "second", "min": "minute", "h": "hour", "D": "day", "B": "business_day", "W": "week"}
UNITS |= dict.fromkeys(("MS", "ME", "BMS", "BME"), "month")
UNITS |= dict.fromkeys(("QS", "QE"), "quarter") | dict.fromkeys(("YS", "YE"), "year")


def frequency_words(freq: str | int, t: Texts | None = None) -> str:
    """Say a pandas frequency, or the length of a whole-numbered step, in words; in English unless `t` says so."""
    t, freq = t or Texts("en"), str(freq)
    if freq == "order":
        return t("frequency.order")
    form = CALENDAR.fullmatch(freq)
    if form is not None:
        n, kind, inside = form.groups()
        key = "every_month" if n else "weeks" if kind == "weeks" else f"of_{kind}"
        return t(f"frequency.{key}", n=n, times=inside)
    digits = freq[: len(freq) - len(freq.lstrip("0123456789"))]
    if digits == freq:
        return t("frequency.steps", n=freq)
    unit = UNITS.get(freq[len(digits) :].split("-")[0])
    if unit is None:
        return freq
    if digits in ("", "1"):
        return t(f"frequency.{unit}")
    return t("frequency.every", time=t(f"unit.{unit}", n=digits))
