"""Where are trials kept, who proposes the next one, and which settings mattered? Optuna does it; loaded when needed."""

from __future__ import annotations

import contextlib
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatecast._places import refuse_url
from gatecast.exceptions import ConfigError, DataError, GatecastError
from gatecast.model.settings import Value
from gatecast.tuning.search import Search
from gatecast.tuning.space import Space

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage
    from optuna.study import Study
    from optuna.trial import FrozenTrial

__all__ = ["end", "finished", "importance", "in_memory", "make_sampler", "open_study", "quiet", "take_up"]
__all__ += ["unwritable_errors"]

NAME = "gatecast"
# note of a study: how many trials were over when the search began that is going on, or was killed
RUNNING = "running"
SQLITE = b"SQLite format 3\0"
# trials before the sampler learns from them, and before one is compared with others
STARTUP = 8
# pruned trials are worse than the median of the others at the same share of the training, the first fifth aside
COMPARED, WARM_UP = 5, 5
# trials that can say which settings mattered
LEAST_FULL = 8
# several processes make or open the same new file
TRIES, PAUSE = 20, 0.25


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from telling of experimental parts and of each trial."""
    _check(
        "optuna", "Settings are searched for with Optuna, which is not installed. Run `pip install 'gatecast[tune]'`."
    )
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)


def _check(module: str, message: str) -> None:
    try:
        import_module(module)
    except ImportError:
        raise GatecastError(message) from None


def open_study(
    search: Search,
    facts: dict[str, str],
    begin: Callable[[Study], None],
    check: Callable[[FrozenTrial], None],
    *,
    is_alone: bool = False,
) -> Study:
    """Make a study, or open the one that the file holds; one of other `facts`, hashes, is refused.

    `begin` enqueues the first trials. A new study is open to other processes only when they are in it, so that no two
    processes begin it. `check` raises a ValueError, KeyError or TypeError for a trial that no search has written. Where
    no other process works on the file (`is_alone`), trials that were begun are those of a killed one, and wait again.
    """
    if search.study is None:
        return _create(None, search, facts, begin)
    refuse_url("study", search.study)
    path = Path(search.study)
    _check_file(path)
    for left in reversed(range(TRIES)):
        try:
            return _open(path, search, facts, begin, check, is_alone=is_alone)
        except GatecastError:
            raise
        # Optuna hands on whatever SQLAlchemy says of a file that is damaged, locked, or just being made by another
        except Exception as error:  # noqa: BLE001
            if not left or not _may_be_unfinished(error):
                reason = str(error).splitlines() or [""]
                raise _no_study(path, f"{type(error).__name__}: {reason[0]}") from None
            time.sleep(PAUSE)
    raise AssertionError("unreachable")


def _may_be_unfinished(error: Exception) -> bool:
    """Tell whether a file may be right in a moment, when another process has made it or leaves it alone."""
    from sqlalchemy.exc import IntegrityError, OperationalError

    others = (IntegrityError, OperationalError, LookupError, RuntimeError, AssertionError)
    return isinstance(error, (*unwritable_errors()[:1], *others)) and not isinstance(error, _WrongTrialError)


class _WrongTrialError(KeyError):
    """A trial is none that a search has written."""


def unwritable_errors() -> tuple[type[Exception], ...]:
    """Return what Optuna raises where the file of a study cannot be read or written any more."""
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    return optuna.exceptions.StorageInternalError, SQLAlchemyError


def in_memory(search: Search, trials: Iterable[FrozenTrial], begin: Callable[[Study], None]) -> Study:
    """Return a study that is kept in memory and goes on from what these trials have found."""
    study = _create(None, search, {}, lambda _: None)
    study.add_trials([trial for trial in trials if trial.state.is_finished()])
    begin(study)
    return study


def _open(
    path: Path,
    search: Search,
    facts: dict[str, str],
    begin: Callable[[Study], None],
    check: Callable[[FrozenTrial], None],
    *,
    is_alone: bool,
) -> Study:
    import optuna

    options = {"connect_args": {"timeout": 60}}
    storage = optuna.storages.RDBStorage(f"sqlite:///{path.resolve()}", engine_kwargs=options)
    try:
        return _create(storage, search, facts, begin)
    except optuna.exceptions.DuplicatedStudyError:
        study = optuna.load_study(storage=storage, study_name=NAME, **_ways(search))
    if is_alone and not _over(study):
        # who made it may have been killed before it said of what it is
        _note_facts(study, {name: text for name, text in facts.items() if name not in study.user_attrs})
    _check_facts(path, study, facts)
    try:
        if study.directions != [optuna.study.StudyDirection.MINIMIZE]:
            raise ValueError("it does not minimise one error")  # noqa: TRY301  one answer for all
        for trial in study.get_trials(deepcopy=False):
            check(trial)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _WrongTrialError(f"{type(error).__name__}: {error}") from None
    if is_alone:
        _take_back(storage, study)
    # what an earlier process had begun with may have been interrupted
    begin(study)
    return study


def _take_back(storage: BaseStorage, study: Study) -> None:
    """Let trials wait again that were begun and that nobody judges; what was proposed for them stays."""
    from optuna.trial import TrialState

    study_id = storage.get_study_id_from_name(NAME)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
        storage.set_trial_state_values(trial_id, TrialState.WAITING)


def _ways(search: Search) -> dict[str, Any]:
    """Return how trials are proposed and ended early."""
    import optuna

    pruner = optuna.pruners.MedianPruner(n_startup_trials=COMPARED, n_warmup_steps=WARM_UP)
    return {"sampler": make_sampler(search, 0), "pruner": pruner}


def _create(
    storage: BaseStorage | None, search: Search, facts: dict[str, str], begin: Callable[[Study], None]
) -> Study:
    import optuna

    study = optuna.create_study(storage=storage or optuna.storages.InMemoryStorage(), study_name=NAME, **_ways(search))
    if study.get_trials(deepcopy=False):
        raise _WrongTrialError("it has trials of no study")
    begin(study)
    _note_facts(study, facts)
    return study


def _note_facts(study: Study, facts: dict[str, str]) -> None:
    for name, text in facts.items():
        study.set_user_attr(name, text)


def _check_facts(path: Path, study: Study, facts: dict[str, str]) -> None:
    for name, text in facts.items():
        if name not in study.user_attrs:
            # another process has made the study and is about to say what it is of
            raise LookupError(f"it does not say of which {name} it is")
        if study.user_attrs[name] != text:
            what = "other data" if name == "data" else "another model, space or way to judge"
            raise DataError(
                f"{path} holds a study of {what}, and one of these was expected. Pass what it was made with to go on "
                "from it, or another file."
            )


def _check_file(path: Path) -> None:
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise ConfigError(
            f"`study` is {str(path)!r}, and a file in a folder that exists was expected. Use for example "
            '`study="tuning.db"`.'
        )
    if path.exists() and not path.is_file():
        raise _no_study(path, "it is a device or a pipe")
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb") as file:
        start = file.read(len(SQLITE))
    if start != SQLITE:
        raise _no_study(path, "it is no SQLite file")


def _no_study(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path} cannot be used as a study ({reason}), and a file that an earlier search wrote, or none, was expected. "
        "Pass another file."
    )


def make_sampler(search: Search, n: int) -> BaseSampler:
    """Return who proposes the trial after `n` others: from the same trials always the same one."""
    import optuna

    seed = (search.seed * 100_003 + n) % 2**32
    if search.sampler == "random":
        return optuna.samplers.RandomSampler(seed)
    if search.sampler == "gp":
        _check(
            "torch",
            '`sampler="gp"` is Optuna\'s Gaussian process, which computes with PyTorch, and that is not installed. Run '
            '`pip install torch`, or use `sampler="tpe"`.',
        )
        return optuna.samplers.GPSampler(seed=seed, n_startup_trials=STARTUP)
    return optuna.samplers.TPESampler(
        seed=seed, n_startup_trials=STARTUP, multivariate=True, group=True, constant_liar=True
    )


def finished(study: Study) -> list[FrozenTrial]:
    """Return the trials that were judged to the end."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _over(study: Study) -> list[FrozenTrial]:
    """Return the trials that ended, however they did."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]


def take_up(study: Study) -> tuple[int, int]:
    """Go on in the middle of a search that was killed, or note that another one begins.

    Returns how many trials of the search are over, and how many of them have been since one was better than all before.
    """
    ended, first = _over(study), study.user_attrs.get(RUNNING)
    if not isinstance(first, int) or not 0 <= first <= len(ended):
        study.set_user_attr(RUNNING, len(ended))
        return 0, 0
    best, n_waited = math.inf, 0
    for n, trial in enumerate(ended):
        value = trial.value if trial.state.name == "COMPLETE" and trial.value is not None else math.inf
        n_waited = 0 if n < first or value < best else n_waited + 1
        best = min(best, value)
    return len(ended) - first, n_waited


def end(study: Study) -> None:
    """Note that a search has ended, in whatever way but a kill."""
    with contextlib.suppress(*unwritable_errors()):
        study.set_user_attr(RUNNING, None)


def importance(study: Study, space: Space, usual: Mapping[str, Value]) -> dict[str, float]:
    """Return how much each setting that varied decided which trials were among the best, largest first; the sum is 1.

    PED-ANOVA (Watanabe et al. 2023), which needs no model of the error. Empty where fewer than
    eight trials were judged to the end, or all are alike.
    """
    import optuna

    distributions = {name: entry.distribution() for name, entry in space.items()}
    full = []
    for trial in finished(study):
        params = {name: trial.params.get(name, usual.get(name)) for name in space}
        if all(value is not None for value in params.values()):
            full.append(optuna.trial.create_trial(params=params, distributions=distributions, value=trial.value))
    # what had the same value in all of them decided nothing
    varied = [name for name in space if len({str(trial.params[name]) for trial in full}) > 1]
    if len(full) < LEAST_FULL or not varied:
        return {}
    compared = optuna.create_study()
    compared.add_trials(full)
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    with warnings.catch_warnings():
        # of settings that differ in too few trials; they count little
        warnings.simplefilter("ignore", UserWarning)
        shares = optuna.importance.get_param_importances(compared, evaluator=evaluator, params=varied)
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()} if total > 0 else {}
