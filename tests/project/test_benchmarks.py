"""Is the benchmark in order? Registry and goals fit together, the newest result can be read; nothing is timed here."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in {"harness", "measurements", "sides"}]:
        del sys.modules[name]


def test_registry_each_measurement_has_its_file():
    from measurements import REGISTRY

    files = {path.stem for path in (BENCHMARKS / "measurements").glob("*.py")} - {"__init__"}
    assert set(REGISTRY) == files
    assert all(measurement.question.endswith("?") for measurement in REGISTRY.values())


def test_goals_belong_to_measurements():
    from harness.goals import GOALS
    from measurements import REGISTRY

    assert {goal.measurement for goal in GOALS} <= set(REGISTRY)
    assert len({(goal.measurement, goal.name) for goal in GOALS}) == len(GOALS)


@pytest.mark.parametrize(("better", "value", "reached"), [("higher", 2.0, True), ("lower", 2.0, False)])
def test_goal_knows_which_way_is_better(better, value, reached):
    from harness.goals import Goal

    assert Goal("stream", "x", 1.0, "us", better).reached(value) is reached
    assert Goal("stream", "x", 1.0, "us", better).reached(1.0)


def test_take_turns_ratio_is_of_each_round():
    from harness.turns import Times

    ratio = Times({"gatecast": [1.0, 2.0, 4.0], "peer": [3.0, 4.0, 4.0]}).ratio("peer")
    assert (ratio.value, ratio.low, ratio.high) == (2.0, 1.0, 3.0)


def test_prove_equal_different_gradients_stop_the_benchmark():
    from gatecast.network.spec import NetworkSpec
    from harness.proof import NotEqualError, prove_equal

    spec = NetworkSpec.plain(1, (2,), 1)
    ours = {name: np.ones(spec.n_parameters) for name in ("gradient", "updated")} | {"losses": np.ones(3)}
    theirs = ours | {"gradient": ours["gradient"] + 1e-3}
    assert prove_equal(spec, "peer", ours, ours) == 0.0
    with pytest.raises(NotEqualError, match=r"gradient of layers\.0\.kernel"):
        prove_equal(spec, "peer", ours, theirs)


def test_latest_result_parses_and_names_every_goal():
    from harness.goals import GOALS

    path = BENCHMARKS / "results" / "latest.json"
    if not path.exists():
        pytest.skip("no result was kept yet: run `make bench`")
    result = json.loads(path.read_text(encoding="utf-8"))
    assert {"date", "processor", "isa", "versions", "threads"} <= set(result["machine"])
    measured = {(row["measurement"], row["name"]) for row in result["rows"]}
    failed = set(result["failures"])
    assert [g for g in GOALS if (g.measurement, g.name) not in measured and g.measurement not in failed] == []


def test_gallery_is_the_page_that_the_script_writes_and_its_pictures_are_small():
    import gallery

    assert gallery.PAGE.read_text(encoding="utf-8") == gallery.page()
    for picture in gallery.PICTURES:
        assert 0 < gallery.path_of(picture).stat().st_size <= gallery.MOST_BYTES
