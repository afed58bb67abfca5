"""Is the result the same for any number of threads, and does Python stay alive beside the core?"""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from gatecast.network import native
from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec

LENGTHS = (90, 33, 7, 61)


def ragged_panel():
    """Four series of different lengths, float32, with gaps in the targets."""
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=sum(LENGTHS)).astype(np.float32)
    targets = inputs.copy()
    targets[rng.random(len(targets)) < 0.1] = np.nan
    return native.PanelArrays(inputs, targets, np.cumsum([0, *LENGTHS]), np.array([1.0, 2.0, 0.5, 3.0]))


def windows(batch_size, shuffle):
    return native.window_source(ragged_panel(), native.Lens(), 12, 3, batch_size, shuffle=shuffle, n_dropped=0, seed=5)


def segments(batch_size):
    return native.segment_source(ragged_panel(), native.Lens(), 5, 40, batch_size, 7)


# 143 windows: every batch size but 1 and 143 leaves a partial last batch
SOURCES = {
    **{f"windows-{B}": lambda B=B: windows(B, False) for B in (1, 4, 5, 33, 50, 143)},
    **{f"shuffled-{B}": lambda B=B: windows(B, True) for B in (1, 7, 40)},
    **{f"segments-{B}": lambda B=B: segments(B) for B in (1, 2, 6, 17, 64, 1100)},
}


def train(source, threads, steps=25):
    spec = NetworkSpec.plain(1, (20, 9), 3)
    settings = native.LossSettings(), native.OptimizerSettings(clip_norm=0.5)
    trainer = native.make_trainer(spec, initial_weights(spec, 1), *settings, threads)
    outcome, done, records = trainer.run(source, 0, np.full(steps, 1e-2))
    assert (outcome, done) == (native.FINISHED, steps)
    return trainer.weights(), trainer.moments(), records


@pytest.mark.parametrize("name", SOURCES)
def test_training_is_bit_identical_for_any_threads(name, each_isa):
    source = SOURCES[name]()
    expected = train(source, 1)
    assert np.isfinite(expected[0]).all()
    for threads in (1, 2, 3, 5):
        for actual, wanted in zip(train(source, threads), expected, strict=True):
            np.testing.assert_array_equal(actual, wanted)


def test_partial_batch_after_smaller_chunks():
    # 33 rows are cut into chunks of 11, 32 alone would make chunks of 16: more than the room that was made
    inputs = np.random.default_rng(0).normal(size=65 + 12 + 2).astype(np.float32)
    panel = native.PanelArrays(inputs, inputs, np.array([0, len(inputs)]), np.ones(1))
    source = native.window_source(panel, native.Lens(), 12, 3, 33, shuffle=False, n_dropped=0, seed=0)
    assert [source.batch(0), source.batch(1)] == [33, 32]
    np.testing.assert_array_equal(train(source, 1)[0], train(source, 3)[0])


def big_trainer(B=64, T=100, D=64, steps=100_000):
    """A trainer with work for minutes, and its arguments of `run`."""
    spec = NetworkSpec.plain(1, (D,), 1)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, B, T, 1)).astype(np.float32)
    y = np.tanh(x).astype(np.float32)
    trainer = native.make_trainer(spec, initial_weights(spec, 0), native.LossSettings(), native.OptimizerSettings(), 2)
    return trainer, native.array_source(x, y), np.full(steps, 1e-3)


@pytest.fixture(autouse=True)
def listen_to_sigint():
    # a shell starts background jobs with SIGINT ignored, and the runs below would then go on for minutes
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def seconds_to_stop(work, after=0.3):
    """Seconds from Ctrl-C to the exception."""
    sent = []

    def press():
        sent.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(after, press)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        work()
    seconds = time.perf_counter() - sent[0]
    timer.join()
    return seconds


def test_gil_is_released_while_run_works():
    trainer, source, _ = big_trainer()
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.005):
            ticks.append(time.perf_counter())

    other = threading.Thread(target=tick)
    other.start()
    begin = time.perf_counter()
    trainer.run(source, 0, np.full(60, 1e-3))
    end = time.perf_counter()
    done.set()
    other.join()
    # a held GIL would allow none; every second chance is plenty on a busy machine with its processors taken
    inside = sum(begin + 0.005 < tick < end - 0.005 for tick in ticks)
    assert inside >= max(2, (end - begin) / 0.1)


@pytest.mark.parametrize(("B", "T"), [(16, 40), (2, 4000)], ids=["between-chunks", "inside-a-chunk"])
def test_interrupt_keeps_the_steps_that_were_finished(B, T):
    size = {"B": B, "T": T, "D": 32, "steps": 200_000}
    trainer, source, rates = big_trainer(**size)
    # the promise is 0.5 s; 2 s leave room for a machine that is busy with other tests
    assert seconds_to_stop(lambda: trainer.run(source, 0, rates)) < 2.0
    assert 0 < trainer.adam_steps < len(rates)
    again = big_trainer(**size)[0]
    again.run(source, 0, rates[: trainer.adam_steps])
    np.testing.assert_array_equal(trainer.weights(), again.weights())
    # the trainer is as good as before: gradients are computed, and training goes on
    np.testing.assert_array_equal(trainer.gradient(source, False)[2], again.gradient(source, False)[2])
    assert trainer.gradient(source, False)[2].any()
    for each in (trainer, again):
        assert each.run(source, 0, rates[:3])[0] == native.FINISHED
    np.testing.assert_array_equal(trainer.weights(), again.weights())


def test_interrupt_inside_one_big_step():
    # one step takes seconds here, and one chunk of it up to a second
    trainer, source, rates = big_trainer(B=256, T=500, D=256)
    before = trainer.weights()
    assert seconds_to_stop(lambda: trainer.run(source, 0, rates[:1])) < 2.0
    np.testing.assert_array_equal(trainer.weights(), before)


def test_interrupt_while_forecasting():
    spec = NetworkSpec.plain(1, (128,), 1)
    n = 200_000
    values = np.zeros(n, np.float32)
    panel = native.PanelArrays(values, values, np.array([0, n]), np.ones(1))
    stretches = native.Stretches(np.zeros(2000, np.int64), np.zeros(2000, np.int64), np.full(2000, n))
    arguments = (spec, initial_weights(spec, 0), native.LossSettings(), native.Lens(), panel, stretches)
    assert seconds_to_stop(lambda: native.run_sequences(*arguments, n_threads=2)) < 2.0


PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {folder!r})
from test_core_threads import big_trainer
trainer, source, rates = big_trainer()
print("ready", flush=True)
try:
    trainer.run(source, 0, rates)
except KeyboardInterrupt:
    print("stopped after", trainer.adam_steps, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process on Windows")
def test_sigint_from_outside_stops_a_run():
    program = PROGRAM.format(folder=os.path.dirname(__file__))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        begin = time.perf_counter()
        assert process.stdout.readline().startswith("stopped after")
        assert time.perf_counter() - begin < 2.0
        assert process.wait(10) == 0


STARVED = """
import resource
from test_core_threads import big_trainer
from gatecast.network import native
from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec
spec = NetworkSpec.plain(1, (4,), 1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
try:
    native.make_trainer(spec, initial_weights(spec, 0), native.LossSettings(), native.OptimizerSettings(), 4096)
except RuntimeError as error:
    print("refused:", error)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_more_threads_than_the_system_gives_is_an_error():
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
    assert result.stdout.startswith("refused:")
