"""Does `gatecast inspect` say what is understood of tables and models, and do all commands read their tables alike?"""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from gatecast.data.reading import formats
from gatecast.model.modelfile import FORMAT

from .commands import QUICK, write_csv, write_shops

MODELS = Path(__file__).parents[1] / "golden" / "models" / f"format{FORMAT}"
KINDS = ("quantiles", "layers")
ROWS = "".join(f"2024-01-{day:02d},{day}.5\n" for day in range(1, 29))


@pytest.fixture
def piped(monkeypatch):
    """Let a text come from standard input."""

    def pipe(text):
        formats._standard_input.cache_clear()
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))

    yield pipe
    formats._standard_input.cache_clear()


def test_a_table_is_described(gatecast, tmp_path):
    (tmp_path / "my sales.csv").write_text(
        "Sales\n\ndate,sold,price\n" + ROWS.replace("\n", ",3\n").replace(",7.5", ",--")
    )
    outcome = gatecast("inspect", "my sales.csv", "--target-col", "sold")
    assert outcome.code == 0
    for said in ("date (written as %Y-%m-%d)", "daily (D)", "1 missing", "Left out: lines 1 to 2.", "not used"):
        assert said in outcome.out
    assert "gatecast forecast 'my sales.csv' --horizon 12" in outcome.out
    facts = gatecast("inspect", "my sales.csv", "--target-col", "sold", "--json").json
    assert (facts["kind"], facts["freq"], facts["n_gaps"], facts["ignored"]) == ("table", "D", 1, ["price"])
    assert facts["notes"][1] == "Taken as missing in sold: '--' (once)."


def test_covariates_and_rows_ahead_are_described(gatecast, tmp_path):
    write_shops(tmp_path / "shops.csv", n_ahead=3)
    out = gatecast("inspect", "shops.csv", "--future", "price", "--static", "region").out
    assert "price (numbers)" in out
    assert "region (categories)" in out
    assert "the last 3 steps, which have no target" in out


def test_a_model_is_described(gatecast, saved_model):
    outcome = gatecast("inspect", saved_model)
    assert outcome.code == 0
    for said in ("m.safetensors: a model", "4 steps, from the 6 before", "y (target)", "2024-03-20", "What it decided"):
        assert said in outcome.out
    facts = gatecast("inspect", saved_model, "--json").json
    assert (facts["kind"], facts["horizon"], facts["freq"], facts["n_series"]) == ("model", 4, "D", 1)
    assert facts["columns"] == {"series": "unique_id", "time": "ds", "target": "y"}


def test_a_model_file_is_described(gatecast):
    path = MODELS / "covariates.safetensors"
    out = " ".join(gatecast("inspect", path).out.split())
    for said in (
        "points 120",
        "price, is_open, weather",
        "one layer of 2 units",
        f"format {FORMAT}",
        "whole: its SHA-256 is",
    ):
        assert said in out
    facts = gatecast("inspect", path, "--json").json
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]["gatecast"]
    assert facts["file"] == {"format": FORMAT, "n_bytes": len(content), "sha256": json.loads(header)["sha256"]}
    assert (facts["n_points"], facts["loss"], facts["intervals"]) == (120, "mae", "measured")
    assert facts["settings"]["country"] == "DE"
    assert (facts["model"]["hidden_size"], facts["model"]["n_parameters"]) == (2, 1146)
    intervals = [gatecast("inspect", MODELS / f"{kind}.safetensors", "--json").json["intervals"] for kind in KINDS]
    assert intervals == ["learned", "no_intervals"]


def test_no_weights_of_a_model_are_loaded(gatecast, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a network was made")

    monkeypatch.setattr("gatecast.model.modelfile.unpack", refuse)
    monkeypatch.setattr("gatecast.network.memory.TrainedNetwork.__init__", refuse)
    assert gatecast("inspect", MODELS / "ensemble.safetensors").code == 0


def test_a_damaged_model_is_found(gatecast, tmp_path):
    content = bytearray((MODELS / "default.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "m.safetensors").write_bytes(content)
    outcome = gatecast("inspect", "m.safetensors")
    assert outcome.code == 2
    assert "is damaged: its checksum does not match its content" in outcome.err


@pytest.mark.parametrize("file", ["nothing.csv", "m.safetensors"])
def test_a_file_that_is_not_there_is_named(gatecast, file):
    outcome = gatecast("inspect", file)
    assert outcome.code == 2
    assert f"'{file}' does not exist" in outcome.err


def test_a_table_may_be_piped_in(gatecast, piped):
    piped("date,sold\n" + ROWS)
    facts = gatecast("inspect", "-", "--json").json
    assert (facts["path"], facts["n_rows"], facts["freq"]) == ("-", 28, "D")
    piped("date,sold\n" + ROWS)
    assert gatecast("forecast", "-", *QUICK, "--test-size", 0, "--quiet").code == 0


def test_commands_to_paste_are_quoted(gatecast, tmp_path):
    (tmp_path / "my data").mkdir()
    write_csv(tmp_path / "my data" / "sales.csv")
    outcome = gatecast("forecast", "my data/sales.csv", *QUICK, "--test-size", 0, "--save", "my data/m.safetensors")
    assert "gatecast predict 'my data/m.safetensors'" in outcome.out
    refused = gatecast("gates", "my data/sales.csv")
    assert "gatecast forecast 'my data/sales.csv'" in refused.err


@pytest.mark.parametrize("given", [("--time-col", "ds", "--time-col", "y"), ("--freq", "D", "--freq", "h")])
def test_an_option_that_counts_once_is_not_given_twice(gatecast, csv, given):
    outcome = gatecast("inspect", csv, *given)
    assert outcome.code == 2
    assert f"`{given[0]}` was passed 2 times, and once was expected" in outcome.err


def test_several_ids_and_targets_are_series(gatecast, tmp_path):
    rows = [f"{s},{i},2024-01-{day:02d},{day}" for s in "ab" for i in (1, 2) for day in range(1, 20)]
    (tmp_path / "long.csv").write_text("store,item,date,sold\n" + "\n".join(rows) + "\n")
    facts = gatecast("inspect", "long.csv", "--id-col", "store", "--id-col", "item", "--json").json
    assert (facts["id_col"], facts["n_series"]) == ("store/item", 4)
    refused = gatecast("inspect", "long.csv")
    assert "--id-col store --id-col item" in refused.err
    (tmp_path / "wide.csv").write_text("date,A,B\n" + ROWS.replace("\n", ",3\n"))
    facts = gatecast("inspect", "wide.csv", "--target-col", "A", "--target-col", "B", "--json").json
    assert (facts["id_col"], facts["n_series"]) == ("unique_id", 2)
    assert "--target-col A --target-col B" in gatecast("inspect", "wide.csv").err


def test_options_say_how_a_file_is_read(gatecast, tmp_path):
    (tmp_path / "odd.csv").write_text("x;y;z\nDatum;Wert\n01.01.24;1,5\n02.01.24;-7\n02.01.24;2,5\n31.01.24;4,5\n")
    options = ("--skip-rows", 1, "--na=-7", "--decimal", ",", "--duplicates", "sum", "--date-format", "%d.%m.%y")
    facts = gatecast("inspect", "odd.csv", *options, "--freq", "D", "--json").json
    assert (facts["n_rows"], facts["start"], facts["end"], facts["n_gaps"]) == (3, "2024-01-01", "2024-01-31", 28)
