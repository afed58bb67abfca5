"""What will a fit learn from, and what will it do? What was left open is chosen by the rules written down here."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import Seasons, choose_seasons
from gatecast.data.values.scaling import naive_scale, unit_for_squares
from gatecast.exceptions import ConfigError, DataError
from gatecast.model.hold_out import FEW_SERIES, before, hold_out_lengths
from gatecast.model.inputs import check_logarithms
from gatecast.model.loss import make_loss, with_loss
from gatecast.model.settings import COVARIATES, Settings
from gatecast.network.inputs import COUNT_LOSSES, ValueInputs
from gatecast.network.spec import LayerSpec, NetworkSpec
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.data.features.encoding import CovariateEncoder

__all__ = [
    "MANY_POINTS",
    "Covariates",
    "InputDesign",
    "Plan",
    "TrainingData",
    "choose_members",
    "input_designs",
    "make_plan",
    "make_spec",
    "plan_fit",
    "plan_start",
    "plan_update",
    "with_covariates",
]

# how many of the shortest season are looked back: what came in one of three years is not taken for the season
SEASONS_BACK = 3
# steps of the mean where there is no season
SHORT_MEAN = 4
# and so many times as many of the further means that counts with many zeros are forecast from
MEANS_OF_COUNTS = (2, 4)
# a level wanders where the means of ten parts of a series make more than this share of its variance
TENTHS, WANDERING = 10, 0.25
# from so many points on, two layers and a high learning rate pay
MANY_POINTS = 100_000
# learning rates of few points (the second one is taken where it is clearly better), of many, and of the plain head
LOW_RATE, OTHER_RATE, HIGH_RATE, PLAIN_RATE = 0.003, 0.01, 0.02, 0.01
# training steps at least, where few series are told of holidays and the calendar, and where many series are short
LEAST_STEPS, STEPS_WITH_HOLIDAYS, STEPS_OF_SHORT = 200, 600, 1500
# of many short series of counts at least: more make the mean of few counts what chance made it
STEPS_OF_COUNTS = 400
# a tenth of the usual learning rate, steps and targets of a segment, where training goes on from pretrained networks
START_RATE, STEPS_FROM_PRETRAINED, MOST_TARGETS = 0.001, (100, 300), 256
# what a model's learning rate is multiplied by where it learns on
UPDATE_SHARE = 0.1
# networks of a fit to few series, and to more, with fewer points than so many: another one costs a second or two
MEMBERS, MEMBERS_OF_MANY, FEW_POINTS = 5, 3, 20_000


@dataclass(frozen=True)
class TrainingData:
    """A panel and what was found out about it before anything is trained."""

    settings: Settings  # the checked settings of the fit
    panel: Panel  # all points of the S series, those held out too
    hold_out: Ints  # `(S,)` points at the end of each series that are not learned from: the validation set
    seasons: Seasons  # the seasons that count, found in what is learned from alone
    # `(S,)` denominators of MASE where a model that learns on has them; else they are those of what is learned from
    known_scales: Floats | None = None

    @classmethod
    def of(cls, settings: Settings, panel: Panel, hold_out: Ints | None = None) -> TrainingData:
        """Divide a panel, unless it is told how (`(S,)` points are held out), and find its seasons."""
        hold_out = hold_out_lengths(settings, panel) if hold_out is None else hold_out
        settings = with_loss(settings, panel)
        return cls(settings, panel, hold_out, choose_seasons(before(panel, hold_out), settings.seasons))

    @property
    def learned_from(self) -> Panel:
        """The panel without what is held out; a copy that is not kept, as it takes as much memory as the panel."""
        return before(self.panel, self.hold_out)

    @property
    def has_validation(self) -> bool:
        """Whether anything is held out."""
        return bool(self.hold_out.any())

    @cached_property
    def naive_scales(self) -> Floats:
        """Denominators of MASE of what is learned from, `(S,)`."""
        if self.known_scales is not None:
            return self.known_scales
        panel = self.learned_from
        return naive_scale(panel.values, panel.offsets, self.seasons.shortest)

    @cached_property
    def encoder(self) -> CovariateEncoder | None:
        """Turns covariates into numbers and codes, learned from `learned_from`; None without covariates."""
        settings = self.settings
        if not (any(getattr(settings, name) for name in COVARIATES)):
            return None
        if settings.calendar and self.panel.starts.dtype.kind != "M":
            raise ConfigError(
                "`calendar=True` needs dates, and the times are integer steps. Leave it out, or pass dates."
            )
        from gatecast.data.features.encoding import fit_encoder

        return fit_encoder(self.learned_from, calendar=settings.calendar, country=settings.country)


@dataclass(frozen=True)
class InputDesign:
    """What the values become before a network reads them; of several the one with the smallest error is taken."""

    transform: str  # a name in `TRANSFORMS`
    value_inputs: ValueInputs  # inputs and candidate forecasts


@dataclass(frozen=True)
class Plan:
    """What a fit will do: the settings with every None replaced."""

    lookback: int  # burn-in of a segment, or length of a window
    n_targets: int  # time steps of a segment that enter the loss (`sequence`)
    batch_size: int  # segments or windows in one training step
    steps_per_epoch: int  # training steps in one epoch
    epochs: int
    hidden_size: int
    n_layers: int
    learning_rate: float | None  # the highest one; None where it is to be found
    other_rate: float | None  # a higher one that is worth a try; None for none
    season_length: int  # steps in the shortest season, for MASE and the seasonal naive forecast
    n_members: int
    loss: str  # what is minimised, a name in `LOSSES`

    @property
    def n_steps(self) -> int:
        """Training steps in all."""
        return self.epochs * self.steps_per_epoch


def plan_fit(settings: Settings, panel: Panel) -> tuple[TrainingData, Plan]:
    """Divide a panel and choose what the user left open: what a fit does first, and all that is known before it."""
    data = TrainingData.of(settings, panel)
    return data, make_plan(data)


def input_designs(data: TrainingData) -> list[InputDesign]:
    """List the inputs that are worth a try; the first ones are taken where nothing can be compared.

    With `skip="none"` the value itself is the only input. Else changes over one step, over one, two and three of the
    shortest season and over each other season are inputs, and candidates are the last value, the values so many
    seasons ago and the mean over the shortest season (over four steps where there is none); a season that was searched
    for counts once. With `transform="auto"` and a validation set two more are tried: the level as an input too, with
    the training mean a candidate, but below 100,000 points only where it does not wander (few series say nothing about
    levels at which they never were); and the logarithm, where no value is below zero, also of those held out.
    """
    settings, panel, seasons = data.settings, data.learned_from, data.seasons.lengths
    if settings.transform == "log1p":
        check_logarithms(data.panel)
    transform = "none" if settings.transform == "auto" else settings.transform
    if settings.skip == "none":
        return [InputDesign(transform, ValueInputs())]
    backs = range(1, SEASONS_BACK + 1 if data.seasons.is_exact else 2)
    shown = (1, *sorted({season * back for season in seasons[:1] for back in backs} | {*seasons}))
    naive = (*shown, -(seasons[0] if seasons else SHORT_MEAN))
    if settings.loss in COUNT_LOSSES:
        # of a mean that is near zero the level says most, and means of more steps
        means = (*(naive[-1] * many for many in MEANS_OF_COUNTS), 0)
        return [InputDesign(transform, ValueInputs(shown, (*naive, *means)))]
    free, level = ValueInputs(shown, naive, level=False), ValueInputs(shown, (*naive, 0))
    found = [InputDesign(transform, free)]
    if settings.transform != "auto" or not data.has_validation:
        return found
    if len(panel.values) >= MANY_POINTS or not _wanders(panel):
        found.append(InputDesign(transform, level))
    # amounts and counts: nothing is below zero
    if not (data.panel.values < 0).any() and not np.isnan(data.panel.values).all():
        found.append(InputDesign("log1p", free))
    return found


def _wanders(panel: Panel) -> bool:
    """Tell whether the means of tenths of a series hold much of what it varies, in half of the series or more."""
    shares = []
    for s in range(panel.n_series):
        y = panel.series(s)
        y = y[~np.isnan(y)]
        y = y / unit_for_squares(y)
        tenth = len(y) // TENTHS
        spread = y.var() if tenth > 1 else 0.0
        if spread > 0:
            shares.append(y[-tenth * TENTHS :].reshape(TENTHS, tenth).mean(axis=1).var() / spread)
    return bool(shares) and float(np.median(shares)) > WANDERING


def make_plan(data: TrainingData) -> Plan:
    """Choose what the user left open, from what is learned from.

    The rules: `lookback` is 48 points or two of the shortest season, whichever is longer, at most 336 and at most a
    third of what a series has beside the horizon (of the series that three quarters are longer than; in `windows`
    mode of the shortest). A segment has twice as many targets (32 to 256). A batch is 8 to 32 segments, a sixteenth
    of those that cover the panel once, or 32 windows. Training takes 10 epochs in `windows` mode; in `sequence`
    mode 8 (at least 200 steps, 600 where up to ten series come with `calendar` or `country`, and 1,500, of counts 400,
    where more than ten have fewer than 20,000 points; 4 or 16 times as many where the validation loss of up to ten
    series still falls fast, see `gatecast.model.selection`), from 100,000 points on 16 (at most 1,500 steps). Networks
    have 32 units below 1,000 points, else 64, and a second layer from 100,000 points on; there the learning rate is
    0.02. Below that it is 0.003, or 0.01 where the validation set says so (0.01 without naive forecasts). How many
    networks there are says `choose_members`.
    """
    settings, panel, seasons = data.settings, data.learned_from, data.seasons.lengths
    lengths = panel.lengths
    lookback = settings.lookback or _choose_lookback(settings, lengths, seasons)
    _check_lengths(settings, panel, lookback)
    n_points = len(panel.values)
    hidden, layers = _choose_size(settings, n_points)
    rate, other = _choose_rate(settings, n_points)
    assert settings.loss is not None, "`TrainingData.of` chooses it"
    sizes = (hidden, layers, rate, other, data.seasons.shortest, choose_members(settings, panel), settings.loss)
    if settings.mode == "windows":
        batch = settings.batch_size or 32
        n_windows = int(np.maximum(lengths - lookback - settings.horizon + 1 - settings.drop_last_window, 0).sum())
        return Plan(lookback, 1, batch, math.ceil(n_windows / batch), settings.epochs or 10, *sizes)
    n_targets = min(max(2 * lookback, 32), 256, max(int(lengths.max()) - lookback, 1))
    n_in_all = int(np.maximum(lengths - lookback, 0).sum())
    batch = settings.batch_size or min(max(n_in_all // (16 * n_targets), 8), 32)
    steps = max(1, math.ceil(n_in_all / (batch * n_targets)))
    epochs = settings.epochs or _choose_epochs(settings, panel, steps)
    return Plan(lookback, n_targets, batch, steps, epochs, *sizes)


def plan_start(data: TrainingData, burn_in: int, spec: NetworkSpec, n_networks: int) -> Plan:
    """Choose how training goes on from pretrained networks: a few hundred short steps.

    The rules: a forecast counts once as many points were read as in the pretraining (`burn_in`), or a third of what a
    series has beside the horizon. Training takes 8 epochs, at least 100 and at most 300 steps (300 where there are
    covariates), at a tenth of the usual learning rate. Each pretrained network is trained once.
    """
    settings, lengths = data.settings, data.learned_from.lengths
    longest = int(lengths.max())
    lookback = settings.lookback or max(1, min(burn_in + 1, (longest - spec.horizon) // 3))
    n_targets = min(MOST_TARGETS, max(longest - lookback, 1))
    n_in_all = int(np.maximum(lengths - lookback, 0).sum())
    batch = settings.batch_size or min(max(n_in_all // (16 * n_targets), 2), 32)
    steps = max(1, math.ceil(n_in_all / (batch * n_targets)))
    least, most = STEPS_FROM_PRETRAINED
    # what covariates do is learned from nothing
    wanted = most if data.encoder is not None else min(max(8 * steps, least), most)
    rate = None if settings.learning_rate == "find" else float(settings.learning_rate or START_RATE)
    return Plan(
        lookback,
        n_targets,
        batch,
        steps,
        settings.epochs or max(1, round(wanted / steps)),
        hidden_size=spec.stack[0].units,
        n_layers=len(spec.stack),
        learning_rate=rate,
        other_rate=None,
        season_length=data.seasons.shortest,
        n_members=settings.ensemble or n_networks,
        loss="quantile",
    )


def plan_update(data: TrainingData, before: Plan, n_networks: int) -> Plan:
    """Choose how the training of a model goes on: in a few hundred short steps.

    The rules: a forecast counts once as many points were read as before, or a third of what a series has beside the
    horizon. Training takes 8 epochs, at least 100 and at most 300 steps, at a tenth of the learning rate of the fit,
    unless `epochs` and `learning_rate` say otherwise. Each network is trained once. Raises a DataError where no series
    is long enough.
    """
    settings, panel = data.settings, data.learned_from
    longest, H, is_windows = int(panel.lengths.max()), settings.horizon, settings.mode == "windows"
    lookback = before.lookback if is_windows else max(1, min(before.lookback, (longest - H) // 3))
    _check_longest(settings, panel, lookback)
    n_targets = 1 if is_windows else min(before.n_targets or MOST_TARGETS, max(longest - lookback, 1))
    beyond = lookback + (H - 1 + settings.drop_last_window if is_windows else 0)
    n_in_all = int(np.maximum(panel.lengths - beyond, 0).sum())
    batch = settings.batch_size or min(before.batch_size, max(n_in_all // (16 * n_targets), 2))
    steps = max(1, math.ceil(n_in_all / (batch * n_targets)))
    least, most = STEPS_FROM_PRETRAINED
    rate = settings.learning_rate
    if rate != "find":
        rate = float(rate or (before.learning_rate or START_RATE / UPDATE_SHARE) * UPDATE_SHARE)
    return replace(
        before,
        lookback=lookback,
        n_targets=n_targets,
        batch_size=batch,
        steps_per_epoch=steps,
        epochs=settings.epochs or max(1, round(min(max(8 * steps, least), most) / steps)),
        learning_rate=None if rate == "find" else float(rate),
        other_rate=None,
        n_members=n_networks,
    )


def choose_members(settings: Settings, panel: Panel) -> int:
    """Return how many networks are trained where that was left open: few series make one network an accident.

    Fewer than 20,000 points in all are learned by five networks, each in a second or two, or by three where they are of
    more than ten series. One network is enough for more points and for a single step ahead, is all that the tutorials
    have (`skip="none"`, `mode="windows"`), and all that is trained where `epochs` or `max_seconds` say how long, or
    where training is made longer than usual (`gatecast.model.selection`).
    """
    if settings.ensemble is not None:
        return int(settings.ensemble)
    is_plain = settings.skip == "none" or settings.mode == "windows"
    is_limited = settings.epochs is not None or settings.max_seconds is not None
    if len(panel.values) >= FEW_POINTS or settings.horizon == 1 or is_plain or is_limited:
        return 1
    return MEMBERS if panel.n_series <= FEW_SERIES else MEMBERS_OF_MANY


def _choose_epochs(settings: Settings, panel: Panel, steps_per_epoch: int) -> int:
    """Many points are learned 16 times, at most in 1,500 steps; few 8 times, but in 200 (600) steps at least.

    In 1,500 at least (of counts in 400) where more than ten series have fewer than 20,000 points: they are short, and
    an epoch is a step.
    """
    if len(panel.values) >= MANY_POINTS:
        return max(1, min(16 * steps_per_epoch, 1500) // steps_per_epoch)
    if panel.n_series > FEW_SERIES and len(panel.values) < FEW_POINTS:
        steps = STEPS_OF_COUNTS if settings.loss in COUNT_LOSSES else STEPS_OF_SHORT
        return max(8, math.ceil(steps / steps_per_epoch))
    # holidays are a few days in a hundred, and few series show each but once a year
    is_rare = panel.n_series <= FEW_SERIES and (settings.calendar or settings.country is not None)
    return max(8, math.ceil((STEPS_WITH_HOLIDAYS if is_rare else LEAST_STEPS) / steps_per_epoch))


def _choose_rate(settings: Settings, n_points: int) -> tuple[float | None, float | None]:
    """Return the learning rate and another one that is worth a try."""
    rate = settings.learning_rate
    if rate == "find":
        return None, None
    if rate is not None:
        return float(rate), None
    if settings.skip == "none":
        return PLAIN_RATE, None
    return (HIGH_RATE, None) if n_points >= MANY_POINTS else (LOW_RATE, OTHER_RATE)


def make_spec(settings: Settings, plan: Plan, value_inputs: ValueInputs, covariates: Covariates) -> NetworkSpec:
    """Describe the network that the settings ask for."""
    cell = "bidirectional" if settings.bidirectional else settings.cell
    dilations = tuple(settings.dilations or (1,) * plan.n_layers)
    stack: list[LayerSpec] = []
    for dilation in dilations:
        stack.append(LayerSpec(cell, plan.hidden_size, dilation, settings.residual))
        stack += [LayerSpec("norm")] if settings.layer_norm else []
        stack += [LayerSpec("dropout", dropout=settings.dropout)] if settings.dropout else []
    stack += [LayerSpec("attention", plan.hidden_size)] if settings.attention else []
    spec = NetworkSpec(
        dense_inputs=value_inputs.n_inputs,
        stack=tuple(stack),
        horizon=settings.horizon,
        decoder=tuple(LayerSpec("dense", size) for size in settings.decoder_sizes),
        n_skip_forecasts=value_inputs.n_candidates,
        n_parameters_of_step=make_loss(settings).n_parameters,
    )
    return with_covariates(spec, covariates)


def with_covariates(spec: NetworkSpec, covariates: Covariates) -> NetworkSpec:
    """Describe a network that reads covariates beside the values."""
    is_ahead = covariates.n_ahead_numbers + covariates.n_ahead_codes > 0
    return replace(
        spec,
        dense_inputs=spec.dense_inputs + covariates.n_numbers,
        embeddings=covariates.embeddings,
        n_ahead_numbers=covariates.n_ahead_numbers,
        n_ahead_codes=covariates.n_ahead_codes,
        n_contexts=CONTEXTS if is_ahead else 0,
        future_units=FUTURE_UNITS if is_ahead else 0,
    )


# numbers that the head hands to the future decoder for each step, and the decoder's hidden units
CONTEXTS, FUTURE_UNITS = 8, 32


@dataclass(frozen=True)
class Covariates:
    """How many covariates enter a network."""

    n_numbers: int = 0  # numbers at each step, static ones too
    embeddings: tuple[tuple[int, int], ...] = ()  # `(categories, numbers)` of each code at each step
    n_ahead_numbers: int = 0  # how many of the numbers are known ahead
    n_ahead_codes: int = 0  # how many of the codes are known ahead


def _choose_lookback(settings: Settings, lengths: np.ndarray, seasons: tuple[int, ...]) -> int:
    usual = int(lengths.min() if settings.mode == "windows" else np.quantile(lengths, 0.25))
    wanted = max(48, 2 * seasons[0] if seasons else 0)
    return max(1, min(wanted, 336, (usual - settings.horizon) // 3))


def _choose_size(settings: Settings, n_points: int) -> tuple[int, int]:
    hidden = settings.hidden_size or (32 if n_points < 1000 else 64)
    usual = 2 if n_points >= MANY_POINTS else 1
    return hidden, len(settings.dilations) if settings.dilations else settings.n_layers or usual


def _check_longest(settings: Settings, panel: Panel, lookback: int) -> None:
    """A model learns on from any series that is long enough, and reads the others."""
    at, least = int(np.argmax(panel.lengths)), max(lookback + settings.horizon + int(settings.drop_last_window), 2)
    facts = {"n_points": int(panel.lengths[at]), "lookback": lookback, "horizon": settings.horizon, "least": least}
    if facts["n_points"] < least:
        raise DataError(Message("failure.short_update", facts | {"name": panel.ids.tolist()[at]}))


def _check_lengths(settings: Settings, panel: Panel, lookback: int) -> None:
    """Windows need every series, segments one that is long enough; the others are forecast by what that one teaches."""
    is_windows = settings.mode == "windows"
    needed = lookback + settings.horizon + int(is_windows and settings.drop_last_window)
    at = int(np.argmin(panel.lengths) if is_windows or panel.n_series == 1 else np.argmax(panel.lengths))
    n_points = int(panel.lengths[at])
    if n_points >= max(needed, 2):
        return
    code = "only" if panel.n_series == 1 else "one" if is_windows else "all"
    facts = {"name": panel.ids.tolist()[at], "n_points": n_points, "lookback": lookback, "horizon": settings.horizon}
    raise DataError(Message(f"failure.short_{code}", facts | {"least": max(needed, 2)}))
