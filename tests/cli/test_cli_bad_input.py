"""Does bad input end with one sentence, exit code 2, and nothing written or lost?"""

import gzip
import os
import pickle
import re
import signal
import sys

import numpy as np
import pytest

import gatecast as package
from gatecast.cli import output

from .commands import QUICK, spawn, write_csv, write_shops

RESULTS = ("--out", "out.csv", "--plot", "out.png", "--save", "out.safetensors")


@pytest.fixture
def refused(gatecast, tmp_path):
    """Run a command over older results: it must say one sentence, and change nothing."""

    def command(*arguments, says, results=RESULTS):
        for name in results[1::2]:
            (tmp_path / name).write_text("old")
        before = snapshot(tmp_path)
        outcome = gatecast(*arguments, *results)
        assert outcome.code == 2, outcome
        assert says in outcome.err
        assert outcome.err.startswith("Error: ")
        assert outcome.err.count("\n") == 1
        assert "Traceback" not in outcome.err
        assert snapshot(tmp_path) == before
        return outcome

    return command


def snapshot(folder):
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def rows(*cells, header="ds,y"):
    return "\n".join([header, *cells]) + "\n"


def days(n=40):
    return np.datetime64("2024-01-01") + np.arange(n)


FILES = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n", "is empty"),
    "only-a-header": (b"ds,y\n", "no rows"),
    "binary": (bytes(range(256)) * 9, "binary"),
    "pickle": (pickle.dumps({"a": np.arange(9)}), "binary"),
    "zip": (b"PK\x03\x04rest", "zip archive"),
    "damaged-gzip": (gzip.compress(b"ds,y\n2024-01-01,1\n")[:-9], "gzip"),
    "damaged-parquet": (b"PAR1 and no more", "Parquet"),
    "no-number": (rows(*(f"{d},x" for d in days())).encode(), "No column holds numbers"),
    "two-targets": (rows(*(f"{d},1,2" for d in days()), header="ds,a,b").encode(), "`--target-col b`"),
    "duplicates": (rows(*(f"{d},1" for d in days()), f"{days()[3]},9").encode(), "2024-01-04"),
    "irregular": (rows(*(f"{np.datetime64('2024-01-01') + n * n},{n}" for n in range(40))).encode(), "`--freq"),
    "ambiguous-dates": (
        rows(*(f"{1 + n % 12:02d}/{1 + n // 12:02d}/2024,{n}" for n in range(40))).encode(),
        "--date-format",
    ),
    "all-missing": (rows(*(f"{d},{v}," for d in days(9) for v in "ab"), header="ds,id,y").encode(), "holds numbers"),
    "inf": (rows(*(f"{d},{'inf' if n == 7 else n}" for n, d in enumerate(days()))).encode(), "line 9"),
    "text": (rows(*(f"{d},{'many' if n == 7 else n}" for n, d in enumerate(days()))).encode(), "'many' in line 9"),
    "too-short": (rows(*(f"{d},{n}" for n, d in enumerate(days(5)))).encode(), "has 5 points"),
}


@pytest.mark.parametrize("name", FILES)
def test_bad_file(refused, tmp_path, name):
    content, says = FILES[name]
    (tmp_path / "data.csv").write_bytes(content)
    refused("forecast", "data.csv", *QUICK, says=says)


def test_missing_file_suggests_the_nearest_name(refused, csv):
    assert "Did you mean 'data.csv'" in refused("forecast", "dara.csv", *QUICK, says="does not exist").err


