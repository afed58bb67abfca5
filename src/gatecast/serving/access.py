"""Who may ask? Whoever has a token; without tokens only this computer, and no page of another site in its browser."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers

from gatecast.exceptions import ConfigError
from gatecast.serving.problems import RequestError
from gatecast.texts.message import Message

__all__ = ["Access", "is_loopback", "read_tokens"]

LEAST_TOKEN = 16
LINE = re.compile(r"([A-Za-z0-9._-]{1,64})[:\s]\s*(\S+)")
# anybody may know that there is a server and whether it works, and see its page, which holds no data
OPEN, OPEN_FOLDER = frozenset({"/", "/healthz", "/readyz"}), "/assets/"
FOREIGN = frozenset({"cross-site", "same-site"})
CHALLENGE = {"www-authenticate": 'Bearer realm="gatecast"'}


@dataclass(frozen=True)
class Access:
    """The tokens that are let in, as digests by the names of their owners; none where only this computer may ask.

    Examples:
        >>> Access({"ops": Access.digest("0123456789abcdef")}).owner("0123456789abcdef")
        'ops'
    """

    tokens: dict[str, bytes] = field(default_factory=dict)
    open_paths: frozenset[str] = OPEN  # what needs no token

    @staticmethod
    def digest(token: str) -> bytes:
        """Return what is kept of a token."""
        return hashlib.sha256(token.encode()).digest()

    def owner(self, token: str) -> str | None:
        """Return whose token it is; in the same time whichever it is like, and how much."""
        given, found = self.digest(token), None
        for name, digest in self.tokens.items():
            if hmac.compare_digest(digest, given):
                found = name
        return found

    def check(self, method: str, path: str, headers: Headers) -> str:
        """Return who asks; a refusal where that may not be."""
        if not self.tokens:
            _check_local(method, path, headers)
            return "-"
        if path in self.open_paths or path.startswith(OPEN_FOLDER):
            return "-"
        scheme, _, token = headers.get("authorization", "").partition(" ")
        owner = self.owner(token.strip()) if scheme.lower() == "bearer" and token.strip() else None
        if owner is None:
            raise RequestError(Message("serving.token"), status=401, headers=CHALLENGE)
        return owner


def _check_local(method: str, path: str, headers: Headers) -> None:
    """Refuse what a page of another site has a browser on this computer ask: it may name the host as it likes."""
    host, origin, site = headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site", "")
    # a link on another site may open the page, which holds no data and lies in no frame
    is_foreign = site in FOREIGN and (method, path, headers.get("sec-fetch-mode")) != ("GET", "/", "navigate")
    if is_foreign or (origin is not None and origin.partition("://")[2] != host) or not is_loopback(_name(host)):
        raise RequestError(Message("serving.foreign"), status=403)


def _name(host: str) -> str:
    """Return a host without its port.

    Examples:
        >>> _name("localhost:8000"), _name("[::1]:8000"), _name("127.0.0.1")
        ('localhost', '::1', '127.0.0.1')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Tell whether a host is this computer alone.

    Examples:
        >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
        (True, True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_tokens(path: Path) -> dict[str, bytes]:
    """Read the tokens of a file, a line `name: token` each; ConfigError where it holds something else."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(Message("serving.token_file", {"path": str(path), "why": str(why)})) from None
    return _tokens(path, [line for line in map(str.strip, lines) if line and not line.startswith("#")])


def _tokens(path: Path, lines: Iterable[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number, line in enumerate(lines, start=1):
        match = LINE.fullmatch(line)
        if match is None or len(match[2]) < LEAST_TOKEN or match[1] in found:
            facts = {"path": str(path), "number": number, "least": LEAST_TOKEN}
            raise ConfigError(Message("serving.token_line", facts))
        found[match[1]] = Access.digest(match[2])
    if not found:
        raise ConfigError(Message("serving.no_token", {"path": str(path), "least": LEAST_TOKEN}))
    return found
