"""What would a server around an LSTM of PyTorch take? FastAPI, pydantic and a network of the size of ours, untrained.

As servers of models do, it keeps nothing between requests: each reads the whole window and forecasts all steps at once.
"""

from __future__ import annotations

import json
import socket
import sys

import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

# as the pretrained networks have them
INPUTS, UNITS, LAYERS, HORIZON, QUANTILES = 10, 64, 2, 12, 11


class Table(BaseModel):
    ds: list[str]
    y: list[float]


class Asked(BaseModel):
    data: Table
    horizon: int = HORIZON
    level: float = 80


class Network(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(INPUTS, UNITS, LAYERS, batch_first=True)
        self.head = torch.nn.Linear(UNITS, HORIZON * QUANTILES)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return `(H, Q)` of values `(T,)`, which stand for the other inputs, too."""
        out, _ = self.lstm(values[None, :, None].expand(1, len(values), INPUTS))
        return self.head(out[0, -1]).reshape(HORIZON, QUANTILES)


torch.set_num_threads(1)
NETWORK = Network().eval()
app = FastAPI()


@app.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/forecast")
def forecast(asked: Asked) -> dict[str, list[float]]:
    values = torch.tensor(asked.data.y)
    mean, deviation = values.mean(), values.std() + 1e-6
    with torch.inference_mode():
        found = NETWORK((values - mean) / deviation) * deviation + mean
    return {
        "forecast": found[:, QUANTILES // 2].tolist(),
        "lower": found[:, 1].tolist(),
        "upper": found[:, -2].tolist(),
    }


if __name__ == "__main__":
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    startup = server.startup

    async def told(sockets: object = None) -> None:
        await startup(sockets)
        sys.stdout.write(json.dumps({"address": f"http://127.0.0.1:{port}"}, indent=2) + "\n")
        sys.stdout.flush()

    server.startup = told
    server.run()
