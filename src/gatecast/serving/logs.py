"""What is written about a running server? A JSON object a line: what happened, when, to which request; no data."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

__all__ = ["LOG", "JsonLines", "log_to"]

LOG = logging.getLogger("gatecast.serving")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON, with the `facts` that were passed as `extra`.

    Examples:
        >>> record = logging.makeLogRecord({"msg": "request", "facts": {"status": 200}, "levelname": "INFO"})
        >>> JsonLines().format(record).partition(", ")[2]
        '"level": "info", "event": "request", "status": 200}'
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts = getattr(record, "facts", {})
        line = {"time": when, "level": record.levelname.lower(), "event": record.getMessage(), **facts}
        if record.exc_info and record.exc_info[0] is not None:
            # a traceback may quote data
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, default=str)


def log_to(stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Write the lines of this server, and the warnings and errors of the library below it, to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    for name, least in ((LOG.name, level), ("uvicorn", logging.WARNING), ("uvicorn.error", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(least)