def test_folder_as_data(refused, tmp_path):
    (tmp_path / "folder").mkdir()
    refused("forecast", "folder", *QUICK, says="is a folder")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--horizon", "0"], "`--horizon` must be a positive integer, got 0. Use `--horizon 24`"),
        (["--horizon", "-3"], "got -3"),
        (["--horizon", "2", "--lookback", "0"], "`--lookback` must be a positive integer"),
        (["--horizon", "2", "--epochs", "0"], "`--epochs`"),
        (["--horizon", "2", "--n-threads", "0"], "`--n-threads`"),
        (["--horizon", "2", "--seed", "-1"], "`--seed`"),
        (["--horizon", "2", "--test-size", "1.5"], "`--test-size` must be a share between 0 and 1"),
        (["--horizon", "2", "--test-size", "many"], "`--test-size` must be a share"),
        (["--horizon", "2", "--test-size", "500"], "has 80 points, but `--test-size 500` needs"),
        (["--horizon", "2", "--target-col", "sales"], "`--target-col sales`"),
        (["--horizon", "2", "--time-col", "when"], "`--time-col when`"),
        (["--horizon", "2", "--freq", "sometimes"], "sometimes"),
        (["--horizon", "80", "--pretrained", "none"], "need at least"),
        (["--horizon", "2", "--lookback", "90"], "need at least"),
    ],
)
def test_bad_option(refused, csv, options, says):
    refused("forecast", csv, *options, says=says)


HURRIED = (
    (["--level", "0.95"], "got 0.95. Did you mean `--level 95`?"),
    (["--level", "150"], "got 150. Use `--level 80 --level 95`"),
    (["--quantiles", "90"], "got 90. Use `--quantiles 0.9`"),
    (["--cell", "rnn"], "Did you mean `--cell gru`?"),
    (["--loss", "rmse"], "Did you mean `--loss mse`?"),
    (["--transform", "log"], "Did you mean `--transform log1p`?"),
    (["--dropout", "1.5"], "`--dropout` must be at least 0 and below 1, got 1.5. Use `--dropout 0.2`"),
    (["--n-layers", "0"], "Use `--n-layers 2`, or leave it out to have it chosen."),
    (["--hidden-size", "-1"], "`--hidden-size` must be a positive integer, got -1"),
    (["--season-length", "0"], "Use `--season-length 12`, or repeat it for several."),
    (["--ensemble", "0"], "`--ensemble` must be a positive integer"),
    (["--max-seconds", "0"], "Use `--max-seconds 60`, or leave it out for no limit."),
    (["--validation-size", "much"], "got 'much'. Use `--validation-size 0.2`"),
    (["--validation-size", "0", "--level", "80"], "held back to measure errors on"),
    (["--attention"], "so `--mode windows` was expected"),
    (["--dilations", "1", "--dilations", "2", "--n-layers", "3"], "leave `--n-layers` out"),
    (["--test-size", "0", "--no-refit"], "no model would be trained at all"),
    (["--test-size", "-0.2"], "got '-0.2'. Use `--test-size 0.2`, or 0 for no test."),
    (["--learning-rate", "fast"], "got 'fast'. Use `--learning-rate 0.01`"),
    (["--transform", "seasonal-difference", "--season-length", "1"], "needs a season of at least 2 steps"),
    (["--country", "XX"], "Did you mean `--country"),
    (["--resume", "none.ckpt"], "`--resume none.ckpt` names no file"),
    (["--resume", "data.csv"], "`--resume data.csv` is the data file"),
    (["--checkpoint", "no/where.ckpt"], "is no folder"),
    (["--future", "z"], "`--future z` names no column"),
    (["--future-file", "data.csv"], "no column is known ahead"),
)


@pytest.mark.parametrize(
    ("options", "says"), HURRIED, ids=lambda part: " ".join(part) if isinstance(part, list) else ""
)
def test_hurried_option(refused, csv, options, says):
    refused("forecast", "data.csv", *QUICK, *options, says=says)


