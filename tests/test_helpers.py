"""Do the small helpers that all packages share do what they say?"""

from pathlib import Path

import numpy as np

from gatecast._json import plain
from gatecast._validation import suggest
from gatecast.network.inputs import spans


def test_plain_data_is_what_json_can_hold() -> None:
    facts = {"rmse": np.float64("nan"), "ids": np.array([1, 2]), "out": Path("a.csv"), 3: (True, np.inf, None)}
    assert plain(facts) == {"rmse": None, "ids": [1, 2], "out": "a.csv", "3": [True, None, None]}


def test_nearest_name_is_suggested() -> None:
    assert suggest("hiden_size", ["horizon", "hidden_size"]) == "hidden_size"
    assert suggest("xyz", ["horizon"], least=0.6) == ""


def test_spans_are_the_positions_of_each_series() -> None:
    assert spans(np.array([5, 0]), np.array([2, 3])).tolist() == [5, 6, 0, 1, 2]
    assert spans(np.array([], int), np.array([], int)).tolist() == []
