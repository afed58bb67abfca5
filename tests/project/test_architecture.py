"""Does the package keep its rules: one door, imports that go downwards, light imports, prints in `cli` only?"""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import gatecast

ROOT = Path(gatecast.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
# who may import whom: a line from the lines above it, and from its own room
FLOORS = [
    ["exceptions", "_json"],
    ["texts", "_machine"],
    ["_places"],
    ["_files"],
    ["_validation"],
    ["network"],
    ["data.panel"],
    ["data.values", "data.seasonality", "data.reading"],
    ["data.features"],
    ["data"],
    ["metrics"],
    ["training"],
    ["pretraining"],
    ["datasets", "model"],
    ["explanation", "exchange"],
    ["forecaster"],
    ["hierarchies", "mlflow", "partition", "sktime"],
    ["distributed"],
    ["baselines"],
    ["backtesting"],
    ["comparison"],
    ["diagnosis", "tuning"],
    ["charts"],
    ["reporting"],
    ["serving"],
    ["cli"],
    ["__init__"],
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def room_of(module: str) -> str:
    """The room of a module, or the module itself where no room is named after it."""
    parts = module.split(".")
    names = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
    if parts[0] == "data" and len(parts) > 1:
        # what stands beside the wings of `data` would be nobody's
        return ".".join(parts[:2])
    return next((name for name in names if name in FLOOR_OF), module)


def door() -> dict[str, str]:
    """Module of each name that the package gives out."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "__init__.pyi").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gatecast"):
            for alias in node.names:
                full = f"{node.module}.{alias.name}".removeprefix("gatecast.")
                found[alias.name] = full if full in MODULES else (node.module or "").removeprefix("gatecast.")
    return found


DOOR = door()


def targets(node: ast.AST) -> list[str]:
    """Modules of gatecast that an import names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names if alias.name.split(".")[0] == "gatecast"]
        return [name.removeprefix("gatecast").lstrip(".") or "__init__" for name in names]
    if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] != "gatecast":
        return []
    module = (node.module or "").removeprefix("gatecast").lstrip(".")
    if not module:
        return ["" if alias.name == "__version__" else DOOR.get(alias.name, alias.name) for alias in node.names]
    deeper = [f"{module}.{alias.name}" for alias in node.names]
    return [full if full in MODULES else module for full in deeper]


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {target for node in ast.walk(tree) for target in targets(node)} - {""}


def test_imports_go_downwards() -> None:
    imported = [(room_of(module_of(path)), module) for path in FILES for module in imports_of(path)]
    rooms = {room_of(module_of(path)) for path in FILES} | {room_of(module) for _, module in imported}
    assert sorted(rooms - set(FLOOR_OF)) == [], "these have no floor: name them in FLOORS"
    upward = [
        f"{here} imports {module}"
        for here, module in imported
        if room_of(module) != here and FLOOR_OF[room_of(module)] >= FLOOR_OF[here]
    ]
    assert upward == []


def test_imports_run_in_no_circle() -> None:
    # `gatecast.data` is also the door of its wings, which it imports
    graph = {module: imports_of(path) for module, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_network_does_not_know_pandas() -> None:
    for path in (ROOT / "network").rglob("*.py"):
        assert not {m for m in imports_of(path) if m.split(".")[0] in ("pandas", "narwhals", "polars")}, path


def test_nothing_prints_outside_the_command_line() -> None:
    paths = [path for module, path in MODULES.items() if room_of(module) != "cli"]
    assert [path for path in paths if prints(ast.parse(path.read_text(encoding="utf-8")))] == []


def prints(tree: ast.AST) -> bool:
    """Tell whether something calls `print`."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(isinstance(called, ast.Name) and called.id == "print" for called in calls)


def test_files_say_which_question_they_answer() -> None:
    assert [path for path in FILES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []


def test_public_names_are_these() -> None:
    names = [
        "MSTL",
        "SARIMA",
        "AutoARIMA",
        "AutoETS",
        "AutoTheta",
        "Backtest",
        "Best",
        "Combination",
        "Comparison",
        "ConfigError",
        "DataError",
        "Detection",
        "Diagnosis",
        "Drift",
        "Evaluation",
        "Explanation",
        "Forecaster",
        "GatecastError",
        "LSTMForecaster",
        "LinearAR",
        "ModelFileError",
        "Naive",
        "Network",
        "NotFittedError",
        "Panel",
        "PretrainedLSTM",
        "Report",
        "Score",
        "SeasonalNaive",
        "Stream",
        "TimeLimitError",
        "Training",
        "TrainingError",
        "Tuned",
        "WindowAverage",
        "__version__",
        "backtest",
        "compare",
        "datasets",
        "diagnose",
        "distributed",
        "explain",
        "forecast",
        "forecast_hierarchy",
        "from_keras",
        "from_torch",
        "make_windows",
        "partition",
        "report",
        "to_panel",
        "train_test_split",
        "tune",
    ]
    assert gatecast.__all__ == sorted(names)
    assert set(names) <= set(dir(gatecast))
    for name in set(names) - {"__version__", "datasets", "distributed", "partition"}:
        assert getattr(gatecast, name).__name__ == name


def test_names_of_submodules_and_typos() -> None:
    program = "import gatecast; print(gatecast.datasets.__name__, hasattr(gatecast, 'LSTMForecastr'))"
    assert printed(program) == "gatecast.datasets False"
    with pytest.raises(AttributeError, match="module 'gatecast' has no attribute 'LSTMForecastr'"):
        gatecast.LSTMForecastr  # noqa: B018  asked for
    with pytest.raises(ImportError, match="LSTMForecastr"):
        from gatecast import LSTMForecastr  # noqa: F401


def printed(program: str) -> str:
    """What a program prints in a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_import_loads_no_numpy_and_no_other_module_of_ours() -> None:
    program = "import sys, gatecast; print(*[m for m in sys.modules if m.split('.')[0] in ('numpy', 'gatecast')])"
    assert printed(program) == "gatecast"


def test_forecaster_pulls_in_nothing_heavy() -> None:
    heavy = ["pandas", "polars", "narwhals", "matplotlib", "scipy", "statsmodels", "pyarrow", "tqdm", "typer", "rich"]
    heavy += ["charset_normalizer", "holidays", "joblib", "statsforecast", "utilsforecast"]
    heavy += ["optuna", "sqlalchemy", "plotly", "jinja2"]
    program = f"import sys; from gatecast import LSTMForecaster; print([m for m in {heavy} if m in sys.modules])"
    assert printed(program) == "[]"
