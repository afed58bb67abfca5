"""Why did training end? Each reason is a value that says what to do about it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Stop"]


class Stop(StrEnum):
    """Why training ended.

    Examples:
        >>> Stop.TIME.remedy
        'The time ran out before training had converged: pass a larger `max_seconds`, or a smaller `hidden_size`.'
    """

    FINISHED = "finished"
    NO_IMPROVEMENT = "no_improvement"
    TIME = "time"
    INTERRUPTED = "interrupted"

    @property
    def remedy(self) -> str:
        """Say what it means and what to do about it."""
        return _REMEDIES[self]


_REMEDIES = {
    Stop.FINISHED: (
        "All epochs were trained: nothing to do; where the validation loss was still falling, pass more `epochs`."
    ),
    Stop.NO_IMPROVEMENT: (
        "The validation loss had stopped falling and the best weights were restored: nothing to do; a larger "
        "`patience` would wait longer."
    ),
    Stop.TIME: (
        "The time ran out before training had converged: pass a larger `max_seconds`, or a smaller `hidden_size`."
    ),
    Stop.INTERRUPTED: (
        "Training was interrupted and the weights so far were kept: call `fit` again to train to the end."
    ),
}
