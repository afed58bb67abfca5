"""What is written about a running server? A JSON object a line: what happened, when, to which request; no data."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import TextIO

import msgspec

__all__ = ["LOG", "JsonLines", "log_request", "log_to"]

LOG = logging.getLogger("gatecast.serving")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON, with the `facts` that were passed as `extra`.

    Examples:
        >>> record = logging.makeLogRecord({"msg": "request", "facts": {"status": 200}, "levelname": "INFO"})
        >>> JsonLines().format(record).partition(",")[2]
        '"level":"info","event":"request","status":200}'
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        seconds, rest = divmod(record.created, 1)
        when = f"{_second(int(seconds))}.{int(rest * 1000):03d}+00:00"
        facts = getattr(record, "facts", {})
        line = {"time": when, "level": record.levelname.lower(), "event": record.getMessage(), **facts}
        if record.exc_info and record.exc_info[0] is not None:
            # a traceback may quote data
            line["error"] = record.exc_info[0].__name__
        return msgspec.json.encode(line, enc_hook=str).decode()


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def log_request(request_id: str, client: str, method: str, route: str, status: int, seconds: float) -> None:
    """Note that a request was answered."""
    if not LOG.isEnabledFor(logging.INFO):
        return
    facts = {"id": request_id, "client": client, "method": method, "route": route, "status": status}
    # as `LOG.info` does, which looks through the stack for who calls
    record = LOG.makeRecord(LOG.name, logging.INFO, __file__, 0, "request", (), None)
    record.facts = {**facts, "ms": round(1e3 * seconds, 1)}
    LOG.handle(record)


def log_to(stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Write the lines of this server, and the warnings and errors of the library below it, to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    for name, least in ((LOG.name, level), ("uvicorn", logging.WARNING), ("uvicorn.error", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(least)
