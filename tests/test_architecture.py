"""Does the house keep its rules: one door, one direction, light imports, prints in the command line only?"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gatecast

ROOT = Path(gatecast.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
# who may import whom: only from a lower floor, or from its own
FLOORS = {
    "exceptions": 0,
    "atomic": 0,
    "plain": 0,
    "sentences": 0,
    "network": 1,
    "data": 2,
    "evaluate": 2,
    "datasets": 3,
    "preparation": 3,
    "training": 4,
    "settings": 5,
    "plan": 6,
    "fitted": 6,
    "packing": 7,
    "intervals": 7,
    "tasks": 7,
    "fitting": 8,
    "forecasts": 8,
    "stream": 8,
    "showing": 8,
    "modelfile": 8,
    "explain": 9,
    "forecaster": 10,
    "compare": 11,
    "diagnose": 12,
    "tune": 12,
    "plots": 13,
    "report": 14,
    "cli": 15,
}


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    found |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "gatecast":
            found |= {f"gatecast.{alias.name}" for alias in node.names}
    return found


def floor_of(path: Path) -> str:
    part = path.relative_to(ROOT).parts[0]
    return part.removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_downwards(path: Path) -> None:
    here = floor_of(path)
    if here in ("__init__", "__main__"):
        return
    for module in imports_of(path):
        if module.startswith("gatecast."):
            there = module.split(".")[1]
            # names that the package re-exports live on some floor of their own
            if there in FLOORS:
                assert there == here or FLOORS[there] < FLOORS[here], f"{here} imports {module}"


def test_network_does_not_know_pandas() -> None:
    for path in (ROOT / "network").rglob("*.py"):
        assert not {m for m in imports_of(path) if m.split(".")[0] in ("pandas", "narwhals", "polars")}, path


@pytest.mark.parametrize("path", [p for p in FILES if floor_of(p) != "cli"], ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_prints_outside_the_command_line(path: Path) -> None:
    calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_say_which_question_they_answer(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_public_names_are_these() -> None:
    assert gatecast.__all__ == [
        "MSTL",
        "SARIMA",
        "AutoARIMA",
        "AutoETS",
        "AutoTheta",
        "Backtest",
        "Best",
        "Comparison",
        "ConfigError",
        "DataError",
        "Drift",
        "Evaluation",
        "GatecastError",
        "LSTMForecaster",
        "LinearAR",
        "ModelFileError",
        "Naive",
        "Panel",
        "Score",
        "SeasonalNaive",
        "Stream",
        "TimeLimitError",
        "TrainingError",
        "WindowAverage",
        "__version__",
        "backtest",
        "datasets",
        "make_windows",
        "to_panel",
        "train_test_split",
    ]
    assert all(hasattr(gatecast, name) for name in gatecast.__all__)


def test_import_pulls_in_nothing_heavy() -> None:
    heavy = ["pandas", "polars", "narwhals", "matplotlib", "scipy", "statsmodels", "pyarrow", "tqdm", "typer", "rich"]
    heavy += ["holidays", "joblib", "statsforecast", "utilsforecast"]
    heavy += ["optuna", "sqlalchemy", "plotly", "jinja2"]
    program = f"import sys, gatecast; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
