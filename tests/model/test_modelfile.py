"""Is a saved model safe: the same when it comes back, refused when it is damaged, never lost?"""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load, save

from gatecast import ConfigError, GatecastError, LSTMForecaster, ModelFileError
from gatecast._files import UNFINISHED
from gatecast.model.modelfile import FORMAT
from gatecast.model.upgrades import OLDEST
from made_series import forecaster

FILES = Path(__file__).parent / "files"
SMALL = {"hidden_size": 8, "lookback": 12, "epochs": 2, "progress": False}


def data() -> pd.DataFrame:
    hours = pd.date_range("2024-03-01", periods=200, freq="h", tz="Europe/Berlin")
    parts = [pd.DataFrame({"shop": s, "when": hours, "sold": np.sin(np.arange(200) / 5) + s}) for s in (3, 7)]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module", params=["sequence", "windows"])
def model(request: pytest.FixtureRequest) -> LSTMForecaster:
    made = forecaster(horizon=4, n_layers=2, mode=request.param, seed=np.int64(3), **SMALL)
    return made.fit(data(), id_col="shop", time_col="when", target_col="sold")


@pytest.fixture
def file(model: LSTMForecaster, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    model.save(path)
    return path


def test_loaded_model_forecasts_the_same_bits(model: LSTMForecaster, file: Path) -> None:
    loaded = LSTMForecaster.load(file)
    pd.testing.assert_frame_equal(loaded.predict(9), model.predict(9))
    assert loaded.history_ == model.history_
    assert repr(loaded) == repr(model)
    later = data().assign(when=lambda d: d["when"] + pd.Timedelta(hours=200))
    pd.testing.assert_frame_equal(loaded.predict(data=later), model.predict(data=later))
    assert loaded.evaluate(later).rmse == model.evaluate(later).rmse
    np.testing.assert_array_equal(loaded.stream(7).update(0.5), model.stream(7).update(0.5))


def test_saving_twice_writes_the_same_bytes(model: LSTMForecaster, file: Path, tmp_path: Path) -> None:
    model.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()


def test_loaded_model_asks_for_the_training_data(file: Path) -> None:
    with pytest.raises(GatecastError, match="does not hold its 400 training points"):
        LSTMForecaster.load(file).predict_insample()


def test_every_flipped_byte_is_found(file: Path) -> None:
    content = file.read_bytes()
    rng = np.random.default_rng(0)
    for position in rng.choice(len(content), 300, replace=False):
        damaged = bytearray(content)
        damaged[position] ^= 1 << int(rng.integers(8))
        file.write_bytes(damaged)
        with pytest.raises(ModelFileError):
            LSTMForecaster.load(file)


def test_every_truncation_is_found(file: Path) -> None:
    content = file.read_bytes()
    for length in (0, 1, 7, 8, 9, 100, len(content) // 2, len(content) - 1):
        file.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match=r"truncated or damaged|not a complete"):
            LSTMForecaster.load(file)


def test_pickle_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"weights": [1, 2]}))
    with pytest.raises(ModelFileError, match="is a pickle .* cannot run code"):
        LSTMForecaster.load(path)


def test_no_length_of_the_header_is_taken_for_a_pickle(file: Path, model: LSTMForecaster) -> None:
    # the file begins with the header's length, whose lowest byte is that of a pickle for one length of 32
    lengths = set()
    for n in range(60):
        model.fitted_.record.history["note"] = [1.5] * n
        model.save(file)
        lengths.add(file.read_bytes()[0])
        LSTMForecaster.load(file)
    del model.fitted_.record.history["note"]
    assert 0x80 in lengths


