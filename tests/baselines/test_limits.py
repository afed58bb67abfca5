"""Does work end when its time is over, wherever it runs and whatever it catches?"""

import signal
import threading
import time

import pytest

from gatecast import TimeLimitError
from gatecast.baselines.limits import within


def for_ever(clock):
    while True:
        try:
            sum(range(10))
        except Exception:  # noqa: BLE001
            continue


def swallows_everything(clock):
    deaf = True
    while deaf or time.monotonic() < 0:
        try:
            for_ever(clock)
        except BaseException:  # noqa: BLE001
            deaf = False
    for_ever(clock)


@pytest.mark.parametrize("work", [for_ever, swallows_everything])
def test_endless_work_is_ended(work):
    with pytest.raises(TimeLimitError, match="too slow"):
        within(0.02, "too slow", work)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_work_within_its_time_is_left_alone():
    assert within(60, "too slow", lambda clock: 7) == 7
    assert within(None, "too slow", lambda clock: 7) == 7
    with pytest.raises(KeyError):
        within(60, "too slow", lambda clock: {}["missing"])
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_ctrl_c_stays_ctrl_c():
    def interrupt(clock):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        within(60, "too slow", interrupt)


@pytest.mark.parametrize(("outer", "inner", "message"), [(0.02, 60, "outer"), (60, 0.02, "inner")])
def test_shorter_of_two_limits_counts(outer, inner, message):
    with pytest.raises(TimeLimitError, match=message):
        within(outer, "outer", lambda clock: within(inner, "inner", for_ever))


def test_outer_limit_goes_on_after_an_inner_one():
    def work(clock):
        with pytest.raises(TimeLimitError, match="inner"):
            within(0.01, "inner", for_ever)
        for_ever(clock)

    with pytest.raises(TimeLimitError, match="outer"):
        within(0.1, "outer", work)


@pytest.mark.parametrize(
    ("seconds", "share", "is_over"),
    [(7, 0.02, True), (7, 0.05, False), (5, 0.001, False), (7, 0, False), (61, 0.9, True)],
)
def test_work_that_is_hopelessly_slow_ends_early(monkeypatch, seconds, share, is_over):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def work(clock):
        now[0] += seconds
        clock.check(share)
        return "done"

    if is_over:
        with pytest.raises(TimeLimitError):
            within(60, "too slow", work)
    else:
        assert within(60, "too slow", work) == "done"


def test_other_threads_end_where_they_check():
    caught = []

    def checks(clock):
        while True:
            clock.check()

    def run():
        try:
            within(0.01, "too slow", checks)
        except TimeLimitError as error:
            caught.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert caught == ["too slow"]
