"""How large is an installation? Each package's own files, and with everything that it needs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from harness.environment import WHEELS
from harness.goals import Row

__all__ = ["run"]

PACKAGES = {"gatecast": ["gatecast"], "PyTorch": ["torch"], "JAX": ["jax", "jaxlib"], "TensorFlow": ["tensorflow-cpu"]}


def run() -> list[Row]:
    """Add up the files that each package installed."""
    rows = [Row("install_size", "gatecast, the wheel", _mb(list(WHEELS.glob("gatecast-*.whl"))), "MB")]
    for label, names in PACKAGES.items():
        own = sum(_mb(_files(name)) for name in names if _files(name))
        needed: set[str] = set()
        for name in names:
            _collect(name, needed)
        total = sum(_mb(_files(name)) for name in needed)
        note = f"{total:.0f} MB with the {len(needed) - len(names)} packages it needs"
        rows.append(Row("install_size", f"{label}, installed", own, "MB", note=note))
    return rows


def _files(name: str) -> list[Path]:
    try:
        return [Path(str(file.locate())) for file in distribution(name).files or []]
    except PackageNotFoundError:
        return []


def _collect(name: str, found: set[str]) -> None:
    """Put `name` and all that it needs here into `found`."""
    if name in found or not _files(name):
        return
    found.add(name)
    for text in distribution(name).requires or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            _collect(requirement.name.lower().replace("_", "-"), found)


def _mb(files: list[Path]) -> float:
    return sum(file.stat().st_size for file in files if file.exists()) / 1e6
