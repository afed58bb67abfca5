"""How good would forecasts have been? Models forecast from rolling origins, seeing nothing that came later."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Unpack

import numpy as np

from gatecast._files import fingerprint
from gatecast._validation import answers_calls, check_count, check_horizon, check_positive, is_integer
from gatecast.backtesting.folder import Folder
from gatecast.backtesting.models import ROLES, Entry, Models, Nested, named_models, takes
from gatecast.backtesting.record import Backtest, column_names
from gatecast.backtesting.run import Block, Failure, Job, Outcome, failed_outcome, run_block
from gatecast.backtesting.windows import ID, MANY_SERIES, TIME, Window, canonical, choose_windows, rolling_windows
from gatecast.baselines.base import Baseline
from gatecast.baselines.local import needed
from gatecast.data import Panel, to_panel
from gatecast.data.panel.arrays import Floats
from gatecast.data.reading.ahead import split_future
from gatecast.data.reading.weights import check_unweighted
from gatecast.data.seasonality.seasons import choose_seasons
from gatecast.data.values.scaling import naive_scale
from gatecast.exceptions import ConfigError
from gatecast.forecaster import LSTMForecaster
from gatecast.metrics.choice import Metrics, chosen_metrics
from gatecast.metrics.levels import check_levels
from gatecast.model.settings import Settings
from gatecast.network.wrapper import thread_count
from gatecast.texts.message import Message
from gatecast.training.progress import bar_of

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.data.reading.shapes import Name
    from gatecast.model.protocol import Data, Names

__all__ = ["MANY_SERIES", "backtest", "check_jobs", "read_panel", "usual_jobs"]

# what is said of each run
RUN = ("fit_seconds", "predict_seconds", "megabytes", "error")


# by model and window; and what a fit of a model is to serve
Outcomes = dict[tuple[str, int], Outcome]
Todo = list[tuple[Entry, list[Window]]]


@dataclass(frozen=True)
class Trial:
    """What is asked of all models; `refit` may be the number of windows that one fit serves."""

    horizon: int
    n_windows: int
    step_size: int
    refit: bool | int
    levels: tuple[float, ...]
    season_length: int | Sequence[int] | None
    time_limit: float | None

    def check(self) -> None:
        """Raise a ConfigError where one makes no sense on its own."""
        check_horizon("horizon", self.horizon)
        check_count("n_windows", self.n_windows, "Use `n_windows=5`.")
        check_count("step_size", self.step_size, "Use `step_size=1`, or None for one horizon.")
        if not isinstance(self.refit, bool | np.bool) and (not is_integer(self.refit) or self.refit < 1):
            raise ConfigError(
                f"`refit` must be True, False or a positive number of windows, got {self.refit!r}. Use `refit=True` to "
                "fit in each window."
            )
        if self.time_limit is not None:
            check_positive("time_limit", self.time_limit, "Use `time_limit=60`, or None for no limit.")
        Settings(horizon=self.horizon, season_length=self.season_length).check()

    def blocks(self, entry: Entry, windows: list[Window]) -> list[list[Window]]:
        """Say which windows one fit of a model serves."""
        is_number = not isinstance(self.refit, bool | np.bool)
        size = int(self.refit) if is_number else 1 if self.refit else len(windows)
        if not takes(entry.model.predict, "data"):
            size = 1
        return [windows[begin : begin + size] for begin in range(0, len(windows), size)]


@answers_calls
def backtest(
    data: Data,
    horizon: int,
    models: Models,
    *,
    n_windows: int | None = None,
    step_size: int | None = None,
    refit: bool | int = True,
    level: float | Sequence[float] | None = (80, 95),
    n_jobs: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    season_length: int | Sequence[int] | None = None,
    time_limit: float | None = None,
    id_col: Name = None,
    time_col: str | None = None,
    target_col: Name = None,
    freq: str | int | None = None,
    metrics: Metrics | None = None,
    progress: bool = True,
) -> Backtest:
    """Let models forecast from rolling origins, each from what was known by then.

    Origins are counted from the end of each series; a series that is too short for all windows takes part in those
    that it can. In each window a model is made anew from its settings and fitted on a table `unique_id, ds, y` that
    ends at the origin, so that scaling, the choice of settings and early stopping see nothing later; the objects that
    were passed are never touched. What a model keeps for itself from outside of that (a global, a file) cannot be seen.

    Args:
        data: Table, Series, array or `Panel`.
        horizon: H, steps of each forecast.
        models: Objects with `fit(data)` and `predict(level=None)`, as a list, or a dict of names. `LSTMForecaster` and
            the baselines are such; `freq`, `horizon`, `level`, `data` and `future` are passed where there is such a
            parameter, and a model gets those covariates that it names in `past`, `future` and `static`. A model keeps
            the horizon that it was made with: make it with the one that is asked for here.
        n_windows: Origins of each series; when absent as many as half of a series of median length has room for: up to
            20 for at most 1,000 points in all, 10 for at most 10,000, and 5 for more and for ten series or more.
        step_size: Steps between two origins; when absent one horizon, or fewer where the oldest window would otherwise
            learn from less than half of a series of median length (windows then overlap).
        refit: Whether each window is fitted anew; False to fit in the first one only, a number to fit in every so
            many-th. Models that can, read on with `predict(data=history)` in between; others are fitted anew.
        level: Coverage of intervals in %; None for none.
        n_jobs: Processes, as joblib counts them (-1 for one on each processor); when absent one, or what
            `joblib.parallel_config` says, with any of its backends.
        folder: Where finished windows are kept, to go on from after an interruption, or with further models.
        season_length: Steps in a season, for the scales of MASE; when absent that of the frequency that the first
            window's training part shows.
        time_limit: Seconds of computing (processor time on each thread, so that a busy machine ends nothing that a
            quiet one would not; time in which a model waits counts as it passes) for each fit, and for each forecast,
            of each model; None for those that baselines have of themselves, and none for others. A model that took
            longer is not tried in later windows. Models with a limit run in a process of their own, which ends them
            wherever they are; they have to be such that they can be pickled (classes and functions of a notebook can).
        id_col: Name of the column that tells series apart, where it is not `unique_id`, or several names of columns
            that do so together.
        time_col: Name of the time column, where it is not found.
        target_col: Name of the target column, where it is not found, or several names of columns that hold a series
            each.
        freq: pandas frequency of the times, where it cannot be inferred.
        metrics: What `errors()` of the result measures: names of `gatecast.metrics.choice.NAMED`, functions of
            (actual, forecast), or a dict of either by names.
        progress: Whether a terminal or notebook shows a progress bar.

    Returns:
        All forecasts with their cutoffs, and how long they took. A model that fails in a window has its error there,
        and NaN for forecasts.

    Raises:
        DataError: The data cannot be used, a series is not longer than the horizon, or `folder` belongs to something
            else or is damaged.
        ConfigError: An argument makes no sense, or a library is not installed.

    Examples:
        >>> import numpy as np
        >>> from gatecast import Drift, Naive, backtest
        >>> found = backtest(np.arange(20.0), 2, [Naive(), Drift()], n_windows=2, progress=False)
        >>> found.forecasts[["cutoff", "ds", "y", "Naive", "Drift"]].to_numpy().tolist()[:2]
        [[15.0, 16.0, 16.0, 15.0, 16.0], [15.0, 17.0, 17.0, 15.0, 17.0]]
    """
    check_jobs(n_jobs)
    chosen = chosen_metrics(metrics)
    levels = () if level is None or (np.ndim(level) and not len(level)) else check_levels(level)  # type: ignore[arg-type]
    asked = (1 if n_windows is None else n_windows, 1 if step_size is None else step_size)
    trial = Trial(horizon, *asked, refit, levels, season_length, time_limit)
    trial.check()
    entries = named_models(models)
    panel = read_panel(data, entries, freq=freq, id_col=id_col, time_col=time_col, target_col=target_col)
    n, step = choose_windows(panel, horizon, n_windows, step_size)
    trial = replace(trial, n_windows=n, step_size=step)
    windows = rolling_windows(panel, int(horizon), int(n), int(step))
    kept = None if folder is None else _folder(folder, trial, entries, panel)
    outcomes = _run(entries, windows, trial, kept, n_jobs, progress)
    return replace(_result(entries, windows, trial, outcomes), metrics=chosen)


def usual_jobs(n_series: int) -> int | None:
    """Return the processes of commands and reports that are told nothing: one on each processor, or one in all."""
    return -1 if n_series >= MANY_SERIES else None


def read_panel(data: Data, entries: list[Entry], **names: Unpack[Names]) -> Panel:
    """Read the table with all covariates that any model wants, without rows about the future."""
    past, future, static = (
        tuple(dict.fromkeys(name for entry in entries for name in entry.role(role))) for role in ROLES
    )
    panel = to_panel(data, **names, past=past, future=future, static=static)
    return canonical(split_future(check_unweighted(panel))[0])


def _folder(path: str | os.PathLike[str], trial: Trial, entries: list[Entry], panel: Panel) -> Folder:
    if not isinstance(path, str | os.PathLike):
        raise ConfigError(f'`folder` must be a path, got {path!r}. Use for example `folder="backtest"`.')
    columns = [panel.values, panel.offsets, panel.ids, panel.starts.astype(np.int64)]  # noqa: PD011  of a panel
    facts = {"freq": panel.freq, "timezone": panel.timezone, "trial": _plain(trial)}
    settings = {entry.name: fingerprint({"facts": entry.facts()}, _covariates(panel, entry)) for entry in entries}
    return Folder(path, fingerprint(facts, columns), settings)


def _covariates(panel: Panel, entry: Entry) -> list[np.ndarray]:
    return [
        columns[name]
        for columns in (panel.past, panel.future, panel.static)
        for name in columns
        if name in entry.covariates
    ]


def _plain(trial: Trial) -> list[object]:
    # the season only scales errors, and is no matter of the forecasts
    step, refit = int(trial.step_size), trial.refit if isinstance(trial.refit, bool) else int(trial.refit)
    return [int(trial.horizon), int(trial.n_windows), step, refit, list(trial.levels), trial.time_limit]


def _run(
    entries: list[Entry], windows: list[Window], trial: Trial, kept: Folder | None, n_jobs: int | None, progress: bool
) -> Outcomes:
    """Run what is not kept, in parallel, the oldest windows first; a model that was too slow gets no more time."""
    joblib = needed("joblib", "library.backtest")
    rows = {window.number: len(window.rows) * trial.horizon for window in windows}
    done = {} if kept is None else _kept_outcomes(kept, entries, trial, rows)
    todo = [
        (entry, block)
        for entry in entries
        for block in trial.blocks(entry, windows)
        if any((entry.name, window.number) not in done for window in block)
    ]
    todo.sort(key=lambda pair: pair[1][0].number)
    cutoffs = {window.number: window.cutoff for window in windows}
    slow = {name: cutoffs[number] for (name, number), outcome in done.items() if outcome.is_timed_out}
    if not todo:
        return done
    n_workers = max(1, min(joblib.effective_n_jobs(n_jobs), len(todo)))
    n_threads = max(1, thread_count(None) // n_workers)
    blocks = (_block(entry, block, trial, n_threads) for entry, block in _in_order(todo, done, slow))
    keys = {window.number: window.actual()[[ID, TIME, "cutoff", "y"]] for window in windows} if kept else {}
    n_outcomes = sum(len(block) for _, block in todo)
    with bar_of(n_outcomes, "backtest", "forecast", shown=progress) as bar:
        for outcomes in _parallel(joblib, n_jobs)(joblib.delayed(run_block)(block) for block in blocks):
            for outcome in outcomes:
                bar.update(1)
                if outcome.is_timed_out:
                    slow.setdefault(outcome.model, cutoffs[outcome.window])
                if (outcome.model, outcome.window) in done:
                    continue
                done[outcome.model, outcome.window] = outcome
                if kept is not None:
                    kept.keep(outcome, keys[outcome.window])
    return {**_not_tried(todo, slow, trial, rows), **done}


def _in_order(todo: Todo, done: Outcomes, slow: dict[str, object]) -> Iterator[tuple[Entry, list[Window]]]:
    """Say what to run next: joblib asks when it has room, and by then more is known.

    Models that have not begun come first, then those that have an outcome, so that one that may be too slow has a
    single window until that is known; those that are are left out.
    """
    waiting, begun = list(todo), set()
    while waiting:
        # a copy made in one go: results arrive in another thread
        finished = {name for name, _ in list(done)}
        places = [0 if entry.name not in begun else 1 if entry.name in finished else 2 for entry, _ in waiting]
        entry, block = waiting.pop(places.index(min(places)))
        begun.add(entry.name)
        if entry.name not in slow:
            yield entry, block


def _not_tried(todo: Todo, slow: dict[str, object], trial: Trial, rows: dict[int, int]) -> Outcomes:
    """Return outcomes of models that were too slow, for windows in which they got no time."""
    found = {}
    for entry, block in todo:
        if entry.name not in slow:
            continue
        message = Message("failure.too_slow", {"name": entry.name, "time": str(slow[entry.name])})
        failure = Failure(message, is_timed_out=True)
        for window in block:
            outcome = failed_outcome(entry.name, window.number, rows[window.number], trial.levels, failure)
            found[entry.name, window.number] = outcome
    return found


def _kept_outcomes(kept: Folder, entries: list[Entry], trial: Trial, rows: dict[int, int]) -> Outcomes:
    found = {}
    for entry in entries:
        for number, n_rows in rows.items():
            outcome = kept.load(entry.name, number, column_names(entry.name, trial.levels), n_rows)
            if outcome is not None:
                found[entry.name, number] = outcome
    return found


def check_jobs(n_jobs: int | None) -> None:
    """Raise a ConfigError where a number of processes is no whole number, or 0."""
    if n_jobs is not None and (not is_integer(n_jobs) or n_jobs == 0):
        raise ConfigError(
            f"`n_jobs` must be a whole number other than 0, got {n_jobs!r}. "
            "Use `n_jobs=2`, or -1 for one on each processor."
        )


def _parallel(joblib: ModuleType, n_jobs: int | None) -> Callable[..., Iterable[list[Outcome]]]:
    """Run blocks as they come, so that each is kept when it is done; where a backend cannot do that, when all are."""
    from joblib.parallel import get_active_backend

    backend, _ = get_active_backend()
    way = "generator_unordered" if getattr(backend, "supports_return_generator", False) else "list"
    run: Callable[..., Iterable[list[Outcome]]] = joblib.Parallel(n_jobs=n_jobs, return_as=way)
    return run


def _block(entry: Entry, windows: list[Window], trial: Trial, n_threads: int) -> Block:
    names, columns = entry.role("future"), entry.covariates
    jobs = tuple(
        Job(window.number, window.table(columns), window.future(names) if names else None, window.actual()[[ID, TIME]])
        for window in windows
    )
    freq, model = windows[0].panel.freq, entry.fresh(n_threads, trial.time_limit)
    time_limit = model.time_limit if isinstance(model, Baseline) else trial.time_limit
    return Block(entry.name, model, jobs, int(trial.horizon), freq, trial.levels, time_limit)


def _result(entries: list[Entry], windows: list[Window], trial: Trial, outcomes: Outcomes) -> Backtest:
    import pandas as pd

    tables, runs = [], []
    failures: dict[str, Message] = {}
    for window in windows:
        columns: dict[str, Floats] = {}
        for entry in entries:
            outcome = outcomes[entry.name, window.number]
            columns |= {name: outcome.columns[name] for name in column_names(entry.name, trial.levels)}
            if outcome.failure is not None:
                failures.setdefault(entry.name, outcome.failure)
            runs.append({"model": entry.name, "cutoff": window.cutoff} | {name: getattr(outcome, name) for name in RUN})
        tables.append(window.actual().assign(**columns))
    season, scales, square_scales = _scales(windows, trial)
    forecasts, names = pd.concat(tables, ignore_index=True), tuple(entry.name for entry in entries)
    members = {entry.name: tuple(entry.model.members) for entry in entries if isinstance(entry.model, Nested)}
    found = (pd.DataFrame(runs), names, int(trial.horizon), season, trial.levels, scales, failures, members)
    return Backtest(forecasts, *found, _same(entries, forecasts), square_scales)


def _same(entries: list[Entry], forecasts: pd.DataFrame) -> dict[str, str]:
    """Find LSTMs whose forecasts are those of one that never trains: they left short series to the same networks."""
    lstms = {entry.name: entry.model for entry in entries if isinstance(entry.model, LSTMForecaster)}
    readers = [name for name, model in lstms.items() if model.pretrained == "only"]
    found: dict[str, str] = {}
    for name in readers:
        others = [other for other in lstms if other not in readers and other not in found]
        is_known = bool(forecasts[name].notna().any())
        found |= {other: name for other in others if is_known and forecasts[other].equals(forecasts[name])}
    return found


def _scales(windows: list[Window], trial: Trial) -> tuple[int, dict[object, float], dict[object, float]]:
    """Return the season of the oldest training part, and both scales of each series in the first of its windows."""
    season = choose_seasons(windows[0].train(), trial.season_length).shortest
    scales: dict[object, tuple[float, float]] = {}
    for window in windows:
        train = window.train()
        both = np.stack([naive_scale(train.values, train.offsets, season, power) for power in (1, 2)], axis=1)
        scales |= {
            name: (one, square)
            for name, (one, square) in zip(train.ids.tolist(), both.tolist(), strict=True)
            if name not in scales
        }
    names = windows[0].panel.ids.tolist()
    return season, {name: scales[name][0] for name in names}, {name: scales[name][1] for name in names}
