"""Are arrays filled in part, and cut into blocks of whole series?"""

import numpy as np

from gatecast.data.panel.arrays import blocks, spread


def test_what_is_not_filled_is_missing():
    np.testing.assert_array_equal(spread(np.array([1.0, 2.0]), np.array([2, 0]), 3), [2.0, np.nan, 1.0])
    assert spread(np.array(["a"], dtype=object), np.array([1]), 2).tolist() == [None, "a"]


def test_blocks_hold_whole_series_and_all_of_them():
    found = list(blocks(np.array([0, 150_000, 300_000, 310_000])))
    assert [block.rows for block in found] == [slice(0, 150_000), slice(150_000, 310_000)]
    assert [block.series for block in found] == [slice(0, 1), slice(1, 3)]
    assert found[1].lengths.tolist() == [150_000, 10_000]
