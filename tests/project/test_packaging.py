"""Does the package install where people are: facts for pip, the wheels that are built, the versions that are tried?"""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_features__ as processor

import gatecast
from gatecast.network import wrapper

ROOT = Path(gatecast.__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
MATRIX = [
    line.split()
    for line in (ROOT / ".ci" / "versions.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def requirements(extra: str) -> set[str]:
    return {re.split(r"[<>=;\[]", text)[0] for text in EXTRAS[extra]}


def test_instruction_sets_are_those_that_numpy_finds():
    found = [("avx2", ("AVX2", "FMA3")), ("avx512", ("AVX2", "FMA3", "AVX512F", "AVX512_SKX"))]
    expected = [name for name, needs in found if all(processor.get(need, False) for need in needs)]
    assert wrapper.available_isas() == ["baseline", *expected]


def test_extras_leave_pandas_3_alone():
    assert "statsforecast" not in requirements("compare")
    assert "statsforecast" in requirements("statsforecast")
    everything = set(re.findall(r"[\w]+", EXTRAS["all"][0])) - {"gatecast"}
    assert everything == set(EXTRAS) - {"all", "statsforecast"}


def test_at_least_four_combinations_of_python_and_dependencies_are_tried():
    assert len({(python, resolution, extras) for _, python, resolution, extras in MATRIX}) >= 4
    assert {python for _, python, _, _ in MATRIX} == {"3.11", "3.12", "3.13"}
    assert {resolution for _, _, resolution, _ in MATRIX} == {"lowest-direct", "highest"}
    assert {name for _, _, _, extras in MATRIX for name in extras.split(",")} <= set(EXTRAS)
    # the oldest are on the oldest Python, the newest on the newest one, and there with pandas 3 too
    assert ["3.11", "lowest-direct"] in [row[1:3] for row in MATRIX]
    assert ["3.13", "highest", "all"] in [row[1:4] for row in MATRIX]


def test_every_python_that_is_tried_is_named():
    named = {text.split(" :: ")[-1] for text in PROJECT["project"]["classifiers"] if "Python :: 3." in text}
    assert named == {python for _, python, _, _ in MATRIX}


def test_tests_of_the_versions_are_there():
    script = (ROOT / ".ci" / "versions").read_text(encoding="utf-8")
    tests = re.search(r'^tests="(.*?)"', script, re.DOTALL | re.MULTILINE)
    assert tests is not None
    assert [path for path in tests[1].split() if not (ROOT / path).exists()] == []


def test_wheels_are_for_one_python_and_for_all_later_ones():
    build = PROJECT["tool"]["scikit-build"]
    assert build["wheel"]["py-api"] == "cp312"
    assert PROJECT["tool"]["cibuildwheel"]["build"] == ["cp311-*", "cp312-*"]
    assert "STABLE_ABI" in (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("runner", ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel", "windows-2025"])
def test_workflow_has_each_platform(runner):
    workflow = (ROOT / ".github" / "workflows" / "wheels.yml").read_text(encoding="utf-8")
    assert re.search(rf"^ +- {re.escape(runner)}\s", workflow, re.MULTILINE)
    assert "python -m cibuildwheel" in workflow


def test_weights_and_series_are_in_the_package_and_small():
    package = Path(gatecast.__file__).parent
    parts = [package / "pretraining" / "weights.safetensors", package / "example_series.csv"]
    assert sum(path.stat().st_size for path in parts) < 6_000_000
    assert np.isfinite(gatecast.datasets.co2()["y"]).all()
