"""Which marks around a number are a unit, a currency, a multiplier or a sign, and what is left without them?"""

import re
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["without_units"]

CURRENCIES = r"(?:US|HK|NT|R|A|C|S)?\$|€|£|¥|₹|₩|₽|USD|₺|₴|₫|฿|₪|EUR|GBP|CNY|RMB|JPY|CHF|INR|PLN|SEK|NOK|"
CURRENCIES += r"DKK|CZK|HUF|TRY|BRL|Rs\.?|zł|kr\.?|Kč|Ft|lei|TL|руб\.?"
QUANTITIES = (
    r"%|‰|°C|°F|℃|[kMGT]?Wh?|[kMG]?VA|k?V|m?A|Hz|[kcm]?m|m[23²³]|km/h|m/s|k?g|mg|t|l|ml|h?Pa|bar|ppm|pcs|s|ms|min|h|"
    r"元|美元|円|엔|원|个|個|件|人|人次|次|台|吨|噸|度|辆|户|公里|毫米|米|公斤|千瓦时|兆瓦"
)
FACTORS = {"lakh": 1e5, "crore": 1e7, "千": 1e3, "万": 1e4, "萬": 1e4, "百万": 1e6, "亿": 1e8, "億": 1e8}
SHORT = {"K": 1e3, "M": 1e6, "B": 1e9}  # where a column has several of them
_NUMBER = r"\d[\d.,'’ ]*(?:[eE][-+]?\d+)?|[.,]\d+"
_CELL = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+])?\s*(?P<before>{CURRENCIES})?\s*(?P<inner>[-+])?\s*(?P<number>{_NUMBER})\s*"
    rf"(?P<factor>{'|'.join(sorted(FACTORS, key=len, reverse=True))}|[KMB](?=$|\)))?\s*"
    rf"(?P<after>{CURRENCIES}|{QUANTITIES})?\s*(?P<close>\))?(?P<behind>-)?"
)


def without_units(texts: "pd.Series[str]") -> "tuple[pd.Series[str], Floats, str] | None":
    """Take signs and units off; None where there are none, or where they differ.

    Returns the numbers as texts with a minus in front, what each is to be multiplied by, shape `(N,)`, and a pattern
    with `{}` for the number.
    """
    import pandas as pd

    codes, unique = pd.factorize(texts)
    found = [_CELL.fullmatch(text) for text in unique]
    marked = [cell for cell in found if cell is not None and _is_marked(cell)]
    if not marked:
        return None
    # a number in brackets, or a zero, may stand beside others without a unit of its own
    units = {(cell["before"] or "", cell["after"] or "") for cell in found if cell is not None}
    factors = {cell["factor"] for cell in found if cell is not None and cell["factor"]}
    has_all = all(cell is None or cell["factor"] for cell in found)
    if len(units) > 1 or not _are_clear(factors, has_all=has_all):
        return None
    scale = FACTORS | (SHORT if len(factors) > 1 else {})
    bare = ["" if cell is None else _bare(cell) for cell in found]
    times = np.array([1.0 if cell is None else scale.get(cell["factor"] or "", 1.0) for cell in found])
    before, after = next(iter(units))
    factor = next(iter(factors)) if len(factors) == 1 else ""
    shown = "({})" if any(cell["open"] for cell in marked) and not (before or after) else "{}"
    return (
        pd.Series(np.array(bare, dtype=object)[codes], index=texts.index),
        times[codes],
        before + shown + factor + after,
    )


def _is_marked(cell: re.Match[str]) -> bool:
    return any(cell[name] for name in ("open", "before", "factor", "after", "behind"))


def _are_clear(factors: set[str], *, has_all: bool) -> bool:
    """Tell whether multipliers are those of Chinese, or of one letter each in all cells, and not both."""
    return not factors & set(SHORT) or (not factors & set(FACTORS) and has_all)


def _bare(cell: re.Match[str]) -> str:
    if bool(cell["open"]) != bool(cell["close"]):
        return ""
    minus = [cell["sign"], cell["inner"], cell["behind"]].count("-") + bool(cell["open"])
    return ("-" if minus % 2 else "") + cell["number"].strip()
