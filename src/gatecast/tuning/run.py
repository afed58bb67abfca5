"""How does a search go? The model's own settings first, the defaults second, then what the sampler proposes."""

from __future__ import annotations

import contextlib
import math
import os
import time
import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gatecast._files import fingerprint
from gatecast._validation import answers_calls
from gatecast.data import Panel, to_panel
from gatecast.data.reading.ahead import split_future
from gatecast.data.reading.weights import check_unweighted
from gatecast.exceptions import GatecastError
from gatecast.forecaster import LSTMForecaster
from gatecast.model.plan import choose_members, plan_fit
from gatecast.model.settings import Settings, Value, Values
from gatecast.texts.message import Message
from gatecast.training.progress import Bar, bar_of
from gatecast.tuning import objective
from gatecast.tuning.objective import LONG, USUAL_SEEDS, Judged, make_windows
from gatecast.tuning.presence import Presence, present
from gatecast.tuning.search import Search
from gatecast.tuning.space import Space, make_space, single_steps, start_values
from gatecast.tuning.study import (
    end,
    finished,
    importance,
    in_memory,
    make_sampler,
    open_study,
    quiet,
    take_up,
    unwritable_errors,
)
from gatecast.tuning.trials import DEFAULT, GIVEN, check_trial, defaults_for, error_of
from gatecast.tuning.tuned import INTERRUPTED, Tuned, trials_frame

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

    from gatecast.data.reading.shapes import Name
    from gatecast.model.protocol import Data

__all__ = ["searched", "tune"]

# of the time: what one trial may take at most, when others are there to compare with
TRIAL_SHARE = 0.2
# the last fit learns from more points than those before it, and trains twice
FIT_RESERVE = 2.5
# settings that are changed on their own before the sampler changes all of them
MOST_STEPS = 10
# the best trials are judged again with other initial weights: the best of many errors owes much to luck
FINALISTS = 3
# settings must be better than the first ones by so many standard errors, and on short series by this share too: on
# 17 of them what was better inside the training part, by up to a fifth, was as often worse on what came next
SURELY, CLEARLY_SHORT = 2.0, 0.25


