"""PyTorch's side of a training step: nn.LSTM and nn.Linear in the fastest of its settings.

Its bias of the recurrent weights is a second bias of the same gates: it stays zero and is not trained.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import torch
from torch import nn

from sides.layout import join, part

__all__ = ["TorchStep"]

ADAM = {"adam": {}, "adam foreach": {"foreach": True}, "adam fused": {"fused": True}}
EPSILON = 1e-7


class TorchStep:
    """LSTM(D) and Linear(1), mean squared error, Adam."""

    def __init__(self, data: dict[str, np.ndarray], D: int, n_threads: int) -> None:
        # first of all: threads take the setting over from the one that makes them
        torch.set_flush_denormal(True)
        torch.set_num_threads(n_threads)
        self.weights, self.D, self.n_threads = data["weights"], D, n_threads
        # time first is what nn.LSTM likes best
        self.x = torch.from_numpy(np.ascontiguousarray(data["x"].swapaxes(1, 2)))
        self.y = torch.from_numpy(data["y"][:, :, 0])
        self.choose(self.variants()[0])

    def variants(self) -> list[str]:
        # sharing a small step costs more than it saves
        threads = sorted({1, self.n_threads}, reverse=True)
        return [f"{adam}, {dnn}, threads: {n}" for adam in ADAM for dnn in ("oneDNN", "no oneDNN") for n in threads]

    def choose(self, variant: str) -> None:
        adam, dnn, threads = variant.split(", ")
        self.adam = ADAM[adam]
        torch.set_num_threads(int(threads.removeprefix("threads: ")))
        torch.backends.mkldnn.set_flags(dnn == "oneDNN")

    def _make(self) -> None:
        W, U, b, V, c = (torch.from_numpy(piece.copy()) for piece in part(self.weights, self.D))
        self.lstm, self.head = nn.LSTM(1, self.D), nn.Linear(self.D, 1)
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(W.T)
            self.lstm.weight_hh_l0.copy_(U.T)
            self.lstm.bias_ih_l0.copy_(b)
            self.lstm.bias_hh_l0.zero_().requires_grad_(False)
            self.head.weight.copy_(V.T)
            self.head.bias.copy_(c)
        trained = [p for p in (*self.lstm.parameters(), *self.head.parameters()) if p.requires_grad]
        self.optimizer = torch.optim.Adam(trained, lr=1e-3, eps=EPSILON, **self.adam)

    def _step(self, k: int) -> torch.Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.mse_loss(self.head(self.lstm(self.x[k])[1][0][0]), self.y[k])
        loss.backward()
        self.optimizer.step()
        return loss

    def _flat(self, of) -> np.ndarray:
        lstm, head = self.lstm, self.head
        pieces = (lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, head.weight, head.bias)
        return join(*(of(piece).detach().numpy().T for piece in pieces))

    def prove(self, steps: int) -> dict[str, np.ndarray]:
        self._make()
        losses = []
        for k in range(steps):
            # torch adds epsilon to the corrected root, Keras and gatecast to the plain one: this makes it the same
            self.optimizer.param_groups[0]["eps"] = EPSILON / (1 - 0.999 ** (k + 1)) ** 0.5
            losses.append(float(self._step(k % len(self.x))))
            if k == 0:
                gradient, updated = self._flat(lambda p: p.grad), self._flat(lambda p: p)
        return {"gradient": gradient, "updated": updated, "losses": np.array(losses)}

    def time(self, steps: int) -> float:
        self._make()
        for k in range(3):
            self._step(k % len(self.x))
        order = [k % len(self.x) for k in range(steps)]
        start = perf_counter()
        for k in order:
            self._step(k)
        return perf_counter() - start

    def sgemm(self, n: int, repeats: int, n_threads: int) -> float:
        """Highest rate of a matrix product seen, in floating-point operations a second."""
        own = torch.get_num_threads()
        torch.set_num_threads(n_threads)
        a, b = torch.rand(n, n), torch.rand(n, n)
        out = torch.empty(n, n)
        best = float("inf")
        for _ in range(repeats):
            start = perf_counter()
            torch.mm(a, b, out=out)
            best = min(best, perf_counter() - start)
        torch.set_num_threads(own)
        return 2 * n**3 / best
