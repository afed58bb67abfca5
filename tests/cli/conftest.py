"""What do the tests of the command line share? A way to run commands, a small file, and a model."""

import pytest

from gatecast import LSTMForecaster
from gatecast.cli.app import run

from .commands import QUICK, Outcome, weekly, write_csv


@pytest.fixture
def gatecast(capsys, monkeypatch, tmp_path):
    """Run a command in this process, in an empty folder, at 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def command(*arguments):
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return command


@pytest.fixture
def few_epochs(monkeypatch):
    """Let every fit take a moment, where how good it is proves nothing."""
    fit = LSTMForecaster.fit

    def hurry(self, *data, **named):
        if self.pretrained != "only":
            self.set_params(training__epochs=min(self.training.epochs or 2, 5))
        return fit(self, *data, **named)

    monkeypatch.setattr(LSTMForecaster, "fit", hurry)


@pytest.fixture
def csv(tmp_path):
    return write_csv(tmp_path / "data.csv")


@pytest.fixture
def weekly_csv(tmp_path):
    return write_csv(tmp_path / "weekly.csv", cell=weekly)


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    data = write_csv(folder / "data.csv")
    assert run(["forecast", str(data), *QUICK, "--save", str(folder / "m.safetensors"), "--quiet"]) == 0
    return folder / "m.safetensors"
