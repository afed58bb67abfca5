"""Does the server stand what is sent to it: foreign pages, wrong tokens, large and broken requests, damaged models?"""

import gzip
import http.client
import json
import os
import shutil
import socket
import threading
import urllib.parse

import pytest

from gatecast import ConfigError
from gatecast.serving.access import Access, read_tokens
from gatecast.serving.limits import Limits
from gatecast.serving.models import named_paths
from gatecast.serving.service import Service

from .running import CSV, ROWS, SALES, running

TOKEN = "correct-horse-battery-staple"


def test_only_tokens_are_let_in(tmp_path):
    (tmp_path / "tokens.txt").write_text(f"# who may ask\nops: {TOKEN}\nlab: another-token-of-length\n")
    tokens = read_tokens(tmp_path / "tokens.txt")
    assert sorted(tokens) == ["lab", "ops"]
    with running(Service(access=Access(tokens))) as client:
        assert client.get("/v1/models", Authorization=f"Bearer {TOKEN}").status == 200
        for sent in ({}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}):
            answer = client.get("/v1/models", **sent)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="gatecast"')
        assert client.get("/metrics").status == 401
        assert client.get("/healthz").status == 200
        assert client.get("/readyz").json["status"] in ("starting", "ready")


@pytest.mark.parametrize("content", ["", "ops: short", "no colon and no second word?", f"a: {TOKEN}\na: {TOKEN}"])
def test_files_of_tokens_that_hold_something_else_are_refused(tmp_path, content):
    (tmp_path / "tokens.txt").write_text(content)
    with pytest.raises(ConfigError, match="name: token"):
        read_tokens(tmp_path / "tokens.txt")


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_pages_of_other_sites_are_not_answered_without_tokens(client, headers):
    answer = client.get("/v1/models", **headers)
    assert (answer.status, answer.json["code"]) == (403, "serving.foreign")


def test_limits_say_what_they_are():
    service = Service(limits=Limits(body=20_000, rows=100, series=2, horizon=50))
    shops = [{"shop": shop, "ds": k, "y": k} for shop in "abc" for k in range(9)]
    with running(service) as client:
        for body, status, option in (
            ({"data": [0.123456789] * 4000, "horizon": 1}, 413, "--max-body"),
            ({"data": [1] * 101, "horizon": 1}, 413, "--max-rows"),
            ({"data": shops, "id_col": "shop", "horizon": 1}, 413, "--max-series"),
            ({"data": SALES, "horizon": 51}, 422, "--max-horizon"),
        ):
            answer = client.post("/v1/forecast", body)
            assert answer.status == status
            assert option in answer.json["detail"]
        assert client.send("/v1/forecast", [("file", ("a.csv", CSV * 20)), ("horizon", 1)]).status == 413
        assert chunked(client, b"x" * 30_000) == 413


def chunked(client, content):
    """The status of an answer to a body whose length is not told before."""
    host = urllib.parse.urlsplit(client.address).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", "/v1/forecast", iter([content]), {"Content-Type": "text/csv"}, encode_chunked=True)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_more_requests_than_allowed_are_told_to_come_again():
    service, go_on = Service(limits=Limits(requests=1)), threading.Event()
    with running(service) as client:
        service.models.names = lambda: go_on.wait(30) and []
        first = threading.Thread(target=client.get, args=("/v1/models",))
        first.start()
        while not service.n_under_way:
            go_on.wait(0.01)
        second = client.post("/v1/forecast", {"data": SALES, "horizon": 1})
        health = client.get("/healthz")
        go_on.set()
        first.join()
        assert client.post("/v1/forecast", {"data": SALES, "horizon": 1}).status == 200
    assert (second.status, second.headers["retry-after"]) == (429, "1")
    assert health.status == 200


