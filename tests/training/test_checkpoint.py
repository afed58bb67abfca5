"""Is a fit that goes on from its checkpoint bit for bit the fit that was never interrupted?"""

import errno
import functools
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gatecast import ConfigError, LSTMForecaster, ModelFileError
from gatecast._files import fingerprint
from gatecast.model import fit
from gatecast.model.settings import Settings
from gatecast.network import inputs, wrapper
from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec
from gatecast.texts.message import Message
from gatecast.training import loop
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.progress import _Silent
from made_series import forecaster

Y = 10 + 3 * np.sin(2 * np.pi * np.arange(240) / 25) + np.random.default_rng(0).normal(0, 0.1, 240)
SMALL: dict[str, Any] = {"horizon": 3, "hidden_size": 6, "lookback": 12, "epochs": 30, "progress": False}
KINDS: dict[str, dict[str, Any]] = {
    "one network": {"transform": "none"},
    "three networks": {"transform": "none", "ensemble": 3},
    "choice of recipe": {"transform": "auto"},
    "ema_decay, decay, dropout": {"transform": "none", "ema_decay": 0.9, "weight_decay": 0.1, "dropout": 0.3},
    "windows in a new order": {"mode": "windows", "skip": "none", "validation_size": 0.2},
    "learning rate found": {"transform": "none", "learning_rate": "find"},
    "nothing held out": {"transform": "none", "validation_size": 0},
    "early stop": {"transform": "none", "patience": 1, "ensemble": 2},
    "trained again on all points": {"transform": "none", "refit_full": True, "ensemble": 2},
}


@pytest.fixture(autouse=True)
def _short_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    # the core is called for one step at a time, so that there are many moments to be interrupted in
    monkeypatch.setattr(loop, "SECONDS_PER_CALL", 0.0)


