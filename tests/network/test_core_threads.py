"""Is the result the same for any number of threads, and does Python stay alive beside the core?"""

import functools
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from gatecast.network import _native, inputs, wrapper
from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec

LENGTHS = (90, 33, 7, 61)


def ragged_panel():
    """Four series of different lengths, float32, with gaps in the targets."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=sum(LENGTHS)).astype(np.float32)
    targets = values.copy()
    targets[rng.random(len(targets)) < 0.1] = np.nan
    return inputs.PanelArrays(values, targets, np.cumsum([0, *LENGTHS]), np.array([1.0, 2.0, 0.5, 3.0]))


def windows(batch_size, shuffle):
    return wrapper.window_source(
        ragged_panel(), inputs.ValueInputs(), 12, 3, batch_size, shuffle=shuffle, n_dropped=0, seed=5
    )


def segments(batch_size):
    return wrapper.segment_source(ragged_panel(), inputs.ValueInputs(), 5, 40, batch_size, 7)


# 143 windows: every batch size but 1 and 143 leaves a partial last batch
SOURCES = {
    **{f"windows-{B}": lambda B=B: windows(B, False) for B in (1, 4, 5, 33, 50, 143)},
    **{f"shuffled-{B}": lambda B=B: windows(B, True) for B in (1, 7, 40)},
    **{f"segments-{B}": lambda B=B: segments(B) for B in (1, 2, 6, 17, 64, 1100)},
}


def train(source, threads, steps=25):
    spec = NetworkSpec.plain(1, (20, 9), 3)
    settings = inputs.LossSettings(), wrapper.OptimizerSettings(clip_norm=0.5)
    trainer = wrapper.make_trainer(spec, initial_weights(spec, 1), *settings, threads)
    outcome, done, records = trainer.run(source, 0, np.full(steps, 1e-2))
    assert (outcome, done) == (wrapper.FINISHED, steps)
    return trainer.weights(), trainer.moments(), records


@pytest.mark.parametrize("name", SOURCES)
def test_training_is_bit_identical_for_any_threads(name, each_isa):
    source = SOURCES[name]()
    # every step of a large batch sums up all that there is to sum up
    steps = 25 if source.batch(0) <= 143 else 4
    expected = train(source, 1, steps)
    assert np.isfinite(expected[0]).all()
    for threads in (1, 2, 3, 5):
        for actual, wanted in zip(train(source, threads, steps), expected, strict=True):
            np.testing.assert_array_equal(actual, wanted)


def test_partial_batch_after_smaller_chunks():
    # 33 rows are cut into chunks of 11, 32 alone would make chunks of 16: more than the room that was made
    values = np.random.default_rng(0).normal(size=65 + 12 + 2).astype(np.float32)
    panel = inputs.PanelArrays(values, values, np.array([0, len(values)]), np.ones(1))
    source = wrapper.window_source(panel, inputs.ValueInputs(), 12, 3, 33, shuffle=False, n_dropped=0, seed=0)
    assert [source.batch(0), source.batch(1)] == [33, 32]
    np.testing.assert_array_equal(train(source, 1)[0], train(source, 3)[0])


def big_trainer(B=64, T=100, D=64, steps=100_000):
    """A trainer with work for minutes, and its arguments of `run`."""
    spec = NetworkSpec.plain(1, (D,), 1)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, B, T, 1)).astype(np.float32)
    y = np.tanh(x).astype(np.float32)
    trainer = wrapper.make_trainer(
        spec, initial_weights(spec, 0), inputs.LossSettings(), wrapper.OptimizerSettings(), 2
    )
    return trainer, wrapper.array_source(x, y), np.full(steps, 1e-3)


@pytest.fixture(autouse=True)
def listen_to_sigint():
    # a shell starts background jobs with SIGINT ignored, and the runs below would then go on for minutes
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt(work, is_ready=lambda: True):
    """Press Ctrl-C once `work` is inside the core and `is_ready` says so, and expect that it ends.

    Python hands over to the other thread when the core lets go of it, and not before: nothing depends on a clock.
    """
    begin = threading.Event()

    def press():
        begin.wait()
        while not is_ready():
            time.sleep(0.001)
        signal.raise_signal(signal.SIGINT)

    def start():
        begin.set()
        work()

    other = threading.Thread(target=press)
    other.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)
    try:
        with pytest.raises(KeyboardInterrupt):
            start()
    finally:
        sys.setswitchinterval(interval)
        other.join()


def interrupt_training(trainer, source, rates, after_steps):
    """Press Ctrl-C in the middle of a run, after so many steps, and return the records."""
    records = np.zeros((len(rates), 5))
    # the core writes the number of targets of each finished step
    interrupt(
        lambda: trainer.run_into(source, 0, rates, records), lambda: np.count_nonzero(records[:, 3]) >= after_steps
    )
    return records


def test_gil_is_released_while_run_works():
    # the run would take minutes, and it ends because another thread of Python sees its first steps and stops it
    trainer, source, rates = big_trainer()
    interrupt_training(trainer, source, rates, after_steps=3)
    assert 3 <= trainer.adam_steps < len(rates)


@pytest.mark.parametrize(("B", "T"), [(16, 40), (2, 4000)], ids=["between-chunks", "inside-a-chunk"])
def test_interrupt_keeps_the_steps_that_were_finished(B, T):
    size = {"B": B, "T": T, "D": 32, "steps": 200_000}
    trainer, source, rates = big_trainer(**size)
    records = interrupt_training(trainer, source, rates, after_steps=1)
    assert 0 < trainer.adam_steps < len(rates)
    assert np.count_nonzero(records[:, 3]) == trainer.adam_steps
    again = big_trainer(**size)[0]
    again.run(source, 0, rates[: trainer.adam_steps])
    np.testing.assert_array_equal(trainer.weights(), again.weights())
    # the trainer is as good as before: gradients are computed, and training goes on
    np.testing.assert_array_equal(trainer.gradient(source, False)[2], again.gradient(source, False)[2])
    assert trainer.gradient(source, False)[2].any()
    for each in (trainer, again):
        assert each.run(source, 0, rates[:3])[0] == wrapper.FINISHED
    np.testing.assert_array_equal(trainer.weights(), again.weights())


def test_interrupt_inside_one_big_step():
    # one step takes seconds here, and Ctrl-C comes at its very beginning: it must not be taken
    trainer, source, rates = big_trainer(B=256, T=500, D=128)
    before = trainer.weights()
    interrupt(lambda: trainer.run(source, 0, rates[:1]))
    assert trainer.adam_steps == 0
    np.testing.assert_array_equal(trainer.weights(), before)


def test_interrupt_while_forecasting():
    # minutes of work, of which some is done and some is not
    spec, n, count = NetworkSpec.plain(1, (128,), 1), 2000, 20_000
    values, nothing = np.zeros(n, np.float32), np.zeros((0, 0), np.float32)
    last = np.full((count, 1, 1), np.nan, np.float32)
    work = {
        "shape": wrapper.native_shape(spec),
        "loss": inputs.LossSettings().native(),
        "value_inputs": inputs.ValueInputs().native(),
        "weights": initial_weights(spec, 0),
        "panel": inputs.PanelArrays(values, values, np.array([0, n]), np.ones(1)).native(),
        "series": np.zeros(count, np.int64),
        "starts": np.zeros(count, np.int64),
        "lengths": np.full(count, n),
        "state": np.zeros((count, spec.state_size), np.float32),
        "last": last,
        "every": np.zeros((0, 1, 0), np.float32),
        "every_from": np.zeros(count, np.int64),
        "every_step": 1,
        "trace": nothing,
    }
    run = functools.partial(_native.run_sequences_float32, **work, zero_state=True, trace_each=False, isa="baseline")
    interrupt(lambda: run(n_threads=2), lambda: np.isfinite(last).any())
    assert np.isnan(last).any()


def test_one_trainer_serves_one_thread_at_a_time():
    trainer, source, rates = big_trainer()
    refused = []

    def use_too():
        for use in (lambda: trainer.run(source, 0, rates[:1]), lambda: trainer.gradient(source, False)):
            with pytest.raises(RuntimeError, match="at work in another thread"):
                use()
            refused.append(use)
        return True

    records = np.zeros((len(rates), 5))
    interrupt(lambda: trainer.run_into(source, 0, rates, records), lambda: records[0, 3] > 0 and use_too())
    assert len(refused) == 2


PROGRAM = """
import signal, sys, threading, time
import numpy as np
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {folder!r})
from test_core_threads import big_trainer
trainer, source, rates = big_trainer()
records = np.zeros((len(rates), 5))

