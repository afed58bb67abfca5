"""What is a network in PyTorch? Recurrent layers, and linear ones after the last step; imported with PyTorch alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch

__all__ = ["RecurrentForecaster"]


class RecurrentForecaster(torch.nn.Module):  # type: ignore[misc]  # PyTorch may not be there
    """Forecasts `(n, horizon)` from windows `(n, steps, 1)` of scaled values.

    Args:
        stack: Class, "LSTM" or "GRU", and hidden units of each recurrent layer.
        decoder: Units of the dense layers with tanh above them.
        horizon: Steps ahead.
    """

    def __init__(self, stack: list[tuple[str, int]], decoder: list[int], horizon: int) -> None:
        super().__init__()
        widths = [1, *(units for _, units in stack)]
        layers = zip(stack, widths, strict=False)
        made = [getattr(torch.nn, kind)(width, units, batch_first=True) for (kind, units), width in layers]
        self.recurrent = torch.nn.ModuleList(made)
        sizes = [widths[-1], *decoder, horizon]
        self.linear = torch.nn.ModuleList(torch.nn.Linear(*pair) for pair in pairwise(sizes))

    def forward(self, x: Any) -> Any:
        """Forecast after the last step."""
        for layer in self.recurrent:
            x = layer(x)[0]
        x = x[:, -1]
        for layer in self.linear[:-1]:
            x = torch.tanh(layer(x))
        return self.linear[-1](x)
