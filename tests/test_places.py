"""Are models and tables read from URLs and written to them, whole or not at all, and is what is missing named?"""

import http.server
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pytest
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem

from gatecast import ConfigError, DataError, LSTMForecaster, ModelFileError, Naive, Report, backtest
from gatecast._places import Url, to_place
from gatecast.cli.app import run
from gatecast.data.reading.files import read_table
from gatecast.model.modelfile import FORMAT
from made_series import SMALL, forecaster, table

MODELS = Path(__file__).parent / "golden" / "models" / f"format{FORMAT}"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> MemoryFileSystem:
    """An empty file system in memory."""
    monkeypatch.setattr(MemoryFileSystem, "store", {})
    monkeypatch.setattr(MemoryFileSystem, "pseudo_dirs", [""])
    return fsspec.filesystem("memory")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.forbidden() if "secret" in self.path else super().do_HEAD()

    def do_GET(self) -> None:
        self.forbidden() if "secret" in self.path else super().do_GET()

    def forbidden(self) -> None:
        self.send_error(403)


@pytest.fixture
def served(tmp_path: Path) -> str:
    """The URL of a server of a folder on this computer."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *made: Quiet(*made, directory=str(tmp_path)), bind_and_activate=True
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("url", "name", "suffixes"),
    [
        ("s3://bucket/shops/sales.csv.gz", "sales.csv.gz", [".csv", ".gz"]),
        ("memory://m.safetensors", "m.safetensors", [".safetensors"]),
        ("https://example.org/a/data.csv?token=x.y/z", "data.csv", [".csv"]),
        ("simplecache::s3://bucket//data.parquet", "data.parquet", [".parquet"]),
        ("zip://in.csv::https://example.org/all.zip", "in.csv", [".csv"]),
    ],
)
def test_urls_are_told_from_paths(url: str, name: str, suffixes: list[str]) -> None:
    place = to_place(url)
    assert isinstance(place, Url)
    assert (str(place), place.name, place.suffixes, place) == (url, name, suffixes, Url(url))


@pytest.mark.parametrize("path", ["data.csv", "C:\\data.csv", "c://data.csv", "a:b/c.csv", Path("s3:/data.csv"), "-"])
def test_paths_are_no_urls(path: str) -> None:
    assert to_place(path) == Path(path)


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    place = to_place((tmp_path / "my data.csv").as_uri())
    assert place == tmp_path / "my data.csv"


def test_a_model_is_kept_under_a_url(memory: MemoryFileSystem) -> None:
    model = forecaster(3, **SMALL).fit(table(60))
    model.save("memory://models/m.safetensors")
    loaded = LSTMForecaster.load("memory://models/m.safetensors")
    pd.testing.assert_frame_equal(loaded.predict(), model.predict())
    stream = model.stream("a")
    stream.update(11.0)
    stream.save("memory://models/stream.safetensors")
    going_on = LSTMForecaster.load("memory://models/stream.safetensors").stream()
    np.testing.assert_allclose(going_on.update(12.0), stream.update(12.0), rtol=1e-6)
    assert sorted(memory.ls("/models", detail=False)) == ["/models/m.safetensors", "/models/stream.safetensors"]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "json"])
def test_a_table_is_read_from_a_url(memory: MemoryFileSystem, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"data.{ending}"
    frame = table(40)
    {
        "csv": lambda: frame.to_csv(path, index=False),
        "csv.gz": lambda: frame.to_csv(path, index=False),
        "parquet": lambda: frame.to_parquet(path),
        "json": lambda: frame.to_json(path, orient="records", date_format="iso"),
    }[ending]()
    memory.pipe_file(f"/data.{ending}", path.read_bytes())
    there, here = read_table(f"memory://data.{ending}"), read_table(path)
    np.testing.assert_array_equal(there.panel.values, here.panel.values)
    assert there.facts() == here.facts() | {"path": f"memory://data.{ending}"}


def test_what_fails_leaves_the_older_file(memory: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    model = LSTMForecaster.load(MODELS / "default.safetensors")
    memory.pipe_file("/m", b"old")

    def fail(self: MemoryFile, content: bytes) -> None:
        raise RuntimeError("the connection was lost")

    monkeypatch.setattr(MemoryFile, "write", fail)
    with pytest.raises(ModelFileError, match=r"written to memory://m \(RuntimeError: the connection was lost\)"):
        model.save("memory://m")
    assert memory.cat_file("/m") == b"old"
    monkeypatch.undo()
    assert not memory._intrans


def test_a_model_and_a_table_are_read_over_http(served: str, tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_bytes((MODELS / "default.safetensors").read_bytes())
    table(40).to_csv(tmp_path / "my data.csv", index=False)
    assert read_table(f"{served}/my%20data.csv").n_rows == 80
    here, there = (LSTMForecaster.load(path) for path in (tmp_path / "m.safetensors", f"{served}/m.safetensors"))
    pd.testing.assert_frame_equal(there.predict(), here.predict())


def test_what_a_server_refuses_is_one_sentence(served: str) -> None:
    with pytest.raises(DataError, match=r"data\.csv' does not exist, .* Check the path\.$"):
        read_table(f"{served}/data.csv")
    with pytest.raises(DataError, match=r"secret\.csv' (may not be read|cannot be read \(.*403)"):
        read_table(f"{served}/secret.csv")
    with pytest.raises(ModelFileError, match=r"There is no model file http://.*m\.safetensors"):
        LSTMForecaster.load(f"{served}/m.safetensors")
    with pytest.raises(ModelFileError, match=r"written to http.*files can only be read from there"):
        LSTMForecaster.load(MODELS / "default.safetensors").save(f"{served}/m.safetensors")


def test_a_server_that_is_not_there_is_not_a_missing_file() -> None:
    # nobody listens on port 9
    with pytest.raises(DataError, match=r"cannot be read \(.*[Cc]onnect"):
        read_table("http://127.0.0.1:9/data.csv")


def test_a_file_that_is_too_large_is_refused(memory: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe_file("/data.csv", b"ds,y\n" * 1000)
    monkeypatch.setattr("gatecast.data.reading.limits.available_memory", lambda: 1000)
    with pytest.raises(DataError, match=r"'memory://data\.csv' has .* MB of memory are free"):
        read_table("memory://data.csv")
    monkeypatch.setattr("gatecast._places.available_memory", lambda: 1000)
    with pytest.raises(ModelFileError, match="Cannot allocate memory"):
        LSTMForecaster.load("memory://data.csv")


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"'dbfs2://x\.csv' begins with a protocol that fsspec does not know"):
        read_table("dbfs2://x.csv")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(ConfigError, match=r"Run `pip install s3fs`, or pass a file"):
        read_table("s3://bucket/x.csv")
    monkeypatch.setitem(sys.modules, "paramiko", None)
    with pytest.raises(ConfigError, match=r"Run `pip install 'fsspec\[sftp\]'`"):
        LSTMForecaster.load("sftp://host/m.safetensors")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ConfigError, match=r"Run `pip install 'gatecast\[remote\]'`, or pass a file"):
        LSTMForecaster.load("s3://bucket/m.safetensors")


def test_what_must_be_on_this_computer_is_no_url() -> None:
    url, wave = "memory://kept", [5.0, 7.0] * 20
    calls = {
        "folder": lambda: backtest(wave, 2, [Naive()], folder=url),
        "checkpoint": lambda: forecaster(3, **SMALL, checkpoint=url).fit(wave),
        "resume": lambda: forecaster(3, **SMALL).fit(wave, resume=url),
    }
    for name, call in calls.items():
        with pytest.raises(ConfigError, match=rf"`{name}` must be on this computer, got the URL 'memory://kept'"):
            call()


def test_paths_load_no_fsspec() -> None:
    program = (
        "import sys; from gatecast import LSTMForecaster; from gatecast.data.reading.files import read_table;"
        f"model = LSTMForecaster.load({str(MODELS / 'default.safetensors')!r}); model.predict();"
        "print(sorted({'fsspec', 'aiohttp'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_commands_take_urls(memory: MemoryFileSystem, capsys: pytest.CaptureFixture[str]) -> None:
    memory.pipe_file("/data.csv", table(60, ("a",)).to_csv(index=False).encode())
    quick = ("--horizon", "3", "--epochs", "1", "--lookback", "4", "--test-size", "0")
    saved = ("--save", "memory://m.safetensors", "--out", "memory://out.csv", "--plot", "memory://plot.svg")
    assert run(["forecast", "memory://data.csv", *quick, *saved]) == 0
    assert "gatecast predict memory://m.safetensors" in capsys.readouterr().out
    assert memory.cat_file("/plot.svg").startswith(b"<?xml")
    with memory.open("/out.csv") as file:
        assert len(pd.read_csv(file)) == 3
    assert run(["predict", "memory://m.safetensors", "--out", "memory://again.parquet"]) == 0
    with memory.open("/again.parquet") as file:
        assert len(pd.read_parquet(file)) == 3
    assert run(["inspect", "memory://m.safetensors"]) == 0
    assert "m.safetensors: a model" in capsys.readouterr().out
    assert run(["inspect", "memory://nothing.csv"]) == 2
    assert "'memory://nothing.csv' does not exist" in " ".join(capsys.readouterr().err.split())


def test_a_command_does_not_write_over_what_it_reads(memory: MemoryFileSystem, capsys: Any) -> None:
    assert run(["predict", "memory://m", "memory://data.csv", "--out", "memory://data.csv"]) == 2
    assert "is the data file itself, which would be lost" in " ".join(capsys.readouterr().err.split())


def test_folders_of_commands_are_no_urls(capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["compare", "data.csv", "--horizon", "3", "--folder", "s3://bucket/kept"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "`--folder` must be on this computer, got the URL 's3://bucket/kept'" in said
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_written_to_a_url(memory: MemoryFileSystem) -> None:
    made = Report({})
    vars(made)["html"] = "<p>a page</p>"
    made.save("memory://page.html")
    assert memory.cat_file("/page.html") == b"<p>a page</p>"
