"""How long does it take to look into a network, over a series of 10,000 points?"""

from __future__ import annotations

import numpy as np

from harness.goals import Row
from harness.processes import SideProcess
from harness.turns import take_turns

__all__ = ["run"]

LOOKS = {"gates": "gates()", "half_lives": "half-lives, forget events and spectra of them", "lags": "lag_importance()"}


def run() -> list[Row]:
    """Measure a network of 2 x 64 units that learned from the series."""
    rng, t = np.random.default_rng(0), np.arange(10_000)
    data = {"values": np.sin(2 * np.pi * t / 24) + 0.3 * rng.normal(size=len(t))}
    with SideProcess("gates_gatecast:GatesGatecast", data, D=64) as side:
        times = take_turns({look: side.timer(look) for look in LOOKS})
    note = "10,000 points, 2 x 64 units, two threads, data that were read before"
    return [
        Row("gates", name, times.median(look), "s", min(times.seconds[look]), max(times.seconds[look]), note)
        for look, name in LOOKS.items()
    ]
