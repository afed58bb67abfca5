"""How fast does the server answer, how much memory does it take, and how soon is it ready? All over loopback.

`python benchmarks/server.py [--json FILE]` starts `gatecast serve` and a client in a process of its own, which asks
through eight connections that are kept open. Zero-shot forecasts are of one series of 144 months, each request another
one. A paced client sends eight requests every 0.25 s, a closed one the next as soon as the last is answered.
`--beside-torch PYTHON` asks a server around an LSTM of PyTorch (`sides/torch_server.py`) in the same run instead.
"""

from __future__ import annotations

import argparse
import json
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

N_CLIENTS, N_POINTS, HORIZON = 8, 144, 12
N_CLOSED, N_PACED, N_UPDATES, N_BATCHED, N_STREAMS = 25, 25, 300, 30, 100
PACE_SECONDS = 0.25
MODELS, ROUNDS = 10, 3
PROGRAM = [sys.executable, "-c", "from gatecast.cli import main; main()", "serve", "--port", "0", "--json"]
HERE = Path(__file__).parent
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def series(k: int) -> list[float]:
    """One of many monthly series."""
    draw, t = np.random.default_rng(k), np.arange(N_POINTS)
    return np.round(100 + t + 20 * np.sin(2 * np.pi * t / 12) + draw.normal(0, 3, N_POINTS), 2).tolist()


MONTHS = [f"{2012 + n // 12}-{n % 12 + 1:02d}-01" for n in range(N_POINTS)]


def forecast_body(k: int) -> bytes:
    return json.dumps({"data": {"ds": MONTHS, "y": series(k)}, "horizon": HORIZON, "level": 80}).encode()


