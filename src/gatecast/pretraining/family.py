"""Which pretrained network forecasts series of which season, and what does it read of them?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Ints
from gatecast.network.inputs import LossSettings, SeasonalAverage, ValueInputs
from gatecast.network.spec import LayerSpec, NetworkSpec

__all__ = ["FAMILY", "LOSS", "SCALING", "TRANSFORM", "SeasonClass", "class_of"]

# the ends of 80 and 95 % intervals, and what weighted quantile losses are made of
LOSS = LossSettings("quantile", quantiles=(0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975))
# how values are transformed and scaled before a network reads them
TRANSFORM, SCALING = "fourth-root", "season"
N_LAYERS, UNITS = 2, 64
# seasons back at which the longest of the lines begins that naive forecasts go on along: the whole past of most series
SEASONS_OF_DRIFT = 10
# seasons whose same steps are averaged, those whose mean is the level, and whether it follows their line; quarters have
# more of them, and a year of days is averaged over so many years, at the level of so many weeks
AVERAGED, ALSO_OF_QUARTERS = ((4, 1, False), (12, 2, False), (30, 5, False)), ((6, 1, True), (25, 3, True))
YEARS_AVERAGED, WEEKS_OF_LEVEL = 3, 4
# a second season of up to so many of the first is one that a network learned
MOST_RATIO = 14
QUARTERS = 4


@dataclass(frozen=True)
class SeasonClass:
    """Series that one network forecasts.

    Args:
        season: Steps in the season of the series that it learned from; 1 for none.
        longer: Steps in a longer season; 0 for none.
        horizon: H, steps that it forecasts at once.
        lengths: Points of the shortest and of the longest series that it learned from.
        burn_in: Points that are read before a forecast counts.
    """

    season: int
    longer: int
    horizon: int
    lengths: tuple[int, int]
    burn_in: int

    @property
    def seasons(self) -> tuple[int, ...]:
        """Seasons of the series that it learned from, shortest first."""
        return tuple(m for m in (self.season, self.longer) if m > 1)

    def value_inputs(self, season: int | None = None, longer: int | None = None) -> ValueInputs:
        """Return what the network reads of series that may have other seasons than those that it learned from.

        All that depends on a season moves along, so that the network's weights keep their meaning.
        """
        m = season or self.season
        far = self._far(m, longer or 0)
        if self.season == 1:
            return ValueInputs((1, 2, 3, 4), (1, -3, -8), level=False, drifts=(1, 4, 60))
        # a year of days lies too far back for most series: there the third season counts as well
        backs = (m, 2 * m, far) if self.is_double else (m, 2 * m, 3 * m, *((far,) if far else ()))
        drifts = (m, far or SEASONS_OF_DRIFT * m)
        averages = self._averages(m, far)
        return ValueInputs((1, *backs), (1, *backs, -m), level=False, drifts=drifts, averages=averages)

    def _averages(self, m: int, far: int) -> tuple[SeasonalAverage, ...]:
        """Return which averages of seasons are mixed; two seasons at once were learned worse with them."""
        if self.is_double:
            return ()
        kinds = AVERAGED + (ALSO_OF_QUARTERS if self.season == QUARTERS else ())
        years = (SeasonalAverage(far, YEARS_AVERAGED, -WEEKS_OF_LEVEL * m),) if far else ()
        return (*(SeasonalAverage(m, *kind) for kind in kinds), *years)

    @property
    def is_double(self) -> bool:
        """Whether a second season is not much longer than the first, as days and weeks of hours."""
        return 0 < self.longer <= MOST_RATIO * self.season

    def _far(self, m: int, longer: int) -> int:
        """Return the longer season of series whose shortest has `m` steps; 0 for a class without one.

        One that is not known is as much longer as that of the class, and a far one has whole seasons: days of a year
        ago are of the same day of the week.
        """
        if not self.longer:
            return 0
        if self.is_double:
            return longer or self.longer // self.season * m
        return max(4, round((longer or self.longer * m / self.season) / m)) * m

    def steps(self, season: int, horizon: int) -> Ints:
        """Return which of its own steps, counted from 0, forecasts each of `horizon` steps of another season.

        The head has weights for each step, and at whole seasons those of the last value and of the season before are of
        the same point: so whole seasons are forecast by whole seasons, and all other steps by the nearest other one.

        Examples:
            >>> (class_of(4).steps(5, 8) + 1).tolist()
            [1, 2, 3, 5, 4, 6, 7, 9]
        """
        own = np.arange(1, self.horizon + 1)
        wanted = np.arange(1, min(horizon, self.horizon) + 1)
        if season == self.season or self.season == 1:
            return wanted - 1
        differs = (own % self.season == 0)[None] != (wanted % season == 0)[:, None]
        # of two that are as near the later one; a step of the other kind only where there is none of its own
        distance = (
            np.abs(own[None] - wanted[:, None]) - 0.5 * (own[None] > wanted[:, None]) + differs * 2.0 * self.horizon
        )
        return np.asarray(distance.argmin(axis=1))

    @property
    def spec(self) -> NetworkSpec:
        """Shape of the network."""
        value_inputs = self.value_inputs()
        return NetworkSpec(
            value_inputs.n_inputs,
            tuple(LayerSpec("lstm", UNITS) for _ in range(N_LAYERS)),
            self.horizon,
            n_skip_forecasts=value_inputs.n_candidates,
            n_parameters_of_step=LOSS.n_parameters,
        )


FAMILY = (
    SeasonClass(1, 0, 12, (10, 100), 3),
    SeasonClass(4, 0, 12, (14, 160), 4),
    SeasonClass(5, 0, 30, (24, 420), 6),
    SeasonClass(7, 364, 56, (36, 760), 8),
    SeasonClass(12, 0, 24, (24, 320), 9),
    SeasonClass(24, 168, 48, (60, 700), 28),
    SeasonClass(52, 0, 26, (60, 520), 14),
)


def class_of(season: int, longer: int = 0) -> SeasonClass:
    """Return the class whose network forecasts series of a season: the nearest one by factor; without one, its own.

    Series with a second season that is not much longer, as days and weeks are, go to the network that learned two.

    Examples:
        >>> [class_of(season).season for season in (1, 2, 4, 5, 7, 12, 48, 365)]
        [1, 4, 4, 5, 7, 12, 52, 52]
        >>> class_of(48, 336).season, class_of(7, 364).season
        (24, 7)
    """
    if season == 1:
        return FAMILY[0]
    if season < longer <= MOST_RATIO * season:
        return next(own for own in FAMILY if own.is_double)
    return min(FAMILY[1:], key=lambda own: max(own.season / season, season / own.season))