@answers_calls
def tune(
    data: Data,
    model: LSTMForecaster,
    *,
    space: Values | None = None,
    n_trials: int | None = None,
    max_seconds: float | None = None,
    patience: int = 20,
    n_windows: int | None = None,
    metric: str = "mase",
    sampler: str = "tpe",
    study: str | os.PathLike[str] | None = None,
    n_jobs: int | None = None,
    id_col: Name = None,
    time_col: str | None = None,
    target_col: Name = None,
    freq: str | int | None = None,
    seed: int = 0,
) -> Tuned:
    """Search for better settings, and fit a forecaster with the best ones on all of `data`.

    The first trial is the model as it is, the second one are the defaults; then ten trials change one setting of
    the better one each, and the sampler goes on from what they taught. What the space does not name is taken from
    the better of the first two. Settings are judged by rolling origins inside `data`, short series from two seeds:
    hold back what you want to test on, it is not looked at. Trials that are worse than the median of the others are
    ended early; a trial is one network, also where the model is an ensemble. The best few are judged again from
    further seeds, and settings that are not better than the first ones by two standard errors (and by a quarter, where
    there are fewer than 1,000 points) are not taken: the best of many errors owes much to luck. The last fit learns
    from all points of `data` (`refit_full`).

    Args:
        data: The training part, as `LSTMForecaster.fit` takes it.
        model: Where the search starts from; its horizon, covariates, ensemble and seed are kept. It is not changed.
        space: What is tried for a setting, in place of what the data suggest: `(8, 128)` a range, `(1e-4, 1e-2, "log")`
            a range in which each factor counts alike, `["lstm", "gru"]` a choice, None not to try anything else than
            what the model has.
        n_trials: Settings that are tried in this call; 40 where no time is given either.
        max_seconds: Time for the search and the last fit together.
        patience: Trials without an improvement after which the search ends; 0 to never end early.
        n_windows: Fits of each trial, from rolling origins inside the training part; None to choose from the data.
        metric: What is minimised: `mase` (scaled alike for all trials), `rmse` or `mae`, the mean over the windows.
        sampler: `tpe` (tree-structured Parzen estimators, Bergstra et al. 2011), `gp` (a Gaussian process; needs
            PyTorch) or `random`.
        study: SQLite file in which the trials are kept: the same call goes on from there, after a kill with what was
            left of its trials, and several processes may work on one file at the same time. None to keep nothing.
        id_col: As in `fit`.
        time_col: As in `fit`.
        target_col: As in `fit`.
        freq: As in `fit`.
        seed: Of what is tried next; the networks' seed is a setting of the model.
        n_jobs: Processes for the fits of a trial (its windows, from one or two seeds), as joblib counts them (-1 for
            one on each processor); when absent one, or what `joblib.parallel_config` says, with any of its backends.
            The same settings are found, but a trial that is ended early takes as long as its longest fit.

    Returns:
        The fitted forecaster, its settings, and what was tried. Ctrl-C ends the search and keeps the best so far;
        a second one ends the last fit.

    Raises:
        ConfigError: An option or an entry of the space makes no sense.
        DataError: The data cannot be used, or `study` holds one of other data.
        GatecastError: Optuna is not installed, or no trial could be judged.

    Examples:
        >>> import numpy as np
        >>> from gatecast import LSTMForecaster
        >>> y = np.sin(np.arange(120) * 0.3) + np.random.default_rng(0).normal(0, 0.1, 120)
        >>> space = {"lookback": (4, 32), "epochs": (2, 8), "hidden_size": [8, 16]}
        >>> tuned = tune(y, LSTMForecaster(horizon=2, progress=False), space=space, n_trials=3, n_windows=1)
        >>> len(tuned.trials), sorted(tuned.settings)
        (3, [...])
        >>> tuned.model.predict()["ds"].tolist()
        [120, 121]
    """
    options = Search(space, n_trials, max_seconds, patience, n_windows, metric, sampler, study, seed, n_jobs)
    start = model.settings
    start.check()
    options.check(start)
    with quiet():
        if not isinstance(data, Panel):
            read = partial(to_panel, past=model.past, future=model.future, static=model.static)
            data = read(data, freq=freq, id_col=id_col, time_col=time_col, target_col=target_col)
    with searched(check_unweighted(data), model, options) as tuned:
        return tuned


@contextlib.contextmanager
def searched(data: Panel, model: LSTMForecaster, search: Search) -> Iterator[Tuned]:
    """Search as `tune` does, with checked options.

    A process that is killed before the block is over is none that has ended: the next one goes on with its search.
    """
    start = model.settings
    with quiet(), present(search.study) as presence:
        run = _Run(start, split_future(data)[0], search, presence)
        try:
            with bar_of(search.most_trials, "tuning", "trial", shown=model.progress) as bar:
                run.go(bar)
            run.confirm()
            settings = run.best_settings(data)
            yield Tuned(
                model=type(model).from_settings(replace(start, **settings)).fit(data),
                settings=settings,
                trials=trials_frame(run.study, run.space),
                importance=importance(run.study, run.space, run.usual()),
                ended=run.ended or Message("tuned.time_over"),
                best_trial=run.chosen().number,
                confirmed={number: judged.error for number, judged in run.again.items()},
                metric=search.metric,
                n_windows=len(run.windows),
                space={name: str(entry) for name, entry in run.space.items()},
                seconds=time.monotonic() - run.started,
            )
        finally:
            if run.is_noted:
                end(run.study)


class _EndedError(Exception):
    """A trial is not trained any further."""


