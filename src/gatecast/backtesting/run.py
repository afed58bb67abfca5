"""What does one model say at some origins? Fit, forecast, time both, and turn every failure into a sentence."""

from __future__ import annotations

import contextlib
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gatecast.backtesting.models import Model, takes
from gatecast.backtesting.record import column_names
from gatecast.backtesting.windows import ID, TIME
from gatecast.baselines.base import Baseline
from gatecast.baselines.limits import NotPicklableError, ProcessDiedError, limited_steps, prepare
from gatecast.baselines.local import library
from gatecast.data.panel.arrays import Floats, Frame
from gatecast.exceptions import ConfigError, DataError, GatecastError, TimeLimitError
from gatecast.forecaster import LSTMForecaster
from gatecast.texts.message import Message, reason

if TYPE_CHECKING:
    import pandas as pd

FIT, FORECAST = "fit", "forecast"

Result = TypeVar("Result")
__all__ = ["Block", "Failure", "Job", "Outcome", "failed_outcome", "prepare_process", "run_block"]


@dataclass(frozen=True)
class Job:
    """What a model is given at one origin, and what it is asked for."""

    window: int
    train: pd.DataFrame  # `unique_id, ds, y` and the model's covariates up to the origin
    future: pd.DataFrame | None  # columns known ahead behind the origin; None where the model takes none
    keys: pd.DataFrame  # `unique_id, ds` that are to be forecast


@dataclass(frozen=True)
class Block:
    """Origins that one fit serves: the first one's training part is learned, the others are read."""

    name: str
    model: Model  # a fresh one
    jobs: tuple[Job, ...]  # oldest first
    horizon: int
    freq: str | int  # of the times
    levels: tuple[float, ...]  # coverage of intervals in %
    # seconds of computing, on each of its threads, for the fit and for each forecast, which are then done in a process
    # of their own; None for no limit
    time_limit: float | None

    @property
    def n_threads(self) -> int:
        """Threads that compute at the same time."""
        return (self.model.settings.n_threads or 1) if isinstance(self.model, LSTMForecaster) else 1


@dataclass(frozen=True)
class Outcome:
    """What came of one model and window."""

    model: str
    window: int
    fit_seconds: float  # how long the fit took; 0 where an earlier one served, NaN where it failed
    predict_seconds: float  # how long the forecast took; NaN where it failed
    failure: Message | None  # what went wrong; None if nothing
    # the forecast and the ends of its intervals, in the order of the job's keys; NaN where there is none
    columns: dict[str, Floats] = field(default_factory=dict)
    megabytes: float = np.nan  # size of the fitted model, as it is saved or else pickled; NaN where neither is possible
    is_timed_out: bool = False  # whether the failure is that it took too long

    @property
    def error(self) -> str:
        """What went wrong, in a sentence; "" if nothing."""
        return "" if self.failure is None else str(self.failure)


@dataclass(frozen=True)
class Failure:
    """What went wrong, and whether it took too long."""

    message: Message
    is_timed_out: bool = False


def prepare_process() -> None:
    """Let the process in which limited models run begin to import what baselines need."""
    prepare(_imports)


def _imports() -> Iterator[None]:
    # whoever needs it and does not find it says so
    with contextlib.suppress(ConfigError):
        library()
    return iter(())


def run_block(block: Block) -> list[Outcome]:
    """Fit once and forecast at each origin; a failure is an outcome too.

    Windows that come behind a forecast that was too slow are left out.
    """
    found: list[Outcome] = []
    phase = FIT
    steps = partial(_steps, block)
    try:
        limit = block.time_limit
        for step in steps() if limit is None else limited_steps(steps, limit * block.n_threads):
            if isinstance(step, Outcome):
                found.append(step)
            else:
                phase = step
    # whatever a model does to its process, the others go on
    except Exception as error:  # noqa: BLE001
        failure = _end_of_process(block, phase, error)
        left = block.jobs[len(found) :]
        last = 1 if failure.is_timed_out and phase == FORECAST else len(left)
        found += [_failed(block, job, np.nan, failure) for job in left[:last]]
    return found


def _steps(block: Block) -> Iterator[str | Outcome]:
    """Say what comes next, and what came of each job."""
    first = block.jobs[0]
    if isinstance(block.model, Baseline):
        # importing takes seconds, and only once
        block.model.import_library()
    yield FIT
    failure, fit_seconds = _timed(block, FIT, lambda: _fit(block, first))
    yield FORECAST
    megabytes = np.nan if failure else _megabytes(block.model)
    for job in block.jobs:
        if failure:
            yield _failed(block, job, np.nan, failure)
            continue
        seconds = fit_seconds if job is first else 0.0
        ask = partial(_predict, block, job, is_first=job is first)
        answer, predict_seconds = _timed(block, FORECAST, ask)
        if isinstance(answer, Failure):
            yield _failed(block, job, seconds, answer)
        else:
            yield Outcome(block.name, job.window, seconds, predict_seconds, None, answer, megabytes)


def _end_of_process(block: Block, phase: str, error: Exception) -> Failure:
    """Say why there is nothing more from the process of a model."""
    facts: dict[str, object] = {"name": block.name, "what": Message(f"failure.{phase}"), "text": str(error)}
    if isinstance(error, TimeLimitError):
        limit = {"time_limit": block.time_limit}
        return Failure(Message("failure.time_limit", facts | {"limit": limit}), is_timed_out=True)
    if isinstance(error, NotPicklableError):
        return Failure(Message("failure.not_picklable", facts))
    if isinstance(error, ProcessDiedError):
        return Failure(Message("failure.process_died", facts))
    return Failure(_why(block.name, phase, error))


