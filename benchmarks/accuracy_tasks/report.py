"""What came out? One table for people, one JSON file for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from accuracy_tasks.goals import beside_of, published_of, target_of
from accuracy_tasks.rivals import rival_tables
from accuracy_tasks.rows import Row, number

__all__ = ["markdown", "show", "update", "write"]

HEADINGS = ("task", "", "mean", "each seed", "goal", "reached", "published", "note")
EXAMINATION = "pretrained"
RIGHT = ("mean", "each seed", "goal")
AGREES = {None: "", True: " [green]=[/]", False: " [bold red]DIFFERS[/]"}


def show(rows: Sequence[Row], machine: dict[str, Any], failures: dict[str, str]) -> None:
    """Print the table, and below it what could not be measured."""
    # a log or a pipe has no width of its own
    console = Console() if Console().is_terminal else Console(width=200)
    console.print(_table(rows, f"gatecast {machine['gatecast']}: {machine['processor']}, {machine['isa']}"))
    for table in rival_tables(rows):
        console.print(table)
    goals = [(target, row) for row in rows if (target := target_of(row))]
    reached = sum(target.reached(row) for target, row in goals)
    console.print(f"{reached} of {len(goals)} goals reached, {sum(not row.values for _, row in goals)} not available.")
    for row in rows:
        if (published := published_of(row)) and published.agrees(row) is False:
            console.print(f"{row.task}: {row.name} is {row.mean:.6g} and should be {published.value:g}.", style="red")
    for name, message in failures.items():
        console.print(f"{name} could not be measured. {message}", style="red", markup=False)


def write(path: Path, rows: Sequence[Row], facts: dict[str, Any], failures: dict[str, str]) -> None:
    """Write everything that the table shows, and the facts that it depends on."""
    _write(path, facts | {"rows": [_entry(row) for row in rows], "failures": failures})


def _write(path: Path, result: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def update(path: Path, rows: Sequence[Row], facts: dict[str, Any], tasks: Sequence[str]) -> None:
    """Write rows over those of the same tasks in an earlier result, if there is one.

    Args:
        path: Of the result.
        rows: Of one task or several.
        facts: That they depend on; those of the newest task are kept, and the time of each task.
        tasks: Names of all tasks, in the order in which they are written.
    """
    measured = {row.task for row in rows}
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": []}
    entries = [entry for entry in before["rows"] if entry["task"] not in measured] + [_entry(row) for row in rows]
    times = before.get("measured", {}) | dict.fromkeys(sorted(measured), f"{datetime.now(UTC):%Y-%m-%d %H:%M}")
    entries.sort(key=lambda entry: tasks.index(entry["task"]))
    _write(path, facts | {"measured": times, "rows": entries, "failures": {}})


def markdown(path: Path) -> str:
    """Make the README's table of a written result: every row that has a goal, with what others report.

    The examination of the pretrained networks has tables of its own (`rivals.markdown`).
    """
    entries = json.loads(path.read_text(encoding="utf-8"))["rows"]
    lines = ["| series | measured | mean | each seed | beside it |", "|---|---|---|---|---|"]
    for entry in entries:
        if entry["goal"] is not None and entry["task"] != EXAMINATION:
            each = " ".join(map(number, entry["values"])) if len(entry["values"]) > 1 else ""
            mean = f"{number(entry['mean'])} {entry['unit']}".strip()
            lines.append(f"| {entry['task']} | {entry['name']} | {mean} | {each} | {entry['published'] or ''} |")
    return "\n".join(lines)


def _entry(row: Row) -> dict[str, Any]:
    target, published = target_of(row), published_of(row)
    return asdict(row) | {
        "mean": row.mean,
        "goal": target.text() if target else None,
        "reached": target.reached(row) if target and row.values else None,
        "published": beside_of(row) or None,
        "agrees": published.agrees(row) if published else None,
    }


def _table(rows: Sequence[Row], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in RIGHT else "left", overflow="fold")
    before = None
    for row in rows:
        if before not in (None, row.task):
            table.add_section()
        table.add_row("" if before == row.task else row.task, *_cells(row))
        before = row.task
    return table


def _cells(row: Row) -> tuple[str, ...]:
    target, published = target_of(row), published_of(row)
    mean = "-" if row.mean is None else f"{number(row.mean)} {row.unit}".strip()
    each = " ".join(map(number, row.values)) if len(row.values) > 1 else ""
    verdict = _verdict(target.reached(row)) if target and row.values else ""
    text = beside_of(row) + AGREES[published.agrees(row) if published else None]
    return row.name, mean, each, target.text() if target else "", verdict, text, row.note


def _verdict(reached: bool) -> str:
    return "[green]yes[/]" if reached else "[bold red]NO[/]"
