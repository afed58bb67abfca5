"""Is what the server answers what the library says, whichever way the series come?"""

import io
import os
from pathlib import Path

import pandas as pd
import pytest

import gatecast
from gatecast import LSTMForecaster
from gatecast.serving.service import Service

from .running import CSV, MONTHS, ROWS, SALES, running

TABLE = pd.DataFrame({"ds": pd.to_datetime(MONTHS), "y": SALES})
KEY = "application/problem+json"
# small tables that went wrong once, a folder each
CASES = Path(os.environ.get("GATECAST_CASES", Path(__file__).resolve().parents[3] / "shared" / "cases"))


def rows(frame):
    return frame.assign(ds=[time.isoformat() for time in frame["ds"]]).to_dict(orient="records")


@pytest.mark.parametrize("data", [ROWS, {"ds": MONTHS, "y": SALES}], ids=["records", "columns"])
def test_a_forecast_is_that_of_the_library(client, data):
    answer = client.post("/v1/forecast", {"data": data, "horizon": 4, "level": [80, 95], "quantiles": 0.3})
    expected = gatecast.forecast(TABLE, 4, level=(80, 95), quantiles=0.3)
    assert answer.status == 200
    assert answer.json["forecast"] == rows(expected)
    assert answer.json["freq"] == "MS"
    assert answer.json["model"] == "pretrained"
    assert answer.json["decisions"]


def test_numbers_alone_have_steps_as_times(client):
    answer = client.post("/v1/forecast", {"data": [*SALES, None], "horizon": 2, "season_length": 12})
    expected = gatecast.forecast([*SALES, None], 2, season_length=12)
    assert [row["LSTM"] for row in answer.json["forecast"]] == expected["LSTM"].tolist()
    assert [row["ds"] for row in answer.json["forecast"]] == [85, 86]


@pytest.mark.parametrize("name", ["sales.csv", "sales.parquet"])
def test_an_upload_is_read_as_a_file_is(client, name):
    stream = io.BytesIO()
    if name.endswith(".parquet"):
        TABLE.to_parquet(stream)
    else:
        stream.write(CSV.encode())
    answer = client.send("/v1/forecast", [("file", (name, stream.getvalue())), ("horizon", 3), ("level", 80)])
    assert answer.json["forecast"] == rows(gatecast.forecast(TABLE, 3, level=80))
    assert answer.json["data"]["path"] == name


def test_a_file_may_be_the_whole_body(client):
    answer = client.ask("POST", "/v1/forecast?horizon=3&level=80&level=95", CSV, "text/csv")
    assert answer.json["forecast"] == rows(gatecast.forecast(TABLE, 3, level=(80, 95)))


def test_a_table_is_understood_as_the_command_line_says(client, tmp_path):
    from gatecast.data.reading.files import read_table

    (tmp_path / "sales.csv").write_text(CSV)
    answer = client.send("/v1/inspect", [("file", ("sales.csv", CSV))])
    facts = read_table(tmp_path / "sales.csv").facts()
    assert answer.json == {**facts, "path": "sales.csv", "kind": "table", "n_future": 0}
    other = client.send("/v1/inspect", [("file", ("sales.csv", CSV)), ("time_col", "nope")])
    assert (other.status, other.headers["content-type"]) == (422, KEY)


def test_a_model_forecasts_after_its_data_and_after_newer_ones(sales_model):
    service, model = Service(), LSTMForecaster.load(sales_model)
    service.models.add("sales", sales_model)
    newer = [{"month": "2022-01-01", "sales": 190.0}, {"month": "2022-02-01", "sales": 200.5}]
    frame = pd.DataFrame(newer).assign(month=lambda table: pd.to_datetime(table["month"]))
    with running(service) as client:
        assert [one["name"] for one in client.get("/v1/models").json["models"]] == ["sales"]
        assert client.get("/v1/models/sales").json["columns"] == {"id": "unique_id", "time": "month", "target": "sales"}
        after = client.post("/v1/models/sales/forecast", {})
        behind = client.post("/v1/models/sales/forecast", {"data": newer, "horizon": 2})
        same = client.post("/v1/forecast", {"data": newer, "horizon": 2, "model": "sales"})
        unknown = client.post("/v1/models/sale/forecast", {})
    assert [row["LSTM"] for row in after.json["forecast"]] == model.predict()["LSTM"].tolist()
    assert [row["LSTM"] for row in behind.json["forecast"]] == model.predict(2, frame)["LSTM"].tolist()
    assert same.json == behind.json
    assert (unknown.status, unknown.json["field"]) == (404, "model")
    assert "'sales'" in unknown.json["detail"]


