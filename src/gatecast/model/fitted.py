"""What does a forecaster know once it is fitted, and what did the fit do? Codes with facts, for all who ask."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import Seasons
from gatecast.data.values.bounds import AUTO, Bounds
from gatecast.data.values.gaps import carry_forward
from gatecast.data.values.scaling import naive_scale
from gatecast.metrics.conformal import Conformal
from gatecast.model.inputs import Preparation
from gatecast.model.loss import DISTRIBUTION_LOSSES
from gatecast.model.plan import Plan
from gatecast.model.validation import Judged
from gatecast.network.ensemble import Ensemble
from gatecast.network.inputs import ValueInputs
from gatecast.network.memory import Memory
from gatecast.texts.message import Message
from gatecast.training.stop import Stop

__all__ = ["Attempt", "FitRecord", "Fitted", "about_bounds", "about_weights", "facts_of", "remember", "to_html"]


@dataclass(frozen=True)
class Fitted:
    """All that was learned and is needed to forecast; this is what a model file holds."""

    ensemble: Ensemble  # the trained networks
    # what each of them remembers at the end of the training part, one row for each of the S series
    memories: tuple[Memory, ...]
    preparation: Preparation  # how values become inputs and forecasts become values
    # the panel's ids, frequency and column names with empty series that start right after the training part
    after: Panel
    lengths: np.ndarray  # `(S,)` points that each series had for training
    # `(S, lag)` what is needed to bring forecasts after the training part back, see `Transform.anchors`; `(S, 0)` for a
    # transform that bends each value alone
    anchors: np.ndarray
    tail: np.ndarray  # `(S, K)` the newest values, the newest last; the first one is repeated before a short series
    # `(S, K)` the newest scaled values, NaN where there were none, which yearly lags of later points need; `(S, 0)`
    # without yearly lags
    years: np.ndarray
    naive_scales: np.ndarray  # `(S,)` denominators of MASE
    calibration: Conformal | None  # errors on windows that the fit did not see; None where there were none
    record: FitRecord  # what the fit did, and why
    # how much wider intervals are than networks that learned quantiles say, by their past errors
    widening: float = 1.0

    @property
    def horizon(self) -> int:
        """Steps ahead that the networks were trained for."""
        return self.ensemble.spec.horizon

    @property
    def lookback(self) -> int:
        """Points that are read before a forecast counts."""
        return self.record.plan.lookback

    @property
    def reach(self) -> int:
        """Steps that may be missing between the training part and newer data that go on from it."""
        if not self.record.is_pretrained:
            return self.lookback
        # pretrained networks forecast after any point, and what they read fades slowly
        return max(self.lookback, self.season_length, self.horizon)

    @property
    def season_length(self) -> int:
        """Steps in the shortest season; 1 where there is none."""
        return self.record.plan.season_length

    @property
    def learns_intervals(self) -> bool:
        """Whether the networks say how sure a forecast is; else measured errors do."""
        # the quantiles of a sum of changes are not the sums of their quantiles
        is_elementwise = self.preparation.transform.is_elementwise
        return is_elementwise and self.ensemble.first.loss.loss in DISTRIBUTION_LOSSES

    @property
    def has_intervals(self) -> bool:
        """Whether anything is known of how wide intervals must be."""
        return self.learns_intervals or self.calibration is not None

    def rows(self, index: Ints) -> Fitted:
        """Return what is known of some series, in this order, `(n,)`; weights are shared."""
        return replace(
            self,
            memories=tuple(memory.rows(index) for memory in self.memories),
            preparation=self.preparation.rows(index),
            after=self.after.rows(index),
            lengths=self.lengths[index],
            anchors=self.anchors[index],
            tail=self.tail[index],
            years=self.years[index],
            naive_scales=self.naive_scales[index],
            record=replace(self.record, hold_out=tuple(self.record.hold_out[row] for row in index.tolist())),
        )


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
    def is_trained(self) -> bool:
        """Whether this fit trained the networks; pretrained ones, and those of other frameworks, only read the data."""
        return self.stop not in (Stop.PRETRAINED, Stop.IMPORTED)

    @property
    def is_pretrained(self) -> bool:
        """Whether the networks learned from other series than these."""
        return self.stop is Stop.PRETRAINED

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


MOST_IDS = 3
# layers that are named by how many units they have
RECURRENT = ("lstm", "gru")


def facts_of(fitted: Fitted) -> dict[str, str]:
    """Return what a fitted forecaster is, in words, by what they are about."""
    record, spec = fitted.record, fitted.ensemble.spec
    n_networks = len(fitted.ensemble.networks)
    layers = ", ".join(f"{layer.kind.upper()}({layer.units})" for layer in spec.stack if layer.kind in RECURRENT)
    history = record.history
    judged = zip(history.get("validation_loss", []), history.get("validation_rmse", []), strict=True)
    # of the weights that were kept, whose loss is the smallest
    losses = [pair for pair in judged if not any(map(math.isnan, pair))]
    read = "learned from" if record.is_trained else "read"
    facts = {
        "series": _series(fitted.after.ids.tolist()),
        read: f"{int(fitted.lengths.sum()):,} points, frequency {fitted.after.freq}",
        "horizon": f"{fitted.horizon} steps",
        "lookback": f"{fitted.lookback} steps",
        "season": f"{fitted.season_length} steps" if fitted.season_length > 1 else "none",
        "network": (layers or "dense") + (f", {n_networks} of them" if n_networks > 1 else ""),
        "training": (f"{record.n_steps:,} of {record.plan.n_steps:,} steps. " if record.is_trained else "")
        + record.stop.remedy,
    }
    if losses:
        facts["RMSE on the validation set"] = f"{min(losses)[1]:.4g}, in the data's units"
    return facts


def to_html(title: str, fitted: Fitted | None) -> str:
    """Return a piece of a page about a forecaster and what it learned; nothing comes from the data unescaped."""
    head = f"<pre>{html.escape(title)}</pre>"
    if fitted is None:
        return head + "<p>Not fitted yet: call <code>fit(data)</code>.</p>"
    rows = "".join(
        f'<tr><th scope="row" style="text-align: left">{html.escape(name)}</th>'
        f'<td style="text-align: left">{html.escape(text)}</td></tr>'
        for name, text in facts_of(fitted).items()
    )
    chosen = "".join(f"<li>{html.escape(str(decision))}</li>" for decision in fitted.record.decisions)
    return f"{head}<table>{rows}</table>" + (f"<ul>{chosen}</ul>" if chosen else "")


def _series(ids: Sequence[object]) -> str:
    shown = ", ".join(str(unique_id)[:40] for unique_id in ids[:MOST_IDS])
    return shown if len(ids) <= MOST_IDS else f"{len(ids):,}: {shown}, ..."


def remember(
    panel: Panel,
    preparation: Preparation,
    ensemble: Ensemble,
    calibration: Conformal | None,
    record: FitRecord,
    read: Judged | None = None,
) -> Fitted:
    """Read the panel to its end, and remember all that forecasts need.

    Where the whole panel was `read` for its validation set, what the networks remember of it is known.
    """
    if read is not None and read.memories is not None:
        arrays, memories = read.validation.panel, read.memories
    else:
        arrays = preparation.arrays(panel)
        memories = ensemble.read(ensemble.blank(arrays), arrays)
    season = record.plan.season_length
    for decision in (*about_weights(panel, record), *about_bounds(preparation.bounds)):
        record = record.with_decision(decision)
    return Fitted(
        ensemble=ensemble,
        memories=memories,
        preparation=preparation.having_seen(panel),
        after=panel.tail_from(panel.lengths),
        lengths=panel.lengths,
        anchors=preparation.transform.anchors(panel.values, panel.offsets),
        tail=_newest_values(panel, season),
        years=preparation.newest_years(arrays),
        naive_scales=naive_scale(panel.values, panel.offsets, season),
        calibration=calibration,
        record=record,
    )


def about_weights(panel: Panel, record: FitRecord) -> tuple[Message, ...]:
    """Say what weights of targets count for, where there are any."""
    if panel.weights is None:
        return ()
    code = "decision.weighted" if record.is_trained else "decision.weighted_errors"
    return (Message(code, {"name": panel.columns.weight or "weights"}),)


def about_bounds(bounds: Bounds) -> Iterator[Message]:
    """Say beyond which values nothing is forecast, and why."""
    if bounds.limits.given:
        yield Message("decision.limits", {"given": dict(bounds.limits.given)})
    is_found = np.isfinite(bounds.lower)
    if bounds.limits.lower == AUTO and is_found.any():
        yield Message(
            "decision.bounded", {"n": int(is_found.sum()), "n_series": len(is_found), "none": {"lower": None}}
        )


def _newest_values(panel: Panel, n_points: int) -> Floats:
    filled = carry_forward(panel.values, panel.offsets)
    positions = panel.offsets[1:, None] + np.arange(-n_points, 0)
    return np.asarray(filled[np.maximum(positions, panel.offsets[:-1, None])])
