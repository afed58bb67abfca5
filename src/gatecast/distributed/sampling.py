"""Which series does one machine learn from, where a cluster holds more? Those with the smallest hashes of their names.

A hash draws at random, and alike on every engine, in whatever order rows come. How many series there are is told by
the smallest hashes of each partition (Bar-Yossef et al. 2002, k minimum values), so that two passes over the data do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.distributed.engines import Engine
from gatecast.partition import schema_of
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sample", "draw"]

HASH, ALL = "gatecast_hash", "gatecast_all"
# hashes that are kept of each stratum; their number of series is known to 1 / sqrt(SKETCH - 2), a fiftieth
SKETCH = 2_500
# so much more is taken than needed where the number of series is an estimate: five standard errors
SLACK = 1.1


@dataclass(frozen=True)
class Sample:
    """Whole series of a table."""

    rows: pd.DataFrame
    n_series: int  # in the sample
    n_known: int  # in the table, exact up to `SKETCH` in each stratum
    strata: tuple[str, ...]
    seed: int

    def told(self) -> Message:
        """Say what was drawn, for the record."""
        facts = {"n": self.n_series, "n_all": self.n_known, "seed": self.seed}
        if not self.strata:
            return Message("decision.sampled", facts)
        return Message("decision.sampled_strata", facts | {"names": [repr(name) for name in self.strata]})


def draw(
    engine: Engine, columns: Sequence[str], id_col: str, size: int, strata: Sequence[str] = (), seed: int = 0
) -> Sample:
    """Draw `size` series, as many from each stratum, or all of one that has fewer.

    Args:
        engine: The table.
        columns: Those that are needed.
        id_col: Name of the column that tells series apart.
        size: Series that are drawn.
        strata: Columns that never change within a series.
        seed: Another one draws others.
    """
    types, keys = engine.types(), tuple(strata)
    named: dict[str, Any] = {"id_col": id_col, "strata": keys, "seed": seed}
    made = schema_of({name: types[name] for name in keys}, [ALL, HASH])
    sketches = engine.map(partial(sketch, **named), made, _once([*keys, id_col]))
    sketches = sketches.map(partial(smallest, strata=keys), made, list(made.dtypes), [ALL], 1)
    found = _strata_of(sketches.collect(), keys)
    below = _thresholds(found, size)
    kept = _once([*columns, *keys, id_col])
    whole = schema_of({name: types[name] for name in kept})
    rows = engine.map(partial(rows_below, **named, below=below), whole, kept).collect()
    chosen = _chosen(rows, found, size, named)
    return Sample(
        rows[chosen].reset_index(drop=True), int(rows.loc[chosen, id_col].nunique()), _total(found), keys, seed
    )


def sketch(frame: pd.DataFrame, id_col: str, strata: Sequence[str], seed: int) -> pd.DataFrame:
    """Return the smallest hashes of the series of a partition, of each stratum."""
    series = frame[_once([*strata, id_col])].drop_duplicates()
    numbers: dict[str, Any] = {ALL: 0.0, HASH: hashes(series[id_col], seed)}
    hashed = series[list(strata)].assign(**numbers)
    return smallest(hashed, strata)


def smallest(frame: pd.DataFrame, strata: Sequence[str]) -> pd.DataFrame:
    """Return the smallest different hashes of each stratum."""
    several = frame.drop_duplicates([*strata, HASH]).sort_values(HASH)
    if strata:
        return several.groupby(list(strata), dropna=False, observed=True).head(SKETCH).reset_index(drop=True)
    return several.head(SKETCH).reset_index(drop=True)


def rows_below(
    frame: pd.DataFrame, id_col: str, strata: Sequence[str], seed: int, below: Mapping[tuple[str, ...], float]
) -> pd.DataFrame:
    """Return the rows of the series whose hashes are not above the threshold of their stratum."""
    codes, series = _series(frame, id_col, strata)
    limits = np.array([below.get(key, 0.0) for key in _names(series, strata)])
    is_drawn = np.asarray(hashes(series[id_col], seed) <= limits, dtype=bool)
    drawn: pd.DataFrame = frame[is_drawn[codes]]
    return drawn.reset_index(drop=True)


def hashes(names: pd.Series, seed: int) -> np.ndarray:
    """Return a number from 0 to 1 for each name, which stays the same wherever it is computed."""
    import pandas as pd

    texts = names.astype(str).to_numpy(dtype=object)
    hashed = pd.util.hash_array(texts, hash_key=f"{seed % 10**16:016d}", categorize=False)
    return np.asarray(hashed / 2.0**64)


def _series(frame: pd.DataFrame, id_col: str, strata: Sequence[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the number of the series of each row, and each series once."""
    names = _once([*strata, id_col])
    codes = frame.groupby(names, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    return codes, frame[names].drop_duplicates()


def _names(series: pd.DataFrame, strata: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what strata are called, as texts: numbers are of several types on their way over a cluster."""
    if not strata:
        return [()] * len(series)
    return list(zip(*(series[name].astype(str) for name in strata), strict=True))


def _strata_of(sketches: pd.DataFrame, strata: Sequence[str]) -> dict[tuple[str, ...], np.ndarray]:
    """Return the smallest hashes of each stratum, rising."""
    import pandas as pd

    names = pd.Series(_names(sketches, strata), dtype=object)
    found = sketches[HASH].to_numpy().astype(float)
    return (
        {key: np.sort(found[(names == key).to_numpy()]) for key in dict.fromkeys(names)}
        if strata
        else {(): np.sort(found)}
    )


def _count(known: np.ndarray) -> float:
    """Return how many series a stratum has, by its smallest hashes."""
    return float(len(known)) if len(known) < SKETCH else (SKETCH - 1) / known[-1]


def _total(found: Mapping[tuple[str, ...], np.ndarray]) -> int:
    return round(sum(map(_count, found.values())))


def _shares(found: Mapping[tuple[str, ...], np.ndarray], size: int) -> dict[tuple[str, ...], int]:
    """Return how many series are drawn from each stratum: as many from each, smaller ones whole."""
    shares, left = {}, size
    by_size = sorted(found, key=lambda key: (_count(found[key]), key))
    for n, key in enumerate(by_size):
        count = len(found[key]) if len(found[key]) < SKETCH else size
        shares[key] = min(count, left // (len(by_size) - n))
        left -= shares[key]
    return shares


def _thresholds(found: Mapping[tuple[str, ...], np.ndarray], size: int) -> dict[tuple[str, ...], float]:
    """Return the hash up to which series are taken from each stratum."""

    def threshold(known: np.ndarray, n: int) -> float:
        if n <= len(known):
            return float(known[n - 1]) if n else -1.0
        return float(SLACK * n / _count(known))

    return {key: threshold(found[key], n) for key, n in _shares(found, size).items()}


def _chosen(
    rows: pd.DataFrame, found: Mapping[tuple[str, ...], np.ndarray], size: int, named: Mapping[str, Any]
) -> np.ndarray:
    """Tell which rows are those of the series with the smallest hashes, of each stratum as many as it is to give."""
    import pandas as pd

    codes, series = _series(rows, named["id_col"], named["strata"])
    keys, hashed = _names(series, named["strata"]), hashes(series[named["id_col"]], named["seed"])
    order = pd.Series(hashed).groupby(pd.Series(keys, dtype=object), sort=False).rank(method="first")
    shares = _shares(found, size)
    is_chosen = order.to_numpy() <= np.array([shares[key] for key in keys])
    return np.asarray(is_chosen[codes])


def _once(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