def test_warnings_of_the_library_are_notes_of_the_answer(sales_model):
    service = Service()
    service.models.add("sales", sales_model)
    changed = [{"month": time, "sales": value + 1} for time, value in zip(MONTHS, SALES, strict=True)][-40:]
    with running(service) as client:
        answer = client.post("/v1/models/sales/forecast", {"data": changed})
    assert answer.status == 200
    assert "where the training part held" in answer.json["notes"][0]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"data": SALES}, "horizon", "missing required field"),
        ({"data": SALES, "horizon": 0}, "horizon", "Expected `int` >= 1"),
        ({"data": SALES, "horizon": 2, "level": 200}, "level", "percentage above 1 and below 100"),
        ({"data": SALES, "horizon": 2, "steps": 3}, "steps", "unknown field"),
        ({"data": [1, {"y": 2}], "horizon": 2}, "data", "numbers and objects"),
        ({"data": [], "horizon": 2}, "data", "at least one row"),
        ({"data": {"ds": [1, 2], "y": [1]}, "horizon": 2}, "data", "equally many"),
        ({"data": [{"ds": "x", "y": 1}], "horizon": 2}, "data", "holds no dates"),
        ({"data": SALES, "horizon": 2, "model": "a/b"}, "model", "matching regex"),
        ({"data": SALES, "horizon": 6000}, "horizon", "--max-horizon"),
    ],
)
def test_errors_are_sentences_with_the_field_that_is_wrong(client, body, field, words):
    answer = client.post("/v1/forecast", body)
    assert (answer.status, answer.headers["content-type"]) == (422, KEY)
    assert answer.json["field"] == field
    assert words in answer.json["detail"]
    assert answer.json["request_id"] == answer.headers["x-request-id"]


def test_errors_are_told_in_chinese_to_those_who_read_it(client):
    answer = client.post("/v1/forecast", {"data": [], "horizon": 2}, **{"Accept-Language": "zh-CN,zh;q=0.9"})
    assert "至少应有一行" in answer.json["detail"]


def test_what_is_no_table_and_no_route_is_answered(client):
    assert client.ask("POST", "/v1/forecast", "{", "application/json").status == 400
    assert client.ask("POST", "/v1/forecast", "{}", "image/png").status == 415
    assert client.ask("POST", "/v1/forecast", "x", "multipart/form-data").status == 400
    assert client.send("/v1/forecast", [("horizon", 3)]).status == 422
    assert client.get("/v1/forecast").status == 405
    assert client.get("/nothing").json["detail"].startswith("There is nothing at /nothing.")
    assert client.get("/healthz").json == {"status": "ok"}


@pytest.mark.skipif(not CASES.is_dir(), reason=f"no tables at {CASES}: set GATECAST_CASES to where they lie")
def test_tables_that_went_wrong_once_get_an_answer_or_a_sentence(client):
    found = [path for kind in ("csv", "xlsx", "parquet", "jsonl") for path in CASES.rglob(f"*.{kind}")]
    assert len(found) > 50
    for path in found:
        for route, fields in (("/v1/forecast", [("horizon", 3)]), ("/v1/inspect", [])):
            answer = client.send(route, [("file", (path.name, path.read_bytes())), *fields])
            assert answer.status in (200, 422), (path, answer.content)
            assert answer.status == 200 or answer.json["detail"].endswith("."), (path, answer.json)
