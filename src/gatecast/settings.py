"""What can a user choose, what is allowed, and what is chosen for them?"""

from __future__ import annotations

import difflib
import functools
import math
from dataclasses import KW_ONLY, dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gatecast.data.scaling import KINDS
from gatecast.exceptions import ConfigError, DataError
from gatecast.network.native import LOSSES
from gatecast.training.schedule import SCHEDULES

if TYPE_CHECKING:
    from gatecast.data.panel import Panel

__all__ = ["Plan", "Settings", "make_plan", "suggest_settings"]

MODES = ("sequence", "windows")


@dataclass
class Settings:
    """Everything that a user can choose. `None` means: chosen from the data by the rules of `make_plan`.

    Args:
        horizon: H, how many steps ahead each forecast looks.
        lookback: Points that are read before a forecast counts; in `windows` mode all that a forecast sees.
        hidden_size: D, hidden units of each LSTM layer.
        n_layers: L, stacked LSTM layers.
        mode: `sequence` learns from every time step of long segments; `windows` is the tutorials' way, one target
            (of `horizon` steps) for each window of `lookback` points.
        loss: `mse`, `mae` or `huber`.
        huber_delta: Where the Huber loss becomes straight, in scaled units.
        epochs: How often each point is a lesson, on average.
        batch_size: Segments or windows in one training step.
        learning_rate: The highest step size of Adam.
        schedule: `one-cycle`, `cosine` or `constant` learning rate.
        clip_norm: The gradient's global norm is clipped to this; 0 leaves it alone.
        scaling: `standard`, `minmax` (0..1) or `none`; per series, learned from the training part.
        season_length: Steps in a season, for the seasonal naive forecast and the rules.
        shuffle: Whether windows come in a new order in each epoch.
        drop_last_window: Leave out the last window, as the tutorial's code does.
        seed: The same seed gives the same model, bit by bit, on any number of threads.
        n_threads: Threads; all processors when absent.
        progress: Whether a terminal or notebook shows a progress bar.
    """

    horizon: int = 1
    _: KW_ONLY
    lookback: int | None = None
    hidden_size: int = 64
    n_layers: int = 1
    mode: str = "sequence"
    loss: str = "mse"
    huber_delta: float = 1.0
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float = 0.01
    schedule: str = "one-cycle"
    clip_norm: float = 1.0
    scaling: str = "standard"
    season_length: int | None = None
    shuffle: bool = True
    drop_last_window: bool = False
    seed: int = 0
    n_threads: int | None = None
    progress: bool = True

    def check(self) -> None:
        """Check each setting on its own.

        Raises:
            ConfigError: Names the setting, what was passed, what is expected and a value that works.
        """
        _check_count("horizon", self.horizon, "Use `horizon=24` for a day of hourly data.")
        _check_count("hidden_size", self.hidden_size, "Use `hidden_size=64`.")
        _check_count("n_layers", self.n_layers, "Use `n_layers=1`.")
        for name, example in (
            ("lookback", 64),
            ("epochs", 20),
            ("batch_size", 16),
            ("season_length", 12),
            ("n_threads", 2),
        ):
            if getattr(self, name) is not None:
                _check_count(name, getattr(self, name), f"Use `{name}={example}`, or None to have it chosen.")
        _check_choice("mode", self.mode, MODES)
        _check_choice("loss", self.loss, tuple(LOSSES))
        _check_choice("schedule", self.schedule, tuple(SCHEDULES))
        _check_choice("scaling", self.scaling, KINDS)
        _check_positive("learning_rate", self.learning_rate, "Use `learning_rate=0.01`.")
        _check_positive("huber_delta", self.huber_delta, "Use `huber_delta=1.0`.")
        if self.clip_norm != 0:
            _check_positive("clip_norm", self.clip_norm, "Use `clip_norm=1.0`, or 0 to switch clipping off.")
        if not _is_integer(self.seed) or not 0 <= self.seed < 2**63:
            raise ConfigError(f"`seed` must be a whole number from 0 to 2**63 - 1, got {self.seed!r}. Use `seed=0`.")


S = TypeVar("S", bound=Settings)


