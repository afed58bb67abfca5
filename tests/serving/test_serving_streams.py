"""Are streams those of the library, are their errors right, and does no observation get lost?"""

import numpy as np
import pytest

from gatecast import LSTMForecaster, PretrainedLSTM
from gatecast.serving import streams

from .running import SALES, running
from .test_serving_jobs import kept_in

NEW = [101.5, 112.25, None, 120.0, 118.5]
HISTORY = [5.0, 7.0, 6.0, 7.5] * 12


@pytest.fixture
def service(tmp_path, sales_model):
    service = kept_in(tmp_path)
    service.models.add("sales", sales_model)
    return service


def test_a_stream_after_a_model_is_that_of_the_library(service, sales_model):
    stream = LSTMForecaster.load(sales_model).stream()
    expected = [stream.update(np.nan if value is None else value) for value in NEW]
    with running(service) as client:
        answers = [client.post("/v1/streams/a", {"model": "sales", "value": NEW[0], "level": 80})]
        answers += [client.post("/v1/streams/a", {"value": value, "values": [value]}) for value in NEW[1:]]
        assert [answer.json["forecast"] for answer in answers] == [each.tolist() for each in expected]
        last = answers[-1].json
        assert (last["n"], last["times"][0]) == (5, "2022-06-01T00:00:00")
        assert [last["lower"], last["upper"]] == stream.intervals(80).tolist()
        assert client.get("/v1/streams/a").json == last
        assert client.get("/v1/streams").json == {"streams": ["a"]}


def test_errors_are_those_of_forecasts_one_step_ahead(service, sales_model):
    model = LSTMForecaster.load(sales_model)
    stream, ahead, before = model.stream(), float(model.predict()["LSTM"][0]), SALES[-1]
    errors, naive = [], []
    for value in (101.5, 112.25, 120.0):
        errors.append(abs(value - ahead))
        naive.append(abs(value - before))
        ahead, before = float(stream.update(value)[0]), value
    with running(service) as client:
        found = client.post("/v1/streams/a", {"model": "sales", "values": [101.5, 112.25, 120.0]}).json["errors"]
        metrics = client.get("/metrics").content.decode()
    assert found == {"n": 3, "mae": pytest.approx(np.mean(errors)), "naive_mae": np.mean(naive), "coverage": None}
    assert f'gatecast_stream_naive_mae{{stream="a"}} {np.mean(naive)}' in metrics
    assert "gatecast_observations_total 3.0" in metrics


def test_a_stream_after_a_history_needs_no_model(service):
    stream = PretrainedLSTM(2).fit(HISTORY).stream()
    with running(service) as client:
        answer = client.post("/v1/streams/b", {"data": HISTORY, "horizon": 2, "value": 5.0})
        assert answer.json["forecast"] == pytest.approx(stream.update(5.0).tolist())
        assert answer.json["times"] == [49, 50]


@pytest.mark.parametrize("most_rows", [3, 4096], ids=["saved", "rows"])
def test_streams_are_there_after_a_restart(service, tmp_path, monkeypatch, most_rows):
    monkeypatch.setattr(streams, "MOST_ROWS", most_rows)
    with running(service) as client:
        before = client.post("/v1/streams/a", {"model": "sales", "values": NEW, "level": 80}).json
    with running(kept_in(tmp_path)) as client:
        after = client.get("/v1/streams/a").json
        assert (after["n"], after["times"]) == (before["n"], before["times"])
        assert after["forecast"] == pytest.approx(before["forecast"], rel=1e-5)
        assert client.post("/v1/streams/a", {"value": 119.0, "n": 5}).json["n"] == 6
        assert client.delete("/v1/streams/a").status == 204
        assert client.get("/v1/streams/a").status == 404
    assert not list((tmp_path / "streams").iterdir())


def test_streams_that_memory_has_no_room_for_are_made_again(service, monkeypatch):
    """The newest one stays, whatever it takes; an older one reads its observations again."""
    monkeypatch.setattr(streams, "MOST_BYTES", 0)
    with running(service) as client:
        before = client.post("/v1/streams/a", {"data": HISTORY, "values": [5.0, 7.0]}).json
        client.post("/v1/streams/b", {"data": HISTORY, "value": 5.0})
        assert list(service.streams.live) == ["b"]
        after = client.get("/v1/streams/a").json
        assert list(service.streams.live) == ["a"]
    assert (after["n"], after["forecast"]) == (2, pytest.approx(before["forecast"], rel=1e-5))


def test_several_streams_take_in_observations_at_once_all_or_none(service):
    with running(service) as client:
        client.post("/v1/streams/a", {"model": "sales"})
        client.post("/v1/streams/b", {"data": HISTORY})
        answer = client.post("/v1/streams", {"observations": {"a": 101.5, "b": [5.0, None]}})
        assert [(one["id"], one["n"]) for one in answer.json["streams"]] == [("a", 1), ("b", 2)]
        assert client.post("/v1/streams", {"observations": {"a": 1.0, "c": 2.0}}).status == 404
        assert client.post("/v1/streams", {"observations": {"a": 1.0, "b": 1e301}}).status == 422
        assert [client.get(f"/v1/streams/{name}").json["n"] for name in "ab"] == [1, 2]


def test_what_does_not_fit_a_stream_is_refused(service):
    with running(service) as client:
        assert client.post("/v1/streams/new", {"value": 1.0}).json["field"] == "model"
        client.post("/v1/streams/a", {"model": "sales", "value": 1.0})
        assert client.post("/v1/streams/a", {"value": 2.0, "n": 0}).status == 409
        assert client.post("/v1/streams/a", {"value": "x"}).json["field"] == "value"
        assert client.post("/v1/streams/..%2Fa", {"value": 1.0}).status in (404, 422)
        assert client.get("/v1/streams/a").json["n"] == 1
