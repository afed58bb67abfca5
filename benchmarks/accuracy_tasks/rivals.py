"""What do others reach in the same figures? A table for each source, with gatecast's own numbers in a column apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from accuracy_tasks.rows import Rival, Row, number

__all__ = ["markdown", "rival_tables"]

TRAINED = "*"
CAPTION = f"{TRAINED} had learned from the set that it forecasts, as far as the source says"
# columns that fit beside one another
MOST = 12
# those of each source that the README's tables show
SHOWN = {
    "fev": (
        *("auto_ets", "auto_theta", "auto_arima", "tirex", "timesfm-2.0"),
        *("chronos_bolt_base", "chronos_bolt_tiny", "seasonal_naive"),
    ),
    "GIFT-Eval": (
        *("Auto_ETS", "Auto_Theta", "Auto_Arima", "TiRex", "FlowState-r1.1", "Chronos-2"),
        *("TempoPFN", "Reverso-Nano", "DeepAR", "Seasonal_Naive"),
    ),
}


def rival_tables(rows: Sequence[Row]) -> Iterator[Table]:
    """Make the tables of rows that others have figures for."""
    sources = dict.fromkeys((row.task, rival.source) for row in rows for rival in row.rivals)
    for task, source in sources:
        own = [row for row in rows if row.task == task and any(rival.source == source for rival in row.rivals)]
        models = list(dict.fromkeys(rival.model for row in own for rival in row.rivals if rival.source == source))
        for first in range(0, len(models), MOST):
            yield _table(own, task, source, models[first : first + MOST])


def _table(rows: Sequence[Row], task: str, source: str, models: Sequence[str]) -> Table:
    table = Table(title=f"{task}, beside {source}", title_justify="left", caption=CAPTION, caption_justify="left")
    table.add_column("", overflow="fold")
    for name in ("gatecast", *models):
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        found = {rival.model: rival for rival in row.rivals}
        ours = "-" if row.mean is None else number(row.mean)
        table.add_row(row.name, ours, *(_cell(found.get(model)) for model in models))
    return table


def _cell(rival: Rival | None) -> str:
    if rival is None or rival.value is None:
        return "-"
    return number(rival.value) + (TRAINED if rival.trained else "")


def markdown(path: Path) -> str:
    """Make the README's tables of the examination from a written result, one for each source; nothing without rows.

    The smallest error of a row is bold; what had learned from the set does not count.
    """
    entries = [entry for entry in json.loads(path.read_text(encoding="utf-8"))["rows"] if _is_shown(entry)]
    return "\n\n".join(_markdown(entries, source) for source in SHOWN if _of(entries, source))


def _is_shown(entry: dict[str, Any]) -> bool:
    is_error = entry["name"].startswith(("MASE, ", "MASE / seasonal naive's", "WQL / seasonal naive's"))
    return bool(entry["task"] == "pretrained" and is_error and entry["rivals"])


def _of(entries: Sequence[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["rivals"][0]["source"] == source]


def _markdown(entries: Sequence[dict[str, Any]], source: str) -> str:
    head = ["", "gatecast", *SHOWN[source]]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(_line(entry, SHOWN[source]) for entry in _of(entries, source))])


def _line(entry: dict[str, Any], models: Sequence[str]) -> str:
    found = {rival["model"]: Rival(**rival) for rival in entry["rivals"]}
    cells = [Rival("gatecast", "", entry["mean"]), *(found.get(model) for model in models)]
    values = [cell.value for cell in cells if cell and cell.value is not None and not cell.trained]
    smallest = min(values, default=None)
    texts = [f"**{_cell(cell)}**" if cell and cell.value == smallest else _cell(cell) for cell in cells]
    return f"| {entry['name']} | {' | '.join(texts)} |"
