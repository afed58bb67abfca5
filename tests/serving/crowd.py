"""Does the server stand 200 requests at once? `python tests/serving/crowd.py 200 60`.

So many clients ask for forecasts of a series of their own, each the next as soon as the last is answered, for some
seconds. Every answer must be a forecast or 429 with the seconds after which to come again.
"""

import json
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from serving.killed import SILENT, start
from serving.running import MONTHS, SALES


def crowd(client, n_clients, seconds):
    """Ask with many clients for some seconds, each at least once; returns how often each status was answered."""
    statuses, troubles, end, at_once = Counter(), [], time.monotonic() + seconds, threading.Barrier(n_clients)

    def one(k):
        body = json.dumps({"data": {"ds": MONTHS, "y": [value + k for value in SALES]}, "horizon": 12, "level": 80})
        at_once.wait()
        while True:
            try:
                answer = client.ask("POST", "/v1/forecast", body, "application/json")
            except OSError as error:
                troubles.append(repr(error))
                return
            statuses[answer.status] += 1
            if answer.status == 200 and len(answer.json["forecast"]) != 12:
                troubles.append(answer.content)
            if answer.status == 429 and "retry-after" not in answer.headers:
                troubles.append(answer.headers)
            if time.monotonic() >= end:
                return

    threads = [threading.Thread(target=one, args=(k,)) for k in range(n_clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses, troubles


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        process, asked = start(Path(folder), **SILENT)
        try:
            found, wrong = crowd(asked, int(sys.argv[1]), float(sys.argv[2]))
        finally:
            process.terminate()
            process.communicate()
    print(dict(found), "errors:", wrong)  # noqa: T201
    sys.exit(bool(wrong or set(found) - {200, 429}))