@pytest.mark.parametrize("command", ["compare", "backtest"])
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--n-jobs", "0"], "`--n-jobs` must be a whole number other than 0, got 0. Use `--n-jobs 2`, or -1"),
        (["--seed", "-1"], "`--seed` must be a whole number from 0 to 2**63 - 1, got -1. Use `--seed 0`."),
        (["--horizon", "0"], "`--horizon` must be a positive integer, got 0"),
        (["--horizon", "90"], "Pass a smaller `--horizon`, or leave this series out."),
        (["--n-windows", "0"], "`--n-windows` must be a positive integer, got 0"),
        (["--time-limit", "0"], "`--time-limit` must be a positive number, got 0.0"),
        (["--models", "ARIMA"], "Use `AutoARIMA`."),
    ],
)
def test_hurried_option_of_windows(refused, csv, command, options, says):
    models = () if "--models" in options else ("--models", "Naive")
    horizon = () if "--horizon" in options else ("--horizon", "4")
    refused(command, "data.csv", *horizon, *models, *options, says=says, results=("--out", "out.csv"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["report", "data.csv", "--horizon", "0"], "`--horizon` must be a positive integer, got 0"),
        (["report", "data.csv", "--horizon", "4", "--seed", "-1"], "`--seed` must be a whole number"),
        (["diagnose", "data.csv", "--horizon", "0"], "`--horizon` must be a positive integer, got 0"),
        (["diagnose", "data.csv", "data.csv"], "`data.csv` is a table, and a model was expected first"),
        (["predict", "data.csv", "data.csv"], "`data.csv` is a table, and a model was expected first"),
        (["gates", "data.csv"], "`data.csv` is a table, and a model was expected first"),
    ],
)
def test_hurried_command(refused, csv, options, says):
    refused(*options, says=says, results=())


SHOPS = ("--id-col", "shop", "--target-col", "y", "--epochs", "1")
PRICE = (*SHOPS, "--future", "price")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([*SHOPS, "--future", "prize"], "Did you mean 'price'?"),
        ([*SHOPS, "--static", "price"], "changes within series 'a'"),
        ([*SHOPS, "--past", "price", "--future", "price"], "stands twice in `--past` and `--future`"),
        ([*SHOPS, "--past", "y"], "is the target and was passed as a covariate too"),
        (["--horizon", "9", *PRICE[2:]], "ends with rows without a target for 6 steps"),
        (["--horizon", "9", *PRICE[2:]], "or `--horizon 6`"),
        ([*PRICE, "--future-file", "none.csv"], "does not exist"),
        ([*PRICE, "--future-file", "two.csv"], "two.csv: The future rows lack 4 values: 'price' of series 'c'"),
        ([*PRICE, "--future-file", "text.csv"], "holds 'cheap' in line 2"),
        ([*PRICE, "--future-file", "timeless.csv"], "have no column with times"),
        ([*PRICE, "--future-file", "two.csv", "--out", "two.csv"], "is the future file itself"),
    ],
)
def test_bad_covariates_are_found_before_training(refused, tmp_path, monkeypatch, options, says):
    write_shops(tmp_path / "shops.csv", n_ahead=6)
    days = [f"2024-03-{day:02d}" for day in range(1, 9)]
    (tmp_path / "two.csv").write_text(rows(*(f"{s},{d},5" for s in "ab" for d in days), header="shop,ds,price"))
    (tmp_path / "text.csv").write_text(rows(*(f"{s},{d},cheap" for s in "abc" for d in days), header="shop,ds,price"))
    (tmp_path / "timeless.csv").write_text(rows("a,5", "b,5", "c,5", header="shop,price"))
    monkeypatch.setattr(package.LSTMForecaster, "fit", None)
    horizon = () if "--horizon" in options else ("--horizon", "4")
    refused("forecast", "shops.csv", *horizon, *options, says=says, results=())


def test_dates_are_no_covariate(refused, tmp_path):
    cells = (f"{day},{n},{day + 30}" for n, day in enumerate(days()))
    (tmp_path / "dated.csv").write_text(rows(*cells, header="ds,y,until"))
    options = ("--time-col", "ds", "--target-col", "y", "--past", "until")
    refused("forecast", "dated.csv", *QUICK, *options, says="Column 'until' holds dates")


