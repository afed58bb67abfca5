"""What does `gatecast serve` do? Check the options, read the models, and answer requests until it is asked to end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gatecast.cli.commands import ServeOptions
from gatecast.cli.output import Printer
from gatecast.cli.wording import text
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.serving.limits import Limits

__all__ = ["serve"]

MOST_PORT = 65535


def serve(options: ServeOptions) -> None:
    """Run the command."""
    _check_libraries()
    from platformdirs import user_data_path

    from gatecast.serving.access import Access, is_loopback, read_tokens
    from gatecast.serving.logs import log_to
    from gatecast.serving.models import named_paths
    from gatecast.serving.server import serve as run
    from gatecast.serving.service import Service

    _check_port(options.host, options.port)
    tokens = {} if options.token_file is None else read_tokens(options.token_file)
    if not tokens and not is_loopback(options.host):
        raise ConfigError(Message("serving.not_loopback", {"host": options.host}))
    service = Service(limits=_limits(options), access=Access(tokens))
    folder = options.folder or user_data_path("gatecast")
    service.keep_in(folder)
    for name, path in named_paths(options.models).items():
        service.models.add(name, path)
    log_to()
    printer = Printer(shown=not options.json)

    def ready(address: str) -> None:
        if options.json:
            facts = {"address": address, "folder": folder, "models": service.models.names(), "tokens": list(tokens)}
            printer.json(facts)
        printer.say(text("serving.ready", address=address), wrap=False)
        printer.say(text("serving.with_tokens", n=len(tokens)) if tokens else text("serving.only_here"))
        # whoever started the server may wait for this at the other end of a pipe
        sys.stdout.flush()

    run(service, options.host, options.port, ready)


def _check_port(host: str, port: int) -> None:
    """Refuse a port that there is not, or that something else listens on, before models are read; ConfigError."""
    import socket

    if not 0 <= port <= MOST_PORT:
        raise ConfigError(Message("serving.port", {"value": port}))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        # as uvicorn does it, so that a port which was just left is taken
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            facts = {"host": host, "port": port, "why": error.strerror or str(error)}
            raise ConfigError(Message("serving.port_taken", facts)) from None


def _limits(options: ServeOptions) -> Limits:
    from gatecast.serving.limits import MEGABYTE, Limits

    for name in ("body", "rows", "series", "horizon", "seconds", "requests"):
        value = getattr(options, f"max_{name}")
        if not value > 0:
            raise ConfigError(Message("serving.limit", {"option": f"--max-{name}", "value": value}))
    return Limits(
        body=int(options.max_body * MEGABYTE),
        rows=options.max_rows,
        series=options.max_series,
        horizon=options.max_horizon,
        seconds=options.max_seconds,
        requests=options.max_requests,
    )


def _check_libraries() -> None:
    try:
        import platformdirs  # noqa: F401
        import prometheus_client  # noqa: F401
        import python_multipart  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise GatecastError(Message("serving.library", {"library": error.name or "uvicorn"})) from None
