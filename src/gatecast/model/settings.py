"""What can a user choose, and what is allowed?"""

from __future__ import annotations

import difflib
import functools
import math
import os
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, TypeVar

import numpy as np

from gatecast.data.values.scaling import KINDS
from gatecast.data.values.transforms import TRANSFORMS
from gatecast.exceptions import ConfigError
from gatecast.network.inputs import LOSSES
from gatecast.training.schedule import SCHEDULES

__all__ = ["Settings", "suggest_settings"]

MODES = ("sequence", "windows")
CELLS = ("lstm", "gru")
SKIPS = ("naive", "none")
# settings that are positive whole numbers where they are given, with an example
COUNTS = {"lookback": 64, "hidden_size": 64, "n_layers": 2, "epochs": 20, "batch_size": 16, "n_threads": 2}


@dataclass
class Settings:
    """Everything that a user can choose. `None` means: chosen from the data by the rules of `gatecast.model.plan`.

    Args:
        horizon: H, how many steps ahead each forecast looks.
        lookback: Points that are read before a forecast counts; in `windows` mode all that a forecast sees.
        hidden_size: D, hidden units of each layer.
        n_layers: L, stacked layers.
        cell: `lstm` or `gru`.
        bidirectional: A second LSTM reads each window backwards (`windows` mode).
        dilations: Of each layer: its state of step t comes from step t - dilation. One for each of `n_layers`.
        residual: Whether each layer's input is added to its output, where both are equally wide.
        layer_norm: Whether what a layer puts out is normalised.
        dropout: Share of what each layer puts out that is left out in training, the same for a whole sequence.
        attention: Whether a forecast sees a weighted mean of the states of its window (`windows` mode).
        decoder_sizes: Hidden units of dense layers between the stack and the head.
        skip: `naive` mixes naive forecasts and adds a correction; `none` is the plain head of the tutorials.
        mode: `sequence` learns from every time step of long segments; `windows` is the tutorials' way, one target
            (of `horizon` steps) for each window of `lookback` points.
        loss: `mae`, `mse`, `huber`, `quantile`, `normal` or `student`.
        huber_delta: Where the Huber loss becomes straight, in scaled units.
        quantiles: Probabilities that the `quantile` loss learns, an odd number of them with 0.5 in the middle.
        epochs: How often each point is a lesson, on average.
        batch_size: Segments or windows in one training step.
        learning_rate: The highest step size of Adam; `"find"` has it found.
        schedule: `one-cycle`, `cosine` or `constant` learning rate.
        clip_norm: The gradient's global norm is clipped to this; 0 leaves it alone.
        weight_decay: Share of the weights that a step takes away, over the learning rate; biases and gains are left
            alone.
        averaging: Share of the running mean of the weights that a step keeps; 0 takes the weights themselves.
        validation_size: Points at the end of each series that are not learned from but tell when to stop, and how wide
            intervals are: a share below 1, a number, or 0 for none.
        refit_full: Whether the networks are trained again on all points, those held back too, once these have told how
            long and in which way, and how wide intervals are. It takes about half as long again.
        patience: Looks at the validation part without an improvement after which training ends; 0 to never end early.
        ensemble: Networks that are trained, each from its own seed; their median is the forecast. When absent five for
            up to ten series with fewer than 20,000 points in all, for two steps ahead and more, where neither `epochs`
            nor `max_seconds` is given and training is not made longer than usual; else one
            (`gatecast.model.plan.choose_members`).
        max_seconds: Time for the whole fit; training is shortened to end within it.
        checkpoint: File in which an unfinished fit is kept, also at Ctrl-C, for `fit(resume=...)`.
        checkpoint_seconds: How often it is written.
        transform: `auto`, `none`, `log1p`, `box-cox`, `difference` or `seasonal-difference`, before scaling. `auto`
            may take the logarithm where no value is below 0; under a logarithm later values below 0 (and below all that
            were learned from) are read as 0, with a warning, and measured errors are those of the values as they came.
        scaling: `season` (the mean absolute change over a season is 1), `standard`, `minmax` (0..1) or `none`; per
            series, learned from the training part.
        season_length: Steps in a season, or several; 1 for none; when absent those of the frequency that the data show.
        past: Columns that are known up to now.
        future: Columns that are known ahead.
        static: Columns that never change within a series.
        calendar: Whether hour, weekday, month and the like are inputs; for three years of days or more also what was on
            the same date, weekday and holiday of up to four years before
            (`gatecast.data.features.yearly_lags.Anniversaries`).
        country: Whose holidays are inputs, e.g. `CN` or `AU-VIC`; up to days each by its name, with three days before
            and behind it.
        shuffle: Whether windows come in a new order in each epoch.
        drop_last_window: Leave out the last window, as the tutorial's code does.
        seed: The same seed gives the same model, bit by bit, on any number of threads.
        n_threads: Threads; all processors when absent.
        progress: Whether a terminal or notebook shows a progress bar.
    """

    horizon: int = 1
    _: KW_ONLY
    lookback: int | None = None
    hidden_size: int | None = None
    n_layers: int | None = None
    cell: str = "lstm"
    bidirectional: bool = False
    dilations: Sequence[int] | None = None
    residual: bool = False
    layer_norm: bool = False
    dropout: float = 0.0
    attention: bool = False
    decoder_sizes: Sequence[int] = ()
    skip: str = "naive"
    mode: str = "sequence"
    loss: str = "mae"
    huber_delta: float = 1.0
    quantiles: Sequence[float] = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | str | None = None
    schedule: str = "one-cycle"
    clip_norm: float = 0.2
    weight_decay: float = 0.0
    averaging: float = 0.98
    validation_size: float | int | None = None
    refit_full: bool = False
    patience: int = 15
    ensemble: int | None = None
    max_seconds: float | None = None
    checkpoint: str | os.PathLike[str] | None = None
    checkpoint_seconds: float = 60.0
    transform: str = "auto"
    scaling: str = "season"
    season_length: int | Sequence[int] | None = None
    past: Sequence[str] = ()
    future: Sequence[str] = ()
    static: Sequence[str] = ()
    calendar: bool = False
    country: str | None = None
    shuffle: bool = True
    drop_last_window: bool = False
    seed: int = 0
    n_threads: int | None = None
    progress: bool = True

    def check(self) -> None:
        """Check each setting on its own, and those that only go together.

        Raises:
            ConfigError: Names the setting, what was passed, what is expected and a value that works.
        """
        self._check_counts()
        for name, choices in (
            ("mode", MODES),
            ("cell", CELLS),
            ("skip", SKIPS),
            ("loss", LOSSES),
            ("schedule", tuple(SCHEDULES)),
            ("scaling", KINDS),
            ("transform", ("auto", *TRANSFORMS)),
        ):
            check_choice(name, getattr(self, name), choices)
        self._check_flags()
        self._check_numbers()
        self._check_sequences()
        self._check_together()

    def _check_counts(self) -> None:
        check_count("horizon", self.horizon, "Use `horizon=24` for a day of hourly data.")
        if self.ensemble is not None:
            check_count("ensemble", self.ensemble, "Use `ensemble=5`, or 1 for a single network.")
        for name, example in COUNTS.items():
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name), f"Use `{name}={example}`, or None to have it chosen.")
        if not is_integer(self.patience) or self.patience < 0:
            raise ConfigError(
                f"`patience` must be a whole number, got {self.patience!r}. Use `patience=15`, or 0 to never end early."
            )
        if not is_integer(self.seed) or not 0 <= self.seed < 2**63:
            raise ConfigError(f"`seed` must be a whole number from 0 to 2**63 - 1, got {self.seed!r}. Use `seed=0`.")

    def _check_numbers(self) -> None:
        if self.learning_rate not in (None, "find"):
            check_positive("learning_rate", self.learning_rate, 'Use `learning_rate=0.01`, or "find".')
        check_positive("huber_delta", self.huber_delta, "Use `huber_delta=1.0`.")
        check_positive("checkpoint_seconds", self.checkpoint_seconds, "Use `checkpoint_seconds=60`.")
        if self.max_seconds is not None:
            check_positive("max_seconds", self.max_seconds, "Use `max_seconds=60`, or None for no limit.")
        if self.clip_norm != 0:
            check_positive("clip_norm", self.clip_norm, "Use `clip_norm=0.2`, or 0 to switch clipping off.")
        if self.weight_decay != 0:
            check_positive("weight_decay", self.weight_decay, "Use `weight_decay=0.01`, or 0 for none.")
        self._check_validation_size()
        for name, example in (("dropout", 0.2), ("averaging", 0.98)):
            value = getattr(self, name)
            if not is_number(value) or not 0 <= value < 1:
                raise ConfigError(f"`{name}` must be at least 0 and below 1, got {value!r}. Use `{name}={example}`.")

    def _check_validation_size(self) -> None:
        size = self.validation_size
        if size is None or (is_number(size) and 0 <= size < 1):
            return
        if not is_integer(size) or size < 1:
            raise ConfigError(
                f"`validation_size` must be a share from 0 to 1 or a whole number of points, got {size!r}. Use "
                "`validation_size=0.2`, or 0 for none."
            )

    def _check_flags(self) -> None:
        for field in fields(Settings):
            value = getattr(self, field.name)
            if isinstance(field.default, bool) and not isinstance(value, bool | np.bool):
                raise ConfigError(
                    f"`{field.name}` must be True or False, got {value!r}. Use `{field.name}={not field.default}`."
                )

    def _check_sequences(self) -> None:
        for size in as_tuple("decoder_sizes", self.decoder_sizes, "(64,)"):
            check_count("decoder_sizes", size, "Use `decoder_sizes=(64,)`.")
        for step in as_tuple("dilations", self.dilations or (), "(1, 2)"):
            check_count("dilations", step, "Use `dilations=(1, 2)` for two layers.")
        for season in self._given_seasons:
            check_count("season_length", season, "Use `season_length=12`, or (24, 168) for several.")
        if self.dilations is not None and len(self.dilations) != (self.n_layers or len(self.dilations)):
            raise ConfigError(
                f"`dilations` has {len(self.dilations)} numbers, and one for each of `n_layers={self.n_layers}` was "
                "expected. Pass as many, or leave `n_layers` out."
            )
        levels = as_tuple("quantiles", self.quantiles, "(0.1, 0.5, 0.9)")
        good = all(is_number(level) and 0 < level < 1 for level in levels) and list(levels) == sorted(set(levels))
        if not good or len(levels) % 2 == 0 or not math.isclose(levels[len(levels) // 2], 0.5) or len(levels) > 31:
            raise ConfigError(
                f"`quantiles` must be rising numbers between 0 and 1 with 0.5 in the middle, got {self.quantiles!r}. "
                "Use `quantiles=(0.1, 0.5, 0.9)`."
            )

    def _check_together(self) -> None:
        for name in ("bidirectional", "attention"):
            if getattr(self, name) and self.mode != "windows":
                raise ConfigError(
                    f'`{name}=True` looks at a whole window, so `mode="windows"` was expected, got '
                    f'{self.mode!r}. Pass `mode="windows"` with it.'
                )
        if self.bidirectional and (self.cell != "lstm" or self.dilations):
            raise ConfigError(
                f"`bidirectional=True` is an LSTM without dilations, got cell={self.cell!r} and "
                f"dilations={self.dilations!r}. Leave both out."
            )

    @property
    def seasons(self) -> tuple[int, ...] | None:
        """The seasons that were given, shortest first; None where they are to be found."""
        return None if self.season_length is None else tuple(sorted({int(season) for season in self._given_seasons}))

    @property
    def _given_seasons(self) -> tuple[Any, ...]:
        given = self.season_length
        if given is None:
            return ()
        return (given,) if isinstance(given, str) or np.ndim(given) == 0 else tuple(given)  # type: ignore[arg-type]


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


def is_integer(value: object) -> bool:
    """Tell whether a value is a whole number, and no truth value."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Tell whether a value is a number, and no truth value."""
    return isinstance(value, float | int | np.floating | np.integer) and not isinstance(value, bool)


def as_tuple(name: str, value: Any, example: str) -> tuple[Any, ...]:
    """Take several values as a tuple.

    Raises:
        ConfigError: It is a single one.
    """
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        raise ConfigError(f"`{name}` must be several values, got {value!r}. Use `{name}={example}`.")
    return tuple(value)


def check_count(name: str, value: object, remedy: str) -> None:
    """Check for a positive whole number."""
    if not is_integer(value) or value < 1:  # type: ignore[operator]
        raise ConfigError(f"`{name}` must be a positive integer, got {value!r}. {remedy}")


def check_positive(name: str, value: object, remedy: str) -> None:
    """Check for a positive number."""
    if not is_number(value) or not 0 < value < math.inf:  # type: ignore[operator]
        raise ConfigError(f"`{name}` must be a positive number, got {value!r}. {remedy}")


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Check for one of some names."""
    if value not in choices:
        nearest = difflib.get_close_matches(str(value), choices, n=1, cutoff=0.0)[0]
        known = ", ".join(repr(choice) for choice in choices)
        raise ConfigError(f"`{name}` must be one of {known}, got {value!r}. Did you mean `{name}={nearest!r}`?")