def _failed(block: Block, job: Job, fit_seconds: float, failure: Failure) -> Outcome:
    return failed_outcome(block.name, job.window, len(job.keys), block.levels, failure, fit_seconds)


def failed_outcome(
    model: str, window: int, n_rows: int, levels: tuple[float, ...], failure: Failure, fit_seconds: float = np.nan
) -> Outcome:
    """Return the outcome of a run that came to nothing."""
    empty = {name: np.full(n_rows, np.nan) for name in column_names(model, levels)}
    return Outcome(model, window, fit_seconds, np.nan, failure.message, empty, is_timed_out=failure.is_timed_out)


def _megabytes(model: object) -> float:
    try:
        save = getattr(model, "save", None)
        if callable(save):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model"
                save(path)
                return path.stat().st_size / 1e6
        return len(pickle.dumps(model)) / 1e6
    # whatever a model of the user's raises: its size is no reason to fail
    except Exception:  # noqa: BLE001
        return np.nan


def _timed(block: Block, phase: str, work: Callable[[], Result]) -> tuple[Result | Failure, float]:
    """Do it; returns the result or what went wrong, and the seconds."""
    started = time.perf_counter()
    try:
        result = work()
    # whatever a model raises, the others go on
    except Exception as error:  # noqa: BLE001
        return Failure(_why(block.name, phase, error), isinstance(error, TimeLimitError)), np.nan
    return result, time.perf_counter() - started


def _why(name: str, phase: str, error: Exception) -> Message:
    if isinstance(error, GatecastError):
        return reason(error)
    facts = {"what": Message(f"failure.{phase}"), "name": name, "kind": type(error).__name__}
    text = " ".join(str(error).split())
    return Message("failure.raised_text", facts | {"text": text}) if text else Message("failure.raised", facts)


def _fit(block: Block, job: Job) -> None:
    # a model may keep or change what it is given
    known = {"freq": block.freq} if takes(block.model.fit, "freq") else {}
    block.model.fit(job.train.copy(), **known)


def _predict(block: Block, job: Job, *, is_first: bool) -> dict[str, Floats]:
    ask = block.model.predict
    asked: dict[str, object] = {}
    if takes(ask, "horizon"):
        asked["horizon"] = block.horizon
    if not is_first:
        asked["data"] = job.train.copy()
    if job.future is not None:
        asked["future"] = job.future.copy()
    if block.levels and takes(ask, "level"):
        try:
            return _aligned(block, job, ask(**asked, level=list(block.levels)))
        except DataError:
            # a model that held nothing back has forecasts, but no intervals; what else is wrong comes again
            pass
    return _aligned(block, job, ask(**asked))


def _aligned(block: Block, job: Job, answer: Frame) -> dict[str, Floats]:
    """Return the columns of a forecast in the order of the keys, under the model's name."""
    frame = _frame(block, job, answer)
    own = _own_column(block, frame)
    found = frame.set_index([ID, TIME])
    if not found.index.is_unique:
        raise DataError(Message("failure.twice", {"name": block.name, "horizon": block.horizon}))
    wanted = found.reindex(job.keys.set_index([ID, TIME]).index)
    point = wanted[own].to_numpy(np.float64)
    n_missing = int(np.isnan(point).sum())
    if n_missing:
        counts = {"n": n_missing, "n_all": len(point), "horizon": block.horizon, "setting": {"horizon": block.horizon}}
        raise DataError(Message("failure.lacks_values", {"name": block.name, **counts}))
    theirs, ours = column_names(own, block.levels), column_names(block.name, block.levels)
    return {
        name: wanted[column].to_numpy(np.float64) if column in wanted else np.full(len(point), np.nan)
        for name, column in zip(ours, theirs, strict=True)
    }


def _frame(block: Block, job: Job, answer: Frame) -> pd.DataFrame:
    import narwhals as nw
    import pandas as pd

    if not isinstance(answer, pd.DataFrame):
        table = nw.from_native(answer, eager_only=True, pass_through=True)
        if not isinstance(table, nw.DataFrame):
            facts = {"name": block.name, "kind": type(answer).__name__, "id": ID, "time": TIME}
            raise DataError(Message("failure.no_table", facts))
        answer = table.to_pandas()
    if ID not in answer.columns and ID in answer.index.names:
        answer = answer.reset_index()
    if ID not in answer.columns and len(set(job.keys[ID])) == 1:
        answer = answer.assign(**{ID: job.keys[ID].iloc[0]})
    lacking = [name for name in (ID, TIME) if name not in answer.columns]
    if lacking:
        columns = list(map(str, answer.columns))
        raise DataError(
            Message("failure.lacks_column", {"name": block.name, "columns": columns, "lacking": lacking[0]})
        )
    named: pd.DataFrame = answer
    return named


def _own_column(block: Block, frame: pd.DataFrame) -> str:
    """Find the forecast among the columns: the one that is no key and no end of an interval."""
    others = [
        str(name)
        for name in frame.columns
        if name not in (ID, TIME, "cutoff", "y") and not any(part in str(name) for part in ("-lo-", "-hi-", "-ql"))
    ]
    own = [name for name in others if name == block.name] or others
    if len(own) != 1:
        raise DataError(Message("failure.which_column", {"name": block.name, "n": len(own), "columns": own}))
    return own[0]
