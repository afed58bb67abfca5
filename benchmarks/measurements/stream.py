"""How long does a service wait for the next forecast after an observation?"""

from __future__ import annotations

import numpy as np

from harness.goals import Row
from harness.processes import SideProcess
from harness.turns import take_turns

__all__ = ["run"]


def run() -> list[Row]:
    """Measure calls from a Python loop."""
    data = {"values": np.sin(np.arange(2_000) * 0.1)}
    with SideProcess("stream_gatecast:StreamGatecast", data, D=50) as side:
        times = take_turns({"gatecast": side.timer("time")})
    us = [1e6 * seconds for seconds in times.seconds["gatecast"]]
    note = "a call from Python, D=50, horizon 1"
    return [Row("stream", "update() from Python", 1e6 * times.median("gatecast"), "us", min(us), max(us), note)]
