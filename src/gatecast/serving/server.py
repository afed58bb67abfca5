"""How does the application run? uvicorn listens, says when it is ready, and finishes what was begun before it ends."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from gatecast.serving.app import make_app
from gatecast.serving.service import Service, noting

__all__ = ["Server", "serve"]

# requests that are under way have so long to end
GRACE_SECONDS = 20
KEEP_ALIVE_SECONDS = 30


class Server(uvicorn.Server):
    """A server that tells when it is ready, and its service when it is asked to end."""

    def __init__(self, service: Service, host: str, port: int, ready: Callable[[str], None]) -> None:
        config = uvicorn.Config(
            make_app(service),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        super().__init__(config)
        self._service, self._ready = service, ready

    async def serve(self, sockets: Any = None) -> None:
        """Answer until the end; warnings of forecasts belong to their answers."""
        with noting():
            await super().serve(sockets)

    async def startup(self, sockets: Any = None) -> None:
        """Listen, and say where."""
        await self._service.start()
        await super().startup(sockets)
        if self.started and not self.should_exit:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    async def shutdown(self, sockets: Any = None) -> None:
        """Finish what is under way, and end the service."""
        await super().shutdown(sockets)
        await self._service.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  of uvicorn
        """Take no more requests, and finish those that are under way; at once where it is asked again.

        The signal is not raised again at the end, which is the one that was asked for.
        """
        self.force_exit = self.should_exit
        self.should_exit = True
        self._service.begin_to_close()


def serve(service: Service, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Answer requests until the process is asked to end; `ready` is called with the address."""
    server = Server(service, host, port, ready)
    server.run()
    if not server.started:
        raise SystemExit(1)
