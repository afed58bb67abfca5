"""What is said of a table that was read, before anything is made of it? A sentence for each fact, to be checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from gatecast._json import JsonObject
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.files import Table, gap_message
from gatecast.texts import Texts
from gatecast.texts.frequency import frequency_words
from gatecast.texts.message import Message

__all__ = ["named_frequency", "understood"]

MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
FORMATS = {"spreadsheet": "understood.spreadsheet", "JSON lines": "understood.json_lines"}
SHOWN_NAMES = 6


def understood(table: Table, n_ahead: int, lang: str) -> dict[str, tuple[Message, ...]]:
    r"""Return what was understood of a file, whose last `n_ahead` steps are about the future, for words in a language.

    Each key is that of a text, `understood.times` and so on, and its sentences are said one behind the other.

    Examples:
        >>> from gatecast.data.reading.files import read_table
        >>> table = read_table("sales.csv", content=b"month,sales\n2024-01,3\n2024-02,4\n2024-03,5\n")
        >>> str(understood(table, 0, "en")["times"][0])
        'month (written as year and month)'
    """
    facts: dict[str, Message | None] = {
        "file": _all([_format(table), _encoding(table), _cells(table)]),
        "times": _times(table),
        "target": _target(table),
        "series": _series(table),
        "rows": _rows(table),
        "frequency": named_frequency(table.freq, lang),
        "gaps": _gaps(table.panel),
        **{role: _columns(getattr(table.panel, role)) for role in ("past", "future", "static")},
        "weights": None if (weight := table.panel.columns.weight) is None else _all([weight]),
        "future_rows": Message("understood.steps_ahead", {"n": n_ahead}) if n_ahead else None,
    }
    said: dict[str, tuple[Message, ...]] = {name: (fact,) for name, fact in facts.items() if fact is not None}
    if table.remarks:
        said["notes"] = table.remarks
    if table.ignored:
        said["not_used"] = (_ignored(table.ignored),)
    return said


def named_frequency(freq: str | int, lang: str) -> Message:
    """Say a frequency in words, with its name."""
    words = frequency_words(freq, Texts(lang))
    if isinstance(freq, int) or words == freq:
        return _all([words])
    return Message("understood.named_frequency", {"words": words, "freq": freq})


def _all(shown: Iterable[object]) -> Message:
    return Message("words.all", {"shown": [one for one in shown if one]})


def _format(table: Table) -> Message:
    kind, gzip, _ = table.format.partition(", gzip")
    named = Message(FORMATS[kind]) if kind in FORMATS else kind
    return Message("understood.zipped", {"kind": named}) if gzip else _all([named])


def _encoding(table: Table) -> Message | str | None:
    facts = {"encoding": table.encoding}
    return Message("understood.encoding_guessed", facts) if table.is_encoding_guessed else table.encoding


def _cells(table: Table) -> Message | None:
    if table.delimiter is None:
        return None
    key = MARKS.get(table.delimiter)
    mark = table.delimiter if key is None else Message(f"understood.{key}")
    return Message("understood.cells" if table.has_header else "understood.cells_no_header", {"mark": mark})


def _times(table: Table) -> Message:
    if table.time_col is None:
        return Message("understood.no_times")
    facts: JsonObject = {"name": table.time_col, "form": table.date_format}
    if table.date_order:
        facts["order"] = Message(f"understood.{table.date_order.replace(' ', '_')}")
    if table.date_format:
        return Message("understood.written_as_order" if table.date_order else "understood.written_as", facts)
    return Message("understood.in_order", facts) if table.date_order else _all([table.time_col])


def _target(table: Table) -> Message:
    if table.encoding is None:
        return _all([table.target_col])
    return Message("understood.numbers_like", {"name": table.target_col, "form": table.number_format})


def _series(table: Table) -> Message:
    if table.id_col:
        return Message("understood.told_apart", {"n": table.n_series, "id": table.id_col})
    return _all([f"{table.n_series:,}"])


def _rows(table: Table) -> Message:
    facts = {"n": table.n_rows, "start": table.start, "end": table.end}
    return Message("understood.span" if table.is_sorted else "understood.span_sorted", facts)


def _gaps(panel: Panel) -> Message:
    if not panel.n_gaps:
        return Message("understood.no_gaps")
    return Message("understood.missing", {"n": panel.n_gaps, "time": gap_message(panel)})


def _columns(there: Mapping[str, np.ndarray]) -> Message | None:
    return _all([_kind(name, values) for name, values in there.items()]) if there else None


def _kind(name: str, values: np.ndarray) -> Message:
    kind = Message("data.category" if values.dtype == object else "data.numeric")
    return Message("understood.kind", {"name": name, "kind": kind})


def _ignored(names: tuple[str, ...]) -> Message:
    n_more = len(names) - SHOWN_NAMES
    return Message("words.more", {"shown": names[:SHOWN_NAMES], "n": n_more}) if n_more > 0 else _all(names)
