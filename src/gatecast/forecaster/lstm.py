"""How does a person use gatecast from Python? `LSTMForecaster`: fit, predict, evaluate, save, load, stream."""

from __future__ import annotations

import os
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Generic, Self, Union, Unpack, overload

from gatecast._validation import answers_calls, check_count, check_path, check_steps, check_whole
from gatecast.data import Panel, to_panel
from gatecast.data.panel.joint import is_joint, with_others
from gatecast.data.reading.ahead import about_future, rows_ahead, split_future
from gatecast.exceptions import ConfigError, NotFittedError
from gatecast.exchange.methods import Exported
from gatecast.forecaster.detecting import Detecting
from gatecast.metrics.errors import Evaluation
from gatecast.metrics.levels import check_levels, check_quantiles
from gatecast.model.fitted import Fitted
from gatecast.model.parameters import Parameters
from gatecast.model.protocol import Forecaster, FrameT
from gatecast.model.settings import Everyday, Network, Settings, Training, as_code, changed, refuse_unknown
from gatecast.model.stream import Stream
from gatecast.training.callbacks import Callback, check_callbacks, telling
from gatecast.training.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gatecast.data.panel.arrays import Ints
    from gatecast.data.panel.frequency import Freq
    from gatecast.data.reading.shapes import Name
    from gatecast.metrics.choice import Metrics
    from gatecast.model.forecast import ForecastOrigin
    from gatecast.model.protocol import Data, Names, NewFrameT, Others, Values
    from gatecast.training.checkpoint import Checkpoint

__all__ = ["Forecaster", "LSTMForecaster"]

# a fitted forecaster, or the path of a saved one
Start = Union["LSTMForecaster", str, "os.PathLike[str]", None]

# both are frozen, so that all forecasters may share them
NETWORK, TRAINING = Network(), Training()


