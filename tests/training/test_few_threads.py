"""Does a fit go on where the system has few threads left, and does a process end while a thread trains?"""

import subprocess
import sys
import threading

import numpy as np
import pytest

from gatecast import GatecastError
from gatecast.network.calls import startable_threads, with_fewer_threads
from made_series import SMALL, forecaster, wave

EAGAIN = "Resource temporarily unavailable"


def test_fewer_threads_are_taken_where_there_are_no_more() -> None:
    asked = []

    def start(n: int) -> int:
        asked.append(n)
        if n > 2:
            raise RuntimeError(EAGAIN)
        return n

    assert with_fewer_threads(start, 12) == 1
    assert asked == [12, 6, 3, 1]


def test_not_one_thread_is_a_sentence() -> None:
    def start(n: int) -> int:
        raise RuntimeError(EAGAIN)

    with pytest.raises(GatecastError, match="starts no more threads for this process, and one at least was expected"):
        with_fewer_threads(start, 4)


def test_other_failures_stay_what_they_are() -> None:
    def start(n: int) -> int:
        raise RuntimeError("another one")

    with pytest.raises(RuntimeError, match="another one"):
        with_fewer_threads(start, 4)


def test_threads_that_the_system_starts_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert startable_threads(3) == 3
    start, left = threading.Thread.start, [2]

    def few(self: threading.Thread) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", few)
    assert startable_threads(5) == 2


def test_ensemble_is_the_same_with_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SMALL | {"ensemble": 3, "transform": "none", "n_threads": 3}
    usual = forecaster(2, **settings).fit(wave(100)).predict()["LSTM"]
    monkeypatch.setattr("gatecast.model.members.startable_threads", lambda _: 0)
    np.testing.assert_array_equal(forecaster(2, **settings).fit(wave(100)).predict()["LSTM"], usual)


PROGRAM = """
import threading, time
import numpy as np
from gatecast import LSTMForecaster, Training
from gatecast.training import loop

begun, steps = threading.Event(), loop._Run._steps

def watched(self, until):
    begun.set()
    steps(self, until)

loop._Run._steps = watched
training = Training(epochs=1_000_000, patience=0)
model = LSTMForecaster(3, hidden_size=64, ensemble=1, transform="none", progress=False, training=training)
threading.Thread(target=model.fit, args=(np.sin(np.arange(500.0)),), daemon=True).start()
begun.wait()
time.sleep(0.05)
"""


def test_process_ends_while_a_daemon_thread_trains() -> None:
    for _ in range(2):
        ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
        assert ended.returncode == 0
        assert "terminate" not in ended.stderr
