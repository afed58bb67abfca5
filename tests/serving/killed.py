"""Is nothing lost that a server acknowledged, when it is killed at any moment? `python tests/serving/killed.py 100 0`.

Each round starts `gatecast serve` on one folder, sends observations to a stream, begins trainings and removes models,
kills the server at a random moment, and asks the next one whether all that was answered is there.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from serving.running import ROWS, Client

PROGRAM = "from gatecast.cli import main; main()"
# a log that nobody reads would fill its pipe and hold the server up
SILENT = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
QUICK = {"pretrained": "none", "hidden_size": 8, "epochs": 3, "ensemble": 1}


def start(folder, *options, **more):
    """Start the installed command on a folder; returns the process and a client of it."""
    command = [sys.executable, "-c", PROGRAM, "serve", "--port", "0", "--json", "--folder", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **{"stderr": subprocess.PIPE, **more})
    lines = []
    while line := process.stdout.readline():
        lines.append(line)
        if line == "}\n":
            return process, Client(json.loads("".join(lines))["address"])
    raise RuntimeError(f"the server ended with code {process.wait()} before it was ready")


def rounds(folder, n, seed):
    """Kill a server `n` times, and return how many observations and trainings were acknowledged in all."""
    draw, n_taken, jobs, sure = random.Random(seed), 0, set(), 0
    for _ in range(n):
        process, client = start(folder, **SILENT)
        try:
            n_taken = checked(client, n_taken, jobs, sure)
            kill_at = time.monotonic() + draw.uniform(0.0, 1.0)
            while time.monotonic() < kill_at:
                sure = n_taken
                answer = client.post("/v1/streams/a", {"values": [draw.random()] * draw.randint(1, 3), "n": n_taken})
                n_taken = answer.json["n"]
                if draw.random() < 0.05:
                    asked = {"name": f"m{draw.randint(0, 2)}", "horizon": 2, "data": ROWS, "settings": QUICK}
                    begun = client.post("/v1/models", asked)
                    # so many wait that no more are taken
                    jobs |= {begun.json["id"]} if begun.status != 429 else set()
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
    process, client = start(folder, **SILENT)
    try:
        checked(client, n_taken, jobs, sure)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
    return n_taken, len(jobs)


def checked(client, n_taken, jobs, sure):
    """Ask a new server whether it knows all that the last one acknowledged; returns what the stream took in."""
    if client.get("/v1/streams/a").status == 404:
        assert n_taken == 0
        return client.post("/v1/streams/a", {"data": [5.0, 7.0, 6.0, 8.0] * 10, "values": [1.0]}).json["n"]
    found = client.get("/v1/streams/a").json["n"]
    assert found >= max(n_taken, sure), (found, n_taken)
    there = {job["id"]: job["state"] for job in client.get("/v1/jobs").json["jobs"]}
    assert jobs <= set(there), jobs - set(there)
    for model in client.get("/v1/models").json["models"]:
        assert client.post(f"/v1/models/{model['name']}/forecast", {}).status == 200
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(*rounds(Path(folder), int(sys.argv[1]), int(sys.argv[2])), "observations and trainings, none lost")  # noqa: T201
