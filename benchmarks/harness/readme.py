"""What does the README say of a result? `python benchmarks/harness/readme.py` prints its table of speeds."""

from __future__ import annotations

import json
import re
from pathlib import Path

__all__ = ["markdown"]

LATEST = Path(__file__).resolve().parents[1] / "results" / "latest.json"
STEPS = ("T=32 B=32 D=50", "T=64 B=64 D=128", "T=168 B=128 D=128")
IMPORTED = ("torch", "jax", "keras")
INSTALLED = ("PyTorch", "JAX", "TensorFlow")


class _Result:
    def __init__(self, path: Path) -> None:
        result = json.loads(path.read_text(encoding="utf-8"))
        self.rows = {(row["measurement"], row["name"]): row for row in result["rows"]}
        self.versions = result["machine"]["versions"]

    def value(self, measurement: str, name: str) -> float:
        return float(self.rows[measurement, name]["value"])

    def shown(self, measurement: str, name: str) -> str:
        row = self.rows[measurement, name]
        return f"{number(row['value'])} {row['unit']}"

    def whole(self, name: str) -> str:
        """Megabytes of a package with all that it needs."""
        return re.sub(r" with .*", "", str(self.rows["install_size", f"{name}, installed"]["note"]))


def number(value: float) -> str:
    """Write three digits, and all in front of the point.

    Examples:
        >>> [number(value) for value in (1234.5, 44.32, 0.03606)]
        ['1,234', '44.3', '0.0361']
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def markdown(path: Path = LATEST) -> str:
    """Return the table."""
    result = _Result(path)
    rows = [_tutorial(result), *(_step(result, name) for name in STEPS), _batch_one(result), *_others(result)]
    lines = ["| work | gatecast | beside it | ratio |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(cells)} |" for cells in rows)])


def _tutorial(result: _Result) -> tuple[str, ...]:
    beside = " or ".join(
        f"on {name}: {result.shown('tutorial', f'fit: Keras on {name}')}" for name in ("JAX", "TensorFlow")
    )
    ratio = number(result.value("tutorial", "fit: Keras / gatecast"))
    ours = result.shown("tutorial", "fit: gatecast")
    return "the tutorial's fit: 5 epochs of batch size 1", ours, f"Keras {_version(result, 'keras')} {beside}", ratio


def _step(result: _Result, name: str) -> tuple[str, ...]:
    T, B, D = re.findall(r"\d+", name)
    at, kept = (f"{name}: PyTorch{how}" for how in ("", ", malloc tuned"))
    row = result.rows["training_step", f"{at} / gatecast"]
    variant = re.search(r"threads: \d", row["note"])
    beside = f"PyTorch {_version(result, 'torch')}: {result.shown('training_step', at)}"
    beside += f" ({variant[0] if variant else ''}; {result.shown('training_step', kept)} with glibc tuned for it)"
    ratios = (number(result.value("training_step", f"{peer} / gatecast")) for peer in (at, kept))
    ours = result.shown("training_step", f"{name}: gatecast")
    return f"one training step, {T} steps x {B} sequences x {D} units", ours, beside, "{} ({})".format(*ratios)


def _batch_one(result: _Result) -> tuple[str, ...]:
    forms = ("JAX, by hand", "JAX, general")
    hand, general = (result.shown("batch_one", form) for form in forms)
    ratios = "; ".join(number(result.value("batch_one", f"{form} / gatecast")) for form in forms)
    beside = f"JAX {_version(result, 'jax')}, written by hand for this case: {hand}; written for any length: {general}"
    return "one step of batch 1, one point, 50 units", result.shown("batch_one", "gatecast"), beside, ratios


def _others(result: _Result) -> list[tuple[str, ...]]:
    imports = ", ".join(f"{name} {result.shown('import_time', f'import {name}')}" for name in IMPORTED)
    sizes = ", ".join(f"{name} {result.whole(name)}" for name in INSTALLED)
    own = result.shown("install_size", "gatecast, installed")
    lazy, used = (
        result.shown("import_time", name) for name in ("import gatecast", "from gatecast import LSTMForecaster")
    )
    fit = f"{result.shown('memory', 'time of that fit')}, {result.shown('memory', 'peak of the fit')}"
    return [
        ("`import`", f"{lazy} (with `LSTMForecaster` {used})", imports, ""),
        ("installed, with all that it needs", f"{result.whole('gatecast')} (its own part {own})", sizes, ""),
        ("`stream().update()` from Python, 50 units", result.shown("stream", "update() from Python"), "", ""),
        ("fitting one epoch of 10 million points, lookback 336", fit, "", ""),
    ]


def _version(result: _Result, name: str) -> str:
    return ".".join(result.versions[name].split("+")[0].split(".")[:2])


if __name__ == "__main__":
    print(markdown())
