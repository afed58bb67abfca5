"""Is a model trained beside the server, is that told on the way, and does nothing get lost?"""

import json
import time
import urllib.request

import pytest

from gatecast import ConfigError, LSTMForecaster
from gatecast.serving.service import Service

from .running import CSV, ROWS, running

QUICK = {"pretrained": "none", "hidden_size": 8, "epochs": 2, "ensemble": 1}
LONG = {**QUICK, "epochs": 1_000_000, "patience": 0, "transform": "none"}


def kept_in(folder):
    service = Service()
    service.keep_in(folder)
    return service


def ended(client, job):
    while client.get(f"/v1/jobs/{job}").json["state"] in ("waiting", "running"):
        time.sleep(0.05)
    return client.get(f"/v1/jobs/{job}").json


def newest_step(client, job):
    point = client.get(f"/v1/jobs/{job}").json["progress"]
    return 0 if point is None else point["step"]


def events(client, job, after=0):
    """Yield the events of a job as they come, behind the number `after`: kind and facts."""
    request = urllib.request.Request(f"{client.address}/v1/jobs/{job}/events", headers={"Last-Event-ID": str(after)})
    with urllib.request.urlopen(request, timeout=60) as stream:
        kind = ""
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            kind = value if name == "event" else kind
            if name == "data":
                yield kind, json.loads(value)


def test_a_model_is_trained_asked_explained_and_removed(tmp_path):
    with running(kept_in(tmp_path)) as client:
        asked = client.post("/v1/models", {"name": "sales", "horizon": 3, "data": ROWS, "settings": QUICK})
        assert asked.status == 202
        told = list(events(client, asked.json["id"]))
        job = ended(client, asked.json["id"])
        assert (job["state"], job["model"]["name"], job["model"]["horizon"]) == ("done", "sales", 3)
        assert told[-1][1]["state"] == "done"
        points = [facts for kind, facts in told if kind == "progress"]
        assert {"network", "step", "n_steps", "loss"} <= set(points[0])
        assert any("validation_loss" in point for point in points)
        forecast = client.post("/v1/models/sales/forecast", {"level": 80})
        assert len(forecast.json["forecast"]) == 3
        assert client.get("/v1/models/sales/gates").json["n_steps"] == len(ROWS)
        assert [one["id"] for one in client.get("/v1/jobs").json["jobs"]] == [job["id"]]
    # another server goes on with what is kept
    with running(kept_in(tmp_path)) as client:
        assert client.post("/v1/models/sales/forecast", {"level": 80}).json == forecast.json
        assert client.delete("/v1/models/sales").status == 204
        assert client.delete("/v1/models/sales").status == 404
    assert not list(tmp_path.rglob("model.safetensors"))
    assert not list(tmp_path.rglob("request.json"))


def test_an_upload_is_trained_on_as_the_library_does(tmp_path):
    with running(kept_in(tmp_path)) as client:
        parts = [("file", ("sales.csv", CSV)), ("name", "sales"), ("horizon", 3), ("settings", json.dumps(QUICK))]
        job = ended(client, client.send("/v1/models", parts).json["id"])
        (path,) = tmp_path.rglob("model.safetensors")
        model = LSTMForecaster.load(path)
        answer = client.post("/v1/models/sales/forecast", {})
    assert job["state"] == "done"
    assert model.settings_.epochs == 2
    assert model.settings_.checkpoint is None
    assert [row["LSTM"] for row in answer.json["forecast"]] == model.predict()["LSTM"].tolist()


def test_what_cannot_be_trained_is_said_before_it_is_acknowledged(tmp_path):
    with running(kept_in(tmp_path)) as client:
        for settings, field in (({"epochs": -1}, "settings"), ({"checkpoint": "x"}, "settings.checkpoint")):
            asked = {"name": "sales", "horizon": 3, "data": ROWS, "settings": settings}
            answer = client.post("/v1/models", asked)
            assert (answer.status, answer.json["field"]) == (422, field)
        assert client.post("/v1/models", {"name": "../sales", "horizon": 3, "data": ROWS}).status == 422
        assert client.get("/v1/jobs").json == {"jobs": []}
        assert client.get(f"/v1/jobs/{'0' * 32}").status == 404
        failing = {"name": "sales", "horizon": 3, "data": ROWS, "settings": {**QUICK, "lookback": 90}}
        job = ended(client, client.post("/v1/models", failing).json["id"])
    assert job["state"] == "failed"
    assert "points for training" in job["error"]["sentence"]


def test_a_training_is_cancelled_and_one_that_waits_comes_next(tmp_path):
    with running(kept_in(tmp_path)) as client:
        first = client.post("/v1/models", {"name": "a", "horizon": 3, "data": ROWS, "settings": LONG}).json["id"]
        second = client.post("/v1/models", {"name": "b", "horizon": 3, "data": ROWS, "settings": QUICK}).json["id"]
        next(facts for kind, facts in events(client, first) if kind == "progress")
        assert client.get(f"/v1/jobs/{second}").json["state"] == "waiting"
        assert client.delete(f"/v1/jobs/{first}").json["state"] == "cancelled"
        assert ended(client, second)["state"] == "done"
        # what is not learned from is not kept
        assert not list((tmp_path / "jobs" / first).glob("request.json"))
        assert client.delete(f"/v1/jobs/{second}").json["state"] == "done"
        assert [one["name"] for one in client.get("/v1/models").json["models"]] == ["b"]


def test_a_training_goes_on_after_a_restart_from_its_checkpoint(tmp_path):
    with running(kept_in(tmp_path)) as client:
        job = client.post("/v1/models", {"name": "a", "horizon": 3, "data": ROWS, "settings": LONG}).json["id"]
        folder = tmp_path / "jobs" / job
        # there is one once it is settled how to train; on a busy machine the newest point may still be the first
        while not (folder / "fit.ckpt").exists() or newest_step(client, job) < 2:
            time.sleep(0.05)
    lines = (tmp_path / "jobs" / job / "curve.jsonl").read_text().splitlines()
    n_before, before = len(lines), json.loads(lines[-1])["step"]
    with running(kept_in(tmp_path)) as client:
        after = next(facts["step"] for kind, facts in events(client, job, n_before) if kind == "progress")
        client.delete(f"/v1/jobs/{job}")
    assert after > before > 1


def test_two_servers_on_one_folder_are_refused(tmp_path):
    service = kept_in(tmp_path)
    with pytest.raises(ConfigError, match="in use by another server"):
        kept_in(tmp_path)
    service.store.close()
    kept_in(tmp_path).store.close()


def test_without_a_folder_nothing_is_kept(client):
    assert client.post("/v1/models", {"name": "a", "horizon": 3, "data": ROWS}).status == 409
