"""Does the command start, say where it answers, end cleanly, and keep what it acknowledged when it is killed?"""

import json
import signal
import socket
import subprocess
import sys

import pytest

from gatecast.cli.app import run

from .crowd import crowd
from .killed import PROGRAM, SILENT, rounds, start


def test_a_server_starts_answers_and_ends_cleanly(tmp_path, sales_model):
    process, client = start(tmp_path / "kept", f"sales={sales_model}")
    while (answer := client.get("/readyz")).status == 503:
        assert answer.json == {"status": "starting"}
    assert answer.json == {"status": "ready"}
    assert client.post("/v1/models/sales/forecast", {"horizon": 2}).status == 200
    again = [sys.executable, "-c", PROGRAM, "serve", "--port", "0", "--folder", str(tmp_path / "kept")]
    refused = subprocess.run(again, capture_output=True, text=True, check=False)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert process.returncode == 0
    lines = [json.loads(line) for line in errors.splitlines()]
    routes = [line["route"] for line in lines if line["event"] == "request"]
    assert (routes[0], routes[-1]) == ("/readyz", "/v1/models/{name}/forecast")
    assert refused.returncode == 2
    assert "in use by another server" in refused.stderr


def test_a_server_that_is_killed_loses_nothing(tmp_path):
    n_observations, _ = rounds(tmp_path, 2, seed=0)
    assert n_observations > 0


def test_many_requests_at_once_are_answered_or_told_to_come_again(client):
    statuses, troubles = crowd(client, 100, 0.0)
    assert not troubles
    assert set(statuses) <= {200, 429}
    assert sum(statuses.values()) == 100


@pytest.mark.slow
def test_200_requests_at_once_for_a_minute_are_answered_or_told_to_come_again(tmp_path):
    process, client = start(tmp_path / "kept", **SILENT)
    try:
        statuses, troubles = crowd(client, 200, 60.0)
    finally:
        process.terminate()
        process.communicate()
    assert not troubles
    assert set(statuses) <= {200, 429}
    assert statuses[200] > 0


@pytest.mark.slow
def test_a_server_that_is_killed_a_hundred_times_loses_nothing(tmp_path):
    n_observations, n_jobs = rounds(tmp_path, 100, seed=1)
    assert min(n_observations, n_jobs) > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "--token-file"),
        (["--max-rows", "0"], "`--max-rows` must be above 0"),
        (["--port", "99999"], "`--port` must be a number from 0 (any that is free) to 65535, got 99999."),
        (["--port", "-1"], "got -1. Use `--port 8000`."),
        (["../=a.safetensors"], "names no model"),
        (["nothing.safetensors"], "There is no model file"),
    ],
)
def test_options_that_make_no_sense_are_said_in_a_sentence(tmp_path, capsys, options, words):
    assert run(["serve", "--folder", str(tmp_path / "kept"), *options]) == 2
    assert words in capsys.readouterr().err


def test_a_port_that_is_taken_is_said_before_anything_is_read(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", "--port", str(port), "--folder", str(tmp_path / "kept")]) == 2
    assert f"Nothing can listen on 127.0.0.1 port {port}: Address already in use. Use another" in " ".join(
        capsys.readouterr().err.split()
    )
    assert not (tmp_path / "kept").exists()
