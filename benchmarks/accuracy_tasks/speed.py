"""Does it stand many series? 100,000 of 100 points: one epoch's time, the most memory held, and the forecasts' time."""

from __future__ import annotations

from accuracy_tasks.rows import Options, Row
from harness.processes import SideProcess

__all__ = ["run"]

N_SERIES, N_POINTS, HORIZON = 100_000, 100, 12


def run(options: Options) -> list[Row]:
    """Measure in a process of its own, once."""
    del options
    with SideProcess("many_series:ManySeries", horizon=HORIZON) as side:
        process = side.call("small_fit")
        table = side.call("make_table", n_series=N_SERIES, n_points=N_POINTS)
        fitted = side.call("fit")
        forecast = side.call("predict")
    size = f"{N_SERIES:,} series of {N_POINTS} points, horizon {HORIZON}"
    peak = max(fitted["peak"], forecast["peak"])
    over = f"over a table of {table:.0f} MB and a process of {process:.0f} MB after a small fit"
    return [
        Row("speed", "fit, one epoch", (fitted["seconds"],), "s", size),
        Row("speed", "peak memory over the input", (peak - process - table,), "MB", over),
        Row("speed", "predict", (forecast["seconds"],), "s", size),
    ]
