"""How do the tests ask a server? One runs in a thread of this process, on a port of its own, or as a process."""

import contextlib
import io
import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gatecast.serving.server import Server
from gatecast.serving.service import Service

MONTHS = [f"{2015 + n // 12}-{n % 12 + 1:02d}-01" for n in range(84)]
SALES = [round(100 + n + 20 * float(np.sin(2 * np.pi * n / 12)), 3) for n in range(84)]
ROWS = [{"ds": time, "y": value} for time, value in zip(MONTHS, SALES, strict=True)]
CSV = "ds,y\n" + "".join(f"{time},{value}\n" for time, value in zip(MONTHS, SALES, strict=True))


def table_of(text):
    return pd.read_csv(io.StringIO(text), parse_dates=["ds"])


@dataclass
class Answer:
    status: int
    headers: dict
    content: bytes

    @property
    def json(self):
        def refuse(name):
            raise AssertionError(f"{name} is no JSON")

        return json.loads(self.content, parse_constant=refuse)


@dataclass
class Client:
    """Asks a server."""

    address: str

    def ask(self, method, path, content=None, kind=None, headers=None):
        sent = {"Content-Type": kind, **(headers or {})} if kind else headers or {}
        content = content.encode() if isinstance(content, str) else content
        request = urllib.request.Request(self.address + path, content, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, body, **headers):
        return self.ask("POST", path, json.dumps(body), "application/json", headers)

    def delete(self, path):
        return self.ask("DELETE", path)

    def send(self, path, parts):
        """Post a form: each part is a name with a text, or with a pair of file name and content."""
        mark, lines = "----part", []
        for name, value in parts:
            file, text = value if isinstance(value, tuple) else (None, value)
            named = f'form-data; name="{name}"' + (f'; filename="{file}"' if file is not None else "")
            content = text if isinstance(text, bytes) else str(text).encode()
            lines += [f"--{mark}\r\nContent-Disposition: {named}\r\n\r\n".encode(), content, b"\r\n"]
        body = b"".join([*lines, f"--{mark}--\r\n".encode()])
        return self.ask("POST", path, body, f"multipart/form-data; boundary={mark}")


@contextlib.contextmanager
def running(service=None):
    """Run a server in a thread, and yield a client of it."""
    ready, found = threading.Event(), []

    def tell(address):
        found.append(address)
        ready.set()

    server = Server(service or Service(), "127.0.0.1", 0, tell)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not ready.wait(0.02) and thread.is_alive():
            time.sleep(0)
        yield Client(found[0])
    finally:
        server.should_exit = True
        thread.join()
