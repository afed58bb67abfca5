"""Which settings and sizes do the options of a command stand for? All are checked before a file is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatecast.cli.commands import AheadOptions, DiagnoseOptions, ForecastOptions
from gatecast.data.reading.split import held_out_positions
from gatecast.exceptions import ConfigError
from gatecast.metrics.levels import check_levels, check_quantiles, level_to_quantiles
from gatecast.model.settings import Settings
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast import Panel

__all__ = ["USUAL_LEVELS", "hold_out", "levels_of", "quantiles_of", "settings_of", "share_to_test"]

# intervals whose coverage is measured where none are asked for, in %
USUAL_LEVELS = (80.0, 95.0)
MEDIAN = 0.5
# what Ctrl-C may lose
CHECKPOINT_SECONDS = 10.0


def settings_of(options: ForecastOptions | DiagnoseOptions, horizon: int) -> Settings:
    """Return the settings of a fit, all of which make sense."""
    shown = not (options.quiet or options.json)
    chosen = replace(options.settings, horizon=horizon, checkpoint_seconds=CHECKPOINT_SECONDS, progress=shown)
    if isinstance(options, ForecastOptions) and chosen.loss == "quantile" and (options.level or options.quantiles):
        # learned are those asked for, the same on the other side, and the median
        wanted = {*quantiles_of(options), *(level_to_quantiles(levels_of(options.level)) if options.level else ())}
        learned = {MEDIAN, *wanted, *(round(1 - quantile, 12) for quantile in wanted)}
        chosen = replace(chosen, quantiles=tuple(sorted(learned)))
    chosen.check()
    return chosen


def levels_of(level: tuple[float, ...]) -> tuple[float, ...]:
    """Return the levels of the intervals that were asked for, in %, rising."""
    return check_levels(level) if level else ()


def quantiles_of(options: AheadOptions) -> tuple[float, ...]:
    """Return the quantiles that were asked for, rising."""
    return check_quantiles(options.quantiles) if options.quantiles else ()


def share_to_test(text: str) -> float | int:
    """Return how much is held back to be tested on, a share or a number of points; 0 for nothing."""
    try:
        share = int(text) if text.strip().isdecimal() else float(text)
    except ValueError:
        share = -1
    if (isinstance(share, float) and not 0 <= share < 1) or share < 0:
        raise ConfigError(Message("argument.test_size", {"value": text}))
    return share


def hold_out(panel: Panel, share: float | int, horizon: int, lookback: int | None) -> tuple[Panel, Panel | None]:
    """Divide a panel into its training part and its test part; None where nothing is held back."""
    positions = held_out_positions(panel, share, horizon, lookback)
    if (positions == panel.lengths).all():
        return panel, None
    return panel.head(positions), panel.tail_from(positions)