def interrupt_after(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [calls]

    def advance(self: object, n_steps: int, rmse: float) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(_Silent, "advance", advance)


def interrupt_after_both(model: LSTMForecaster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupt once two members have taken as many steps as those of `model`, and a few of what comes next."""
    taken, advance = [0], _Silent.advance

    def interrupted(self: object, n_steps: int, rmse: float) -> None:
        taken[0] += n_steps
        if taken[0] > 2 * model.fitted_.record.n_steps + 4:
            raise KeyboardInterrupt
        advance(self, n_steps, rmse)

    monkeypatch.setattr(_Silent, "advance", interrupted)


def weights(model: LSTMForecaster) -> np.ndarray:
    return np.stack([network.weights for network in model.fitted_.ensemble.networks])


@functools.cache
def whole_fit(kind: str) -> LSTMForecaster:
    return forecaster(**SMALL | KINDS[kind]).fit(Y)


@pytest.mark.parametrize("kind", KINDS)
def test_resumed_fit_has_the_bits_of_an_uninterrupted_one(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, whole = SMALL | KINDS[kind], whole_fit(kind)
    file = tmp_path / "unfinished"
    kept = {"checkpoint": file, "checkpoint_seconds": 1e-9}
    n_steps = len(whole.history_["loss"])
    with monkeypatch.context() as patched:
        # one member raises in its own thread, which ends the others too
        interrupt_after(max(n_steps // 2, 8), patched)
        with pytest.raises(KeyboardInterrupt):
            forecaster(**settings, **kept).fit(Y)
    resumed = forecaster(**settings).fit(Y, resume=file)
    np.testing.assert_array_equal(weights(resumed), weights(whole))
    assert resumed.history_ == whole.history_
    assert resumed.decisions_ == whole.decisions_
    assert resumed.stop_reason_ is whole.stop_reason_
    np.testing.assert_array_equal(resumed.predict()["LSTM"], whole.predict()["LSTM"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("calls", [1, 8, 23])
def test_interruption_leaves_a_file_whatever_the_clock_says(
    kind: str, calls: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, whole = SMALL | KINDS[kind], whole_fit(kind)
    file = tmp_path / "unfinished"
    with monkeypatch.context() as patched:
        interrupt_after(calls, patched)
        with pytest.raises(KeyboardInterrupt):
            forecaster(**settings, checkpoint=file, checkpoint_seconds=1e9).fit(Y)
    resumed = forecaster(**settings).fit(Y, resume=file)
    np.testing.assert_array_equal(weights(resumed), weights(whole))
    assert resumed.history_ == whole.history_
    assert resumed.stop_reason_ is whole.stop_reason_


def test_interruption_while_all_points_are_learned_keeps_what_was_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, file = SMALL | KINDS["trained again on all points"], tmp_path / "unfinished"
    judged, whole = forecaster(**settings | {"refit_full": False}).fit(Y), whole_fit("trained again on all points")
    model = forecaster(**settings, checkpoint=file)
    with monkeypatch.context() as patched:
        interrupt_after_both(judged, patched)
        with pytest.raises(KeyboardInterrupt):
            model.fit(Y)
    np.testing.assert_array_equal(weights(model), weights(judged))
    np.testing.assert_array_equal(model.predict()["LSTM"], judged.predict()["LSTM"])
    np.testing.assert_array_equal(weights(forecaster(**settings).fit(Y, resume=file)), weights(whole))


def test_interruption_while_pretrained_networks_are_trained_on_keeps_what_was_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default trains two networks from nothing and two from pretrained ones, and these again on all points."""
    monkeypatch.setattr(Settings, "leaves_network_open", True)
    said = Message("decision.started_better", {"pretrained": 1.0, "started": 0.5, "trained": 0.7})
    monkeypatch.setattr(fit, "_compare_pretrained", lambda trained, started: (started, said))
    settings = SMALL | {"transform": "none", "ensemble": 2, "refit_full": True, "pretrained": "auto"}
    trained = forecaster(**SMALL, transform="none", ensemble=2, pretrained="none").fit(Y)
    whole, file = forecaster(**settings).fit(Y), tmp_path / "unfinished"
    model = forecaster(**settings, checkpoint=file)
    with monkeypatch.context() as patched:
        interrupt_after_both(trained, patched)
        with pytest.raises(KeyboardInterrupt):
            model.fit(Y)
    np.testing.assert_array_equal(weights(model), weights(trained))
    assert said not in model.fitted_.record.decisions
    assert said in whole.fitted_.record.decisions
    resumed = forecaster(**settings).fit(Y, resume=file)
    np.testing.assert_array_equal(weights(resumed), weights(whole))
    assert resumed.history_ == whole.history_


def test_interruption_before_any_network_leaves_a_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, file = SMALL | {"transform": "none", "learning_rate": "find"}, tmp_path / "unfinished"

    def interrupted(*_: object) -> float:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("gatecast.model.members.find_learning_rate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            forecaster(**settings, checkpoint=file).fit(Y)
    whole, resumed = forecaster(**settings).fit(Y), forecaster(**settings).fit(Y, resume=file)
    np.testing.assert_array_equal(weights(resumed), weights(whole))


def test_steps_that_the_core_had_finished_are_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C inside the core: its finished steps and their records are what a run of as many steps gives."""
    # calls that last long enough to be interrupted in
    monkeypatch.setattr(loop, "SECONDS_PER_CALL", 0.1)
    spec = NetworkSpec.plain(1, (32,), 1)
    x = np.random.default_rng(0).normal(size=(1, 16, 40, 1)).astype(np.float32)
    source, kept = wrapper.array_source(x, np.tanh(x)), []
    trainer, again = (
        wrapper.make_trainer(spec, initial_weights(spec, 0), inputs.LossSettings(), wrapper.OptimizerSettings(), 2)
        for _ in range(2)
    )
    schedule = loop.TrainingSchedule(np.full(1_000_000, 1e-3), 1e-3, 10)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    try:
        loop.train(trainer, source, schedule, _Silent(), save=lambda _, log, is_over: kept.append((log, is_over)))
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    log, is_over = kept[-1]
    assert is_over
    assert log.n_steps == trainer.adam_steps > 0
    records = again.run(source, 0, schedule.rates[: log.n_steps])[2]
    np.testing.assert_array_equal(log.records[: log.n_steps], records)
    np.testing.assert_array_equal(trainer.weights(), again.weights())


PROGRAM = """
import os, signal, sys
import numpy as np
from gatecast import LSTMForecaster, Training
from gatecast.texts.message import Message
from gatecast.training import loop
loop.SECONDS_PER_CALL = 0.0
flush, left = os.fsync, [int(sys.argv[2])]
def dying(descriptor):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    flush(descriptor)
os.fsync = dying
y = np.load(sys.argv[3])
training = Training(epochs=30, checkpoint=sys.argv[1], checkpoint_seconds=1e-9)
LSTMForecaster(3, hidden_size=6, lookback=12, ensemble=3, progress=False, training=training).fit(y)
"""


def test_killed_process_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", Y)
    file = tmp_path / "unfinished"
    arguments = [sys.executable, "-c", PROGRAM, str(file), "25", str(tmp_path / "y.npy")]
    assert subprocess.run(arguments, check=False, env=os.environ).returncode == -signal.SIGKILL
    settings = SMALL | {"ensemble": 3}
    whole, resumed = forecaster(**settings).fit(Y), forecaster(**settings).fit(Y, resume=file)
    np.testing.assert_array_equal(weights(resumed), weights(whole))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("checkpoints") / "file"
    forecaster(**SMALL, checkpoint=file).fit(Y)
    return file


def test_what_has_no_effect_on_the_result_may_differ(finished: Path, tmp_path: Path) -> None:
    other = forecaster(**SMALL, n_threads=1, max_seconds=1e6, checkpoint=tmp_path / "x", checkpoint_seconds=5)
    other.fit(Y, resume=finished)
    np.testing.assert_array_equal(weights(other), weights(forecaster(**SMALL).fit(Y)))


@pytest.mark.parametrize("other", ["settings", "values", "times", "covariates"])
def test_checkpoint_of_another_fit_is_refused(other: str, finished: Path) -> None:
    settings = SMALL | ({"seed": 1} if other == "settings" else {})
    y = Y + (other == "values")
    data: object = np.append(Y, 1.0) if other == "times" else y
    if other == "covariates":
        import pandas as pd

        data = pd.DataFrame({"unique_id": "a", "ds": np.arange(240), "y": Y, "x": 1.0 + Y})
        settings |= {"past": ["x"]}
    with pytest.raises(ModelFileError, match="other settings or other data.*or another name"):
        forecaster(**settings).fit(data, resume=finished)


def test_damaged_checkpoint_is_refused(finished: Path, tmp_path: Path) -> None:
    content = finished.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [bytes(content[:n]) for n in (0, 7, 100, len(content) - 1)]
    for position in rng.choice(len(content), 60, replace=False):
        flipped = bytearray(content)
        flipped[position] ^= 1 << int(rng.integers(8))
        damaged.append(bytes(flipped))
    for n, each in enumerate(damaged):
        file = tmp_path / str(n)
        file.write_bytes(each)
        with pytest.raises(ModelFileError):
            forecaster(**SMALL).fit(Y, resume=file)


def test_model_files_are_no_checkpoints_and_the_other_way_round(finished: Path, tmp_path: Path) -> None:
    model = forecaster(**SMALL).fit(Y)
    model.save(tmp_path / "model")
    with pytest.raises(ModelFileError, match="no complete checkpoint"):
        forecaster(**SMALL).fit(Y, resume=tmp_path / "model")
    with pytest.raises(ModelFileError, match="not of gatecast"):
        LSTMForecaster.load(finished)


def test_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no checkpoint .*nothing.*leave `resume` out"):
        forecaster(**SMALL).fit(Y, resume=tmp_path / "nothing")
    with pytest.raises(ConfigError, match="`resume` must be a path, got 3"):
        forecaster(**SMALL).fit(Y, resume=3)


def test_same_call_goes_on_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SMALL | KINDS["three networks"] | {"checkpoint": tmp_path / "file", "checkpoint_seconds": 1e-9}
    for calls in (3, 20):
        with monkeypatch.context() as patched:
            interrupt_after(calls, patched)
            with pytest.raises(KeyboardInterrupt):
                forecaster(**settings).fit(Y)
    whole, model = whole_fit("three networks"), forecaster(**settings).fit(Y)
    np.testing.assert_array_equal(weights(model), weights(whole))
    monkeypatch.setattr(wrapper.Trainer, "run_into", None)
    # what is finished is not trained again
    np.testing.assert_array_equal(weights(forecaster(**settings).fit(Y)), weights(whole))


@pytest.mark.parametrize("there", ["another fit", "table"])
def test_file_of_something_else_is_not_replaced(there: str, finished: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(finished.read_bytes() if there == "another fit" else b"ds,y\n1,2\n")
    before = file.read_bytes()
    with pytest.raises(ModelFileError, match=r"belongs to a fit with other|is no complete checkpoint"):
        forecaster(**SMALL, checkpoint=file).fit(Y + 1)
    assert file.read_bytes() == before


def test_full_disk_is_a_warning_and_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    settings = SMALL | KINDS["three networks"] | {"checkpoint": tmp_path / "file", "checkpoint_seconds": 1e-9}
    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(UserWarning, match="cannot be written to .*No space left.* goes on without") as told:
        model = forecaster(**settings).fit(Y)
    assert len(told) == 1
    np.testing.assert_array_equal(weights(model), weights(whole_fit("three networks")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["folder that is not there", "folder"])
def test_place_that_cannot_be_written_is_refused_before_training(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path if place == "folder" else tmp_path / "none" / "file"
    monkeypatch.setattr(loop, "train", None)
    with pytest.raises(ModelFileError, match="checkpoint cannot be written to .*folder that exists"):
        forecaster(**SMALL, checkpoint=file).fit(Y)
    assert list(tmp_path.iterdir()) == []


def test_file_is_written_as_often_as_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("gatecast.training.checkpoint.time.monotonic", lambda: now[0])
    file = tmp_path / "file"
    checkpoint = Checkpoint(file, 60.0, "f")
    trainer = TrainerStub()
    save = checkpoint.saver(0)
    save(trainer, loop.Log(np.ones(9), 1.0, np.zeros((9, 5)), 3), False)
    assert not file.exists()
    now[0] += 61
    save(trainer, loop.Log(np.ones(9), 1.0, np.zeros((9, 5)), 4), False)
    first = file.read_bytes()
    save(trainer, loop.Log(np.ones(9), 1.0, np.zeros((9, 5)), 5), False)
    assert file.read_bytes() == first
    # the end is kept whatever the clock says
    save(trainer, loop.Log(np.ones(9), 1.0, np.zeros((9, 5)), 6), True)
    assert file.read_bytes() != first


class TrainerStub:
    adam_steps = 1

    def weights(self) -> np.ndarray:
        return np.ones(2, np.float32)

    def moments(self) -> np.ndarray:
        return np.ones((2, 2), np.float32)


def test_fingerprint_tells_settings_and_data_apart() -> None:
    y, ids = np.arange(3.0), np.array(["a", "b"], dtype=object)
    same = fingerprint({"seed": 0}, [y, ids])
    assert same == fingerprint({"seed": 0}, [y.copy(), ids.copy()])
    others = [fingerprint({"seed": 1}, [y, ids]), fingerprint({"seed": 0}, [y + 1, ids]), fingerprint({"seed": 0}, [y])]
    assert same not in others
