"""On what was it measured? The facts about machine and versions that a figure means nothing without."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import gatecast
from gatecast.network import wrapper
from harness.environment import ROOT
from harness.processes import THREADS, processors

__all__ = ["facts"]

PACKAGES = ("torch", "jax", "jaxlib", "keras", "tensorflow-cpu", "tensorflow", "numpy")


def facts() -> dict[str, Any]:
    """Collect them, as JSON can carry them."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "processor": _processor(),
        "processors_seen": os.cpu_count(),
        "processors_used": processors(),
        "threads": THREADS,
        "load_before": round(os.getloadavg()[0], 2),
        "isa": wrapper.isa(),
        "compiler": wrapper.compiler(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "gatecast": gatecast.__version__,
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        if models:
            return models[0]
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    """The checkout's commit, marked where files differ from it; None without git."""
    try:
        head = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--", "native", "src", "benchmarks", ":!benchmarks/results")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{head} with changes" if changed else head


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()
