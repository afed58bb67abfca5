"""What did a fit do? The plan that was used and everything that was chosen, as codes with facts, for all who ask."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

from gatecast._json import JsonObject
from gatecast.data.seasonality.chosen import Seasons
from gatecast.model.plan import Plan
from gatecast.network.inputs import ValueInputs
from gatecast.texts.message import Message
from gatecast.training.stop import Stop

__all__ = ["Attempt", "FitRecord"]


@dataclass(frozen=True)
class Attempt:
    """One of the ways that were compared on the validation set before the fit took one of them."""

    transform: str  # a name in `TRANSFORMS`
    has_level: bool  # whether the level was an input
    learning_rate: float  # the highest one
    epochs: int  # that were planned
    n_steps: int  # training steps that were taken
    error: float  # MASE on the validation set; NaN where it is not defined

    @property
    def inputs(self) -> Message:
        """Its transform and whether the level is an input."""
        return Message(f"decision.{'with' if self.has_level else 'without'}_level", {"transform": self.transform})


@dataclass(frozen=True)
class FitRecord:
    """What a fit did."""

    # what was used: the settings with every None replaced, `learning_rate` also where it was found, `epochs` and
    # `n_members` also where training was made longer than usual
    plan: Plan
    transform: str  # of the values, a name in `TRANSFORMS`
    value_inputs: ValueInputs  # inputs and candidate forecasts
    seasons: Seasons  # the seasons that count, and how they were found
    hold_out: tuple[int, ...]  # points at the end of each series that were held out, in the order of the series
    patience: int  # validation checks without an improvement after which training was to end
    history: dict[str, list[float]]  # losses per epoch and at each validation check, see `LSTMForecaster`
    stop: Stop  # why training ended
    n_steps: int  # training steps that the first network took, of `plan.n_steps`
    validation_loss: float | None = None  # the best one of the first network; None where nothing was held out
    refit_steps: int | None = None  # training steps of the second training, on all points; None where there was none
    attempts: tuple[Attempt, ...] = ()  # what was compared, in the order of the training
    decisions: tuple[Message, ...] = ()  # what was chosen automatically, and why

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
                "value_inputs": ValueInputs(tuple(shown["lags"]), tuple(shown["skip_forecasts"]), shown["level"]),
                "seasons": Seasons.from_dict(facts["seasons"]),
                "hold_out": tuple(facts["hold_out"]),
                "stop": Stop(facts["stop"]),
                "attempts": tuple(Attempt(**attempt) for attempt in facts["attempts"]),
                "decisions": tuple(Message.from_dict(decision) for decision in facts["decisions"]),
            }
        )
