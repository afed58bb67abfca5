"""How much memory does a long series take? 10 million points, lookback 336, one epoch of the default way to train."""

from __future__ import annotations

from harness.goals import Row
from harness.processes import SideProcess

__all__ = ["run"]

N_POINTS = 10_000_000
ARRAY_MB = N_POINTS * 8 / 1e6


def run() -> list[Row]:
    """Measure the peak in a process of its own."""
    with SideProcess("memory:Memory") as side:
        baseline = side.call("small_fit")
        side.call("make_array", n_points=N_POINTS)
        fit = side.call("large_fit")
    over = fit["peak"] - baseline
    return [
        Row("memory", "peak of the fit", over, "MB", note=f"over {baseline:.0f} MB after a small fit; with the array"),
        Row("memory", "peak without the user's array", over - ARRAY_MB, "MB", note=f"{ARRAY_MB:.0f} MB of float64"),
        Row("memory", "time of that fit", fit["seconds"], "s", note="one epoch of 10 million points"),
    ]
