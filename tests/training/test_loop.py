"""Does training keep the best weights, end when nothing improves, and keep to its time? With a trainer of numbers."""

import math
import threading
from typing import Any

import numpy as np
import pytest

import gatecast.model.settings  # noqa: F401  tells to which group a setting belongs
from gatecast.exceptions import TrainingError
from gatecast.training import loop
from gatecast.training.loop import Log, TrainingResult, TrainingSchedule
from gatecast.training.stop import Stop


def train(*arguments: Any, **named: Any) -> TrainingResult:
    """Train with a judge that tells the validation loss alone."""
    trainer, source, follows, progress, *rest = arguments
    if rest and rest[0] is not None:
        judge = rest[0]
        rest[0] = lambda w: {"validation_loss": judge(w)}
    return loop.train(trainer, source, follows, progress, *rest, **named)


class Clock:
    """Time that goes on by what each training step takes."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Trainer:
    """Its one weight is the number of steps taken."""

    def __init__(self, clock: Clock | None = None, seconds: float = 0.0, fails_at: int = -1) -> None:
        self.rates: list[float] = []
        self.clock, self.seconds, self.fails_at = clock, seconds, fails_at

    @property
    def adam_steps(self) -> int:
        return len(self.rates)

    def run_into(self, source: object, first: int, rates: np.ndarray, records: np.ndarray) -> tuple[int, int]:
        assert first == len(self.rates)
        records[:] = 1.0
        if first <= self.fails_at < first + len(rates):
            return 2, self.fails_at - first
        self.rates += list(rates)
        if self.clock is not None:
            self.clock.now += self.seconds * len(rates)
        return 0, len(rates)

    def weights(self) -> np.ndarray:
        return np.array([float(len(self.rates))])

    def mean_weights(self) -> np.ndarray:
        return -self.weights()


class Watcher:
    def __init__(self, interrupt_at: int = -1) -> None:
        self.n, self.interrupt_at = 0, interrupt_at

    def advance(self, n_steps: int, rmse: float) -> None:
        self.n += n_steps
        if 0 <= self.interrupt_at <= self.n:
            raise KeyboardInterrupt


def schedule(n_steps: int = 100, **settings: Any) -> TrainingSchedule:
    usual: dict[str, Any] = {"steps_per_epoch": 10, "check_every": 10}
    return TrainingSchedule(np.linspace(1.0, 0.1, n_steps), 1.0, **usual | settings)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(loop.time, "monotonic", made)
    monkeypatch.setattr(loop.time, "perf_counter", made)
    return made


def test_weights_of_the_best_check_are_kept() -> None:
    losses = {10: 5.0, 20: 3.0, 30: 2.0, 40: 2.5, 50: 2.6}
    result = train(Trainer(), None, schedule(50), Watcher(), lambda w: losses[int(w[0])])
    assert result.weights.tolist() == [30.0]
    assert result.validation_loss == 2.0
    assert result.history["validation_loss"] == list(losses.values())
    assert result.history["validation_epoch"] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert result.stop is Stop.FINISHED


def test_training_ends_after_as_many_checks_without_a_gain_as_it_has_patience() -> None:
    # the check at 30 gains less than counts, and none after it gains anything
    losses = {10: 5.0, 20: 3.0, 30: 2.99999} | dict.fromkeys(range(40, 110, 10), 4.0)
    result = train(Trainer(), None, schedule(patience=3), Watcher(), lambda w: losses[int(w[0])])
    assert result.stop is Stop.NO_IMPROVEMENT
    assert result.n_steps == 50
    assert result.weights.tolist() == [30.0]


def test_patience_of_zero_never_ends_early() -> None:
    result = train(Trainer(), None, schedule(patience=0), Watcher(), lambda w: 1.0)
    assert result.stop is Stop.FINISHED
    assert result.n_steps == 100


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_check_that_is_no_number_is_the_worst_one(bad: float) -> None:
    losses = {10: bad, 20: 3.0, 30: bad}
    result = train(Trainer(), None, schedule(30), Watcher(), lambda w: losses[int(w[0])])
    assert result.weights.tolist() == [20.0]
    assert result.validation_loss == 3.0


def test_without_a_validation_part_the_last_weights_count() -> None:
    result = train(Trainer(), None, schedule(), Watcher())
    assert result.weights.tolist() == [100.0]
    assert result.validation_loss is None
    assert result.history["validation_loss"] == []


def test_running_mean_of_the_weights_is_judged_and_kept() -> None:
    seen: list[float] = []
    result = train(Trainer(), None, schedule(20, uses_ema=True), Watcher(), lambda w: seen.append(w[0]) or -len(seen))
    assert seen == [-10.0, -20.0]
    assert result.weights.tolist() == [-20.0]


def test_short_time_shortens_the_schedule_which_still_ends_at_its_last_rate(clock: Clock) -> None:
    trainer = Trainer(clock, seconds=1.0)
    result = train(trainer, None, schedule(1000, deadline=clock.now + 200), Watcher())
    assert result.stop is Stop.TIME
    # as many steps as there is time for
    assert 190 <= result.n_steps <= 201
    assert trainer.rates[-1] == pytest.approx(0.1, abs=0.02)
    assert all(later <= before for before, later in zip(trainer.rates, trainer.rates[1:], strict=False))


def test_time_is_kept_between_looks(clock: Clock) -> None:
    # the first look would come ten times too late
    trainer = Trainer(clock, seconds=1.0)
    looks: list[float] = []
    judge = lambda w: looks.append(w[0]) or 1.0  # noqa: E731
    result = train(trainer, None, schedule(1000, check_every=500, deadline=clock.now + 50), Watcher(), judge)
    assert result.n_steps <= 55
    assert looks == [float(result.n_steps)]
    assert result.stop is Stop.TIME


def test_deadline_in_the_past_leaves_one_step(clock: Clock) -> None:
    result = train(Trainer(clock, 1.0), None, schedule(deadline=clock.now - 5), Watcher(), lambda w: 1.0)
    assert result.n_steps == 1
    assert result.stop is Stop.TIME
    assert result.validation_loss == 1.0


def test_enough_time_changes_nothing(clock: Clock) -> None:
    trainer = Trainer(clock, seconds=1.0)
    assert train(trainer, None, schedule(deadline=clock.now + 150), Watcher()).stop is Stop.FINISHED
    np.testing.assert_array_equal(trainer.rates, np.linspace(1.0, 0.1, 100))


def test_slow_looks_count_as_time(clock: Clock) -> None:
    def judge(_: np.ndarray) -> float:
        clock.now += 10
        return 1.0

    start = clock.now
    train(Trainer(clock, 1.0), None, schedule(1000, deadline=start + 400), Watcher(), judge)
    # one look at the end is not foreseen
    assert clock.now - start <= 400 * 1.05 + 10


def test_interruption_keeps_the_best_weights_so_far() -> None:
    losses = {10: 5.0, 20: 3.0, 30: 4.0}
    result = train(Trainer(), None, schedule(), Watcher(interrupt_at=35), lambda w: losses[int(w[0])])
    assert result.stop is Stop.INTERRUPTED
    assert result.weights.tolist() == [20.0]
    assert result.n_steps >= 35


@pytest.mark.parametrize("when", range(1, 36))
def test_interruption_between_a_step_and_its_look_is_made_up_for(when: int) -> None:
    losses = {10: 5.0, 20: 3.0, 30: 4.0}
    kept: list[tuple[Log, bool]] = []
    save = lambda trainer, log, is_over: kept.append((log, is_over))  # noqa: E731
    trainer = Trainer()
    train(trainer, None, schedule(35), Watcher(interrupt_at=when), lambda w: losses[int(w[0])], save)
    log, is_over = kept[-1]
    assert is_over
    assert log.n_steps == len(trainer.rates)
    judge = lambda w: losses.get(int(w[0]), 9.0)  # noqa: E731
    result, whole = (
        train(trainer, None, schedule(35), Watcher(), judge, log=log),
        train(Trainer(), None, schedule(35), Watcher(), judge),
    )
    assert (result.history, result.weights, result.stop) == (whole.history, whole.weights, whole.stop)


def test_what_is_halted_from_outside_ends_soon() -> None:
    halt = threading.Event()
    halt.set()
    result = train(Trainer(), None, schedule(halt=halt), Watcher())
    assert result.stop is Stop.INTERRUPTED
    assert result.n_steps == 1


def test_loss_that_is_no_number_names_step_epoch_rate_and_remedy() -> None:
    with pytest.raises(
        TrainingError, match=r"step 38 of 100 \(epoch 4\).*Training\(learning_rate=0.07\)`\), rest, or sleep\."
    ):
        train(Trainer(fails_at=37), None, schedule(remedies=("rest", "sleep")), Watcher())


def test_log_goes_on_where_it_was() -> None:
    first = schedule()
    checks = [(step, {"validation_loss": loss}) for step, loss in ((10, 5.0), (20, 2.0), (30, 3.0), (40, 3.0))]
    log = Log(first.rates, 1.0, np.ones((100, 5)), 40, checks, np.array([20.0]))
    trainer = Trainer()
    trainer.rates = [0.0] * 40
    result = train(trainer, None, schedule(patience=3), Watcher(), lambda w: 9.0, log=log)
    assert result.n_steps == 50
    assert result.weights.tolist() == [20.0]


@pytest.mark.parametrize("stop", list(Stop))
def test_every_reason_has_a_remedy(stop: Stop) -> None:
    assert len(stop.remedy) > 40
    assert stop.remedy[0].isupper()
    assert stop.remedy.endswith(".")
    assert stop.message.say("zh").endswith("。")