class _Run:
    def __init__(self, given: Settings, panel: Panel, search: Search, presence: Presence) -> None:
        self.search, self.started = search, time.monotonic()
        # what is searched is how to train
        given = replace(given, pretrained="none")
        self.starts = {GIVEN: given, DEFAULT: defaults_for(given)}
        self.windows = make_windows(panel, self.starts[DEFAULT], search.n_windows)
        train = self.windows[0].train
        self.space = make_space(self.starts, train, search.space or {})
        self.plans = {name: plan_fit(settings, train)[1] for name, settings in self.starts.items()}
        self.is_long = len(panel.values) >= LONG
        self.n_seeds = 1 if self.is_long else USUAL_SEEDS
        self.n_done = self.n_waited = 0
        self.fit_seconds = 0.0
        # of the search, and the last trial that failed
        self.ended: Message | None = None
        self.failure = ""
        self.again: dict[int, Judged] = {}
        # trials as they were last seen, for a file that cannot be read any more
        self.seen: list[FrozenTrial] = []
        facts = _facts(given, panel, self.space, search)
        # which one of several processes was killed nobody can tell
        self.is_noted = presence.is_alone
        check = partial(check_trial, given, self.space)
        self.study = open_study(search, facts, self._enqueue, check, is_alone=self.is_noted)
        if self.is_noted:
            self.n_done, self.n_waited = take_up(self.study)
        presence.let_others_in()

    def _enqueue(self, study: Study) -> None:
        """Begin with what is known; not again where an earlier call or another process has begun with it."""
        from optuna.trial import TrialState

        there = {
            trial.user_attrs.get("start")
            for trial in study.get_trials(deepcopy=False)
            if trial.state is not TrialState.FAIL or "interrupted" not in trial.user_attrs.get("note", "")
        }
        for start, settings in self.starts.items():
            if start in there or (start == DEFAULT and settings == self.starts[GIVEN]):
                continue
            values = start_values(settings, self.plans[start])
            labels = {name: entry.label(values[name]) for name, entry in self.space.items() if name in values}
            known = {name: label for name, label in labels.items() if label is not None}
            study.enqueue_trial(known, user_attrs={"start": start, "known": sorted(known)})

    def _enqueue_step(self) -> None:
        """Change one more setting of the better start: changed all at once, most make it worse."""
        trials = self.study.get_trials(deepcopy=False)
        if any("start" in trial.user_attrs and not trial.state.is_finished() for trial in trials):
            return
        begun = [trial for trial in trials if "step" in trial.user_attrs]
        if self.is_noted and any(trial.state.name == "WAITING" for trial in begun):
            # a search was killed before it judged that one
            return
        base = self._base()
        steps = single_steps(self.space, start_values(self.starts[base], self.plans[base]))
        if len(begun) < min(len(steps), MOST_STEPS):
            name, value = steps[len(begun)]
            self.study.enqueue_trial({name: self.space[name].label(value)}, user_attrs={"step": name})

    def go(self, bar: Bar) -> None:
        """Try settings until the budget is used up, nothing gets better, or Ctrl-C."""
        from optuna.exceptions import UpdateFinishedTrialError

        best = self.best()
        try:
            while not self._is_over():
                try:
                    self._try()
                except UpdateFinishedTrialError:
                    # SQLite may hand a waiting trial to two processes, and the other one was first
                    continue
                except unwritable_errors() as error:
                    self._leave_file(error)
                    continue
                self.seen = self.study.get_trials(deepcopy=False)
                self.n_done += 1
                now = self.best()
                self.n_waited = 0 if now < best else self.n_waited + 1
                best = min(best, now)
                bar.set_postfix_str(f"{self.search.metric.upper()} {best:.4g}", refresh=False)
                bar.update(1)
        except KeyboardInterrupt:
            self.ended = INTERRUPTED
            if not finished(self.study):
                raise
        if not finished(self.study):
            raise GatecastError(
                f"None of {self.n_done} trials could be judged, and at least one was expected (the last one: "
                f"{self.failure or 'the time was over'}). Pass more history, more `max_seconds`, or a narrower `space`."
            )

    def _leave_file(self, error: Exception) -> None:
        """Go on without the file of the study: a full disk is no reason to lose what was found."""
        if self.search.study is None:
            raise error
        why = str(error.__cause__ or error).splitlines()[0]
        warnings.warn(
            f"The study {self.search.study} cannot be written any more ({why}), and the search goes on without it: "
            "later trials are not kept. Make room there, or pass another path next time.",
            stacklevel=2,
        )
        self.search = replace(self.search, study=None)
        self.study = in_memory(self.search, self.seen, self._enqueue)

    def usual(self) -> dict[str, Value]:
        """Return what each setting of the better start is, as Optuna stores it; None where a fit chooses it."""
        base = self._base()
        # of two learning rates that a fit tries, the first
        values = {"learning_rate": self.plans[base].learning_rate} | start_values(self.starts[base], self.plans[base])
        return {name: entry.label(values.get(name)) for name, entry in self.space.items()}

    def best(self) -> float:
        """Return the smallest error so far."""
        return min(map(error_of, finished(self.study)), default=math.inf)

    def _is_over(self) -> bool:
        most, patience = self.search.most_trials, self.search.patience
        if most is not None and self.n_done >= most:
            self.ended = Message("tuned.all_trials", {"n": most})
        elif patience and self.n_waited >= patience:
            self.ended = Message("tuned.no_better", {"n": patience})
        elif self._left() <= 0:
            self.ended = Message("tuned.time_over")
        return self.ended is not None

    def _left(self) -> float:
        """Return the seconds that are left for trials."""
        if self.search.max_seconds is None:
            return math.inf
        reserve = FIT_RESERVE * self.fit_seconds * choose_members(self.starts[GIVEN], self.windows[0].train)
        return self.started + self.search.max_seconds - reserve - time.monotonic()

    def _try(self) -> None:
        from optuna.trial import TrialState

        self._enqueue_step()
        trials = self.study.get_trials(deepcopy=False)
        n = min((trial.number for trial in trials if trial.state is TrialState.WAITING), default=len(trials))
        self.study.sampler = make_sampler(self.search, n)
        trial = self.study.ask()
        # another process may have asked at the same moment
        self.study.sampler = make_sampler(self.search, trial.number)
        try:
            judged = self._judge(trial, replace(self.starts[GIVEN], **self._changes(trial)))
        except _EndedError as end:
            trial.set_user_attr("note", str(end))
            self.study.tell(trial, state=TrialState.PRUNED)
        except GatecastError as error:
            self.failure = str(error)
            trial.set_user_attr("note", str(error))
            self.study.tell(trial, state=TrialState.FAIL)
        except BaseException as error:
            is_asked = isinstance(error, KeyboardInterrupt)
            trial.set_user_attr("note", "interrupted" if is_asked else f"{type(error).__name__}: {error}")
            self.study.tell(trial, state=TrialState.FAIL)
            raise
        else:
            trial.set_user_attr("windows", list(judged.errors))
            if judged.error <= self.best():
                self.fit_seconds = judged.seconds[-1]
            self.study.tell(trial, judged.error, skip_if_finished=True)

    def _changes(self, trial: Trial) -> dict[str, Value]:
        """Return the settings of a trial that are not those of the model."""
        start, step = trial.user_attrs.get("start"), trial.user_attrs.get("step")
        settings = self.starts[start or self._base()]
        if step is not None:
            settings = replace(settings, **{step: self.space[step].suggest(trial, step)})
        elif start is None:
            settings = replace(settings, **{n: entry.suggest(trial, n) for n, entry in self.space.items()})
        else:
            for name in trial.user_attrs["known"]:
                self.space[name].suggest(trial, name)
        given = self.starts[GIVEN]
        names = [f.name for f in fields(Settings)]
        changes = {n: getattr(settings, n) for n in names if getattr(settings, n) != getattr(given, n)}
        trial.set_user_attr("settings", changes)
        return changes

    def _base(self) -> str:
        """Return the better of the two starts that were judged so far."""
        starts = [trial for trial in finished(self.study) if "start" in trial.user_attrs]
        best = min(starts, key=error_of, default=None)
        return GIVEN if best is None else str(best.user_attrs["start"])

    def _judge(self, trial: Trial, settings: Settings) -> Judged:
        # the first trials are what others are compared with
        limit = math.inf if self.search.max_seconds is None or not finished(self.study) else self.search.max_seconds
        last = time.monotonic() + TRIAL_SHARE * limit
        seen: set[int] = set()
        # by a process that was killed; a damaged study may lack other trials
        trials = self.study.get_trials(deepcopy=False)
        known = {check for each in trials if each.number == trial.number for check in each.intermediate_values}

        def follow(check: int, error: float) -> None:
            self._check_time()
            if time.monotonic() > last:
                raise _EndedError("it took too long")
            if not math.isfinite(error) or check in seen:
                return
            seen.add(check)
            if check not in known:
                trial.report(error, check)
            if "start" not in trial.user_attrs and trial.should_prune():
                raise _EndedError("worse than the median of the others")

        return self._judged(settings, follow)

    def _judged(self, settings: Settings, follow: objective.Report) -> Judged:
        options = (settings, self.windows, self.search.metric, follow, self.n_seeds)
        if self.search.is_parallel:
            return objective.judge_in_parallel(*options, self.search.n_jobs)
        return objective.judge(*options)

    def _check_time(self, *_: float) -> None:
        if self._left() <= 0:
            raise _EndedError("the time was over")

    def confirm(self) -> None:
        """Judge the best trials and the better start again from further seeds; all or, where time is short, none."""
        ranked = sorted(finished(self.study), key=error_of)
        start = next((trial for trial in ranked if "start" in trial.user_attrs), None)
        finalists = [trial for n, trial in enumerate(ranked) if n < FINALISTS or trial is start]
        if self.ended == INTERRUPTED or len(finalists) < 2:
            return
        try:
            self.again = {trial.number: self._judge_again(trial.user_attrs["settings"]) for trial in finalists}
        except _EndedError:
            return
        except KeyboardInterrupt:
            self.ended = INTERRUPTED

    def _judge_again(self, changes: dict[str, Value]) -> Judged:
        self._check_time()
        given = self.starts[GIVEN]
        settings = replace(given, **changes, seed=(given.seed + self.n_seeds) % 2**63)
        try:
            return self._judged(settings, self._check_time)
        except GatecastError:
            return Judged((math.inf,) * len(self.windows) * self.n_seeds, ())

    def chosen(self) -> FrozenTrial:
        """Return the best trial, by all of its errors; a start, where it is not surely better."""
        trials = [trial for trial in finished(self.study) if not self.again or trial.number in self.again]
        trials.sort(key=lambda trial: self._errors(trial).mean())
        start = next((trial for trial in trials if "start" in trial.user_attrs), None)
        return trials[0] if start is None or self._is_better(trials[0], start) else start

    def _errors(self, trial: FrozenTrial) -> np.ndarray:
        """Return all errors of a trial, in the same order for all that were judged as often."""
        again = self.again.get(trial.number)
        return np.array([*trial.user_attrs["windows"], *(again.errors if again else ())])

    def _is_better(self, trial: FrozenTrial, start: FrozenTrial) -> bool:
        before = self._errors(start)
        gain = before - self._errors(trial)
        least = 0.0 if self.is_long else CLEARLY_SHORT * before.mean()
        doubt = SURELY * gain.std(ddof=1) / math.sqrt(len(gain)) if len(gain) > 1 else 0.0
        return bool(gain.mean() > max(least, doubt))

    def best_settings(self, panel: Panel) -> dict[str, Value]:
        """Return the settings of the best trial that are not those of the model; as many networks as it has.

        The last fit learns from all points: what is held back has said all that it can when a trial was judged.
        """
        given = self.starts[GIVEN]
        settings: dict[str, Value] = {**self.chosen().user_attrs["settings"]}
        if not given.refit_full:
            settings["refit_full"] = True
        if choose_members(replace(given, **settings), panel) != (n_members := choose_members(given, panel)):
            settings["ensemble"] = n_members
        return settings


def _facts(given: Settings, panel: Panel, space: Space, search: Search) -> dict[str, str]:
    """Say of which data and of which model a study is, as hashes."""
    columns = [*panel.past.values(), *panel.future.values(), *panel.static.values()]
    data = [panel.values, panel.offsets, panel.ids, panel.starts.astype(np.int64), *columns]
    # what has no effect on the errors may differ
    free = ("n_threads", "progress", "checkpoint", "checkpoint_seconds", "ensemble", "refit_full")
    settings = {f.name: repr(getattr(given, f.name)) for f in fields(Settings) if f.name not in free}
    judged = {"metric": search.metric, "n_windows": search.n_windows}
    tried = {name: repr(entry) for name, entry in space.items()}
    return {"data": fingerprint({}, data), "settings": fingerprint({**settings, **judged, "space": tried}, [])}
