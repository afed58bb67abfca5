"""Is a gap filled from what was known by then, and the same whether the data come at once or piece by piece?"""

import numpy as np
import pytest

from gatecast.data.values.gaps import fill_gaps


def filled_one_by_one(values: list[float], season: int) -> list[float]:
    """The rule as it is written down, for one series."""
    out: list[float] = []
    first = next((t for t, value in enumerate(values) if not np.isnan(value)), len(values))
    for t, value in enumerate(values):
        if not np.isnan(value):
            out.append(value)
        elif t < first:
            out.append(0.0)
        elif season == 1 or t - first <= season:
            out.append(out[-1])
        else:
            out.append(out[t - season] + 0.5 * (out[t - 1] - out[t - 1 - season]))
    return out


def drawn(seed: int) -> tuple[list[list[float]], int]:
    """Draw up to four series of up to 40 points, of which any share is missing, and a season."""
    rng = np.random.default_rng(seed)
    panel = []
    for _ in range(rng.integers(1, 5)):
        values = rng.normal(0, 10, rng.integers(0, 41))
        values[rng.random(len(values)) < rng.random()] = np.nan
        panel.append(values.tolist())
    return panel, int(rng.integers(1, 10))


@pytest.mark.parametrize("seed", range(50))
def test_rule_holds_point_by_point(seed: int) -> None:
    panel, season = drawn(seed)
    offsets = np.cumsum([0, *map(len, panel)])
    found = fill_gaps(np.array([value for one in panel for value in one]), offsets, season)
    expected = [value for one in panel for value in filled_one_by_one(one, season)]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("seed", range(50))
def test_pieces_are_filled_like_the_whole(seed: int) -> None:
    panel, season = drawn(seed)
    values = [1.0, *panel[0]]
    cut = 1 + seed % len(values)
    whole = fill_gaps(np.array(values), np.array([0, len(values)]), season)
    before = np.full(season + 1, np.nan)
    before[max(season + 1 - cut, 0) :] = whole[max(cut - season - 1, 0) : cut]
    piece = np.array(values[cut:])
    np.testing.assert_array_equal(fill_gaps(piece, np.array([0, len(piece)]), season, before[None]), whole[cut:])


def test_type_stays_and_nothing_is_copied_where_nothing_is_missing() -> None:
    values = np.arange(5, dtype=np.float32)
    assert fill_gaps(values, np.array([0, 5]), 2) is values
    values[3] = np.nan
    assert fill_gaps(values, np.array([0, 5]), 2).dtype == np.float32


@pytest.mark.parametrize("season", [1, 3])
def test_seasonal_series_keeps_its_season_in_a_gap(season: int) -> None:
    y = np.tile([0.0, 5.0, 10.0], 8)
    y[12:17] = np.nan
    error = np.abs(fill_gaps(y, np.array([0, 24]), season) - np.tile([0.0, 5.0, 10.0], 8)).max()
    assert error == (0 if season == 3 else 10)
