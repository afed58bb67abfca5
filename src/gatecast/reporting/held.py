"""How good is a fit on points that it did not learn from? The test part, or the last fifth, held back for that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gatecast._json import JsonObject
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.split import held_out_positions
from gatecast.diagnosis import Diagnosis, diagnose
from gatecast.exceptions import GatecastError
from gatecast.forecaster import LSTMForecaster
from gatecast.model.alignment import match_series
from gatecast.reporting.clock import Clock

__all__ = ["HeldOut", "hold_out"]

SHARE = 0.2


@dataclass(frozen=True)
class HeldOut:
    """A model that learned from the first `n_trained`, `(S,)`, points of the series, and all that is known of these."""

    model: LSTMForecaster
    panel: Panel
    n_trained: np.ndarray

    @property
    def has_test(self) -> bool:
        """Whether there are points that were not learned from."""
        return bool((self.n_trained < self.panel.lengths).any())

    def diagnose(self) -> Diagnosis:
        """Diagnose the model on these points; on its validation set where there are none."""
        return diagnose(self.model, self.panel.head(self.n_trained), self.panel if self.has_test else None)

    def covariates(self) -> JsonObject:
        """Tell how much worse forecasts of these points become without each covariate."""
        roles = self.panel.roles
        if not roles.names or not self.has_test:
            return {"rows": []}
        found = self.model.covariate_importance(self.panel)
        rows = [
            {
                "name": found.names[n],
                "role": found.roles[n],
                "increase": found.increase[n],
                "standard_error": found.standard_error[n],
                "is_useful": bool(found.is_useful[n]),
            }
            for n in found.order
        ]
        return {"rows": rows, "error": found.error, "n_windows": found.n_windows}


def hold_out(model: LSTMForecaster, panel: Panel, clock: Clock) -> HeldOut:
    """Return the model where something lies behind its training part, else one that learned from the first four fifths.

    The clock tells how long the second fit took.
    """
    match = match_series(model.fitted_.after, panel)
    # of a series that it does not know nothing is tested
    n_trained = np.where(match.is_known, np.minimum(match.n_before, panel.lengths), panel.lengths)
    own = HeldOut(model, panel, n_trained)
    if own.has_test:
        return own
    positions = held_out_positions(panel, SHARE, model.fitted_.horizon, model.settings_.lookback)
    if not (positions < panel.lengths).any():
        return own
    again = LSTMForecaster.from_settings(replace(model.settings_, checkpoint=None, progress=False))
    try:
        clock.time("test", lambda: again.fit(panel.head(positions)))
    except GatecastError:
        # the first four fifths are too short to learn from
        return own
    return HeldOut(again, panel, positions)