def test_saved_model_needs_what_it_knew_ahead(refused, tmp_path, gatecast):
    write_shops(tmp_path / "shops.csv", n_ahead=4)
    assert gatecast("forecast", "shops.csv", *PRICE, "--horizon", "4", "--save", "m.safetensors", "--quiet").code == 0
    results = ("--out", "out.csv")
    refused("predict", "m.safetensors", says="Pass `--future-file FILE`", results=results)
    write_shops(tmp_path / "newer.csv", n=70)
    refused("predict", "m.safetensors", "newer.csv", says="newer.csv ends with none", results=results)
    refused("predict", "m.safetensors", "newer.csv", "--level", "0.8", says="`--level 80`", results=results)


def test_future_file_of_a_model_that_needs_none(refused, saved_model, csv):
    refused("predict", saved_model, "--future-file", csv, says="no column is known ahead", results=("--out", "out.csv"))


@pytest.mark.parametrize(
    ("results", "says"),
    [
        (["--out", "nowhere/f.csv"], "which is no folder"),
        (["--out", "/dev/null/f.csv"], "which is no folder"),
        (["--out", "data.csv"], "is the data file itself"),
        (["--out", "./data.csv"], "is the data file itself"),
        (["--save", "data.csv"], "is the data file itself"),
        (["--out", "hard.csv"], "is the data file itself"),
        (["--out", "f.txt"], "must end in .csv, .parquet or .pq. Use `--out f.csv`"),
        (["--out", "forecast"], "Use `--out forecast.csv`"),
        (["--plot", "p.bmp"], "must end in .png"),
        (["--out", "folder.csv"], "is a folder"),
        (["--save", "/dev/full"], "is a device"),
        (["--save", "f.csv", "--out", "f.csv"], "two files were expected"),
    ],
)
def test_bad_output_is_found_before_training(refused, csv, tmp_path, monkeypatch, results, says):
    (tmp_path / "folder.csv").mkdir()
    os.link(csv, tmp_path / "hard.csv")
    monkeypatch.setattr(package.LSTMForecaster, "fit", None)
    refused("forecast", csv, *QUICK, *results, says=says, results=())


def test_output_folder_that_is_read_only(refused, csv, monkeypatch):
    def refuse(**where):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(output.tempfile, "TemporaryFile", refuse)
    refused("forecast", csv, *QUICK, says="cannot be written (read-only file system)")


def test_full_disk_keeps_the_older_forecast(refused, csv, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = refused("forecast", csv, *QUICK, says="out.csv cannot be written (no space left on device)")
    assert "Make room" in outcome.err


def test_full_disk_keeps_the_older_model(refused, csv, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused("forecast", csv, *QUICK, says="(No space left on device)", results=("--save", "out.safetensors"))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
def test_file_size_limit_in_a_real_process(csv, tmp_path):
    import resource

    (tmp_path / "m.safetensors").write_text("old")
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))  # noqa: E731
    process = spawn("forecast", csv, *QUICK, "--save", tmp_path / "m.safetensors", "--quiet", preexec_fn=limit)
    _, err = process.communicate()
    assert process.returncode == 2
    assert "cannot be written" in err
    assert snapshot(tmp_path) == {"data.csv": csv.read_bytes(), "m.safetensors": b"old"}


