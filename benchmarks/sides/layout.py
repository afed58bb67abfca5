"""How do weights travel between the sides? Flat, in gatecast's order, as NumPy arrays.

Kernel (F, 4D), recurrent kernel (D, 4D), bias (4D), head kernel (D, 1), head bias (1), with F = 1; gates i, f, g, o.
"""

from __future__ import annotations

import numpy as np

__all__ = ["join", "part"]


def part(flat: np.ndarray, D: int) -> tuple[np.ndarray, ...]:
    """Cut a flat vector into kernel, recurrent kernel, bias, head kernel and head bias."""
    shapes = ((1, 4 * D), (D, 4 * D), (4 * D,), (D, 1), (1,))
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return tuple(piece.reshape(shape) for piece, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True))


def join(*parts: np.ndarray) -> np.ndarray:
    """Make one flat vector again."""
    return np.concatenate([np.asarray(piece, np.float32).ravel() for piece in parts])