@pytest.mark.parametrize(("number", "remedy"), [(FORMAT + 1, "--upgrade"), (OLDEST - 1, "Fit the model again")])
def test_another_format_is_refused(file: Path, tmp_path: Path, number: int, remedy: str) -> None:
    content = file.read_bytes()
    n = int.from_bytes(content[:8], "little")
    facts = json.loads(json.loads(content[8 : 8 + n])["__metadata__"]["gatecast"])
    metadata = {"gatecast": json.dumps(facts | {"format": number})}
    other = tmp_path / "other.safetensors"
    other.write_bytes(save(load(content), metadata))
    with pytest.raises(ModelFileError, match=f"format {number}, and .* reads formats? .*{FORMAT}.*{remedy}"):
        LSTMForecaster.load(other)


def test_a_file_of_format_5_says_what_to_do() -> None:
    # written by the version before fits had a record
    with pytest.raises(ModelFileError, match=r"format 5, .* reads formats 9 to 10\. Fit the model again and save"):
        LSTMForecaster.load(FILES / "format5.safetensors")


def test_safetensors_of_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(save({"x": np.zeros(3)}))
    with pytest.raises(ModelFileError, match="but not of gatecast"):
        LSTMForecaster.load(path)


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no model file .*nothing.safetensors"):
        LSTMForecaster.load(tmp_path / "nothing.safetensors")
    with pytest.raises(ModelFileError, match="directory"):
        LSTMForecaster.load(tmp_path)


@pytest.mark.parametrize("path", [None, 3])
def test_what_is_no_path_is_refused(model: LSTMForecaster, path: object) -> None:
    for call in (model.save, LSTMForecaster.load):
        with pytest.raises(ConfigError, match="`path` must be a path, got"):
            call(path)


@pytest.mark.parametrize("path", ["/dev/null/model.safetensors", "/nowhere/at/all/model.safetensors"])
def test_unwritable_place_is_one_sentence(model: LSTMForecaster, path: str) -> None:
    with pytest.raises(ModelFileError, match="cannot be written to .*folder that exists"):
        model.save(path)


def test_full_disk_leaves_the_old_file(model: LSTMForecaster, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = file.read_bytes()

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(ModelFileError, match="No space left on device"):
        model.save(file)
    assert file.read_bytes() == old
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_kill_during_save_leaves_the_old_file(file: Path) -> None:
    old = file.read_bytes()
    program = (
        "import os, signal, sys; from gatecast import LSTMForecaster; model = LSTMForecaster.load(sys.argv[1]);"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL); model.save(sys.argv[1])"
    )
    result = subprocess.run([sys.executable, "-c", program, str(file)], check=False)
    assert result.returncode == -9
    assert file.read_bytes() == old
    model = LSTMForecaster.load(file)
    assert len(list(file.parent.iterdir())) == 2
    # what the killed process had begun to write is removed by the next one, and nothing else
    others = [file.with_name(name) for name in (f".{file.name}.bak", f".other{UNFINISHED}")]
    for other in others:
        other.touch()
    model.save(file)
    assert set(file.parent.iterdir()) == {file, *others}


def test_file_that_another_process_is_writing_is_left_alone(file: Path, model: LSTMForecaster) -> None:
    program = (
        "import os, sys, time; from gatecast import LSTMForecaster; model = LSTMForecaster.load(sys.argv[1]);"
        "fsync = os.fsync; os.fsync = lambda d: (print('writing', flush=True), sys.stdin.read(), fsync(d));"
        "model.save(sys.argv[1])"
    )
    command = [sys.executable, "-c", program, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"writing\n"
        (theirs,) = [path for path in file.parent.iterdir() if path != file]
        model.save(file)
        assert theirs.exists()
        process.stdin.close()
        assert process.wait() == 0
    assert list(file.parent.iterdir()) == [file]


def test_rights_of_the_file_are_those_of_any_new_file(file: Path, model: LSTMForecaster) -> None:
    beside = file.with_name("beside")
    beside.touch()
    assert file.stat().st_mode == beside.stat().st_mode
    file.chmod(0o640)
    model.save(file)
    assert file.stat().st_mode & 0o777 == 0o640