def suggest_settings(cls: type[S]) -> type[S]:
    """Let a class of settings answer a name that it does not have with the nearest one that it has."""
    init = cls.__init__
    known = [field.name for field in fields(cls)]

    @functools.wraps(init)
    def checked(self: S, *args: Any, **settings: Any) -> None:
        for name in settings:
            if name not in known:
                nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
                raise ConfigError(
                    f"`{name}` is no setting of {cls.__name__}, and one of {', '.join(known)} was expected. "
                    f"Did you mean `{nearest}={settings[name]!r}`?"
                )
        init(self, *args, **settings)

    cls.__init__ = checked  # type: ignore[method-assign, assignment]
    return cls


def _is_integer(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _check_count(name: str, value: object, remedy: str) -> None:
    if not _is_integer(value) or value < 1:  # type: ignore[operator]
        raise ConfigError(f"`{name}` must be a positive integer, got {value!r}. {remedy}")


def _check_positive(name: str, value: object, remedy: str) -> None:
    is_number = isinstance(value, float | int | np.floating | np.integer) and not isinstance(value, bool)
    if not is_number or not 0 < value < math.inf:  # type: ignore[operator]
        raise ConfigError(f"`{name}` must be a positive number, got {value!r}. {remedy}")


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        nearest = difflib.get_close_matches(str(value), choices, n=1, cutoff=0.0)[0]
        known = ", ".join(repr(choice) for choice in choices)
        raise ConfigError(f"`{name}` must be one of {known}, got {value!r}. Did you mean `{name}={nearest!r}`?")


@dataclass(frozen=True)
class Plan:
    """What a fit will do: the settings with every None replaced.

    Args:
        lookback: Burn-in of a segment, or length of a window.
        lessons: Steps of a segment at which a forecast is learned (`sequence`).
        batch_size: Segments or windows in one training step.
        steps_per_epoch: Training steps in one epoch.
        epochs: Epochs.
        season_length: Steps in a season.
    """

    lookback: int
    lessons: int
    batch_size: int
    steps_per_epoch: int
    epochs: int
    season_length: int


def make_plan(settings: Settings, panel: Panel, season_length: int) -> Plan:
    """Choose what the user left open.

    The rules: `lookback` is 64 points or two seasons, whichever is longer, at most 336 and at most a third of what the
    shortest series has left beside the horizon. A segment has three times as many lessons (32 to 256). A batch is 16
    segments or 32 windows. Training takes at least 300 steps and at least one epoch in `sequence` mode, 10 epochs in
    `windows` mode.

    Raises:
        DataError: A series is shorter than lookback + horizon.
    """
    lengths = panel.lengths
    lookback = settings.lookback or _choose_lookback(int(lengths.min()) - settings.horizon, season_length)
    _check_lengths(settings, panel, lookback)
    if settings.mode == "windows":
        batch = settings.batch_size or 32
        n_windows = int(np.maximum(lengths - lookback - settings.horizon + 1 - settings.drop_last_window, 0).sum())
        return Plan(lookback, 1, batch, math.ceil(n_windows / batch), settings.epochs or 10, season_length)
    batch = settings.batch_size or 16
    lessons = min(max(3 * lookback, 32), 256, int(lengths.max()) - lookback)
    n_lessons = int(np.maximum(lengths - lookback, 0).sum())
    steps = math.ceil(n_lessons / (batch * lessons))
    return Plan(lookback, lessons, batch, steps, settings.epochs or math.ceil(300 / steps), season_length)


def _choose_lookback(room: int, season_length: int) -> int:
    return max(1, min(max(64, 2 * season_length), 336, room // 3))


def _check_lengths(settings: Settings, panel: Panel, lookback: int) -> None:
    needed = lookback + settings.horizon + int(settings.mode == "windows" and settings.drop_last_window)
    shortest = int(np.argmin(panel.lengths))
    n_points = int(panel.lengths[shortest])
    if n_points >= max(needed, 2):
        return
    name = "The series" if panel.n_series == 1 else f"Series {panel.ids[shortest]!r}"
    raise DataError(
        f"{name} has {n_points} points for training, but lookback {lookback} + horizon {settings.horizon} need at "
        f"least {max(needed, 2)}. Pass more history, or a smaller `lookback` or `horizon`."
    )