def tell():
    while not records[0, 3]:
        time.sleep(0.001)
    print("ready", flush=True)

threading.Thread(target=tell).start()
try:
    trainer.run_into(source, 0, rates, records)
except KeyboardInterrupt:
    print("stopped after", trainer.adam_steps, "of", len(rates), flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process on Windows")
def test_sigint_from_outside_stops_a_run():
    program = PROGRAM.format(folder=os.path.dirname(__file__))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, _, taken, _, asked = process.stdout.readline().split()
        assert 0 < int(taken) < int(asked)
        assert process.wait() == 0


STARVED = """
import resource
from test_core_threads import big_trainer
from gatecast.network import inputs, wrapper
from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec
spec = NetworkSpec.plain(1, (4,), 1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
weights = initial_weights(spec, 0)
made = wrapper.make_trainer(spec, weights, inputs.LossSettings(), wrapper.OptimizerSettings(), 4096)
print("made:", (made.weights() == weights).all())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.skipif("GATECAST_SANITIZE" in os.environ, reason="a sanitizer reserves terabytes of addresses")
def test_fewer_threads_work_where_the_system_gives_no_more():
    # each thread reserves a stack of megabytes, so 256 MB of addresses end long before 4,096 threads
    result = subprocess.run(
        [sys.executable, "-c", STARVED],
        capture_output=True,
        text=True,
        cwd=os.path.dirname(__file__),
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "made: True\n"
