"""Where on the page can be corrected what went wrong? An error's sentence with the field that it stands beside."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from gatecast._json import JsonObject
from gatecast.data.reading.formats import Reading, load
from gatecast.exceptions import GatecastError
from gatecast.reporting.words import Words
from gatecast.serving.bodies import File
from gatecast.serving.problems import as_refusal
from gatecast.serving.schemas import Writing
from gatecast.texts.message import Message

__all__ = ["COLUMNS", "FIELDS", "columns_of", "told_at"]

# what can be set on the page, by the arguments of the library
COLUMNS = ("time_col", "target_col", "id_col")
FIELDS = (*COLUMNS, "freq", "season_length", "horizon", "level")
FIELDS += ("duplicates", "date_format", "decimal", "na", "skip_rows", "encoding", "sheet", "timezone")
NAMED = re.compile(rf"\b({'|'.join(FIELDS)})\b")
# names of columns are at the beginning of a text
HEAD = 1 << 16
MOST_COLUMNS = 300


def told_at(error: GatecastError, words: Words) -> JsonObject:
    """Return an error's sentence, and the first field that it names; the file where it names none."""
    refusal = as_refusal(error)
    told = refusal.args[0]
    said = told.say(words.lang) if isinstance(told, Message) else str(told)
    named = NAMED.search(said)
    field = refusal.field if refusal.field in FIELDS else named[1] if named else "file"
    return {"detail": said, "field": field}


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
