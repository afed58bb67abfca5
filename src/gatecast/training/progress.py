"""How does a person see that training goes on? A bar with loss and time left."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol

from gatecast.texts import SCREEN, Texts

__all__ = ["Bar", "Listener", "Progress", "bar_of", "listeners", "listening", "progress_bar"]


class Progress(Protocol):
    """Is told how far training is."""

    def advance(self, n_steps: int, loss: float) -> None:
        """Take note of `n_steps` more training steps and of the newest loss, as it is minimised: it has no unit."""


class Listener(Protocol):
    """Is told how the training of each network goes, which are counted from 0 in the order in which they begin."""

    def on_steps(self, network: int, step: int, n_steps: int, loss: float) -> None:
        """Take note that `step` of `n_steps` training steps are taken, and of the newest loss, as it is minimised."""

    def on_check(self, network: int, step: int, n_steps: int, found: dict[str, float]) -> None:
        """Take note of a validation check, which `found` these curves."""


# fits in other threads have listeners of their own
_LISTENERS: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell a listener of all that this thread trains meanwhile, also in threads that it starts for that."""
    token = _LISTENERS.set((*_LISTENERS.get(), listener))
    try:
        yield
    finally:
        _LISTENERS.reset(token)


def listeners() -> tuple[Listener, ...]:
    """Return who is to be told."""
    return _LISTENERS.get()


class Bar(Protocol):
    """A bar of tqdm."""

    def update(self, n: int) -> object:
        """Move on by n units."""

    def set_postfix_str(self, s: str, *, refresh: bool) -> None:
        """Write behind the bar."""


class _Silent:
    def advance(self, n_steps: int, loss: float) -> None:
        pass


class _Bar:
    def __init__(self, bar: Bar) -> None:
        self._bar = bar

    def advance(self, n_steps: int, loss: float) -> None:
        self._bar.set_postfix_str(f"loss {loss:.4g}", refresh=False)
        self._bar.update(n_steps)


@contextmanager
def progress_bar(n_steps: int, *, shown: bool) -> Iterator[Progress]:
    """Show a bar over `n_steps`, in a terminal or notebook only, unless `shown` is False."""
    if not shown:
        yield _Silent()
        return
    with bar_of(n_steps, "training", "step") as bar:
        yield _Bar(bar)


def bar_of(n: int | None, what: str, unit: str, *, shown: bool = True) -> AbstractContextManager[Bar]:
    """Return a bar of tqdm over `n` units that goes when it is full; what and unit are texts of the catalogue."""
    with warnings.catch_warnings():
        # a notebook without widgets gets a bar of letters
        warnings.filterwarnings("ignore", "IProgress not found")
        from tqdm.auto import tqdm

    said = Texts(SCREEN.get())
    what, unit = said(f"progress.{what}"), said(f"progress.{unit}")
    # disable=None: silent when the error stream is not a terminal
    bar: AbstractContextManager[Bar] = tqdm(total=n, desc=what, unit=unit, disable=None if shown else True, leave=False)
    return bar
