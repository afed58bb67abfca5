"""What did a fit do? The plan that was used and everything that was chosen, as codes with facts, for all who ask."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

from gatecast._json import JsonObject
from gatecast.data.seasonality.seasons import Seasons
from gatecast.model.plan import Plan
from gatecast.network.inputs import ValueInputs
from gatecast.texts.message import Message
from gatecast.training.stop import Stop

__all__ = ["Attempt", "FitRecord"]


@dataclass(frozen=True)
class Attempt:
    """One of the ways that were compared on the validation set before the fit took one of them.

    Args:
        transform: A name in `TRANSFORMS`.
        has_level: Whether the level was an input.
        learning_rate: The highest one.
        epochs: Epochs that were planned.
        n_steps: Training steps that were taken.
        error: MASE on the validation set; NaN where it is not defined.
    """

    transform: str
    has_level: bool
    learning_rate: float
    epochs: int
    n_steps: int
    error: float

    @property
    def inputs(self) -> Message:
        """Its transform and whether the level is an input."""
        return Message(f"decision.{'with' if self.has_level else 'without'}_level", {"transform": self.transform})


@dataclass(frozen=True)
class FitRecord:
    """What a fit did.

    Args:
        plan: What was used: the settings with every None replaced, `learning_rate` also where it was found, `epochs`
            and `n_members` also where training was made longer than usual.
        transform: Of the values, a name in `TRANSFORMS`.
        value_inputs: Inputs and candidate forecasts.
        seasons: The seasons that count, and how they were found.
        hold_out: Points at the end of each series that were held out, in the order of the series.
        patience: Validation checks without an improvement after which training was to end.
        history: Losses per epoch and at each validation check, see `LSTMForecaster`.
        stop: Why training ended.
        n_steps: Training steps that the first network took, of `plan.n_steps`.
        validation_loss: The best one of the first network; None where nothing was held out.
        refit_steps: Training steps of the second training, on all points; None where there was none.
        attempts: What was compared, in the order of the training.
        decisions: What was chosen automatically, and why.
    """

    plan: Plan
    transform: str
    value_inputs: ValueInputs
    seasons: Seasons
    hold_out: tuple[int, ...]
    patience: int
    history: dict[str, list[float]]
    stop: Stop
    n_steps: int
    validation_loss: float | None = None
    refit_steps: int | None = None
    attempts: tuple[Attempt, ...] = ()
    decisions: tuple[Message, ...] = ()

    @property
    def learning_rate(self) -> float:
        """The highest learning rate of the first network."""
        return math.nan if self.plan.learning_rate is None else self.plan.learning_rate

    @property
    def n_epochs(self) -> int:
        """Epochs that the first network was trained."""
        return len(self.history["loss"])

    @property
    def n_held_out(self) -> int:
        """Points that were held out, of all series."""
        return sum(self.hold_out)

    @property
    def n_series_held_out(self) -> int:
        """Series of which points were held out."""
        return sum(n > 0 for n in self.hold_out)

    def with_decision(self, decision: Message) -> Self:
        """Note one more thing that was chosen automatically."""
        return replace(self, decisions=(*self.decisions, decision))

    @classmethod
    def from_dict(cls, facts: JsonObject) -> Self:
        """Return the record that `dataclasses.asdict` took apart."""
        shown = facts["value_inputs"]
        return cls(
            **{
                **facts,
                "plan": Plan(**facts["plan"]),
                "value_inputs": ValueInputs(**{k: tuple(v) if isinstance(v, list) else v for k, v in shown.items()}),
                "seasons": Seasons.from_dict(facts["seasons"]),
                "hold_out": tuple(facts["hold_out"]),
                "stop": Stop(facts["stop"]),
                "attempts": tuple(Attempt(**attempt) for attempt in facts["attempts"]),
                "decisions": tuple(Message.from_dict(decision) for decision in facts["decisions"]),
            }
        )
