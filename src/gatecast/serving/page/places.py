"""Where on the page can be corrected what went wrong? An error's sentence with the field that it stands beside."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import msgspec

from gatecast._json import JsonObject
from gatecast.data.reading.formats import Reading, load
from gatecast.exceptions import GatecastError
from gatecast.reporting.words import Words
from gatecast.serving.bodies import File, options
from gatecast.serving.problems import RequestError, as_request_error
from gatecast.serving.schemas import Writing
from gatecast.texts import Texts
from gatecast.texts.message import Message

__all__ = ["COLUMNS", "columns_of", "in_labels", "set_by_hand", "told_at"]

# what can be set on the page, by the arguments of the library
COLUMNS = ("time_col", "target_col", "id_col")
FIELDS: tuple[str, ...] = (*COLUMNS, "freq", "season_length", "horizon", "level")
FIELDS += ("duplicates", "date_format", "decimal", "na", "skip_rows", "encoding", "sheet", "timezone")
# an argument in a sentence, perhaps with a value
ARGUMENT = re.compile(rf"`({'|'.join(FIELDS)})(?:=([^`]*))?`")
# where sentences that name no argument can be acted on, by the beginnings of their codes
PLACES = {"times.repeated": "duplicates", "times.odd": "freq", "times.irregular": "freq"}
PLACES |= {"times.": "time_col", "column.": "target_col"}
# names of columns are at the beginning of a text
HEAD = 1 << 20
MOST_COLUMNS, MOST_SHOWN = 300, 40


def told_at(error: GatecastError, words: Words) -> JsonObject:
    """Return an error's sentence in the words of the page, and the field in which it can be mended, or the file."""
    refusal = as_request_error(error)
    told = refusal.args[0]
    said = told.say(words.lang) if isinstance(told, Message) else str(told)
    return {"detail": in_labels(said, words.t), "field": _place(refusal.field, told)}


def set_by_hand(fields: dict[str, list[str]], *kinds: type[Any]) -> list[Any]:
    """Return what was set in the form of the page, as these classes; a refusal in its words where it is no number."""
    try:
        return options(fields, *kinds)
    except RequestError as error:
        if error.field not in FIELDS:
            raise
        facts = {"label": Message(f"studio.label_{error.field}"), "value": ", ".join(fields[error.field])[:MOST_SHOWN]}
        raise RequestError(Message("studio.number", facts), field=error.field) from None


def _place(field: str | None, told: object) -> str:
    if field in FIELDS:
        return str(field)
    # the sentence in English tells in whichever language it is said
    if (named := ARGUMENT.search(str(told))) is not None:
        return named[1]
    code = told.code if isinstance(told, Message) else ""
    return next((place for begin, place in PLACES.items() if code.startswith(begin)), "file")


def in_labels(said: str, t: Texts) -> str:
    """Say a sentence with the labels of the page in place of arguments.

    Examples:
        >>> in_labels("Name it, e.g. `time_col='date'`, or pass another `horizon`.", Texts("en"))
        'Name it, e.g. “Column of times”: date, or pass another “Steps to forecast”.'
    """

    def labelled(found: re.Match[str]) -> str:
        label = t(f"studio.label_{found[1]}").partition(t("studio.example_mark"))[0]
        return t("studio.named", label=label) if not found[2] else t("studio.set", label=label, value=_value(found[2]))

    return ARGUMENT.sub(labelled, said)


def _value(code: str) -> str:
    """Return how a value of Python is typed on the page."""
    try:
        value = ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return code
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def columns_of(file: File, writing: Writing) -> list[str]:
    """Return the names of the first columns of a file; none where it cannot be opened."""
    how = {**msgspec.structs.asdict(writing), "na": tuple(writing.na)}
    try:
        loaded = load(Path(file.name), Reading(**how), content=_head(file.content))
    except GatecastError:
        return []
    return [str(name) for name in loaded.source.frame.columns[:MOST_COLUMNS]]


def _head(content: bytes) -> bytes:
    """Return the first lines of a text; other files are needed as a whole."""
    if len(content) <= HEAD or b"\0" in content[:HEAD]:
        return content
    return content[:HEAD].rpartition(b"\n")[0] or content
