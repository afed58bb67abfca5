"""What do all requests share? Limits, models, and threads in which forecasts are made while health checks go on."""

from __future__ import annotations

import asyncio
import contextvars
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from gatecast._machine import n_processors
from gatecast.serving.access import Access
from gatecast.serving.jobs import Jobs
from gatecast.serving.limits import Limits
from gatecast.serving.models import Registry
from gatecast.serving.problems import RequestError
from gatecast.serving.store import Store
from gatecast.texts.message import Message

__all__ = ["NOTES", "Service", "noting"]

P = ParamSpec("P")
R = TypeVar("R")
RETRY_SECONDS, MOST_NOTES = "1", 20
# what a forecast warns of, for the answer that it belongs to
NOTES: ContextVar[list[str] | None] = ContextVar("NOTES", default=None)


@dataclass
class Service:
    """What a server is made of."""

    limits: Limits = field(default_factory=Limits)
    models: Registry = field(default_factory=Registry)
    access: Access = field(default_factory=Access)
    store: Store | None = None  # what is kept; nothing where there is none
    jobs: Jobs | None = None
    n_under_way: int = 0
    is_closing: bool = False
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max(2, n_processors()), thread_name_prefix="forecast")
    )

    async def run(self, work: Callable[P, R], *args: P.args, **named: P.kwargs) -> tuple[R, list[str]]:
        """Do some work in a thread; returns its result, and what it warned of.

        Raises:
            RequestError: As many requests as are allowed are under way already, or the work took too long. A thread
                cannot be stopped: it counts as under way until it ends.
        """
        if self.n_under_way >= self.limits.requests:
            why = Message("serving.busy", {"n": self.n_under_way})
            raise RequestError(why, status=429, headers={"retry-after": RETRY_SECONDS})
        notes: list[str] = []
        context = contextvars.copy_context()
        context.run(NOTES.set, notes)
        self.n_under_way += 1
        job = asyncio.get_running_loop().run_in_executor(self._pool, partial(context.run, work, *args, **named))
        job.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(job), self.limits.seconds), notes
        except TimeoutError:
            raise RequestError(Message("serving.seconds", {"most": self.limits.seconds}), status=503) from None

    def _done(self, job: asyncio.Future[R]) -> None:
        self.n_under_way -= 1
        if not job.cancelled():
            # of work that was given up nobody asks
            job.exception()

    def keep_in(self, folder: Path) -> None:
        """Keep models, trainings and streams in a folder, and take up what is there."""
        self.store = Store(folder)
        self.jobs = Jobs(self.store, self.models, self.limits)
        self.jobs.restore()

    def needed_jobs(self) -> Jobs:
        """Return the trainings; a refusal where nothing is kept."""
        if self.jobs is None:
            raise RequestError(Message("serving.no_folder"), status=409)
        return self.jobs

    async def start(self) -> None:
        """Begin with what goes on beside requests."""
        if self.jobs is not None:
            self.jobs.start()

    async def close(self) -> None:
        """Wait for what is under way, and end it."""
        if self.jobs is not None:
            await self.jobs.close()
        self._pool.shutdown()
        if self.store is not None:
            self.store.close()


@contextmanager
def noting() -> Iterator[None]:
    """Give warnings of the library to the answers that they belong to, in whichever thread they are raised."""

    def note(message: Warning | str, category: type[Warning], *place: object) -> None:
        notes = NOTES.get()
        if notes is None or not issubclass(category, UserWarning):
            usual(message, category, *place)  # type: ignore[arg-type]
        elif len(notes) < MOST_NOTES:
            notes.append(str(message))

    with warnings.catch_warnings():
        usual = warnings.showwarning
        warnings.filterwarnings("always", category=UserWarning)
        warnings.showwarning = note  # type: ignore[assignment]
        yield
