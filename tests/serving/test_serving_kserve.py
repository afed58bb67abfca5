"""Does the server speak KServe's time series protocol: its fields, frequencies, statuses and errors?"""

import pandas as pd
import pytest

import gatecast

from .running import MONTHS, SALES

GIVEN = {"type": "univariate_time_series", "name": "sales", "series": SALES, "frequency": "month"}


def ask(client, *inputs, model="pretrained", **options):
    return client.post(
        "/v1/timeseries/forecast", {"model": model, "inputs": list(inputs), "options": {"horizon": 3, **options}}
    )


def test_a_forecast_is_that_of_the_library(client):
    answer = ask(client, {**GIVEN, "start_timestamp": MONTHS[0]}, quantiles=[0.1, 0.9]).json
    table = gatecast.forecast(pd.DataFrame({"ds": pd.to_datetime(MONTHS), "y": SALES}), 3, quantiles=(0.1, 0.9))
    (output,) = answer["outputs"]
    (content,) = output["content"]
    assert (answer["status"], output["status"], answer["model"]) == ("completed", "completed", "pretrained")
    assert content["mean_forecast"] == table["LSTM"].tolist()
    assert content["quantiles"] == {"0.1": table["LSTM-ql0.1"].tolist(), "0.9": table["LSTM-ql0.9"].tolist()}
    assert (content["start_timestamp"], content["frequency"]) == ("2022-01-01T00:00:00", "month")
    assert isinstance(answer["created_at"], int)


@pytest.mark.parametrize(
    ("frequency", "start", "after"),
    [
        ("D", "2024-01-30", "2024-02-03T00:00:00"),
        ("hour", "2024-01-01T22:30:00Z", "2024-01-02T02:30:00"),
        ("W", "2024-01-03", "2024-01-31T00:00:00"),
        ("M", "2024-01-31", "2024-05-31T00:00:00"),
        ("M", "2024-01-15", "2024-05-15T00:00:00"),
        ("quarter", "2024-02-01", "2025-02-01T00:00:00"),
        ("Y", "2020-12-31", "2024-12-31T00:00:00"),
        ("T", None, "4"),
    ],
)
def test_times_go_on_by_the_frequency(client, frequency, start, after):
    answer = ask(client, {**GIVEN, "series": [1, 2, 3, 4], "frequency": frequency, "start_timestamp": start})
    assert answer.json["outputs"][0]["content"][0]["start_timestamp"] == after


def test_each_variable_of_a_multivariate_series_is_forecast(client):
    rows = [[value, 2 * value] for value in SALES]
    given = {**GIVEN, "type": "multivariate_time_series", "series": rows}
    (content,) = ask(client, given).json["outputs"][0]["content"]
    assert len(content["mean_forecast"]) == 3
    assert all(len(row) == 2 for row in content["mean_forecast"])


@pytest.mark.parametrize(
    ("given", "status", "param"),
    [
        ({"series": [[1], [2]]}, 422, "series"),
        ({"series": []}, 422, "series"),
        ({"series": [None]}, 422, "series"),
        ({"frequency": "fortnight"}, 422, "inputs"),
        ({"start_timestamp": "x"}, 422, "start_timestamp"),
    ],
)
def test_errors_are_those_of_the_protocol(client, given, status, param):
    answer = ask(client, {**GIVEN, **given})
    assert answer.status == status
    error = answer.json["error"]
    assert (error["code"], error["type"], error["param"]) == (str(status), "BadRequestError", param)


def test_models_are_listed_and_unknown_ones_not_found(client):
    assert client.get("/v1/timeseries/models").json == ["pretrained"]
    assert ask(client, GIVEN, model="nope").json["error"]["type"] == "NotFoundError"
