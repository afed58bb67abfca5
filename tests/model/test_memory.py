"""Does a fit of many series hold little beside its table? Counted in bytes per point, which depend on no machine."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import to_panel
from gatecast.data.panel import arrays
from made_series import SMALL, forecaster

N_SERIES, N_POINTS = 2_000, 100


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what lies in one block from counting, as it does not in a table of millions of points."""
    monkeypatch.setattr(arrays, "BLOCK", 4_000)


def many(ids: Any, *, gaps: bool = False) -> pd.DataFrame:
    """Walks above zero, so that the logarithm is tried too."""
    rng = np.random.default_rng(0)
    y = 50 + rng.normal(size=(N_SERIES, N_POINTS)).cumsum(axis=1).ravel()
    if gaps:
        y[rng.random(len(y)) < 0.1] = np.nan
    return pd.DataFrame({"unique_id": np.repeat(ids, N_POINTS), "ds": np.tile(np.arange(N_POINTS), N_SERIES), "y": y})


def bytes_per_point(action: Callable[[], object], first: Callable[[], object] | None = None) -> float:
    """Return the most that an action held beside what was there before, and what something like it loads at `first`."""
    (first or action)()
    tracemalloc.start()
    try:
        result = action()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result is not None
    return peak / (N_SERIES * N_POINTS)


def texts() -> Any:
    return pd.array([f"series-{n}" for n in range(N_SERIES)], dtype="string")


IDS = {"numbers": np.arange(N_SERIES), "texts": texts(), "objects": texts().astype(object)}


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
def test_reading_a_table_takes_few_numbers_for_each_row(ids: Any) -> None:
    # the series and the position of each row, the steps between the times, and room to sort these; texts of all
    # cells, or arrays of several stages at once, are more
    data = many(ids)
    # pandas before 3 copies the columns that are picked, and has an object for each text
    assert bytes_per_point(lambda: to_panel(data)) < (40 if int(pd.__version__.split(".")[0]) >= 3 else 80)


# with gaps the filled values and those to learn stand apart
@pytest.mark.parametrize(("gaps", "most"), [(False, 52), (True, 68)])
@pytest.mark.parametrize("transform", ["auto", "box-cox"])
def test_a_fit_takes_little_more_than_its_inputs(transform: str, gaps: bool, most: int) -> None:
    # float64 of what is learned from and of its transformed values (16), float32 of both transforms, of the inputs with
    # the level (8, with gaps) and of the validation set, few series of a large table (12 and more), the windows that
    # are judged there (12; of a large table there are no more of them), and what is kept of each series
    panel = to_panel(many(np.arange(N_SERIES), gaps=gaps))
    few = panel.rows(np.arange(50))
    model = forecaster(**SMALL | {"horizon": 6, "epochs": 1, "batch_size": 512, "n_layers": 1}, transform=transform)
    assert bytes_per_point(lambda: model.fit(panel), lambda: model.fit(few)) < most


@pytest.mark.parametrize("transform", ["none", "box-cox", "seasonal-difference"])
def test_blocks_change_no_bit(transform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # more series than get several networks, and more than a block of the middle size
    data = many(texts(), gaps=True)[: 25 * N_POINTS - 7]
    tables = []
    for size in (1, 1_000, 10**9):
        monkeypatch.setattr(arrays, "BLOCK", size)
        model = forecaster(**SMALL, horizon=3, transform=transform, season_length=4).fit(data)
        tables.append(model.predict(level=80))
    for table in tables[:-1]:
        pd.testing.assert_frame_equal(table, tables[-1], check_exact=True)
