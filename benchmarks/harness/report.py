"""What came out? One table for people, one JSON file for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.goals import Row, goal_of

__all__ = ["show", "write"]


def show(rows: Sequence[Row], machine: dict[str, Any], failures: dict[str, str]) -> None:
    """Print the table, and below it what could not be measured."""
    # a log or a pipe has no width of its own
    console = Console() if Console().is_terminal else Console(width=160)
    title = f"gatecast {machine['gatecast']}: {machine['processor']}, {machine['threads']} threads, {machine['isa']}"
    console.print(_table(rows, title))
    goals = [(goal, row.value) for row in rows if (goal := goal_of(row))]
    console.print(f"{sum(goal.reached(value) for goal, value in goals)} of {len(goals)} goals reached.")
    if machine["load_before"] > 0.5:
        console.print(f"The machine was not quiet: its load was {machine['load_before']} before the first measurement.")
    for name, message in failures.items():
        console.print(f"{name} could not be measured. {message}", style="red", markup=False)


def write(path: Path, rows: Sequence[Row], machine: dict[str, Any], failures: dict[str, str]) -> None:
    """Write everything that the table shows, and the machine's facts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    result = {"machine": machine, "rows": [_entry(row) for row in rows], "failures": failures}
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _entry(row: Row) -> dict[str, Any]:
    goal = goal_of(row)
    if goal is None:
        return asdict(row) | {"goal": None, "reached": None}
    return asdict(row) | {"goal": goal.text(), "reached": goal.reached(row.value)}


def _table(rows: Sequence[Row], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading, justify in (("measurement", "left"), ("", "left"), ("value", "right"), ("", "left")):
        table.add_column(heading, justify=justify)
    table.add_column("min - max", justify="right")
    table.add_column("goal", justify="right")
    table.add_column("reached")
    table.add_column("note", overflow="fold")
    before = None
    for row in rows:
        if before not in (None, row.measurement):
            table.add_section()
        table.add_row("" if before == row.measurement else row.measurement, *_cells(row))
        before = row.measurement
    return table


def _cells(row: Row) -> tuple[str, ...]:
    goal = goal_of(row)
    span = "" if row.low is None or row.high is None else f"{_number(row.low)} - {_number(row.high)}"
    if goal is None:
        return row.name, _number(row.value), row.unit, span, "", "", row.note
    verdict = "[green]yes[/]" if goal.reached(row.value) else "[bold red]NO[/]"
    return row.name, _number(row.value), row.unit, span, goal.text(), verdict, row.note


def _number(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
