"""What do people call a frequency? "MS" is a month, "30min" half an hour."""

from __future__ import annotations

import numpy as np

from gatecast.charts.names import shorten
from gatecast.texts import Texts

__all__ = ["frequency_words", "time_label"]

UNITS = {
    "s": "second",
    "min": "minute",
    "h": "hour",
    "D": "day",
    "B": "business_day",
    "W": "week",
    "MS": "month",
    "ME": "month",
    "BMS": "month",
    "BME": "month",
    "QS": "quarter",
    "QE": "quarter",
    "YS": "year",
    "YE": "year",
}


def frequency_words(freq: str | int, t: Texts | None = None) -> str:
    """Say a pandas frequency, or the length of a whole-numbered step, in words; in English unless `t` says so.

    Examples:
        >>> frequency_words("MS"), frequency_words("30min"), frequency_words("W-SUN"), frequency_words(1)
        ('monthly', 'every 30 minutes', 'weekly', 'steps of 1')
        >>> frequency_words("D"), frequency_words("30min", Texts("zh"))
        ('daily', '每 30 分钟')
    """
    t, freq = t or Texts("en"), str(freq)
    digits = freq[: len(freq) - len(freq.lstrip("0123456789"))]
    if digits == freq:
        return t("frequency.steps", n=freq)
    unit = UNITS.get(freq[len(digits) :].split("-")[0])
    if unit is None:
        return freq
    if digits in ("", "1"):
        return t(f"frequency.{unit}")
    return t("frequency.every", time=t(f"unit.{unit}", n=digits))


def time_label(name: str, times: np.ndarray, freq: str | int, t: Texts) -> str:
    """Name an axis of times by their column and distance."""
    said = frequency_words(freq, t) if times.dtype.kind == "M" else t("chart.step")
    return f"{shorten(name)} ({said})"
