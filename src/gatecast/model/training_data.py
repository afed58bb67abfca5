"""What does a fit learn from, and what does it hold out? Made once, and handed to everything that is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.chosen import Seasons, choose_seasons
from gatecast.data.values.scaling import naive_scale
from gatecast.exceptions import ConfigError
from gatecast.model.settings import Settings

if TYPE_CHECKING:
    from gatecast.data.features.encoding import CovariateEncoder

__all__ = ["FEW_SERIES", "TrainingData", "hold_out_lengths"]

FEW_SERIES = 10
# windows that the validation set is to hold at least, over all series
VALIDATION_WINDOWS = 200
# share of a series that is held out at most, where one horizon is less
VALIDATION_SHARE = 0.2
# below so many horizons nothing of a series is held out
VALIDATION_HORIZONS = 3
# and the rest of a series has to hold so many observations
LEAST_OBSERVED = 2


@dataclass(frozen=True)
class TrainingData:
    """A panel and what was found out about it before anything is trained."""

    settings: Settings  # the checked settings of the fit
    panel: Panel  # all points of the S series, those held out too
    hold_out: Ints  # `(S,)` points at the end of each series that are not learned from: the validation set
    seasons: Seasons  # the seasons that count, found in what is learned from alone

    @classmethod
    def of(cls, settings: Settings, panel: Panel) -> TrainingData:
        """Divide a panel and find its seasons."""
        hold_out = hold_out_lengths(settings, panel)
        return cls(settings, panel, hold_out, choose_seasons(_before(panel, hold_out), settings.seasons))

    @property
    def learned_from(self) -> Panel:
        """The panel without what is held out; a copy that is not kept, as it takes as much memory as the panel."""
        return _before(self.panel, self.hold_out)

    @property
    def has_validation(self) -> bool:
        """Whether anything is held out."""
        return bool(self.hold_out.any())

    @cached_property
    def naive_scales(self) -> Floats:
        """Denominators of MASE of what is learned from, `(S,)`."""
        panel = self.learned_from
        return naive_scale(panel.values, panel.offsets, self.seasons.shortest)

    @cached_property
    def encoder(self) -> CovariateEncoder | None:
        """Turns covariates into numbers and codes, learned from `learned_from`; None without covariates."""
        settings = self.settings
        if not (settings.past or settings.future or settings.static or settings.calendar or settings.country):
            return None
        if settings.calendar and self.panel.starts.dtype.kind != "M":
            raise ConfigError(
                "`calendar=True` needs dates, and the times are integer steps. Leave it out, or pass dates."
            )
        from gatecast.data.features.encoding import fit_encoder

        return fit_encoder(self.learned_from, calendar=settings.calendar, country=settings.country)


def hold_out_lengths(settings: Settings, panel: Panel) -> Ints:
    """Return how many points at the end of each series are not learned from, `(S,)`.

    When nothing is asked for: one horizon and as many more points as give 200 windows over all series (of ten series
    and fewer a tenth, so that the windows differ), but at most a fifth of a series and at least one horizon; nothing of
    a series shorter than three horizons and eight points, nothing where a lookback was given that the rest would be too
    short for, and nothing where the rest would hold fewer than two observations to learn a scale from, or what is held
    out none.
    """
    lengths, H = panel.lengths, settings.horizon
    size = settings.validation_size
    if size == 0 or (size is None and settings.skip == "none"):
        return np.zeros(panel.n_series, np.int64)
    if size is None:
        windows = math.ceil(VALIDATION_WINDOWS / max(panel.n_series, 1))
        most = np.maximum((lengths * VALIDATION_SHARE).astype(np.int64), H)
        tenth = lengths // 10 if panel.n_series <= FEW_SERIES else np.zeros_like(lengths)
        wanted = np.minimum(np.maximum(H + windows - 1, tenth), most)
    elif size < 1:
        wanted = np.ceil(lengths * size).astype(np.int64)
    else:
        wanted = np.full(panel.n_series, int(size))
    least = np.maximum(VALIDATION_HORIZONS * H, (settings.lookback or 0) + 2 * H) + 8
    held_out = np.where(lengths >= least, np.clip(wanted, H, np.maximum(lengths - 2, H)), 0)
    observed = _observed_before(panel, lengths - held_out)
    is_useful = (observed >= LEAST_OBSERVED) & (_observed_before(panel, lengths) > observed)
    return np.where(is_useful, held_out, 0)


def _before(panel: Panel, hold_out: Ints) -> Panel:
    return panel.head(panel.lengths - hold_out) if hold_out.any() else panel


def _observed_before(panel: Panel, positions: Ints) -> Ints:
    """Count what was observed in the first `positions[s]` points of each series."""
    seen = np.zeros(len(panel.values) + 1, np.int64)
    np.cumsum(~np.isnan(panel.values), out=seen[1:])
    return np.asarray(seen[panel.offsets[:-1] + positions] - seen[panel.offsets[:-1]])
