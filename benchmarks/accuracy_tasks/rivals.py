"""What do others reach in the same figures? A table for each source, with gatecast's own numbers in a column apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from accuracy_tasks.rows import Rival, Row, number

__all__ = ["rival_tables"]

TRAINED = "*"
CAPTION = f"{TRAINED} had learned from the set that it forecasts, as far as the source says"
# columns that fit beside one another
MOST = 12


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
