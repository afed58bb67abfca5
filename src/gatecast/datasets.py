"""Which example series are at hand? The tutorial's noisy sine, made ones, and real ones of a file in the package.

The real ones are in the public domain: sunspots of the World Data Center SILSO at the Royal Observatory of Belgium, the
Nile of Cobb (1978), and CO2 of Keeling and Whorf (Scripps Institution of Oceanography), as statsmodels has them.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatecast._validation import as_tuple, check_choice, check_count, is_integer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["co2", "made", "nile", "sine", "sunspots"]


def sine(n_points: int = 10_000, noise: float = 0.5, seed: int = 0) -> "pd.DataFrame":
    """Make the tutorial's series: a sine in steps of 0.1 with normal noise.

    The defaults are bit-equal to `np.random.seed(0)`, `np.arange(0, 1000, 0.1)`, `np.sin(...) +
    np.random.normal(0, 0.5, ...)`, without touching NumPy's global random state.

    Args:
        n_points: Number of points.
        noise: Standard deviation of the noise.
        seed: Seed of the noise.

    Returns:
        DataFrame with unique_id, ds (integer step), y, and clean (the sine without noise).

    Examples:
        >>> sine()[["ds", "y"]].head(2).round(4)
           ds       y
        0   0  0.8820
        1   1  0.2999
    """
    import pandas as pd

    # n * 0.1 and not a sum of 0.1s, as np.arange does it.
    clean = np.sin(np.arange(n_points) * 0.1)
    # The tutorial's stream; a Generator would give other numbers.
    random = np.random.RandomState(seed)
    y = clean + random.normal(0, noise, n_points)
    return pd.DataFrame({"unique_id": "sine", "ds": np.arange(n_points), "y": y, "clean": clean})


def made(
    kind: str = "mixture", n: int = 10, *, n_points: int = 120, season_length: int | tuple[int, ...] = 12, seed: int = 0
) -> "pd.DataFrame":
    """Make series like those that the pretrained networks learned from, for teaching and for tests.

    Args:
        kind: `mixture`, or one of its parts: `ets` (exponential smoothing), `sarima`, `components` (trend, season and
            noise), `gaussian_process` or `regimes`.
        n: Number of series.
        n_points: Points of each.
        season_length: Steps in the season, or several, shortest first; 1 for none.
        seed: The same seed gives the same series.

    Returns:
        DataFrame with unique_id, ds (integer step), y.

    Raises:
        ConfigError: There is no such kind, or a number is no positive one.

    Examples:
        >>> made("ets", n=2, n_points=3, season_length=1)[["unique_id", "ds"]].to_numpy().tolist()
        [['made-0', 0], ['made-0', 1], ['made-0', 2], ['made-1', 0], ['made-1', 1], ['made-1', 2]]
    """
    import pandas as pd

    from gatecast.pretraining.made import KINDS, make_series, observed
    from gatecast.pretraining.made_panel import make_mixture

    check_choice("kind", kind, ("mixture", *KINDS))
    for name, count in (("n", n), ("n_points", n_points)):
        check_count(name, count, f"Use `{name}=100`.")
    remedy = "Use `season_length=12`, `(24, 168)` for several, or 1 for none."
    lengths = as_tuple("season_length", season_length, remedy) if not is_integer(season_length) else (season_length,)
    for length in lengths:
        check_count("season_length", length, remedy)
    seasons = tuple(sorted({int(length) for length in np.asarray(lengths)} - {1}))
    rng = np.random.default_rng(seed)
    make = make_mixture if kind == "mixture" else lambda *given: observed(make_series(kind, *given), rng)
    values = make(n, n_points, seasons, rng)
    names = np.repeat([f"made-{k}" for k in range(n)], n_points)
    return pd.DataFrame({"unique_id": names, "ds": np.tile(np.arange(n_points), n), "y": values.ravel()})


def sunspots() -> "pd.DataFrame":
    """Load the yearly number of sunspots, 1700 to 2008 (309 points).

    Returns:
        DataFrame with unique_id, ds (first day of the year), y.

    Examples:
        >>> sunspots().tail(1)
            unique_id         ds    y
        308  sunspots 2008-01-01  2.9
    """
    return _real("sunspots")


def nile() -> "pd.DataFrame":
    """Load the yearly volume of the Nile at Aswan in 10^8 cubic metres, 1871 to 1970 (100 points).

    Returns:
        DataFrame with unique_id, ds (first day of the year), y.

    Examples:
        >>> nile().head(1)
          unique_id         ds       y
        0      nile 1871-01-01  1120.0
    """
    return _real("nile")


def co2() -> "pd.DataFrame":
    """Load the monthly mean of CO2 at Mauna Loa in ppm, May 1964 to December 2001 (452 points).

    Each is the mean of the weeks that were observed in the month. Nothing is interpolated: a few months before May 1964
    have no observation, so the series starts after the last of them.

    Returns:
        DataFrame with unique_id, ds (first day of the month), y.

    Examples:
        >>> co2().head(1)
          unique_id         ds      y
        0       co2 1964-05-01  322.0
    """
    return _real("co2")


def _real(name: str) -> "pd.DataFrame":
    table = _file()
    return table[table["unique_id"] == name].reset_index(drop=True)


@lru_cache(maxsize=1)
def _file() -> "pd.DataFrame":
    import pandas as pd

    from gatecast.data.reading.regular import exact_numbers

    table: pd.DataFrame = pd.read_csv(Path(__file__).with_name("example_series.csv"), **exact_numbers())
    return table.assign(ds=pd.to_datetime(table["ds"]).to_numpy().astype("datetime64[ns]"))