class Client:
    """One connection that is kept open; it does as little as can be, as it shares the processors with the server."""

    def __init__(self, address: str, path: str = "", bodies: Iterable[bytes] = ()) -> None:
        self.host = urllib.parse.urlsplit(address).netloc
        name, _, port = self.host.rpartition(":")
        self.socket = socket.create_connection((name, int(port)), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = deque(self.request(path, body) for body in bodies)
        self.seconds: list[float] = []
        self.due = self.sent = 0.0
        self.got = b""

    def request(self, path: str, body: bytes) -> bytes:
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def send(self) -> None:
        """Ask what comes next."""
        self.sent = time.perf_counter()
        self.socket.sendall(self.requests.popleft())

    def receive(self) -> bool:
        """Take in what has come; whether that is the whole answer."""
        self.got += self.socket.recv(1 << 16)
        end = self.got.find(b"\r\n\r\n")
        if end < 0 or len(self.got) < end + 4 + int(LENGTH.search(self.got)[1]):
            return False
        self.seconds.append(time.perf_counter() - self.sent)
        if self.got[9:12] >= b"300":
            raise RuntimeError(self.got.decode())
        self.got = b""
        return True

    def post(self, path: str, body: bytes) -> None:
        """Ask, and wait for the answer."""
        self.requests.append(self.request(path, body))
        self.send()
        while not self.receive():
            pass


def ask(address: str, path: str, bodies: list[list[bytes]], pace: float = 0.0) -> tuple[list[float], float]:
    """Let eight clients ask at once; returns the seconds of each answer, and of all.

    One thread waits for all of them: threads that take turns would be slower than the server.
    """
    clients = [Client(address, path.replace("{k}", str(k)), each) for k, each in enumerate(bodies)]
    started = time.perf_counter()
    with selectors.DefaultSelector() as waiting:
        for k, client in enumerate(clients):
            client.due = started + pace * k / len(clients)
        idle = sorted(clients, key=lambda client: -client.due)
        while idle or waiting.get_map():
            now = time.perf_counter()
            while idle and idle[-1].due <= now:
                client = idle.pop()
                client.send()
                waiting.register(client.socket, selectors.EVENT_READ, client)
            for key, _ in waiting.select(max(0.0, idle[-1].due - now) if idle else None):
                client = key.data
                if not client.receive():
                    continue
                if client.requests and not pace:
                    client.send()
                    continue
                waiting.unregister(client.socket)
                if client.requests:
                    client.due = max(client.due + pace, time.perf_counter())
                    idle = sorted([*idle, client], key=lambda client: -client.due)
    return [one for client in clients for one in client.seconds], time.perf_counter() - started


def start(command: list[str], path: str = "/readyz") -> tuple[subprocess.Popen, str, float]:
    """Start a server that prints its address as JSON; returns it, the address, and the seconds until it was ready."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = []
    while (line := process.stdout.readline()) != "}\n":
        lines.append(line)
    address = json.loads("".join([*lines, "}"]))["address"]
    while not _is_ready(address + path):
        time.sleep(0.005)
    return process, address, time.perf_counter() - started


def _is_ready(address: str) -> bool:
    try:
        urllib.request.urlopen(address).read()
    except urllib.error.HTTPError as error:
        error.close()
        return False
    return True


def quantiles(seconds: list[float]) -> dict[str, float]:
    return {"median_ms": 1e3 * float(np.median(seconds)), "p99_ms": 1e3 * float(np.quantile(seconds, 0.99))}


def forecasts(pool: ProcessPoolExecutor, address: str, path: str, n: int, pace: float = 0.0) -> dict[str, float]:
    bodies = [[forecast_body(1000 * k + one) for one in range(n)] for k in range(N_CLIENTS)]
    seconds, whole = pool.submit(ask, address, path, bodies, pace).result()
    return {**quantiles(seconds), "per_second": len(seconds) / whole}


def begin_streams(address: str) -> None:
    client = Client(address)
    for k in range(N_CLIENTS):
        client.post(f"/v1/streams/s{k}", json.dumps({"data": series(k), "horizon": HORIZON}).encode())


def updates(pool: ProcessPoolExecutor, address: str) -> dict[str, float]:
    """Stream updates, one in each request of eight streams, each of which has a client."""
    bodies = [
        [json.dumps({"value": value}).encode() for value in (series(k) * 3)[:N_UPDATES]] for k in range(N_CLIENTS)
    ]
    seconds, whole = pool.submit(ask, address, "/v1/streams/s{k}", bodies).result()
    return {**quantiles(seconds), "per_second": len(seconds) / whole}


def batched(pool: ProcessPoolExecutor, address: str) -> dict[str, float]:
    """Stream updates, of 100 streams in each request."""
    client = Client(address)
    for k in range(N_STREAMS):
        client.post(f"/v1/streams/b{k}", json.dumps({"data": series(k), "horizon": HORIZON}).encode())
    bodies = [
        [
            json.dumps({"observations": {f"b{k}": float(100 + n) for k in range(N_STREAMS)}}).encode()
            for n in range(N_BATCHED)
        ]
    ]
    seconds, whole = pool.submit(ask, address, "/v1/streams", bodies).result()
    return {**quantiles(seconds), "per_second": N_STREAMS * len(seconds) / whole}


def measured(address: str, name: str) -> float:
    """Return what the server says of its process."""
    text = urllib.request.urlopen(f"{address}/metrics").read().decode()
    return float(next(line for line in text.splitlines() if line.startswith(name)).split()[1])


def memory(address: str) -> float:
    """Return the megabytes of the server's process."""
    return measured(address, "process_resident") / 2**20


def with_cpu(address: str, n: int, run: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Add the time of processors that the server takes for each of `n` answers, which says more on a busy machine."""
    before = measured(address, "process_cpu")
    found = run()
    return {**found, "server_cpu_ms": 1e3 * (measured(address, "process_cpu") - before) / n}


def models(folder: Path) -> list[str]:
    """Save ten models, and return their paths."""
    from gatecast import LSTMForecaster, Training

    found = []
    for k in range(MODELS):
        model = LSTMForecaster(HORIZON, progress=False, training=Training(epochs=1), seed=k)
        found.append(str(folder / f"model{k}.safetensors"))
        model.fit(np.array(series(k))).save(found[-1])
    return found


@contextmanager
def serving(command: list[str], path: str = "/readyz") -> Iterator[tuple[str, float]]:
    """Run a server, and yield its address and the seconds until it was ready."""
    process, address, seconds = start(command, path)
    try:
        yield address, seconds
    finally:
        process.terminate()
        process.wait()


def measure(pool: ProcessPoolExecutor, folder: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    with serving([*PROGRAM, "--folder", str(folder / "a")]) as (address, found["ready_seconds"]):
        forecasts(pool, address, "/v1/forecast", 3)
        found["zero_shot_paced"] = forecasts(pool, address, "/v1/forecast", N_PACED, PACE_SECONDS)
        found["zero_shot_closed"] = with_cpu(
            address, N_CLIENTS * N_CLOSED, lambda: forecasts(pool, address, "/v1/forecast", N_CLOSED)
        )
        begin_streams(address)
        found["stream_updates"] = with_cpu(address, N_CLIENTS * N_UPDATES, lambda: updates(pool, address))
        found["stream_updates_batched"] = batched(pool, address)
    with serving([*PROGRAM, "--folder", str(folder / "b"), *models(folder)]) as (address, _):
        for k in range(MODELS):
            Client(address).post(f"/v1/models/model{k}/forecast", b'{"level": 80}')
        found["megabytes_with_ten_models"] = memory(address)
    return found


def beside_torch(pool: ProcessPoolExecutor, folder: Path, python: str) -> dict[str, object]:
    """Ask both servers in turn for the next forecasts of a series: a stream one value, the other the whole window."""
    torch = [python, str(HERE / "sides" / "torch_server.py")]
    with serving([*PROGRAM, "--folder", str(folder / "c")]) as (ours, _), serving(torch, "/healthz") as (theirs, _):
        begin_streams(ours)
        rates: dict[str, list[float]] = {"stream_updates": [], "zero_shot": [], "torch": []}
        for _ in range(ROUNDS):
            rates["torch"].append(forecasts(pool, theirs, "/forecast", N_CLOSED)["per_second"])
            rates["stream_updates"].append(updates(pool, ours)["per_second"])
            rates["zero_shot"].append(forecasts(pool, ours, "/v1/forecast", N_CLOSED)["per_second"])
    middle = {f"{name}_per_second": float(np.median(each)) for name, each in rates.items()}
    ratios = np.array(rates["stream_updates"]) / np.array(rates["torch"])
    return {**middle, "times_as_many_updates": float(np.median(ratios))}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument(
        "--beside-torch", metavar="PYTHON", help="compare alone, with a Python that has PyTorch and FastAPI"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ProcessPoolExecutor(1) as workers:
        if options.beside_torch:
            figures = beside_torch(workers, Path(name), options.beside_torch)
        else:
            figures = measure(workers, Path(name))
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
