"""Is what was trained worth its forecasts? What is no better than the seasonal naive forecast is replaced."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gatecast.model.candidates import Candidate, start_candidate, without_transform
from gatecast.model.fitted import FitRecord, Fitted, remember
from gatecast.model.inputs import Preparation
from gatecast.model.validation import Judged
from gatecast.model.zero_shot import read_by_pretrained
from gatecast.network.spec import NetworkSpec
from gatecast.texts.message import Message

__all__ = ["Gate", "naive_weights"]

# what the chosen candidate weighs more than others in the mixture, as a logarithm: those are less than rounding
LOG_WEIGHT = 60.0


@dataclass(frozen=True)
class Gate:
    """Trained networks beside the seasonal naive forecast, on the same windows of the validation set."""

    candidate: Candidate
    error: float  # MASE of the trained networks; NaN where it is not defined
    naive: float  # that of the seasonal naive forecast

    @classmethod
    def of(cls, candidate: Candidate, judged: Judged | None) -> Gate:
        """Compare forecasts of the validation set with naive ones."""
        # means of counts with many zeros have larger absolute errors than naive forecasts, most of which are zero
        if judged is None or (judged.loss.is_of_counts and judged.preparation.is_sparse.mean() > 0.5):
            return cls(candidate, np.nan, np.nan)
        naive = judged.naive_errors(candidate.data.seasons.shortest)
        return cls(candidate, *judged.mases(candidate.data.naive_scales, naive))

    @property
    def is_open(self) -> bool:
        """Whether the trained networks are better, or nothing says that they are not."""
        return not self.error >= self.naive

    def fall_back(self, record: FitRecord) -> tuple[FitRecord, Fitted | None]:
        """Say that the trained networks are no better, and return what forecasts instead.

        That is None where the user said how long to train or asked for the plain head, and got what was asked for.
        """
        settings, facts = self.candidate.settings, {"error": self.error, "naive": self.naive}
        facts["season"] = self.candidate.data.seasons.shortest
        if settings.epochs is not None or settings.skip == "none":
            return record.with_decision(Message("decision.no_better", facts)), None
        pretrained = self._pretrained_error()
        if pretrained < self.naive:
            record = record.with_decision(Message("decision.by_pretrained", facts | {"pretrained": pretrained}))
            return record, self._pretrained(record)
        record = record.with_decision(Message("decision.by_naive", facts))
        return record, self._naive(record)

    def _pretrained_error(self) -> float:
        """Return the MASE of the pretrained networks, NaN where there are none for these series."""
        data = self.candidate.data
        if data.encoder is not None or data.settings.mode != "sequence":
            return np.nan
        pretrained = start_candidate(data, self.candidate.deadline)
        return pretrained.mase_of(pretrained.judge(pretrained.starts))

    def _pretrained(self, record: FitRecord) -> Fitted:
        data = self.candidate.data
        fitted = read_by_pretrained(self.candidate.settings, data.panel, data.seasons).read()
        # how training went stays in the record; what forecasts is described as it is
        shape, used = fitted.record.plan, fitted.preparation
        plan = replace(
            record.plan,
            lookback=shape.lookback,
            hidden_size=shape.hidden_size,
            n_layers=shape.n_layers,
            n_members=shape.n_members,
        )
        return replace(fitted, record=_of_other_inputs(replace(record, plan=plan), used))

    def _naive(self, record: FitRecord) -> Fitted:
        made = without_transform(self.candidate)
        inputs = made.preparation.value_inputs
        weights = naive_weights(made.spec, inputs.skip_forecasts.index(made.data.seasons.shortest))
        record = _of_other_inputs(replace(record, plan=replace(record.plan, n_members=1)), made.preparation)
        judged = made.judge([weights])
        assert judged is not None, "only what was judged is replaced"
        ensemble = made.ensemble([weights])
        return remember(made.data.panel, made.preparation, ensemble, judged.calibration(), record)


def _of_other_inputs(record: FitRecord, used: Preparation) -> FitRecord:
    return replace(record, transform=used.transform.name, value_inputs=used.value_inputs)


def naive_weights(spec: NetworkSpec, candidate: int) -> np.ndarray:
    """Return weights `(n_parameters,)` of a network whose forecast is one of its candidates, without a correction."""
    flat = np.zeros(spec.n_parameters, np.float32)
    bias = spec.views(flat)["head.bias"]
    bias[candidate * spec.horizon : (candidate + 1) * spec.horizon] = LOG_WEIGHT
    return flat
