"""How is a model trained beside the server? A process of its own reads one job, fits, and tells how far it is.

`python -m gatecast.serving.worker FOLDER`. It goes on from a checkpoint where there is one. It ends, with a checkpoint,
when it is asked to or when the server that started it is gone, whose end of the standard input is closed then.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from gatecast._files import write_atomically
from gatecast._json import plain
from gatecast.exceptions import GatecastError
from gatecast.texts.message import Message

__all__ = ["CHECKPOINT", "ERROR", "MODEL", "PROGRESS", "Curve", "train"]

MODEL, CHECKPOINT, PROGRESS, ERROR = "model.safetensors", "fit.ckpt", "curve.jsonl", "error.json"
DONE, FAILED, INTERRUPTED = 0, 2, 130
# between two points of the loss of a network, and between two checkpoints
POINT_SECONDS, CHECKPOINT_SECONDS = 0.2, 2.0
WAIT_SECONDS = 30.0
NICE = 5


class Curve:
    """Writes the points of the loss curves of all networks to a file, one JSON object a line."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._told: dict[int, float] = {}

    def on_steps(self, network: int, step: int, n_steps: int, loss: float) -> None:
        """Write a point now and then."""
        now = time.monotonic()
        if now - self._told.get(network, 0.0) >= POINT_SECONDS:
            self._told[network] = now
            self._write({"network": network, "step": step, "n_steps": n_steps, "loss": loss})

    def on_check(self, network: int, step: int, n_steps: int, found: dict[str, float]) -> None:
        """Write what a validation check found."""
        self._write({"network": network, "step": step, "n_steps": n_steps, **found})

    def _write(self, point: dict[str, float]) -> None:
        with self._lock:
            self._file.write(json.dumps(plain(point)) + "\n")
            self._file.flush()


def train(folder: Path) -> int:
    """Train the job of a folder; returns how the process is to end."""
    from dataclasses import replace

    from gatecast._machine import n_processors
    from gatecast.forecaster import LSTMForecaster
    from gatecast.serving.kept import read_kept
    from gatecast.training.progress import listening

    settings, panel = read_kept(folder)
    threads = settings.n_threads or max(1, n_processors() - 1)
    settings = replace(settings, progress=False, n_threads=threads)
    settings = replace(settings, checkpoint=folder / CHECKPOINT, checkpoint_seconds=CHECKPOINT_SECONDS)
    with (folder / PROGRESS).open("a", encoding="utf-8") as file, listening(Curve(file)):
        model = LSTMForecaster.from_settings(settings).fit(panel)
    # what was kept on the way says nothing of the model
    model._fit_settings = replace(model.settings_, checkpoint=None, checkpoint_seconds=60.0, n_threads=None)
    model.save(folder / MODEL)
    return DONE


def _end_with_server() -> None:
    """Stop where the server is gone: nobody would hear of the result."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def main(folder: Path) -> int:
    """Train one job, and keep why it failed where it does."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    threading.Thread(target=_end_with_server, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICE)
    try:
        _wait_for(folder)
        return train(folder)
    except KeyboardInterrupt:
        return INTERRUPTED
    except GatecastError as error:
        told = error.args[0] if error.args else ""
        facts = told.to_dict() if isinstance(told, Message) else {"sentence": str(told)}
    except MemoryError:
        from gatecast._machine import available_memory

        facts = Message("screen.memory", {"free": available_memory() >> 20}).to_dict()
    write_atomically(folder / ERROR, json.dumps(facts).encode())
    return FAILED


def _wait_for(folder: Path) -> None:
    """Wait until an older process of the same job has ended, which may take a moment where its server was killed."""
    from gatecast.exceptions import ConfigError
    from gatecast.serving.store import locked

    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            _HELD.append(locked(folder / "lock.db"))
        except ConfigError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


# locks that last as long as the process
_HELD: list[object] = []

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
