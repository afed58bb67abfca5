"""Does work end when its time is over, wherever it runs and whatever it catches?

What is to be ended never ends by itself, and what is not has hours, so that no outcome depends on a clock.
"""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from gatecast import ConfigError, TimeLimitError
from gatecast.baselines.limits import (
    Clock,
    NotPicklableError,
    ProcessDiedError,
    _Budget,
    beside,
    limited_steps,
    prepare,
)

# no work that ends takes so long
LONG = 1e5
SHORT = 0.05
SOURCE = str(Path(__file__).parents[2] / "src")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and named pipes of POSIX")


def own_id():
    yield os.getpid()


def steps(*values):
    yield from values


def for_ever():
    yield os.getpid()
    while True:
        try:
            sum(range(10))
        except Exception:  # noqa: BLE001
            continue


def swallows_everything():
    yield os.getpid()
    while True:
        try:
            while True:
                sum(range(10))
        except BaseException:  # noqa: BLE001
            continue


def stuck_in_compiled_code():
    yield os.getpid()
    # never hands the interpreter back, so that no signal is seen
    sum(itertools.repeat(0))


def waits_for_ever():
    yield os.getpid()
    threading.Event().wait()


def waits_for_its_threads():
    yield os.getpid()
    thread = threading.Thread(target=lambda: sum(itertools.repeat(0)), daemon=True)
    thread.start()
    thread.join()


ENDLESS = [for_ever, swallows_everything, stuck_in_compiled_code, waits_for_ever, waits_for_its_threads]


def ended(work):
    """Let work run out of time, and return its process."""
    begun = limited_steps(work, SHORT)
    process = next(begun)
    with pytest.raises(TimeLimitError, match=f"was given {SHORT} seconds, and took longer"):
        next(begun)
    return process


