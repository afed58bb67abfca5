"""Which of very many points does a picture need? The extremes: the others would be drawn over them."""

from __future__ import annotations

import numpy as np

__all__ = ["MANY", "block_means", "envelope", "thin"]

# lines with more points are thinned, so that files stay small
MANY = 20_000
COLUMNS = 4_000


def envelope(values: np.ndarray, n_columns: int) -> np.ndarray:
    """Return sorted positions in `(N,)` that `n_columns` dots can show: the lowest and the highest of each column."""
    n = len(values)
    if n <= 2 * n_columns:
        return np.arange(n)
    size = n // n_columns
    columns = values[: size * n_columns].reshape(n_columns, size)
    low = np.where(np.isnan(columns), np.inf, columns).argmin(axis=1)
    high = np.where(np.isnan(columns), -np.inf, columns).argmax(axis=1)
    begins = np.arange(n_columns) * size
    return np.unique(np.concatenate([begins + low, begins + high, np.arange(size * n_columns, n)]))


def thin(values: np.ndarray) -> np.ndarray:
    """Return sorted positions of the points of a line, `(N,)`: all of them, or extremes where there are many."""
    return np.arange(len(values)) if len(values) <= MANY else envelope(values, COLUMNS)


def block_means(matrix: np.ndarray, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return means of at most `n_rows` blocks of rows of a matrix, `(T, D)`, and the first row of each block."""
    size = -(-len(matrix) // n_rows)
    if size <= 1:
        return matrix, np.arange(len(matrix))
    firsts = np.arange(0, len(matrix), size)
    counts = np.diff(np.append(firsts, len(matrix)))
    return np.add.reduceat(matrix, firsts, axis=0) / counts[:, None], firsts
