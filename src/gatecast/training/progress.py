"""How does a person see that training goes on? A bar with loss and time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Progress", "progress_bar"]


class Progress(Protocol):
    """Is told how far training is."""

    def advance(self, n_steps: int, rmse: float) -> None:
        """Take note of `n_steps` more training steps and of the newest error in the data's units."""


class _Silent:
    def advance(self, n_steps: int, rmse: float) -> None:
        pass


class _Bar:
    def __init__(self, bar: object) -> None:
        self._bar = bar

    def advance(self, n_steps: int, rmse: float) -> None:
        self._bar.set_postfix_str(f"RMSE {rmse:.4g}", refresh=False)  # type: ignore[attr-defined]
        self._bar.update(n_steps)  # type: ignore[attr-defined]


@contextmanager
def progress_bar(n_steps: int, *, shown: bool) -> Iterator[Progress]:
    """Show a bar over `n_steps`, in a terminal or notebook only, unless `shown` is False."""
    if not shown:
        yield _Silent()
        return
    from tqdm.auto import tqdm

    # disable=None: silent when the error stream is not a terminal
    with tqdm(total=n_steps, desc="training", unit="step", disable=None, leave=False) as bar:
        yield _Bar(bar)