def test_a_forecast_that_takes_too_long_is_given_up():
    service, go_on = Service(limits=Limits(seconds=0.05)), threading.Event()
    with running(service) as client:
        service.models.names = lambda: go_on.wait(30) and []
        answer = client.get("/v1/models")
        go_on.set()
    assert (answer.status, answer.json["code"]) == (503, "serving.seconds")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("../../etc/passwd", b"root:x:0:0"),
        ("a.parquet", b"PAR1 and no more"),
        ("a.xlsx", b"PK\x03\x04 xl/ broken"),
        ("a.csv.gz", b"\x1f\x8b broken"),
        ("a.csv.gz", gzip.compress(b"0" * 80_000_000)),
        ("a.json", b"[" * 5000),
        ("a.csv", b"\0" * 1000),
        ("-", b""),
        ("a.csv", "ds,y\n2024-01-01,1e400\n2024-01-02,nan\n".encode("utf-16")),
    ],
)
def test_broken_and_hostile_files_are_answered_with_a_sentence(client, name, content):
    for path in ("/v1/forecast", "/v1/inspect"):
        parts = [("file", (name, content))] + ([("horizon", 2)] if path == "/v1/forecast" else [])
        answer = client.send(path, parts)
        assert answer.status == 422, answer.content
        assert answer.json["detail"]


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"data": [1e400], "horizon": 1}',
        b'{"data": [1, 2, NaN], "horizon": 1}',
        b'{"data": {"a": []}, "horizon": 1}',
        b'{"data": [{}], "horizon": 1}',
        b'{"data": [{"": 1, "y": "\\ud800"}], "horizon": 1}',
        b'{"data": [1, 2, 3], "horizon": 99999999999999999999}',
        b'{"data": [{"ds": "0001-01-01", "y": 1}, {"ds": "9999-12-31", "y": 2}], "horizon": 1}',
        b'{"data": [1, 2, 3], "horizon": 1, "freq": "banana"}',
        b'{"data": [1, 2, 3], "horizon": 1, "season_length": -3}',
        b'{"data": [1, 2, 3], "horizon": 1, "level": []}',
        b"\xff\xfe",
        b"",
    ],
)
def test_hostile_json_is_answered_with_a_sentence(client, content):
    answer = client.ask("POST", "/v1/forecast", content, "application/json")
    assert answer.status in (200, 400, 422), answer.content
    assert answer.status == 200 or answer.json["detail"]


def test_a_client_that_goes_away_disturbs_nobody(client):
    host, _, port = urllib.parse.urlsplit(client.address).netloc.partition(":")
    for sent in (
        b"POST /v1/forecast HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 90\r\n\r\nds,y",
        b"GE",
    ):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(sent)
    assert client.post("/v1/forecast", {"data": ROWS, "horizon": 1}).status == 200


def test_models_are_read_again_when_their_file_changes(tmp_path, sales_model):
    path = tmp_path / "m.safetensors"
    shutil.copy(sales_model, path)
    service = Service()
    service.models.add("m", path)
    with running(service) as client:
        before = client.get("/v1/models/m").json
        path.write_bytes(b"broken in between")
        assert client.get("/v1/models/m").json == before
        shutil.copy(sales_model, path)
        first = service.models.get("m")
        assert client.get("/v1/models/m").json == before
        os.utime(path, (1, 1))
        assert service.models.get("m") is not first


def test_names_of_models_are_no_paths():
    assert list(named_paths(["a/b.safetensors", "x=c"])) == ["b", "x"]
    for texts in (["../=a"], [".hidden"], ["a=b", "a=c"], ["="]):
        with pytest.raises(ConfigError):
            named_paths(texts)


def test_answers_hold_no_data_in_the_log(client, caplog):
    caplog.set_level("INFO", "gatecast.serving")
    client.post("/v1/forecast", {"data": [{"ds": "SECRET", "y": 1}], "horizon": 1})
    client.get("/SECRET")
    lines = [json.dumps(getattr(record, "facts", {})) + record.getMessage() for record in caplog.records]
    assert lines
    assert not [line for line in lines if "SECRET" in line]


PART = 'Content-Disposition: form-data; name="{name}"\r\n\r\n1\r\n'


@pytest.mark.parametrize(
    ("kind", "body", "english", "chinese"),
    [
        ("multipart/form-data", "", "`boundary=`", "分隔符"),
        ("multipart/form-data; boundary=a", "nothing of it", "or it ends early", "提前结束"),
        (
            "multipart/form-data; boundary=a",
            "--a\r\nContent-Disposition: form-data\r\n\r\n1\r\n--a--\r\n",
            "no name",
            "没有名称",
        ),
        (
            "multipart/form-data; boundary=a",
            "".join(f"--a\r\n{PART.format(name=n)}" for n in range(70)) + "--a--\r\n",
            "more than 60 fields",
            "超过 60 个",
        ),
        (
            "multipart/form-data; boundary=a",
            "".join(
                f"--a\r\n{PART.format(name='file')}".replace("\r\n\r\n", '; filename="x"\r\n\r\n') for _ in range(3)
            )
            + "--a--\r\n",
            "more than 2 files",
            "超过 2 个",
        ),
    ],
    ids=["boundary", "broken", "name", "fields", "files"],
)
def test_forms_that_cannot_be_read_are_told_why_in_both_languages(client, kind, body, english, chinese):
    for lang, words in (("en", english), ("zh", chinese)):
        answer = client.ask("POST", "/v1/forecast", body, kind, {"Accept-Language": lang})
        assert (answer.status, answer.json["code"]) == (400, "serving.form")
        assert words in answer.json["detail"]