@refuse_unknown
@dataclass(eq=False, repr=False)
class LSTMForecaster(Parameters, Detecting, Exported, Generic[FrameT]):
    """Forecast one or many time series with an LSTM.

    The constructor stores settings, `fit` checks them and learns, and what was learned ends in `_`. Settings that are
    changed after `fit` count from the next `fit` on: until then a fitted forecaster predicts, is saved and is shown
    with those that it was fitted with (`settings_`). Data may be a pandas or polars table, long as `unique_id, ds, y`
    or with one date and one number column, a Series with a time index, or a 1-D array. Other settings that are None are
    chosen from the data.

    Args:
        horizon: H, steps ahead of each forecast.
        season_length: Steps in a season, or several; 1 for none. When absent those of the frequency that the data show.
        lookback: Steps that are read before a forecast counts. In `windows` mode all that a forecast sees.
        hidden_size: D, hidden units of each layer.
        n_layers: L, stacked layers.
        ensemble: Networks that are trained, each from its own seed; their median is the forecast. When absent five for
            up to ten series with fewer than 20,000 points in all, for two steps ahead and more, where neither `epochs`
            nor `max_seconds` is given and training is not made longer than usual; else one.
        loss: What training minimises: `mae`, `mse`, `huber`, `quantile`, `normal`, `student`, or of whole numbers the
            likelihoods `poisson`, `negative-binomial` and `zero-inflated` (negative binomial with further zeros): these
            forecast the mean, and intervals, quantiles and paths of whole numbers. When absent `mae`, or
            `zero-inflated` where most series are counts with many zeros.
        quantiles: Probabilities that the `quantile` loss learns. An odd number of them, with 0.5 in the middle.
        pretrained: Whether networks that learned from made series (`PretrainedLSTM`) take part. `auto` lets them
            forecast without training where each series has fewer than 150 points (and all together fewer than 100,000).
            More than ten series, most of them counts with many zeros, are trained where the longest has three horizons.
            For longer ones it trains networks from nothing, and trains on from these networks; it takes what is best on
            the validation set. Of fewer than 300 points in all, what was trained has to be better by a quarter than
            these networks as they were, and of fewer than 2,000, what was trained from nothing by 15 % than what was
            trained on. Series with covariates are always trained on, whatever their length. Where a setting says how to
            make or train a network it is `none`, which trains from nothing alone. `only` never trains. `start` trains
            on from these networks alone, in a few hundred steps at a tenth of the usual learning rate, and keeps them
            as they are where that does not make them better
            on the validation set, or where the series are too short for one; covariates are learned on the way.
        past: Covariates that are known up to now.
        future: Covariates that are known ahead.
        static: Covariates that never change within a series.
        joint: Whether 2 to 100 series are forecast jointly: each sees the past of all of them, as of several targets of
            one table (`target_col=["temperature", "load"]`).
        calendar: Whether hour, weekday, month and the like are inputs. For three years of days or more also the values
            of the same date, weekday and holiday of up to four years before
            (`gatecast.data.features.yearly_lags.YearlyLags`).
        country: Country or part of one whose holidays are inputs, such as `CN` or `AU-VIC`. Up to days each by its
            name, with three days before and after it.
        transform: Transform before scaling: `auto`, `none`, `log1p`, `fourth-root`, `box-cox`, `difference` or
            `seasonal-difference`.
            `auto` may take the logarithm where no value is below 0; under a logarithm later values below 0 (and below
            all that were learned from) are read as 0, with a warning, and measured errors are those of the values as
            they came.
        lower: Least value of any forecast: of points, intervals, quantiles, paths and streams. `auto` takes zero for
            each series of which no value is below it and at least 5 % (and two) are zero, as sales and counts, until
            newer data go below it. None is no bound.
        upper: Greatest value of any forecast, 100 for a percentage.
        max_seconds: Seconds for the whole fit; training is shortened to end within them.
        seed: Seed of all random numbers: the same one gives the same model, bit by bit, on any number of threads.
        n_threads: Threads. When absent as many as `GATECAST_THREADS` says, or one for each processor that may be used.
        progress: Whether a terminal or notebook shows a progress bar.
        network: What the network is made of: `Network(cell="gru", dropout=0.1)`.
        training: How it is trained: `Training(epochs=20, learning_rate=0.01)`.

    Attributes:
        history_: How training went, of the first network. For each epoch, averaged over its training steps:
            `scaled_loss` as it was minimised (of transformed and scaled values), and `loss` (in squared units for `mse`
            and `huber`) and `rmse` without the scaling, which are in the data's units but for a transform: then they
            are of transformed values. At each validation check: `validation_epoch`, when it was;
            `validation_loss` and `train_loss`, as `scaled_loss`, and `validation_rmse` and `train_rmse`, in the data's
            units under every transform. These are of the same weights, on what was held out and on as many points
            right before it that were learned from, so that the curves can be compared.
        stop_reason_: Why training ended, with its remedy.
        decisions_: What was chosen automatically, and why.

    Examples:
        >>> import numpy as np
        >>> from gatecast import LSTMForecaster
        >>> y = np.sin(np.arange(400) * 0.1)
        >>> model = LSTMForecaster(horizon=3, hidden_size=16, progress=False).fit(y)
        >>> forecast = model.predict()
        >>> forecast["ds"].tolist()
        [400, 401, 402]
        >>> bool(np.abs(forecast["LSTM"] - np.sin(forecast["ds"] * 0.1)).max() < 0.1)
        True
    """

    horizon: int = Everyday.horizon
    _: KW_ONLY
    season_length: int | Sequence[int] | None = Everyday.season_length
    lookback: int | None = Everyday.lookback
    hidden_size: int | None = Everyday.hidden_size
    n_layers: int | None = Everyday.n_layers
    ensemble: int | None = Everyday.ensemble
    loss: str | None = Everyday.loss
    quantiles: Sequence[float] = Everyday.quantiles
    pretrained: str = Everyday.pretrained
    past: Sequence[str] = Everyday.past
    future: Sequence[str] = Everyday.future
    static: Sequence[str] = Everyday.static
    joint: bool = Everyday.joint
    calendar: bool = Everyday.calendar
    country: str | None = Everyday.country
    transform: str = Everyday.transform
    lower: float | str | None = Everyday.lower
    upper: float | None = Everyday.upper
    max_seconds: float | None = Everyday.max_seconds
    seed: int = Everyday.seed
    n_threads: int | None = Everyday.n_threads
    progress: bool = Everyday.progress
    network: Network = NETWORK
    training: Training = TRAINING
    _fitted: Fitted | None = field(default=None, init=False)
    _fit_settings: Settings | None = field(default=None, init=False)
    _ahead: Panel | None = field(default=None, init=False)  # rows about the future at the end of the data

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Make a forecaster of settings that are in one place.

        Examples:
            >>> LSTMForecaster.from_settings(Settings(3, hidden_size=16, epochs=20))
            LSTMForecaster(horizon=3, hidden_size=16, training=Training(epochs=20))
        """
        return cls(
            **settings.group("Everyday"),
            network=Network(**settings.group("Network")),
            training=Training(**settings.group("Training")),
        )

    @property
    def settings(self) -> Settings:
        """All settings as they are now, in one place."""
        everyday = {own.name: getattr(self, own.name) for own in fields(Everyday)}
        return Settings.join(everyday, self.network, self.training)

    @property
    def settings_(self) -> Settings:
        """The settings that it was fitted with; a NotFittedError where it is not."""
        if self._fit_settings is None:
            raise NotFittedError(type(self).__name__)
        return self._fit_settings

    @classmethod
    def tutorial(cls, look_back: int = 1) -> Self:
        """Make the model of the classic tutorial.

        MinMax scaling to 0..1, windows of `look_back` points (the last one dropped, as its `create_dataset` does),
        LSTM(50) and Dense(1), mean squared error, Adam with 1e-3, five epochs of batch size 1.
        """
        return cls(
            horizon=1,
            lookback=look_back,
            hidden_size=50,
            n_layers=1,
            loss="mse",
            season_length=1,
            transform="none",
            network=Network(skip="none"),
            training=Training(
                mode="windows",
                epochs=5,
                batch_size=1,
                learning_rate=1e-3,
                schedule="constant",
                ema_decay=0,
                clip_norm=0,
                scaling="minmax",
                validation_size=0,
                drop_last_window=True,
            ),
        )

    @overload
    def fit(
        self,
        data: NewFrameT,
        *,
        weight_col: str | None = None,
        validation_data: Data | None = None,
        callbacks: Sequence[Callback] = (),
        resume: str | os.PathLike[str] | None = None,
        start: Start = None,
        **names: Unpack[Names],
    ) -> LSTMForecaster[NewFrameT]: ...

    @overload
    def fit(
        self,
        data: Values,
        *,
        freq: Freq | None = None,
        validation_data: Data | None = None,
        callbacks: Sequence[Callback] = (),
        resume: str | os.PathLike[str] | None = None,
        start: Start = None,
    ) -> LSTMForecaster[pd.DataFrame]: ...

    @overload
    def fit(
        self,
        data: Others,
        *,
        weight_col: str | None = None,
        validation_data: Data | None = None,
        callbacks: Sequence[Callback] = (),
        resume: str | os.PathLike[str] | None = None,
        start: Start = None,
        **names: Unpack[Names],
    ) -> LSTMForecaster: ...

    @answers_calls
    def fit(
        self,
        data: Data,
        *,
        id_col: Name = None,
        time_col: str | None = None,
        target_col: Name = None,
        freq: Freq | None = None,
        weight_col: str | None = None,
        validation_data: Data | None = None,
        callbacks: Sequence[Callback] = (),
        resume: str | os.PathLike[str] | None = None,
        start: Start = None,
    ) -> LSTMForecaster:
        """Learn from all of `data`; hold out what you want to test on (`gatecast.train_test_split`).

        Args:
            data: Table of pandas, polars or pyarrow, Series, array or `Panel`; the path or URL of a file (CSV, Parquet,
                Excel, JSON), a dict or list of series, a lazy table, or a data set of xarray, Darts or GluonTS. With
                columns that are known ahead (`future`), rows at its end that
                have no target in any series are about the future: they are not learned from, and `predict()` takes
                these columns from them (unless it gets others). A series that ended earlier than others keeps its gap,
                and so do all where nothing is known ahead: the forecast then begins after it.
            id_col: Name of the column that tells series apart, where it is not `unique_id`, or several names of columns
                that do so together.
            time_col: Name of the time column, where it is not found.
            target_col: Name of the target column, where it is not found, or several names of columns that hold a series
                each.
            freq: Frequency of the times, where it cannot be inferred: a pandas alias, offset or duration, the length of
                an integer step, a calendar such as "week(Mon-Sat 09:00-17:00/h)" or "month(15)", or "order" for the
                order of the rows, whatever their times are.
            weight_col: Name of a column of weights, which are not negative: what each target counts in the loss, in
                choices on the validation set and in measured errors, those of `evaluate` too where its data have the
                column. A weight of 0 is no target, and the row is still read. Each training step minimises the weighted
                mean of its targets, so that the size of all weights together does not matter. Scales and seasons are
                those of all values. With `pretrained="auto"` it is trained on the data.
            validation_data: Newer rows of the same series with the same columns, for the validation set: they are not
                learned from (but for `refit_full`), choices are made and intervals get their widths on them, and
                `predict` goes on behind them. When absent the newest part of `data` is held out (`validation_size`).
                With `pretrained="auto"` it is trained on the data.
            callbacks: Objects whose `on_validation(step, record)` is told of each validation check, see
                `gatecast.training.callbacks.Callback`.
            resume: A file of an earlier fit to go on from, where it is another one than `checkpoint`; the result is
                that of a fit that was never interrupted, bit by bit.
            start: A fitted forecaster, or the path of a saved one, whose networks learn on from their weights: in 100
                to 300 steps at a tenth of its learning rate, unless `epochs` and `learning_rate` say otherwise. Its
                series keep their scales, new ones get their own, and categories that it has not seen count as
                unknown. Settings that are left open are its own. The weights before the first step are judged too: the
                result is never worse on the validation set than they are.

        Returns:
            Itself. After Ctrl-C it is fitted with the weights so far, the file of `checkpoint=` is written, and
            KeyboardInterrupt is raised again.

        Raises:
            DataError: The data cannot be used, or the series are shorter than lookback + horizon.
            ModelFileError: `resume`, or the file that `checkpoint` names, is there and is no checkpoint of this fit.
            ConfigError: A setting makes no sense, or is another one than that of the network to `start` from.
            TrainingError: The loss stopped being a finite number.
        """
        settings = self.settings
        settings.check()
        settings = settings.plain()
        known = None if start is None else _fitted_of(start)
        if known is not None:
            from gatecast.model.update import settings_like

            settings = settings_like(settings, known.settings_, known.fitted_)
        names: Names = {"id_col": id_col, "time_col": time_col, "target_col": target_col, "freq": freq}
        data = to_panel(data, **names, past=self.past, future=self.future, static=self.static, weight_col=weight_col)
        data = with_others(data) if settings.joint and not is_joint(data) else data
        panel, ahead = split_future(data)
        hold_out = None
        if validation_data is not None:
            from gatecast.model.own_validation import read_validation, with_validation

            if known is not None:
                raise ConfigError(
                    "`validation_data` was passed with `start`, and one of them was expected. Put its rows behind the "
                    "data, and say how many to hold out, such as `training=Training(validation_size=24)`."
                )
            newer, ahead = read_validation(settings, panel, validation_data, weight_col)
            panel, hold_out = with_validation(settings, panel, newer)
        with telling(check_callbacks(callbacks)):
            return self._learned(settings, panel, ahead, None if known is None else known.fitted_, resume, hold_out)

    @answers_calls
    def update(self, newer: Data) -> Self:
        """Learn on from newer data: the same networks, trained for a short while more from their weights.

        As `fit(data, start=...)`, with the settings that it was fitted with, and always in a short training. Rows of
        known series stand behind those that were learned from, where the forecaster holds these, and replace those of
        the same times; one that was loaded learns from the newer rows alone, and goes on from what it remembers.

        Args:
            newer: Newer rows of known series, whole known series, new ones, or all of these, with the columns of the
                training data. Known series without newer rows stay.

        Returns:
            Itself; `decisions_` says what was done.

        Raises:
            NotFittedError: Nothing was fitted, yet.
            DataError: The data cannot be used, have other columns, or too few points.
            TrainingError: The loss stopped being a finite number.

        Examples:
            >>> import numpy as np
            >>> from gatecast import LSTMForecaster
            >>> y = np.sin(np.arange(460) * 0.1)
            >>> model = LSTMForecaster(horizon=3, hidden_size=16, progress=False).fit(y[:400])
            >>> model.update(y[400:]).predict()["ds"].tolist()
            [460, 461, 462]
        """
        from gatecast.model.alignment import read_like_training
        from gatecast.model.update import joined

        fitted = self.fitted_
        newest, ahead = split_future(read_like_training(fitted, newer))
        panel = joined(fitted, self._panel, newest)
        # how the first fit was trained says nothing of a short training
        now = {name: getattr(self, name) for name in ("n_threads", "max_seconds", "progress")}
        short = replace(self.settings_, epochs=None, learning_rate=None, checkpoint=None, **now)
        n_known = fitted.after.n_series
        holds_all = self._panel is not None or bool((panel.lengths[:n_known] >= fitted.lengths).all())
        settings = self.settings_
        try:
            return self._learned(short, panel, ahead, fitted, None)
        finally:
            self._fit_settings = settings
            if self._fitted is not fitted:
                self._panel = panel if holds_all else None

    def _learned(
        self,
        settings: Settings,
        panel: Panel,
        ahead: Panel | None,
        start: Fitted | None,
        resume: str | os.PathLike[str] | None,
        hold_out: Ints | None = None,
    ) -> Self:
        """Learn from a panel, and from `start` on where there is one."""
        from gatecast.model.fit import fit_panel, make_checkpoint
        from gatecast.model.update import continue_fit

        checkpoint = make_checkpoint(settings, panel, resume, start, hold_out)
        try:
            if start is None:
                fitted = fit_panel(settings, panel, checkpoint, hold_out=hold_out)
            else:
                fitted = continue_fit(settings, start, panel, checkpoint)
        except KeyboardInterrupt:
            _keep(checkpoint)
            raise
        if ahead is not None:
            fitted = replace(fitted, record=fitted.record.with_decision(about_future(ahead)))
        self._fitted, self._fit_settings, self._panel, self._ahead = fitted, settings, panel, ahead
        if self.stop_reason_ is Stop.INTERRUPTED:
            _keep(checkpoint)
            raise KeyboardInterrupt
        return self

    @property
    def fitted_(self) -> Fitted:
        """What was learned; a NotFittedError where nothing was, yet."""
        if self._fitted is None:
            raise NotFittedError(type(self).__name__)
        return self._fitted

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    @property
    def stop_reason_(self) -> Stop:
        """Why training ended; `stop_reason_.remedy` says what to do about it."""
        return self.fitted_.record.stop

    @property
    def decisions_(self) -> tuple[str, ...]:
        """What was chosen automatically, and why; `fitted_.record` holds the facts."""
        return tuple(map(str, self.fitted_.record.decisions))

    @property
    def history_(self) -> dict[str, list[float]]:
        """Losses per epoch and at each validation check; their units are told at the class."""
        return self.fitted_.record.history

    @answers_calls
    def predict(
        self,
        horizon: int | None = None,
        data: Data | None = None,
        *,
        future: Data | None = None,
        level: float | Sequence[float] | None = None,
        quantiles: float | Sequence[float] | None = None,
    ) -> FrameT:
        """Forecast the steps after the training part, or after `data`.

        Args:
            horizon: Steps ahead; the trained horizon when absent. Steps beyond that one are forecast from the
                forecasts; their intervals, quantiles and paths go on to grow as errors grew over the trained horizon
                (see `gatecast.metrics.conformal.Conformal.growth`), and nothing was measured of how often they hold.
            data: Newer data with the columns of the training data, whose zone, frequency and ids are inherited. Rows
                that follow the training part go on from it (those that it holds too are left out, and a warning names
                values that differ), all else is read from its own beginning. A series that was not in the training
                part, or never changed there and does now, is scaled by its own history. A known series without any
                value is forecast from what is remembered.
            future: Table with the columns that are known ahead, at the times that are to be forecast; when absent, they
                are those of rows without a target at the end of the data. A model file does not hold such rows.
            level: Coverage of intervals in %, e.g. 80 or [80, 95].
            quantiles: Probabilities, e.g. [0.1, 0.5, 0.9].

        Returns:
            A table `unique_id, ds, LSTM` (under the user's own column names), of the library that the data came from;
            intervals as `LSTM-lo-80`, `LSTM-hi-80`, quantiles as `LSTM-ql0.1`.

        Raises:
            DataError: What is known ahead is missing, or intervals were asked for and nothing was held out in `fit`.
            ConfigError: `level` or `quantiles` make no sense.
        """
        levels = () if level is None else check_levels(level)
        wanted = () if quantiles is None else check_quantiles(quantiles)
        origin, steps = self._origin(horizon, data, future)
        forecast: FrameT = origin.table(steps, levels, wanted)
        return forecast

    @answers_calls
    def simulate(
        self,
        n_paths: int = 100,
        horizon: int | None = None,
        data: Data | None = None,
        *,
        future: Data | None = None,
        seed: int = 0,
    ) -> FrameT:
        """Draw ways in which the future may go on; the steps of a path hang together as past errors did.

        Args:
            n_paths: Paths of each series.
            horizon: As in `predict`.
            data: As in `predict`.
            future: As in `predict`.
            seed: The same seed gives the same paths.

        Returns:
            A table `unique_id, ds, path, LSTM` with the number of the path, counted from 0.

        Raises:
            DataError: Nothing was held out in `fit`, so no errors are known.
        """
        check_count("n_paths", n_paths, "Use `n_paths=100`.")
        check_whole("seed", seed, "Use `seed=0`.")
        origin, steps = self._origin(horizon, data, future)
        paths: FrameT = origin.path_table(steps, n_paths, seed)
        return paths

    def _origin(self, horizon: int | None, data: Data | None, future: Data | None) -> tuple[ForecastOrigin, int]:
        """Return where the forecast begins, and the number of steps."""
        from gatecast.model.alignment import read_like_training
        from gatecast.model.forecast import after_data, after_training

        fitted = self.fitted_
        if horizon is not None:
            check_steps(horizon)
        steps = horizon or self.settings_.horizon
        if data is None:
            return after_training(fitted, _known_ahead(future, self._ahead), steps), steps
        panel, ahead = split_future(read_like_training(fitted, data))
        return after_data(fitted, panel, _known_ahead(future, ahead), steps), steps

    @answers_calls
    def predict_insample(self, data: Data | None = None) -> FrameT:
        """Forecast every point of the training part, or of `data`, from all points before it.

        Returns:
            A table `unique_id, ds, y, LSTM`, each forecast at the time that it is for; NaN for the first `lookback`
            points of a series.
        """
        from gatecast.model.forecast import one_step_table

        forecasts: FrameT = one_step_table(self.fitted_, self.panel_of("predict_insample", data))
        return forecasts

    @answers_calls
    def evaluate(
        self, data: Data, *, level: float | Sequence[float] = (80, 95), metrics: Metrics | None = None
    ) -> Evaluation:
        """Forecast from every origin after the training part and compare with what came.

        Args:
            data: Either the training data with newer rows after them, or the newer rows alone.
            level: Coverage in % of the intervals of which `coverage` says how often they held.
            metrics: Errors beside RMSE, MAE and MASE: names of `gatecast.metrics.choice.NAMED` (`wape`, `bias`,
                `rmsse`, `mape`, `smape`, `quantile_loss`, ...), functions of (actual, forecast), which get an array of
                each over all steps that were observed and return a number, or a dict of either by names.

        Returns:
            Errors of the LSTM and of the naive forecasts from the same origins: all of them, or evenly spaced ones
            where they would be more than 20 million forecasts.

        Raises:
            DataError: `data` has no point after the training part.
            ConfigError: `level` or `metrics` make no sense.

        Examples:
            >>> import numpy as np
            >>> from gatecast import PretrainedLSTM
            >>> y = 5 + np.sin(np.arange(90.0))
            >>> def worst(actual, forecast):
            ...     return abs(actual - forecast).max()
            >>> found = PretrainedLSTM(horizon=2).fit(y[:70]).evaluate(y, metrics=["wape", worst])
            >>> list(found.to_frame().columns)
            ['method', 'rmse', 'mae', 'mase', 'wape', 'worst']
        """
        from gatecast.metrics.choice import chosen_metrics
        from gatecast.model.alignment import read_like_training
        from gatecast.model.evaluation import evaluate_panel

        chosen = chosen_metrics(metrics)
        panel = read_like_training(self.fitted_, data)
        return evaluate_panel(self.fitted_, panel, check_levels(level), chosen, self._panel)

    @answers_calls
    def stream(self, unique_id: object = None, state: bytes | None = None) -> Stream:
        """Go on observation by observation from the end of the training part.

        Args:
            unique_id: Which series; may be left out when there is one.
            state: What `Stream.state` returned of this series, to go on from there.

        Returns:
            An object with `update(value)`, which takes one observation and returns the next `horizon` forecasts.

        Raises:
            ConfigError: There is no such series, several to choose from, or the model learned from covariates.
            DataError: `state` is damaged, or of another series or model.
        """
        fitted = self.fitted_
        if fitted.preparation.encoder is not None:
            raise ConfigError(
                "This model learned from covariates, and a stream takes in the target alone. Use "
                "`predict(data=..., future=...)`, or fit a model without covariates."
            )
        stream = Stream(fitted, fitted.after.row(unique_id), self.settings_)
        if state is not None:
            stream.go_on(state)
        return stream

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one safetensors file; an older file is replaced only once the new one is complete.

        Raises:
            ModelFileError: The file cannot be written.
            ConfigError: `path` is no path.
        """
        from gatecast.model.modelfile import write_model

        check_path("path", path)
        write_model(path, self.fitted_, self.settings_.values())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that `save` wrote.

        Raises:
            ModelFileError: The file is missing, damaged, of another kind, or of a version with another format.
        """
        from gatecast.model.modelfile import read_model

        check_path("path", path)
        fitted, settings = read_model(path)
        model = cls.from_settings(settings)
        model._fitted, model._fit_settings = fitted, settings
        return model

    def __repr__(self) -> str:
        settings = self.settings if self._fit_settings is None else self._fit_settings
        return f"{type(self).__name__}({as_code(changed(settings))})"

    def _repr_html_(self) -> str:
        from gatecast.model.fitted import to_html

        return to_html(repr(self), self._fitted)


def _fitted_of(start: object) -> LSTMForecaster:
    """Return the model to start from, which may be a path of one."""
    if isinstance(start, LSTMForecaster):
        return start
    if not isinstance(start, str | os.PathLike):
        raise ConfigError(
            f"`start` must be a fitted LSTMForecaster or the path of a saved one, got {type(start).__name__}. Use for "
            'example `start="model.safetensors"`.'
        )
    return LSTMForecaster.load(start)


def _known_ahead(future: Data | None, ahead: Panel | None) -> Data | None:
    return rows_ahead(ahead) if future is None and ahead is not None else future


def _keep(checkpoint: Checkpoint | None) -> None:
    # Ctrl-C leaves a file to go on from, also where it came before any network had begun
    if checkpoint is not None:
        checkpoint.write()