def flip(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


MODELS = {
    "truncated": (lambda content: content[:-100], "not a complete safetensors file"),
    "short": (lambda content: content[:5], "not a complete safetensors file"),
    "empty": (lambda content: b"", "not a complete safetensors file"),
    "flipped": (flip, "damaged"),
    "pickle": (lambda content: pickle.dumps({"a": 1}), "is a pickle"),
    "csv": (lambda content: b"ds,y\n2024-01-01,3\n", "not a complete safetensors file"),
    "newer": (lambda content: re.sub(rb'format\\": \d\d,', rb'format\\": 99,', content), "format 99"),
}


@pytest.mark.parametrize("name", MODELS)
def test_bad_model(refused, saved_model, tmp_path, name):
    damage, says = MODELS[name]
    (tmp_path / "bad.safetensors").write_bytes(damage(saved_model.read_bytes()))
    refused("predict", "bad.safetensors", says=says, results=("--out", "out.csv"))


def test_missing_model_and_folder_as_model(refused, tmp_path):
    refused("predict", "none.safetensors", says="There is no model file", results=("--out", "out.csv"))
    (tmp_path / "folder").mkdir()
    refused("predict", "folder", says="cannot be read", results=("--out", "out.csv"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--horizon", "0"], "`--horizon` must be a positive integer"),
        (["none.csv"], "does not exist"),
        (["hourly.csv"], "frequency 'h', and the model learned from 'D'"),
        (["short.csv"], "lookback of 6 points"),
        (["short.csv", "--target-col", "nope"], "`--target-col nope`"),
    ],
)
def test_bad_predict(refused, saved_model, tmp_path, options, says):
    hours = np.datetime64("2024-01-01T00") + np.arange(50)
    (tmp_path / "hourly.csv").write_text(rows(*(f"{str(h).replace('T', ' ')}:00,{n}" for n, h in enumerate(hours))))
    write_csv(tmp_path / "short.csv", n=4)
    refused("predict", saved_model, *options, says=says, results=("--out", "out.csv"))


def test_predict_never_writes_over_its_inputs(refused, saved_model, csv, tmp_path):
    model = tmp_path / "m.csv"
    model.write_bytes(saved_model.read_bytes())
    refused("predict", "m.csv", "--out", "m.csv", says="is the model file itself", results=())
    refused("predict", "m.csv", csv, "--out", csv, says="is the data file itself", results=())


@pytest.mark.parametrize("out", ["file.txt", "file.txt/below", "/dev/null/demo"])
def test_demo_folder_that_cannot_be_made(refused, tmp_path, monkeypatch, out):
    (tmp_path / "file.txt").write_text("mine")
    monkeypatch.setattr(package.LSTMForecaster, "fit", None)
    refused("demo", "--out", out, says="a folder was expected", results=())


def test_json_errors_leave_stdout_empty(refused, csv):
    assert refused("forecast", csv, "--horizon", "0", "--json", says="`--horizon`").out == ""


def test_failure_of_ours_asks_for_a_report(gatecast, csv, monkeypatch):
    def fail(self, data, **options):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(package.LSTMForecaster, "fit", fail)
    monkeypatch.delenv("GATECAST_DEBUG", raising=False)
    outcome = gatecast("forecast", csv, *QUICK)
    assert outcome.code == 1
    assert "gatecast failed (ZeroDivisionError: division by zero)" in outcome.err
    assert "GATECAST_DEBUG" in outcome.err
    assert "Traceback" not in outcome.err
    monkeypatch.setenv("GATECAST_DEBUG", "1")
    assert "Traceback (most recent call last)" in gatecast("forecast", csv, *QUICK).err


def test_control_c_keeps_the_older_files(tmp_path):
    write_csv(tmp_path / "data.csv", n=3000)
    for name in ("m.safetensors", "f.csv"):
        (tmp_path / name).write_text("old")
    # amid an import the interpreter would complain of the file that it reads
    (tmp_path / "fit.py").write_text("import gatecast.model.fit\nfrom gatecast.cli import main\nmain()\n")
    before = snapshot(tmp_path)
    options = ("--horizon", 4, "--epochs", 100_000, "--save", "m.safetensors", "--out", "f.csv")
    process = spawn("forecast", "data.csv", *options, cwd=tmp_path, script="fit.py")
    for line in process.stdout:
        if "gaps" in line:
            break
    # what was understood of the file is printed right before training, which would take hours
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.strip() == "Stopped; nothing was written half."
    assert snapshot(tmp_path) == before
