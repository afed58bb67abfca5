"""Which figures are to be reached? All goals of the project's speed and size stand here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["GOALS", "Goal", "Row", "goal_of"]


@dataclass(frozen=True)
class Goal:
    """A figure to reach.

    Args:
        measurement: Name in the registry.
        name: The row that the goal is for.
        target: The figure itself.
        unit: Of the target and of the measured value.
        better: Which way is better.
    """

    measurement: str
    name: str
    target: float
    unit: str
    better: Literal["higher", "lower"]

    def reached(self, value: float) -> bool:
        """Say whether `value` is as good as the target."""
        return value >= self.target if self.better == "higher" else value <= self.target

    def text(self) -> str:
        """Write the goal as the table shows it."""
        return f"{'>=' if self.better == 'higher' else '<='} {self.target:g}"


@dataclass(frozen=True)
class Row:
    """One line of the table: a measured value, with the range over the rounds where there were several."""

    measurement: str
    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    note: str = ""


STEPS = {"T=32 B=32 D=50": 3.5, "T=64 B=64 D=128": 1.4, "T=168 B=128 D=128": 1.8}
PEERS = ("PyTorch", "PyTorch, malloc tuned")

GOALS = (
    *(
        Goal("training_step", f"{step}: {peer} / gatecast", target, "times", "higher")
        for step, target in STEPS.items()
        for peer in PEERS
    ),
    Goal("batch_one", "JAX, by hand / gatecast", 1.0, "times", "higher"),
    Goal("tutorial", "fit: Keras / gatecast", 150.0, "times", "higher"),
    Goal("tutorial", "test RMSE: distance to Keras's", 0.01, "", "lower"),
    Goal("memory", "peak of the fit", 400.0, "MB", "lower"),
    Goal("import_time", "import gatecast", 0.3, "s", "lower"),
    Goal("stream", "update() from Python", 20.0, "us", "lower"),
)


def goal_of(row: Row) -> Goal | None:
    """Find the goal of a row; None where the row is there for information."""
    found = [goal for goal in GOALS if (goal.measurement, goal.name) == (row.measurement, row.name)]
    return found[0] if found else None
