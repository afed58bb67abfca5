"""Are faults of model files that once got through refused? Each was found among ten thousand broken ones."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gatecast import LSTMForecaster, ModelFileError
from gatecast.data.reading.like_training import ids_like
from gatecast.model.modelcheck import MOST_STEPS
from hostile.broken import write_broken
from hostile.fuzz_files import written


def endless_format(arrays: dict[str, Any], facts: dict[str, Any]) -> None:
    facts["format"] = float("inf")


def lost_anchors(arrays: dict[str, Any], facts: dict[str, Any]) -> None:
    arrays["series.anchors"] = np.full_like(arrays["series.anchors"], np.nan)


def huge_power(arrays: dict[str, Any], facts: dict[str, Any]) -> None:
    arrays["transform.power"] = np.full_like(arrays["transform.power"], -4.6e18)


def lost_name(arrays: dict[str, Any], facts: dict[str, Any]) -> None:
    facts["model"]["after"]["ids"][0] = float("nan")


def far_lag(arrays: dict[str, Any], facts: dict[str, Any]) -> None:
    facts["model"]["record"]["value_inputs"]["lags"][0] = MOST_STEPS + 1


def far_average(arrays: dict[str, Any], facts: dict[str, Any]) -> None:
    # one step more than the average itself, as its value of the step before is an input
    facts["model"]["record"]["value_inputs"]["averages"] = [[MOST_STEPS // 4, 4, 1, False]]


@pytest.mark.parametrize(
    ("kind", "break_it", "says"),
    [
        ("plain", endless_format, "a safetensors file, but not of gatecast"),
        ("seasonal difference", lost_anchors, "series.anchors"),
        ("box-cox", huge_power, "transform.power"),
        ("plain", lost_name, "a series without a name"),
        ("plain", far_lag, "lags that are too long"),
        ("plain", far_average, "lags that are too long"),
    ],
)
def test_it_is_refused(kind: str, break_it: Callable[..., None], says: str, tmp_path: Path) -> None:
    arrays, facts = written(kind)
    arrays, facts = dict(arrays), copy.deepcopy(facts)
    break_it(arrays, facts)
    write_broken(tmp_path / "model", "gatecast", arrays, facts)
    with pytest.raises(ModelFileError) as caught:
        LSTMForecaster.load(tmp_path / "model")
    assert says in str(caught.value)


def test_a_name_that_ends_in_nothing_hides_no_other() -> None:
    known, written_so = (np.array(names, dtype=object) for names in (["b\0", "a"], ["a "]))
    assert ids_like(known, written_so).tolist() == ["a"]