@pytest.mark.parametrize("work", ENDLESS)
def test_endless_work_is_ended_with_its_process(work):
    process = ended(work)
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_endless_work_is_ended_in_other_threads():
    found = []
    threads = [threading.Thread(target=lambda work=work: found.append(ended(work))) for work in ENDLESS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == len(ENDLESS)


@pytest.mark.parametrize(
    ("done", "passed", "status", "is_over"),
    [
        # a busy machine: an hour passes, and the process had a processor for 9 seconds
        (9.0, 3600.0, "running", False),
        (0.0, 3600.0, "running", False),
        (10.0, 10.0, "running", True),
        # what waits is not slowed down by others
        (0.0, 10.0, "sleeping", True),
        (0.0, 9.0, "sleeping", False),
        # threads compute while the first one waits for them
        (9.0, 100.0, "sleeping", False),
    ],
)
def test_what_counts_is_what_a_process_computes(monkeypatch, done, passed, status, is_over):
    now, computed = [0.0], [5.0]
    monkeypatch.setattr("gatecast.baselines.limits.time.monotonic", lambda: now[0])
    monkeypatch.setattr(psutil.Process, "cpu_times", lambda self: SimpleNamespace(user=computed[0], system=1.0))
    monkeypatch.setattr(psutil.Process, "status", lambda self: status)
    budget = _Budget(os.getpid(), 10.0)
    now[0], computed[0] = passed, 5.0 + done
    assert budget.is_over() == is_over


def test_a_process_that_is_gone_is_over_when_its_time_is(monkeypatch):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    budget, now = _Budget(process.pid, 10.0), [time.monotonic()]
    process.communicate(b"\n")
    monkeypatch.setattr("gatecast.baselines.limits.time.monotonic", lambda: now[0])
    budget.is_over()
    now[0] += 11.0
    assert budget.is_over()


def test_steps_come_as_they_are_made():
    begun = limited_steps(lambda: steps(1, "two", None), LONG)
    assert [next(begun), next(begun)] == [1, "two"]
    assert list(begun) == [None]


def test_limits_longer_than_a_system_can_wait_are_none():
    assert list(limited_steps(lambda: steps(1, 2), 1e300)) == [1, 2]


def test_process_is_used_again_until_it_was_killed():
    first, second = list(limited_steps(own_id, LONG)), list(limited_steps(own_id, LONG))
    assert first == second != [os.getpid()]
    assert [ended(for_ever)] == first
    assert list(limited_steps(own_id, LONG)) != first


def test_work_beside_leaves_the_process_to_others():
    first = list(limited_steps(own_id, LONG))
    assert [beside(os.getpid)] == first == list(limited_steps(own_id, LONG))


def test_process_that_was_prepared_does_its_work_first(tmp_path):
    ended(for_ever)
    mark = tmp_path / "mark"

    def first():
        mark.write_text(str(os.getpid()))
        yield from range(3)

    prepare(first)
    assert list(limited_steps(lambda: steps(mark.read_text(), str(os.getpid())), LONG)) == [mark.read_text()] * 2


def raises(error):
    yield 1
    raise error


@pytest.mark.parametrize(
    "error",
    [KeyError("missing"), ConfigError("`x` must be 1, got 2."), TimeLimitError("slow"), SystemExit(3)],
    ids=repr,
)
def test_exceptions_come_back_and_leave_the_process_alone(error):
    before = list(limited_steps(own_id, LONG))
    with pytest.raises(type(error)) as caught:
        list(limited_steps(lambda: raises(error), LONG))
    assert str(caught.value) == str(error)
    assert "in raises" in caught.value.__notes__[0]
    assert list(limited_steps(own_id, LONG)) == before


class DemandingError(Exception):
    """Cannot be made from its message alone, as pickle does."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


def test_work_beside_is_done_here_where_the_other_process_cannot():
    lock = threading.Lock()
    assert beside(os.getpid) != os.getpid()
    # a lock cannot be pickled
    assert beside(lambda: (lock.locked(), os.getpid())) == (False, os.getpid())


def test_what_cannot_be_pickled_is_said():
    lock = threading.Lock()
    with pytest.raises(NotPicklableError, match="cannot pickle '_thread.lock' object"):
        list(limited_steps(lambda: steps(lock), LONG))
    with pytest.raises(TypeError, match=r"lock cannot be pickled \(cannot pickle '_thread.lock' object\)"):
        list(limited_steps(lambda: steps(threading.Lock()), LONG))
    with pytest.raises(TypeError, match="DemandingError cannot be pickled .*: this and that"):
        list(limited_steps(lambda: raises(DemandingError("this", "that")), LONG))


def test_process_that_dies_is_no_process_that_is_slow():
    def dies():
        yield 1
        os._exit(7)

    with pytest.raises(ProcessDiedError, match="exit code 7"):
        list(limited_steps(dies, LONG))
    assert list(limited_steps(lambda: steps(1), LONG)) == [1]


def test_warnings_are_given_where_the_work_was_asked_for():
    def warns():
        warnings.warn("careful", UserWarning, stacklevel=1)
        yield 1

    with pytest.warns(UserWarning, match="careful"):
        assert list(limited_steps(warns, LONG)) == [1]
    with pytest.raises(UserWarning, match="careful"):
        list(limited_steps(warns, LONG))


def test_work_that_nobody_takes_to_its_end_is_ended():
    def endless_steps():
        while True:
            yield os.getpid()

    begun = limited_steps(endless_steps, LONG)
    process = next(begun)
    begun.close()
    assert list(limited_steps(own_id, LONG)) != [process]


@POSIX
def test_what_the_work_started_ends_with_it(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    holds = "import sys, signal; file = open(sys.argv[1], 'w'); signal.pause()"

    def starts_another():
        other = subprocess.Popen([sys.executable, "-c", holds, str(fifo)])
        yield other.pid
        other.wait()

    begun = limited_steps(starts_another, SHORT)
    next(begun)
    with open(fifo) as reader:
        with pytest.raises(TimeLimitError):
            next(begun)
        # ends when nobody holds the other end
        assert reader.read() == ""


SCRIPT = """
import os
import sys
from joblib import parallel_config
import numpy as np
import pandas as pd
from gatecast import backtest

class Mean:  # defined in the script, as in a notebook, and there is no guard against running it twice
    def fit(self, data):
        self.data = data
        return self
    def predict(self):
        times = [self.data["ds"].iloc[-1] + 1]
        return pd.DataFrame({"unique_id": "y", "ds": times, "Mean": self.data["y"].mean()})

class Endless(Mean):
    def fit(self, data):
        os.write(1, b"begun\\n")  # one write, so that lines of several threads do not mix
        while True:
            pass

kind, backend, limit = sys.argv[1:]
model = Mean() if kind == "Mean" else Endless()
with parallel_config(backend=backend, n_jobs=1 if backend == "sequential" else 2):
    found = backtest(np.arange(20.0), 1, [model], n_windows=2, level=None, time_limit=float(limit), progress=False)
print(found.forecasts.to_numpy()[:, -1].tolist(), found.runs["error"].tolist())
"""


def start(tmp_path, *arguments):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, script, *arguments],
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_models_of_a_script_or_notebook_take_part(tmp_path):
    out, err = start(tmp_path, "Mean", "loky", str(LONG)).communicate()
    assert (out, err) == ("[8.5, 9.0] ['', '']\n", "")


@POSIX
@pytest.mark.parametrize("backend", ["sequential", "threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_ctrl_c_ends_everything(tmp_path, backend):
    # leaving the block waits for the process, also where something in it fails
    with start(tmp_path, "Endless", backend, str(LONG)) as process:
        begun = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        # the output ends when the last process that could write to it has
        _, err = process.communicate()
    assert begun == "begun\n"
    assert "KeyboardInterrupt" in err
    assert process.returncode != 0


@POSIX
def test_process_ends_when_nobody_is_left_to_give_it_work():
    code = (
        "import os, signal; from gatecast.baselines.limits import limited_steps\n"
        "print(list(limited_steps(lambda: iter([1]), 60)), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (process.stdout, process.returncode) == ("[1]\n", -signal.SIGKILL)


@pytest.mark.parametrize(
    ("seconds", "share", "is_over"),
    [(7, 0.02, True), (7, 0.05, False), (5, 0.001, False), (7, 0, False), (61, 0.9, True)],
)
def test_work_that_is_hopelessly_slow_ends_early(monkeypatch, seconds, share, is_over):
    now = [100.0]
    monkeypatch.setattr(time, "thread_time", lambda: now[0])
    clock = Clock(60, "too slow")
    now[0] += seconds
    if is_over:
        with pytest.raises(TimeLimitError, match="too slow"):
            clock.check(share)
    else:
        clock.check(share)


def test_no_limit_is_never_over(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "thread_time", lambda: now[0])
    clock = Clock(None, "too slow")
    now[0] += 1e9
    clock.check(1e-9)
