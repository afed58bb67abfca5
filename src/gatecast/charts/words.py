"""What do people call a frequency? "MS" is a month, "30min" half an hour."""

from __future__ import annotations

__all__ = ["frequency_words"]

UNITS = {
    "s": "second",
    "min": "minute",
    "h": "hour",
    "D": "day",
    "B": "business day",
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


def frequency_words(freq: str | int) -> str:
    """Say a pandas frequency in words.

    Args:
        freq: Alias, or the length of an integer step.

    Examples:
        >>> frequency_words("MS"), frequency_words("30min"), frequency_words("W-SUN"), frequency_words(1)
        ('monthly', 'every 30 minutes', 'weekly', 'steps of 1')
        >>> frequency_words("D")
        'daily'
    """
    if isinstance(freq, int):
        return f"steps of {freq}"
    digits = freq[: len(freq) - len(freq.lstrip("0123456789"))]
    unit = UNITS.get(freq[len(digits) :].split("-")[0])
    if unit is None:
        return freq
    if digits in ("", "1"):
        return {
            "day": "daily",
            "business day": "business days",
            "minute": "every minute",
            "second": "every second",
        }.get(unit, f"{unit}ly")
    return f"every {digits} {unit}s"
