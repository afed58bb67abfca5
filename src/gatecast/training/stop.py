"""Why did training end? Each reason is a value that says what to do about it."""

from __future__ import annotations

from enum import StrEnum

from gatecast.texts.message import Message

__all__ = ["Stop"]


class Stop(StrEnum):
    """Why training ended."""

    FINISHED = "finished"
    NO_IMPROVEMENT = "no_improvement"
    TIME = "time"
    INTERRUPTED = "interrupted"
    PRETRAINED = "pretrained"
    IMPORTED = "imported"

    @property
    def message(self) -> Message:
        """What happened."""
        return Message(f"stop.{self}")

    @property
    def advice(self) -> Message:
        """What to do about it."""
        return Message(f"remedy.{self}")

    @property
    def remedy(self) -> str:
        """What happened and what to do about it, in English."""
        return f"{self.message} {self.advice}"
