"""How many points at the end of each series are held out of the training, to say when it ends and how good it is?"""

from __future__ import annotations

import math

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.panel import Panel
from gatecast.model.settings import Settings
from gatecast.texts.message import Message

__all__ = ["FEW_SERIES", "VALIDATION_HORIZONS", "about_hold_out", "before", "hold_out_lengths", "moves_late"]

# series that are few: each may cost more, and of each more is held out
FEW_SERIES = 10
# windows that the validation set is to hold at least, over all series
VALIDATION_WINDOWS = 200
# share of a series that is held out at most, where one horizon is less
VALIDATION_SHARE = 0.2
# below so many horizons nothing of a series is held out
VALIDATION_HORIZONS = 3
# and the rest of a series has to hold so many observations
LEAST_OBSERVED = 2


def hold_out_lengths(settings: Settings, panel: Panel) -> Ints:
    """Return how many points at the end of each series are not learned from, `(S,)`.

    When nothing is asked for: one horizon and as many more points as give 200 windows over all series (of ten series
    and fewer a tenth, so that the windows differ), but at most a fifth of a series and at least one horizon; nothing of
    a series shorter than three horizons and eight points, and nothing where a lookback was given that the rest would be
    too short for. What is asked for is held out, at least one horizon of it, where a series has so many points, and
    the longest rest is one that can be learned from. Nothing is held out where the rest would hold fewer than two
    observations to learn a scale from, or only the same value though the series moves later, or what is held out none.
    """
    lengths, held_out = panel.lengths, _wanted_hold_out(settings, panel)
    observed = _observed_before(panel, lengths - held_out)
    is_useful = (observed >= LEAST_OBSERVED) & (_observed_before(panel, lengths) > observed)
    is_useful &= ~_moves_later(panel, held_out)
    held_out = np.where(is_useful, held_out, 0)
    if settings.validation_size is None:
        return held_out
    rests = lengths - held_out
    rest = int(rests.min() if settings.mode == "windows" else rests.max())
    return held_out if rest >= _least_rest(settings) else np.zeros_like(held_out)


def _least_rest(settings: Settings) -> int:
    """Return how many points the longest series must have to be learned from, of windows every one."""
    is_windows = settings.mode == "windows"
    return (settings.lookback or 1) + settings.horizon + int(is_windows and settings.drop_last_window)


def _wanted_hold_out(settings: Settings, panel: Panel) -> Ints:
    """Return how many points of each series would be held out if the rest were always good enough, `(S,)`."""
    size = settings.validation_size
    if size == 0 or (size is None and settings.skip == "none"):
        return np.zeros(panel.n_series, np.int64)
    return _usual_hold_out(settings, panel) if size is None else _given_hold_out(settings, panel.lengths, size)


def _usual_hold_out(settings: Settings, panel: Panel) -> Ints:
    lengths, H = panel.lengths, settings.horizon
    windows = math.ceil(VALIDATION_WINDOWS / max(panel.n_series, 1))
    most = np.maximum((lengths * VALIDATION_SHARE).astype(np.int64), H)
    tenth = lengths // 10 if panel.n_series <= FEW_SERIES else np.zeros_like(lengths)
    wanted = np.minimum(np.maximum(H + windows - 1, tenth), most)
    least = np.maximum(VALIDATION_HORIZONS * H, (settings.lookback or 0) + 2 * H) + 8
    return np.where(lengths >= least, np.maximum(wanted, H), 0)


def _given_hold_out(settings: Settings, lengths: Ints, size: float) -> Ints:
    wanted = np.ceil(lengths * size).astype(np.int64) if size < 1 else np.full(len(lengths), int(size))
    wanted = np.maximum(wanted, settings.horizon)
    return np.where(lengths - wanted >= LEAST_OBSERVED, wanted, 0)


def about_hold_out(settings: Settings, hold_out: Ints) -> tuple[Message, ...]:
    """Say of how many series nothing was held out although that was asked for."""
    size, n = settings.validation_size, int((hold_out == 0).sum())
    if not size or not n:
        return ()
    facts = {"setting": {"validation_size": size}, "n": n, "n_series": len(hold_out)}
    facts |= {"horizon": settings.horizon, "least": _least_rest(settings), "scale": LEAST_OBSERVED}
    return (Message("decision.not_held", facts),)


def before(panel: Panel, hold_out: Ints) -> Panel:
    """Return the points that are learned from."""
    return panel.head(panel.lengths - hold_out) if hold_out.any() else panel


def _moves_later(panel: Panel, hold_out: Ints) -> Array:
    """Tell which series are constant up to what is held out, and not in it: no scale can be learned, `(S,)`."""
    return before(panel, hold_out).is_constant & ~panel.is_constant


def moves_late(settings: Settings, panel: Panel, hold_out: Ints | None = None) -> bool:
    """Tell whether every series stays the same until its newest part, so that training has nothing to learn from."""
    is_late = _moves_later(panel, _wanted_hold_out(settings, panel) if hold_out is None else hold_out)
    return bool(is_late.any()) and bool((is_late | panel.is_constant).all())


def _observed_before(panel: Panel, positions: Ints) -> Ints:
    """Count what was observed in the first `positions[s]` points of each series."""
    # a weight of 0 is no target
    is_target = True if panel.weights is None else panel.weights_or_ones > 0
    # one more, so that a series may end at the end
    seen = np.append(~np.isnan(panel.values) & is_target, False)
    edges = np.stack([panel.offsets[:-1], panel.offsets[:-1] + positions], axis=1).ravel()
    counts = np.add.reduceat(seen, edges, dtype=np.int64)[::2] if len(edges) else np.zeros(0, np.int64)
    return np.where(positions > 0, counts, 0)
