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
from gatecast.serving.logs import LOG
from gatecast.serving.measures import Measures
from gatecast.serving.models import Registry
from gatecast.serving.problems import RequestError
from gatecast.serving.store import Store
from gatecast.serving.streams import Streams
from gatecast.texts.message import Message

__all__ = ["NOTES", "Service", "noting"]

P = ParamSpec("P")
R = TypeVar("R")
RETRY_SECONDS, MOST_NOTES = "1", 20
# a report compares models
SLOW_SECONDS = 900.0
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
    streams: Streams | None = None
    n_under_way: int = 0
    measures: Measures = field(init=False)
    is_closing: bool = False
    is_warm: bool = False  # whether a forecast finds all loaded that it needs
    _is_page_warm: bool = False
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max(2, n_processors()), thread_name_prefix="forecast")
    )
    _slow: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="slow"))

    def __post_init__(self) -> None:
        self.measures = Measures(self)

    async def run(self, work: Callable[P, R], *args: P.args, **named: P.kwargs) -> tuple[R, list[str]]:
        """Do some work in a thread; returns its result, and what it warned of.

        Raises:
            RequestError: As many requests as are allowed are under way already, or the work took too long. A thread
                cannot be stopped: it counts as under way until it ends.
        """
        return await self._run(self._pool, self.limits.seconds, partial(work, *args, **named))

    async def run_slowly(self, work: Callable[[], R]) -> tuple[R, list[str]]:
        """Do what takes minutes, such as a report, one after the other and beside forecasts; as `run` otherwise."""
        return await self._run(self._slow, SLOW_SECONDS, work)

    async def _run(self, pool: ThreadPoolExecutor, seconds: float, work: Callable[[], R]) -> tuple[R, list[str]]:
        if self.n_under_way >= self.limits.requests:
            why = Message("serving.busy", {"n": self.n_under_way})
            raise RequestError(why, status=429, headers={"retry-after": RETRY_SECONDS})
        notes: list[str] = []
        context = contextvars.copy_context()
        context.run(NOTES.set, notes)
        self.n_under_way += 1
        job = asyncio.get_running_loop().run_in_executor(pool, context.run, work)
        job.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(job), seconds), notes
        except TimeoutError:
            raise RequestError(Message("serving.seconds", {"most": seconds}), status=503) from None

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
        self.streams = Streams(self.store, self.limits)
        self.streams.clean()

    def needed_jobs(self) -> Jobs:
        """Return the trainings; a refusal where nothing is kept."""
        if self.jobs is None:
            raise RequestError(Message("serving.no_folder"), status=409)
        return self.jobs

    def needed_streams(self) -> Streams:
        """Return the streams; a refusal where nothing is kept."""
        if self.streams is None:
            raise RequestError(Message("serving.no_folder"), status=409)
        return self.streams

    async def start(self) -> None:
        """Begin with what goes on beside requests."""
        self._pool.submit(self._warm_up)
        if self.jobs is not None:
            self.jobs.start()

    @property
    def state(self) -> str:
        """Whether requests are wanted: `ready`, or not yet (`starting`) or not any more (`closing`)."""
        return "closing" if self.is_closing else "ready" if self.is_warm else "starting"

    def warm_page(self, work: Callable[[], object]) -> None:
        """Do once, while nothing else goes on, what the first forecast of the page would wait for."""
        if not self.n_under_way and not self._is_page_warm:
            self._is_page_warm = True
            self._pool.submit(work)

    def _warm_up(self) -> None:
        """Load what a forecast needs, so that the first request does not wait for it."""
        from gatecast.forecaster import PretrainedLSTM

        try:
            PretrainedLSTM(1, n_threads=1).fit([1.0, 2.0] * 12).predict()
        finally:
            # what is wrong then is said to whoever asks
            self.is_warm = True

    def begin_to_close(self) -> None:
        """Say that no more requests are wanted, and end answers that would go on."""
        self.is_closing = True
        if self.jobs is not None:
            self.jobs.is_ending = True

    async def close(self) -> None:
        """Wait for what is under way, and end it."""
        if self.jobs is not None:
            await self.jobs.close()
        self._pool.shutdown()
        self._slow.shutdown()
        if self.store is not None:
            self.store.close()


@contextmanager
def noting() -> Iterator[None]:
    """Give warnings of the library to the answers that they belong to, in whichever thread they are raised."""

    def note(message: Warning | str, category: type[Warning], *place: object) -> None:
        notes = NOTES.get()
        if not issubclass(category, UserWarning):
            usual(message, category, *place)  # type: ignore[arg-type]
        elif notes is None:
            # its text may hold data
            LOG.warning("warning", extra={"facts": {"category": category.__name__}})
        elif len(notes) < MOST_NOTES:
            notes.append(str(message))

    with warnings.catch_warnings():
        usual = warnings.showwarning
        warnings.filterwarnings("always", category=UserWarning)
        warnings.showwarning = note  # type: ignore[assignment]
        yield
